CREATE TABLE commission_events (
    tenant_id          text           NOT NULL,
    id                 uuid           NOT NULL,
    partner_id         uuid           NOT NULL,
    managed_account_id uuid,
    event_type         text           NOT NULL,
    status             text           NOT NULL,
    invoice_id         text,
    refund_id          text,
    customer_id        text,
    currency           char(3)        NOT NULL,
    base_amount        numeric(19, 4),
    commission_rate    numeric(5, 4),
    rate_source        text,
    commission_amount  numeric(19, 4) NOT NULL,
    event_date         timestamptz    NOT NULL,
    recorded_at        timestamptz    NOT NULL,
    payable_at         timestamptz    NOT NULL,
    payout_id          uuid,
    paid_at            timestamptz,
    reverses_id        uuid,
    notes              text,
    CONSTRAINT commission_events_pkey PRIMARY KEY (tenant_id, id),
    -- What a payout line repeats of its event, so that a line with another amount cannot be stored.
    CONSTRAINT commission_event_keeps_its_amount
        UNIQUE (tenant_id, id, partner_id, currency, commission_amount),
    -- What a reversal repeats of its original.
    CONSTRAINT commission_event_has_one_partner_and_currency UNIQUE (tenant_id, id, partner_id, currency),
    CONSTRAINT commission_type_is_known
        CHECK (event_type IN ('INVOICE_PAID', 'CLAWBACK', 'ADJUSTMENT')),
    CONSTRAINT commission_status_is_known
        CHECK (status IN ('PENDING', 'APPROVED', 'PAID', 'CLAWBACK', 'CANCELLED')),
    CONSTRAINT commission_rate_source_is_known CHECK (rate_source IN ('MANAGED_ACCOUNT', 'PARTNER')),
    CONSTRAINT commission_amount_is_money CHECK (is_money(commission_amount, currency)),
    CONSTRAINT commission_base_is_money CHECK (base_amount IS NULL OR is_money(base_amount, currency)),
    CONSTRAINT commission_rate_is_a_fraction CHECK (commission_rate BETWEEN 0 AND 1),
    CONSTRAINT commission_is_the_rate_of_the_base CHECK (
        event_type <> 'INVOICE_PAID'
        OR coalesce(commission_amount = round(base_amount * commission_rate, currency_decimals(currency)), false)),
    CONSTRAINT commission_of_an_invoice_is_explained CHECK (
        event_type <> 'INVOICE_PAID'
        OR (base_amount > 0 AND num_nulls(managed_account_id, invoice_id, customer_id, base_amount, rate_source) = 0
            AND num_nonnulls(refund_id, reverses_id) = 0)),
    CONSTRAINT commission_reversal_names_its_original CHECK (
        (event_type = 'CLAWBACK')
        = (num_nulls(reverses_id, refund_id, invoice_id, customer_id, managed_account_id, base_amount,
                     commission_rate) = 0
           AND commission_amount <= 0 AND base_amount <= 0)),
    CONSTRAINT commission_adjustment_has_a_reason CHECK (
        event_type <> 'ADJUSTMENT'
        OR (notes IS NOT NULL
            AND num_nonnulls(base_amount, commission_rate, rate_source, invoice_id, refund_id, reverses_id, customer_id,
                             managed_account_id) = 0)),
    CONSTRAINT commission_is_payable_after_its_date CHECK (payable_at >= event_date),
    CONSTRAINT commission_paid_means_in_a_payout CHECK (
        (status = 'PAID') = (payout_id IS NOT NULL) AND (payout_id IS NULL) = (paid_at IS NULL))
);
COMMENT ON TABLE commission_events IS
    'What a partner earned, or lost, by one paid invoice, refund or adjustment. Amounts never change; the status does.';

-- One accrual an invoice and one line a refund, for ever.
CREATE UNIQUE INDEX commission_once_per_invoice
    ON commission_events (tenant_id, invoice_id) WHERE event_type = 'INVOICE_PAID';
CREATE UNIQUE INDEX commission_once_per_refund ON commission_events (tenant_id, refund_id) WHERE refund_id IS NOT NULL;
CREATE INDEX commission_events_of_invoice ON commission_events (tenant_id, invoice_id);
CREATE INDEX commission_events_of_partner ON commission_events (tenant_id, partner_id, event_date, id);
CREATE INDEX commission_events_of_customer ON commission_events (tenant_id, customer_id, event_date, id);
CREATE INDEX commission_events_by_date ON commission_events (tenant_id, event_date, id);
CREATE INDEX commission_events_of_account
    ON commission_events (tenant_id, managed_account_id) WHERE managed_account_id IS NOT NULL;
CREATE INDEX commission_events_payable
    ON commission_events (tenant_id, partner_id, event_date) WHERE status = 'APPROVED';
CREATE INDEX commission_events_pending ON commission_events (tenant_id, event_date, id) WHERE status = 'PENDING';
CREATE INDEX commission_events_reversing
    ON commission_events (tenant_id, reverses_id) WHERE reverses_id IS NOT NULL;

CREATE TABLE payout_lines (
    tenant_id           text           NOT NULL,
    payout_id           uuid           NOT NULL,
    commission_event_id uuid           NOT NULL,
    partner_id          uuid           NOT NULL,
    currency            char(3)        NOT NULL,
    commission_amount   numeric(19, 4) NOT NULL,
    added_at            timestamptz    NOT NULL,
    released_at         timestamptz,
    CONSTRAINT payout_lines_pkey PRIMARY KEY (tenant_id, payout_id, commission_event_id),
    CONSTRAINT payout_line_is_released_after_it_was_added CHECK (released_at >= added_at)
);
COMMENT ON TABLE payout_lines IS
    'Which commission events a payout pays, and which a failed or cancelled one had held. Never deleted.';

CREATE UNIQUE INDEX commission_event_is_in_one_living_payout
    ON payout_lines (tenant_id, commission_event_id) WHERE released_at IS NULL;
