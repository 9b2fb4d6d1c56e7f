ALTER TABLE status_changes DROP CONSTRAINT status_change_of_a_reference_names_the_former;
ALTER TABLE status_changes DROP CONSTRAINT status_change_hold_is_of_an_event;
ALTER TABLE status_changes DROP CONSTRAINT status_change_changes_something;
ALTER TABLE status_changes DROP CONSTRAINT status_change_kind_is_known;
-- The schema before has no place for them.
DELETE FROM status_changes WHERE kind <> 'STATUS';
ALTER TABLE status_changes DROP COLUMN replaced_reference;
ALTER TABLE status_changes DROP COLUMN kind;
ALTER TABLE status_changes ADD CONSTRAINT status_change_changes_something
    CHECK (from_status IS DISTINCT FROM to_status);
DROP INDEX payouts_by_change;
DROP INDEX commission_events_by_change;
DROP INDEX commission_events_held;
ALTER TABLE commission_events DROP CONSTRAINT commission_partner_note_is_of_an_adjustment;
ALTER TABLE commission_events DROP CONSTRAINT commission_held_is_in_no_payout;
ALTER TABLE payouts DROP COLUMN changed_at;
ALTER TABLE commission_events DROP COLUMN changed_at;
ALTER TABLE commission_events DROP COLUMN partner_note;
ALTER TABLE commission_events DROP COLUMN held_at;
