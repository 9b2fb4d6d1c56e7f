-- Events that staff hold back, corrected payment references, notes for partners, and the moment of the last change.

ALTER TABLE commission_events ADD COLUMN held_at timestamptz;
ALTER TABLE commission_events ADD COLUMN partner_note text;
-- The default is for servers of the release before, which do not write the column. A constant while the column is added, so
-- that the table is not written twice.
ALTER TABLE commission_events ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE commission_events ALTER COLUMN changed_at SET DEFAULT clock_timestamp();
ALTER TABLE payouts ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE payouts ALTER COLUMN changed_at SET DEFAULT clock_timestamp();

-- No amount and no status changes, so that the monthly totals stay as they are.
ALTER TABLE commission_events DISABLE TRIGGER commission_events_totals_after_update;
UPDATE commission_events AS event SET changed_at = coalesce((
    SELECT max(change.changed_at) FROM status_changes AS change
    WHERE change.tenant_id = event.tenant_id AND change.commission_event_id = event.id), event.recorded_at);
ALTER TABLE commission_events ENABLE TRIGGER commission_events_totals_after_update;
UPDATE payouts AS payout SET changed_at = coalesce((
    SELECT max(change.changed_at) FROM status_changes AS change
    WHERE change.tenant_id = payout.tenant_id AND change.payout_id = payout.id), payout.created_at);

-- Neither a payout nor a final status can be reached while an event is held.
ALTER TABLE commission_events ADD CONSTRAINT commission_held_is_in_no_payout
    CHECK (held_at IS NULL OR status IN ('PENDING', 'APPROVED'));
ALTER TABLE commission_events ADD CONSTRAINT commission_partner_note_is_of_an_adjustment
    CHECK (partner_note IS NULL OR event_type = 'ADJUSTMENT');

-- Few rows: the held part of a balance is summed from them.
CREATE INDEX commission_events_held ON commission_events (tenant_id, partner_id) WHERE held_at IS NOT NULL;
CREATE INDEX commission_events_by_change ON commission_events (tenant_id, changed_at, id);
CREATE INDEX payouts_by_change ON payouts (tenant_id, changed_at, id);

-- What staff did to a row without changing its status is part of its history: from and to are the status that it has.
ALTER TABLE status_changes ADD COLUMN kind text NOT NULL DEFAULT 'STATUS';
ALTER TABLE status_changes ADD COLUMN replaced_reference text;
ALTER TABLE status_changes DROP CONSTRAINT status_change_changes_something;
ALTER TABLE status_changes ADD CONSTRAINT status_change_kind_is_known
    CHECK (kind IN ('STATUS', 'HOLD', 'RELEASE', 'PAYMENT_REFERENCE'));
ALTER TABLE status_changes ADD CONSTRAINT status_change_changes_something
    CHECK ((kind = 'STATUS') = (from_status IS DISTINCT FROM to_status));
ALTER TABLE status_changes ADD CONSTRAINT status_change_hold_is_of_an_event
    CHECK (kind NOT IN ('HOLD', 'RELEASE') OR commission_event_id IS NOT NULL);
ALTER TABLE status_changes ADD CONSTRAINT status_change_of_a_reference_names_the_former
    CHECK ((kind = 'PAYMENT_REFERENCE') = (replaced_reference IS NOT NULL)
        AND (replaced_reference IS NULL OR payout_id IS NOT NULL));
