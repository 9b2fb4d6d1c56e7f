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
    partner_id            uuid,
    commission_rate       numeric(5, 4),
    CONSTRAINT invoice_receipts_pkey PRIMARY KEY (tenant_id, invoice_id),
    CONSTRAINT invoice_outcome_is_known
        CHECK (outcome IN ('RECORDED', 'NO_MANAGED_ACCOUNT', 'NO_RATE', 'PARTNER_INELIGIBLE')),
    CONSTRAINT invoice_total_is_money CHECK (is_money(total_amount, currency)),
    CONSTRAINT invoice_base_is_money CHECK (is_money(commissionable_amount, currency)),
    CONSTRAINT invoice_base_is_part_of_the_total
        CHECK (0 < commissionable_amount AND commissionable_amount <= total_amount),
    -- The partner and the rate are stored beside the commission event, so that reconciliation can compare the
    -- two.
    CONSTRAINT invoice_recorded_has_a_partner_and_a_rate CHECK (
        (outcome = 'RECORDED') = (partner_id IS NOT NULL) AND (partner_id IS NULL) = (commission_rate IS NULL)),
    CONSTRAINT invoice_receipt_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT,
    CONSTRAINT invoice_receipt_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE invoice_receipts IS
    'Every paid invoice that billing reported, with its outcome; its primary key makes accruals exactly-once.';

CREATE POLICY tenant_isolation ON invoice_receipts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON invoice_receipts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE invoice_receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice_receipts FORCE ROW LEVEL SECURITY;

CREATE TABLE invoice_refunds (
    tenant_id   text           NOT NULL,
    refund_id   text           NOT NULL,
    invoice_id  text           NOT NULL,
    currency    char(3)        NOT NULL,
    amount      numeric(19, 4) NOT NULL,
    refunded_at timestamptz    NOT NULL,
    reason      text,
    outcome     text           NOT NULL,
    received_at timestamptz    NOT NULL,
    CONSTRAINT invoice_refunds_pkey PRIMARY KEY (tenant_id, refund_id),
    CONSTRAINT refund_outcome_is_known CHECK (outcome IN ('RECORDED', 'NO_COMMISSION')),
    CONSTRAINT refund_is_money CHECK (is_money(amount, currency) AND amount > 0),
    CONSTRAINT refund_has_its_invoice
        FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES invoice_receipts (tenant_id, invoice_id) ON DELETE RESTRICT
);
COMMENT ON TABLE invoice_refunds IS
    'Every refund that billing reported, with its outcome; its primary key makes reversals exactly-once.';

CREATE INDEX invoice_refunds_of_invoice ON invoice_refunds (tenant_id, invoice_id, received_at);

CREATE POLICY tenant_isolation ON invoice_refunds USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON invoice_refunds TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE invoice_refunds ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice_refunds FORCE ROW LEVEL SECURITY;
