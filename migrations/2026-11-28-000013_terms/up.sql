-- Terms with the moment from which they hold. Rows are never changed: of the rows with the same effective_from, the one with the
-- largest number replaces the others. At a time t, the row with the largest effective_from <= t holds.
CREATE TABLE partner_terms (
    tenant_id               text          NOT NULL,
    partner_id              uuid          NOT NULL,
    effective_from          timestamptz   NOT NULL,
    number                  integer       NOT NULL,
    status                  text          NOT NULL,
    tier                    text          NOT NULL,
    default_commission_rate numeric(5, 4),
    changed_by              text          NOT NULL,
    changed_at              timestamptz   NOT NULL,
    CONSTRAINT partner_terms_pkey PRIMARY KEY (tenant_id, partner_id, effective_from, number),
    CONSTRAINT partner_status_is_known
        CHECK (status IN ('PENDING', 'ACTIVE', 'SUSPENDED', 'TERMINATED', 'ARCHIVED')),
    CONSTRAINT partner_tier_is_known
        CHECK (tier IN ('BRONZE', 'SILVER', 'GOLD', 'PLATINUM', 'DIRECT')),
    CONSTRAINT partner_rate_is_a_fraction CHECK (default_commission_rate BETWEEN 0 AND 1),
    CONSTRAINT partner_terms_begin_in_2000 CHECK (effective_from >= '2000-01-01 00:00:00+00'),
    CONSTRAINT partner_terms_have_their_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE partner_terms IS
    'The status, tier and rate of partners, each with the moment from which they hold; rows are only added.';

CREATE TABLE managed_account_terms (
    tenant_id              text          NOT NULL,
    managed_account_id     uuid          NOT NULL,
    effective_from         timestamptz   NOT NULL,
    number                 integer       NOT NULL,
    partner_id             uuid          NOT NULL,
    custom_commission_rate numeric(5, 4),
    changed_by             text          NOT NULL,
    changed_at             timestamptz   NOT NULL,
    CONSTRAINT managed_account_terms_pkey PRIMARY KEY (tenant_id, managed_account_id, effective_from, number),
    CONSTRAINT managed_account_rate_is_a_fraction CHECK (custom_commission_rate BETWEEN 0 AND 1),
    CONSTRAINT managed_account_terms_begin_in_2000 CHECK (effective_from >= '2000-01-01 00:00:00+00'),
    CONSTRAINT managed_account_terms_have_their_account
        FOREIGN KEY (tenant_id, managed_account_id, partner_id)
        REFERENCES managed_accounts (tenant_id, id, partner_id) ON DELETE RESTRICT
);
COMMENT ON TABLE managed_account_terms IS
    'The rates of managed accounts, each with the moment from which it holds; rows are only added.';

-- What holds now holds from the beginning: an invoice that was paid before goes on earning. It is known from now on, so that the
-- reconciliation does not compare it with the rates of events that were recorded before.
INSERT INTO partner_terms
SELECT tenant_id, id, '2000-01-01 00:00:00+00', 1, status, tier, default_commission_rate, 'migration', clock_timestamp()
FROM partners;
INSERT INTO managed_account_terms
SELECT tenant_id, id, '2000-01-01 00:00:00+00', 1, partner_id, custom_commission_rate, 'migration', clock_timestamp()
FROM managed_accounts;

ALTER TABLE partners DROP COLUMN status;
ALTER TABLE partners DROP COLUMN tier;
ALTER TABLE partners DROP COLUMN default_commission_rate;
ALTER TABLE managed_accounts DROP COLUMN custom_commission_rate;

CREATE POLICY tenant_isolation ON partner_terms USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON partner_terms TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE partner_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE partner_terms FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON managed_account_terms
    USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON managed_account_terms TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE managed_account_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE managed_account_terms FORCE ROW LEVEL SECURITY;

-- Names sort as people read them: apple, Banana, éclair, Zebra.
ALTER TABLE partners ALTER COLUMN company_name TYPE text COLLATE "und-x-icu";

-- Partner numbers are unique without regard to case. Of numbers that differ in case only, the oldest stays as it is.
UPDATE partners SET partner_number = partners.partner_number || ' ' || partners.id
FROM partners AS older
WHERE older.tenant_id = partners.tenant_id
    AND lower(older.partner_number COLLATE "und-x-icu") = lower(partners.partner_number COLLATE "und-x-icu")
    AND (older.created_at, older.id) < (partners.created_at, partners.id);
ALTER TABLE partners DROP CONSTRAINT partner_number_is_unique;
CREATE UNIQUE INDEX partner_number_is_unique ON partners (tenant_id, lower(partner_number COLLATE "und-x-icu"));
