-- Invoices can be corrected and paid in parts: a receipt becomes the revision of an invoice, or of one payment of an
-- invoice. Revisions are never changed: a correction adds one, and supersedes the one before.
ALTER TABLE invoice_receipts RENAME TO invoice_revisions;
ALTER TABLE invoice_revisions RENAME CONSTRAINT invoice_receipt_has_its_tenant TO invoice_has_its_tenant;
ALTER TABLE invoice_revisions RENAME CONSTRAINT invoice_receipt_has_its_partner TO invoice_has_its_partner;
ALTER TABLE invoice_revisions ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE invoice_revisions ALTER COLUMN id DROP DEFAULT;
ALTER TABLE invoice_revisions ALTER COLUMN received_at DROP DEFAULT;
ALTER TABLE invoice_revisions ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE invoice_revisions ADD COLUMN payment_id text;
ALTER TABLE invoice_revisions ADD COLUMN is_first_payment boolean NOT NULL DEFAULT true;
ALTER TABLE invoice_revisions ADD COLUMN recorded_by text;
ALTER TABLE invoice_revisions ADD COLUMN revised_at timestamptz;
ALTER TABLE invoice_revisions ADD COLUMN reason text;
ALTER TABLE invoice_revisions ADD COLUMN idempotency_key text;
ALTER TABLE invoice_revisions ADD COLUMN superseded_at timestamptz;
COMMENT ON TABLE invoice_revisions IS
    'Every invoice that billing reported, or each payment of one, in every revision, with its outcome.';
COMMENT ON COLUMN invoice_revisions.id IS 'The invoice, or its payment: the same in all of its revisions.';
COMMENT ON COLUMN invoice_revisions.revised_at IS 'The time of a correction; null for the first revision.';
COMMENT ON COLUMN invoice_revisions.superseded_at IS 'When the next revision replaced this one; null for the present one.';

-- Who reported the invoice is known from the history of its event, if it earned something.
UPDATE invoice_revisions AS invoice SET recorded_by = coalesce((
    SELECT change.actor FROM commission_events AS event
    JOIN status_changes AS change ON change.tenant_id = event.tenant_id AND change.commission_event_id = event.id
    WHERE event.tenant_id = invoice.tenant_id AND event.invoice_id = invoice.invoice_id
        AND event.event_type = 'INVOICE_PAID' AND change.from_status IS NULL
    LIMIT 1), 'unknown');
ALTER TABLE invoice_revisions ALTER COLUMN recorded_by SET NOT NULL;

-- The rows that refer to an invoice refer to its revision: a commission event to the one that it was computed from, a
-- refund to the one that was present when it was recorded.
ALTER TABLE invoice_refunds DROP CONSTRAINT refund_has_its_invoice;
ALTER TABLE commission_events DROP CONSTRAINT commission_event_has_its_receipt;
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_receipts_pkey;
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_revisions_pkey PRIMARY KEY (tenant_id, id, revision);
-- Each invoice is recorded once, for ever: as one payment, or in payments, of which one is the first.
CREATE UNIQUE INDEX invoice_has_one_first_payment
    ON invoice_revisions (tenant_id, invoice_id) WHERE is_first_payment AND revised_at IS NULL;
CREATE UNIQUE INDEX invoice_payment_is_recorded_once
    ON invoice_revisions (tenant_id, invoice_id, payment_id) WHERE payment_id IS NOT NULL AND revised_at IS NULL;

ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_without_payments_is_one_payment
    CHECK (is_first_payment OR payment_id IS NOT NULL);
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_correction_has_a_reason CHECK (
    revision > 0 AND (revision = 1) = (revised_at IS NULL)
    AND num_nulls(revised_at, reason, idempotency_key) IN (0, 3));
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_outcome_is_known;
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_outcome_is_known
    CHECK (outcome IN ('RECORDED', 'NO_MANAGED_ACCOUNT', 'NO_RATE', 'PARTNER_INELIGIBLE', 'ZERO_AMOUNT'));
ALTER TABLE invoice_revisions DROP CONSTRAINT invoice_base_is_part_of_the_total;
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_base_is_part_of_the_total
    CHECK (0 <= commissionable_amount AND commissionable_amount <= total_amount);
ALTER TABLE invoice_revisions ADD CONSTRAINT invoice_without_a_base_earns_nothing
    CHECK ((outcome = 'ZERO_AMOUNT') = (commissionable_amount = 0));

