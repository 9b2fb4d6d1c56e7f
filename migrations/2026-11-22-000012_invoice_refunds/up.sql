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
        FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice_receipts (tenant_id, invoice_id) ON DELETE RESTRICT
);
COMMENT ON TABLE invoice_refunds IS
    'Every refund that billing told us of, once, with what came of it: the exactly-once key of a reversal.';

CREATE INDEX invoice_refunds_of_invoice ON invoice_refunds (tenant_id, invoice_id, received_at);

ALTER TABLE commission_events ADD CONSTRAINT commission_event_has_its_refund
    FOREIGN KEY (tenant_id, refund_id) REFERENCES invoice_refunds (tenant_id, refund_id) ON DELETE RESTRICT;
