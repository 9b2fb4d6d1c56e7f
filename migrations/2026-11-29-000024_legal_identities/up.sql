-- The legal identities of partners and of the tenant, and what an invoice under self-billing needs: with them, the statement
-- of a completed payout is such an invoice.
CREATE TABLE tenant_legal (
    tenant_id text    NOT NULL,
    name      text    NOT NULL,
    address   text    NOT NULL,
    country   char(2) NOT NULL,
    vat_id    text,
    CONSTRAINT tenant_legal_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenant_legal_country_is_two_letters CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT tenant_legal_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE tenant_legal IS 'The legal identity of the tenant: the customer on invoices under self-billing.';
COMMENT ON COLUMN tenant_legal.address IS 'The lines of the address, separated by line feeds.';

CREATE POLICY tenant_isolation ON tenant_legal USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON tenant_legal TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE tenant_legal ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_legal FORCE ROW LEVEL SECURITY;

CREATE TABLE partner_legal (
    tenant_id              text    NOT NULL,
    partner_id             uuid    NOT NULL,
    name                   text    NOT NULL,
    address                text    NOT NULL,
    country                char(2) NOT NULL,
    vat_id                 text,
    tax_treatment          text,
    tax_note               text,
    self_billing_agreed_at timestamptz,
    CONSTRAINT partner_legal_pkey PRIMARY KEY (tenant_id, partner_id),
    CONSTRAINT partner_legal_country_is_two_letters CHECK (country ~ '^[A-Z]{2}$'),
    -- Each of them without tax: the total of an invoice is that of its payout.
    CONSTRAINT tax_treatment_is_known CHECK (tax_treatment IN ('REVERSE_CHARGE', 'EXEMPT', 'OUTSIDE_SCOPE')),
    CONSTRAINT exemption_has_a_note CHECK (tax_treatment <> 'EXEMPT' OR tax_note IS NOT NULL),
    CONSTRAINT self_billing_has_a_tax_treatment
        CHECK (self_billing_agreed_at IS NULL OR tax_treatment IS NOT NULL),
    CONSTRAINT partner_legal_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE partner_legal IS 'The legal identities of partners: the suppliers on invoices under self-billing.';
COMMENT ON COLUMN partner_legal.address IS 'The lines of the address, separated by line feeds.';
COMMENT ON COLUMN partner_legal.tax_treatment IS 'How VAT applies to what the partner supplies to the tenant.';
COMMENT ON COLUMN partner_legal.self_billing_agreed_at IS
    'When the partner agreed that the tenant issues its invoices; null without such an agreement.';

CREATE POLICY tenant_isolation ON partner_legal USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON partner_legal TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE partner_legal ENABLE ROW LEVEL SECURITY;
ALTER TABLE partner_legal FORCE ROW LEVEL SECURITY;

-- What makes a statement an invoice is frozen in its head.
ALTER TABLE statements ADD CONSTRAINT statement_is_an_invoice_by_its_head
    CHECK ((kind = 'SELF_BILLED_INVOICE') = (head ? 'invoice'));
