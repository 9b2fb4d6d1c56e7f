CREATE TABLE invoice_receipts (
    tenant_id             text           NOT NULL,
    invoice_id            text           NOT NULL,
    customer_id           text           NOT NULL,
    currency              char(3)        NOT NULL,
    total_amount          numeric(19, 4) NOT NULL,
    commissionable_amount numeric(19, 4) NOT NULL,
    paid_at               timestamptz    NOT NULL,
    outcome               text           NOT NULL,
    received_at           timestamptz    NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT invoice_receipts_pkey PRIMARY KEY (tenant_id, invoice_id),
    CONSTRAINT invoice_outcome_is_known
        CHECK (outcome IN ('RECORDED', 'NO_MANAGED_ACCOUNT', 'NO_RATE', 'PARTNER_INELIGIBLE')),
    CONSTRAINT invoice_total_is_money CHECK (is_money(total_amount, currency)),
    CONSTRAINT invoice_base_is_money CHECK (is_money(commissionable_amount, currency)),
    CONSTRAINT invoice_base_is_part_of_the_total
        CHECK (0 < commissionable_amount AND commissionable_amount <= total_amount)
);
COMMENT ON TABLE invoice_receipts IS
    'Every paid invoice that billing told us of, once, with what came of it: the exactly-once key of an accrual.';
