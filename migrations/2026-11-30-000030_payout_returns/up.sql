-- A completed payout whose money came back is RETURNED; a payout that a rail certainly did not send is READY again.
ALTER TABLE payouts ADD COLUMN returned_at timestamptz;
ALTER TABLE payouts ADD COLUMN return_reason text;
COMMENT ON COLUMN payouts.returned_at IS 'When the money was back at the tenant. The books know of it since released_at.';

ALTER TABLE payouts DROP CONSTRAINT payout_status_is_known;
ALTER TABLE payouts DROP CONSTRAINT payout_completed_has_a_time;
ALTER TABLE payouts DROP CONSTRAINT payout_completed_has_a_reference;
ALTER TABLE payouts DROP CONSTRAINT payout_released_has_a_time;
ALTER TABLE payouts ADD CONSTRAINT payout_status_is_known
    CHECK (status IN ('PENDING', 'READY', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'RETURNED'));
ALTER TABLE payouts ADD CONSTRAINT payout_completed_has_a_time
    CHECK ((status IN ('COMPLETED', 'RETURNED')) = (completed_at IS NOT NULL) AND completed_at >= created_at);
ALTER TABLE payouts ADD CONSTRAINT payout_completed_has_a_reference
    CHECK ((status IN ('COMPLETED', 'RETURNED')) = (payment_reference IS NOT NULL));
ALTER TABLE payouts ADD CONSTRAINT payout_released_has_a_time
    CHECK ((status IN ('FAILED', 'CANCELLED', 'RETURNED')) = (released_at IS NOT NULL) AND released_at >= created_at);
ALTER TABLE payouts ADD CONSTRAINT payout_returned_has_a_time_and_a_reason
    CHECK ((status = 'RETURNED') = (returned_at IS NOT NULL) AND (status = 'RETURNED') = (return_reason IS NOT NULL)
        AND returned_at BETWEEN completed_at AND released_at);

-- The returns of a month, which are subtracted from its payouts.
CREATE INDEX payouts_returned ON payouts (tenant_id, released_at, id) WHERE returned_at IS NOT NULL;

-- The statement of a returned payout stays as it is; a credit note refers to it.
ALTER TABLE statements DROP CONSTRAINT payout_has_one_statement;
ALTER TABLE statements DROP CONSTRAINT statement_kind_is_known;
ALTER TABLE statements DROP CONSTRAINT statement_is_an_invoice_by_its_head;
ALTER TABLE statements ADD CONSTRAINT statement_is_an_invoice_by_its_head
    CHECK (CASE kind WHEN 'SELF_BILLED_INVOICE' THEN head ? 'invoice' WHEN 'CREDIT_NOTE' THEN head ? 'credit'
        ELSE NOT head ?| ARRAY['invoice', 'credit'] END);
ALTER TABLE statements ADD CONSTRAINT statement_kind_is_known
    CHECK (kind IN ('PAYOUT', 'SELF_BILLED_INVOICE', 'CREDIT_NOTE', 'ACCOUNT'));
CREATE UNIQUE INDEX payout_has_one_statement
    ON statements (tenant_id, payout_id) WHERE kind IN ('PAYOUT', 'SELF_BILLED_INVOICE');
CREATE UNIQUE INDEX payout_has_one_credit_note ON statements (tenant_id, payout_id) WHERE kind = 'CREDIT_NOTE';

ALTER TABLE statement_movements DROP CONSTRAINT statement_movement_kind_is_known;
ALTER TABLE statement_movements DROP CONSTRAINT statement_movement_is_of_one_row;
ALTER TABLE statement_movements ADD CONSTRAINT statement_movement_kind_is_known
    CHECK (kind IN ('RECORDED', 'CANCELLED', 'CLAWED_BACK', 'PAID_OUT', 'RETURNED'));
ALTER TABLE statement_movements ADD CONSTRAINT statement_movement_is_of_one_row
    CHECK (num_nulls(commission_event_id, payout_id) = 1 AND (kind IN ('PAID_OUT', 'RETURNED')) = (payout_id IS NOT NULL));
