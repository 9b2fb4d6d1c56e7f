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
    CONSTRAINT status_change_changes_something CHECK (from_status IS DISTINCT FROM to_status),
    CONSTRAINT status_change_has_its_event
        FOREIGN KEY (tenant_id, commission_event_id)
        REFERENCES commission_events (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT status_change_has_its_payout
        FOREIGN KEY (tenant_id, payout_id) REFERENCES payouts (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE status_changes IS
    'The status history of commission events and payouts. The first entry of each has no from_status.';

CREATE INDEX status_changes_of_event
    ON status_changes (tenant_id, commission_event_id, changed_at) WHERE commission_event_id IS NOT NULL;
CREATE INDEX status_changes_of_payout
    ON status_changes (tenant_id, payout_id, changed_at) WHERE payout_id IS NOT NULL;

CREATE POLICY tenant_isolation ON status_changes USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON status_changes TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE status_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE status_changes FORCE ROW LEVEL SECURITY;
