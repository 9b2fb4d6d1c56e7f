-- Fails if an invoice was corrected, or paid in parts: the older schema cannot hold either.
ALTER TABLE commission_events DROP CONSTRAINT commission_reversal_names_its_original;
ALTER TABLE commission_events ADD CONSTRAINT commission_reversal_names_its_original CHECK (
    (event_type = 'CLAWBACK')
    = (num_nulls(reverses_id, refund_id, invoice_id, customer_id, managed_account_id, base_amount,
                 commission_rate) = 0
       AND commission_amount <= 0 AND base_amount <= 0));
DROP INDEX commission_events_replaced;
DROP INDEX commission_once_per_refund;
CREATE UNIQUE INDEX commission_once_per_refund ON commission_events (tenant_id, refund_id) WHERE refund_id IS NOT NULL;
DROP INDEX commission_once_per_invoice;
CREATE UNIQUE INDEX commission_once_per_invoice
    ON commission_events (tenant_id, invoice_id) WHERE event_type = 'INVOICE_PAID';
ALTER TABLE commission_events DROP COLUMN replaced_at;
ALTER TABLE commission_events DROP COLUMN invoice_revision;
ALTER TABLE commission_events DROP COLUMN invoice_row_id;

ALTER TABLE invoice_refunds DROP CONSTRAINT refund_has_its_invoice;
DROP INDEX invoice_refunds_of_invoice;
CREATE INDEX invoice_refunds_of_invoice ON invoice_refunds (tenant_id, invoice_id, received_at);
ALTER TABLE invoice_refunds DROP COLUMN invoice_revision;
ALTER TABLE invoice_refunds DROP COLUMN invoice_row_id;

DROP INDEX invoices_of_customer;
DROP INDEX invoices_without_commission;
DROP INDEX invoices_by_date;
DROP INDEX invoice_payment_is_recorded_once;
DROP INDEX invoice_has_one_first_payment;
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_without_a_base_earns_nothing;
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_base_is_part_of_the_total;
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_base_is_part_of_the_total
    CHECK (0 < commissionable_amount AND commissionable_amount <= total_amount);
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_outcome_is_known;
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_outcome_is_known
    CHECK (outcome IN ('RECORDED', 'NO_MANAGED_ACCOUNT', 'NO_RATE', 'PARTNER_INELIGIBLE'));
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_correction_has_a_reason;
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_without_payments_is_one_payment;
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_revisions_pkey;
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_receipts_pkey PRIMARY KEY (tenant_id, invoice_id);
ALTER TABLE invoice_refunds ADD CONSTRAINT refund_has_its_invoice
    FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES invoice_revisions (tenant_id, invoice_id) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_receipt
    FOREIGN KEY (tenant_id, invoice_id)
    REFERENCES invoice_revisions (tenant_id, invoice_id) ON DELETE RESTRICT;
ALTER TABLE invoice_revisions DROP COLUMN superseded_at;
ALTER TABLE invoice_revisions DROP COLUMN idempotency_key;
ALTER TABLE invoice_revisions DROP COLUMN reason;
ALTER TABLE invoice_revisions DROP COLUMN revised_at;
ALTER TABLE invoice_revisions DROP COLUMN recorded_by;
ALTER TABLE invoice_revisions DROP COLUMN is_first_payment;
ALTER TABLE invoice_revisions DROP COLUMN payment_id;
ALTER TABLE invoice_revisions DROP COLUMN revision;
ALTER TABLE invoice_revisions DROP COLUMN id;
ALTER TABLE invoice_revisions ALTER COLUMN received_at SET DEFAULT clock_timestamp();
ALTER TABLE invoice_revisions RENAME CONSTRAINT invoice_has_its_partner TO invoice_receipt_has_its_partner;
ALTER TABLE invoice_revisions RENAME CONSTRAINT invoice_has_its_tenant TO invoice_receipt_has_its_tenant;
ALTER TABLE invoice_revisions RENAME TO invoice_receipts;
COMMENT ON TABLE invoice_receipts IS
    'Every paid invoice that billing reported, with its outcome; its primary key makes accruals exactly-once.';
