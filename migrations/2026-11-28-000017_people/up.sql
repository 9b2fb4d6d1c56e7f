-- The name of a company as it is compared: blanks collapsed, upper and lower case the same in every script, full-width
-- letters and ligatures as ordinary ones. By way of upper case, because only that folds the German sharp s and the Greek
-- final sigma.
CREATE FUNCTION company_key(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT lower(upper(btrim(regexp_replace(
            normalize(name, NFKC), '[\s\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u3000]+', ' ', 'g'
        )) COLLATE "und-x-icu") COLLATE "und-x-icu")
    $$;

ALTER TABLE referral_leads ADD COLUMN is_erased boolean NOT NULL DEFAULT false;
ALTER TABLE referral_leads ADD COLUMN is_second_conversion boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN referral_leads.is_erased IS
    'Whether the words about the person were replaced, by erasePerson.';
COMMENT ON COLUMN referral_leads.is_second_conversion IS
    'Whether an earlier lead had converted to the same customer, before that was rejected; never set afterwards.';

-- Conversions that were made before the rule stay as they are; all but the first of a customer are marked.
SET LOCAL app.every_tenant = 'on';
UPDATE referral_leads AS lead SET is_second_conversion = true
WHERE status = 'CONVERTED' AND EXISTS (
    SELECT FROM referral_leads AS earlier
    WHERE earlier.tenant_id = lead.tenant_id AND earlier.converted_customer_id = lead.converted_customer_id
        AND earlier.status = 'CONVERTED'
        AND (earlier.converted_at, earlier.id) < (lead.converted_at, lead.id)
);

CREATE UNIQUE INDEX lead_customer_converts_once ON referral_leads (tenant_id, converted_customer_id)
    WHERE status = 'CONVERTED' AND NOT is_second_conversion;

-- By these, the possible duplicates of a lead are found, latest first.
CREATE INDEX referral_leads_of_address
    ON referral_leads (tenant_id, contact_email, submitted_at, id) WHERE NOT is_erased;
CREATE INDEX referral_leads_of_company
    ON referral_leads (tenant_id, company_key(company_name), submitted_at, id) WHERE NOT is_erased;

CREATE TABLE erasures (
    tenant_id        text        NOT NULL,
    id               uuid        NOT NULL,
    partner_id       uuid        NOT NULL,
    referral_lead_id uuid,
    partner_user_id  uuid,
    erased_at        timestamptz NOT NULL,
    actor            text        NOT NULL,
    reason           text        NOT NULL,
    CONSTRAINT erasures_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT erasure_is_of_one_row CHECK (num_nonnulls(referral_lead_id, partner_user_id) = 1),
    CONSTRAINT lead_is_erased_once UNIQUE (tenant_id, referral_lead_id),
    CONSTRAINT partner_user_is_erased_once UNIQUE (tenant_id, partner_user_id),
    CONSTRAINT erasure_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT erasure_has_its_lead
        FOREIGN KEY (tenant_id, referral_lead_id) REFERENCES referral_leads (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT erasure_has_its_partner_user
        FOREIGN KEY (tenant_id, partner_user_id) REFERENCES partner_users (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE erasures IS
    'The time, actor and reason of each erasure of a person from a referral lead or the link of a partner user.';

CREATE INDEX erasures_of_partner ON erasures (tenant_id, partner_id);

CREATE POLICY tenant_isolation ON erasures USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON erasures TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