-- For the lists of invoices: all, those that earned nothing, and those of a customer.
CREATE INDEX invoices_by_date ON invoice_revisions (tenant_id, paid_at, id) WHERE superseded_at IS NULL;
CREATE INDEX invoices_without_commission
    ON invoice_revisions (tenant_id, paid_at, id) WHERE superseded_at IS NULL AND outcome <> 'RECORDED';
CREATE INDEX invoices_of_customer
    ON invoice_revisions (tenant_id, customer_id, paid_at, id) WHERE superseded_at IS NULL;

ALTER TABLE invoice_refunds ADD COLUMN invoice_row_id uuid;
ALTER TABLE invoice_refunds ADD COLUMN invoice_revision integer NOT NULL DEFAULT 1;
ALTER TABLE invoice_refunds ALTER COLUMN invoice_revision DROP DEFAULT;
UPDATE invoice_refunds AS refund SET invoice_row_id = invoice.id FROM invoice_revisions AS invoice
    WHERE invoice.tenant_id = refund.tenant_id AND invoice.invoice_id = refund.invoice_id;
ALTER TABLE invoice_refunds ALTER COLUMN invoice_row_id SET NOT NULL;
ALTER TABLE invoice_refunds ADD CONSTRAINT refund_has_its_invoice
    FOREIGN KEY (tenant_id, invoice_row_id, invoice_revision)
    REFERENCES invoice_revisions (tenant_id, id, revision) ON DELETE RESTRICT;
DROP INDEX invoice_refunds_of_invoice;
CREATE INDEX invoice_refunds_of_invoice ON invoice_refunds (tenant_id, invoice_row_id, received_at);

ALTER TABLE commission_events ADD COLUMN invoice_row_id uuid;
ALTER TABLE commission_events ADD COLUMN invoice_revision integer;
ALTER TABLE commission_events ADD COLUMN replaced_at timestamptz;
COMMENT ON COLUMN commission_events.replaced_at IS
    'When a correction of the invoice replaced the event; what it had earned was reversed at the same time.';
-- No amount changes: the totals need no update.
ALTER TABLE commission_events DISABLE TRIGGER commission_events_totals_after_update;
UPDATE commission_events AS event SET invoice_row_id = invoice.id, invoice_revision = 1
    FROM invoice_revisions AS invoice
    WHERE invoice.tenant_id = event.tenant_id AND invoice.invoice_id = event.invoice_id;
ALTER TABLE commission_events ENABLE TRIGGER commission_events_totals_after_update;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_names_its_invoice
    CHECK (num_nulls(invoice_id, invoice_row_id, invoice_revision) IN (0, 3));
ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_invoice
    FOREIGN KEY (tenant_id, invoice_row_id, invoice_revision)
    REFERENCES invoice_revisions (tenant_id, id, revision) ON DELETE RESTRICT;
ALTER TABLE commission_events ADD CONSTRAINT commission_event_of_an_invoice_is_replaced
    CHECK (replaced_at IS NULL OR event_type = 'INVOICE_PAID');

-- One accrual per invoice that is not replaced, and for each event one reversal per refund. The conditions are those of
-- the statements that look for the event of an invoice.
DROP INDEX commission_once_per_invoice;
CREATE UNIQUE INDEX commission_once_per_invoice ON commission_events (tenant_id, invoice_row_id)
    WHERE invoice_row_id IS NOT NULL AND reverses_id IS NULL AND replaced_at IS NULL;
DROP INDEX commission_once_per_refund;
CREATE UNIQUE INDEX commission_once_per_refund
    ON commission_events (tenant_id, refund_id, reverses_id) WHERE refund_id IS NOT NULL;
-- For the revisions of an invoice; few events were replaced.
CREATE INDEX commission_events_replaced
    ON commission_events (tenant_id, invoice_row_id) WHERE replaced_at IS NOT NULL;

-- A reversal without a refund reverses what stood of an event when its invoice was corrected.
ALTER TABLE commission_events DROP CONSTRAINT commission_reversal_names_its_original;
ALTER TABLE commission_events ADD CONSTRAINT commission_reversal_names_its_original CHECK (
    event_type <> 'CLAWBACK'
    OR (num_nulls(reverses_id, invoice_id, customer_id, managed_account_id, base_amount, commission_rate) = 0
        AND commission_amount <= 0 AND base_amount <= 0));
