CREATE TABLE status_changes (
    tenant_id           text        NOT NULL,
    id                  uuid        NOT NULL DEFAULT gen_random_uuid(),
    commission_event_id uuid,
    payout_id           uuid,
    from_status         text,
    to_status           text        NOT NULL,
    changed_at          timestamptz NOT NULL,
    actor               text        NOT NULL,
    reason              text,
    CONSTRAINT status_changes_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT status_change_is_of_one_row CHECK (num_nonnulls(commission_event_id, payout_id) = 1),
    CONSTRAINT status_change_changes_something CHECK (from_status IS DISTINCT FROM to_status)
);
COMMENT ON TABLE status_changes IS
    'Who gave a commission event or a payout which status, when and why; the first line of each has no from_status.';

CREATE INDEX status_changes_of_event
    ON status_changes (tenant_id, commission_event_id, changed_at) WHERE commission_event_id IS NOT NULL;
CREATE INDEX status_changes_of_payout
    ON status_changes (tenant_id, payout_id, changed_at) WHERE payout_id IS NOT NULL;
