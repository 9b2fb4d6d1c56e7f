-- Fails if a payout was returned: the program before cannot read it.
ALTER TABLE statement_movements DROP CONSTRAINT statement_movement_is_of_one_row;
ALTER TABLE statement_movements DROP CONSTRAINT statement_movement_kind_is_known;
ALTER TABLE statement_movements ADD CONSTRAINT statement_movement_kind_is_known
    CHECK (kind IN ('RECORDED', 'CANCELLED', 'CLAWED_BACK', 'PAID_OUT'));
ALTER TABLE statement_movements ADD CONSTRAINT statement_movement_is_of_one_row
    CHECK (num_nulls(commission_event_id, payout_id) = 1 AND (kind = 'PAID_OUT') = (payout_id IS NOT NULL));

DROP INDEX payout_has_one_credit_note;
DROP INDEX payout_has_one_statement;
ALTER TABLE statements DROP CONSTRAINT statement_kind_is_known;
ALTER TABLE statements DROP CONSTRAINT statement_is_an_invoice_by_its_head;
ALTER TABLE statements ADD CONSTRAINT statement_is_an_invoice_by_its_head
    CHECK ((kind = 'SELF_BILLED_INVOICE') = (head ? 'invoice'));
ALTER TABLE statements ADD CONSTRAINT statement_kind_is_known
    CHECK (kind IN ('PAYOUT', 'SELF_BILLED_INVOICE', 'ACCOUNT'));
ALTER TABLE statements ADD CONSTRAINT payout_has_one_statement UNIQUE (tenant_id, payout_id);

DROP INDEX payouts_returned;
ALTER TABLE payouts DROP CONSTRAINT payout_returned_has_a_time_and_a_reason;
ALTER TABLE payouts DROP CONSTRAINT payout_released_has_a_time;
ALTER TABLE payouts DROP CONSTRAINT payout_completed_has_a_reference;
ALTER TABLE payouts DROP CONSTRAINT payout_completed_has_a_time;
ALTER TABLE payouts DROP CONSTRAINT payout_status_is_known;
ALTER TABLE payouts ADD CONSTRAINT payout_status_is_known
    CHECK (status IN ('PENDING', 'READY', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'));
ALTER TABLE payouts ADD CONSTRAINT payout_completed_has_a_time
    CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL) AND completed_at >= created_at);
ALTER TABLE payouts ADD CONSTRAINT payout_completed_has_a_reference
    CHECK ((status = 'COMPLETED') = (payment_reference IS NOT NULL));
ALTER TABLE payouts ADD CONSTRAINT payout_released_has_a_time
    CHECK ((status IN ('FAILED', 'CANCELLED')) = (released_at IS NOT NULL) AND released_at >= created_at);
ALTER TABLE payouts DROP COLUMN return_reason;
ALTER TABLE payouts DROP COLUMN returned_at;
