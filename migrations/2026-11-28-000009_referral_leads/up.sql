CREATE TABLE referral_leads (
    tenant_id             text        NOT NULL,
    id                    uuid        NOT NULL,
    partner_id            uuid        NOT NULL,
    company_name          text,
    contact_name          text        NOT NULL,
    contact_email         text        NOT NULL,
    contact_phone         text,
    estimated_amount      numeric(19, 4),
    estimated_currency    char(3),
    actual_amount         numeric(19, 4),
    actual_currency       char(3),
    status                text        NOT NULL,
    source                text,
    notes                 text,
    staff_notes           text,
    submitted_by          text        NOT NULL,
    submitted_by_partner  boolean     NOT NULL,
    submitted_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_contact_at      timestamptz,
    qualified_at          timestamptz,
    converted_at          timestamptz,
    converted_customer_id text,
    CONSTRAINT referral_leads_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT lead_status_is_known
        CHECK (status IN ('NEW', 'CONTACTED', 'QUALIFIED', 'CONVERTED', 'LOST', 'INVALID')),
    CONSTRAINT lead_estimate_is_money
        CHECK (num_nulls(estimated_amount, estimated_currency) = 2
               OR is_money(estimated_amount, estimated_currency) AND estimated_amount >= 0),
    CONSTRAINT lead_value_is_money
        CHECK (num_nulls(actual_amount, actual_currency) = 2
               OR is_money(actual_amount, actual_currency) AND actual_amount >= 0),
    CONSTRAINT lead_converted_has_a_time CHECK (status <> 'CONVERTED' OR converted_at IS NOT NULL),
    CONSTRAINT referral_lead_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE referral_leads IS
    'A prospective customer that a partner referred, and its progress.';

CREATE INDEX referral_leads_of_partner ON referral_leads (tenant_id, partner_id, submitted_at, id);
CREATE INDEX referral_leads_by_date ON referral_leads (tenant_id, submitted_at, id);

CREATE POLICY tenant_isolation ON referral_leads USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON referral_leads TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE referral_leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE referral_leads FORCE ROW LEVEL SECURITY;
