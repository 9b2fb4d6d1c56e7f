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
    CONSTRAINT lead_converted_has_a_time CHECK (status <> 'CONVERTED' OR converted_at IS NOT NULL)
);
COMMENT ON TABLE referral_leads IS 'A possible customer that a partner told us of, and how far it has come.';

CREATE INDEX referral_leads_of_partner ON referral_leads (tenant_id, partner_id, submitted_at, id);
CREATE INDEX referral_leads_by_date ON referral_leads (tenant_id, submitted_at, id);
