CREATE TABLE partners (
    tenant_id               text          NOT NULL,
    id                      uuid          NOT NULL,
    partner_number          text          NOT NULL,
    company_name            text          NOT NULL,
    status                  text          NOT NULL,
    tier                    text          NOT NULL,
    default_commission_rate numeric(5, 4),
    payout_currency         char(3)       NOT NULL,
    created_at              timestamptz   NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT partners_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT partner_number_is_unique UNIQUE (tenant_id, partner_number),
    CONSTRAINT partner_status_is_known
        CHECK (status IN ('PENDING', 'ACTIVE', 'SUSPENDED', 'TERMINATED', 'ARCHIVED')),
    CONSTRAINT partner_tier_is_known
        CHECK (tier IN ('BRONZE', 'SILVER', 'GOLD', 'PLATINUM', 'DIRECT')),
    CONSTRAINT partner_rate_is_a_fraction CHECK (default_commission_rate BETWEEN 0 AND 1),
    CONSTRAINT partner_currency_is_iso_4217 CHECK (currency_decimals(payout_currency) IS NOT NULL),
    CONSTRAINT partner_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE partners IS
    'Earns commissions on the paid invoices of the customers that it manages.';

CREATE INDEX partners_by_name ON partners (tenant_id, company_name, id);

CREATE POLICY tenant_isolation ON partners USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON partners TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE partners ENABLE ROW LEVEL SECURITY;
ALTER TABLE partners FORCE ROW LEVEL SECURITY;

CREATE TABLE partner_users (
    tenant_id  text        NOT NULL,
    id         uuid        NOT NULL,
    partner_id uuid        NOT NULL,
    user_id    text        NOT NULL,
    email      text        NOT NULL,
    role       text        NOT NULL,
    is_active  boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT partner_users_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT partner_user_role_is_known
        CHECK (role IN ('OWNER', 'ADMIN', 'ACCOUNT_MANAGER', 'FINANCE')),
    CONSTRAINT partner_user_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE partner_users IS
    'Links users to the partners that they may act for; only active links count.';

CREATE UNIQUE INDEX partner_user_is_linked_once
    ON partner_users (tenant_id, user_id, partner_id) WHERE is_active;
CREATE INDEX partner_users_of_partner ON partner_users (tenant_id, partner_id, created_at, id);

CREATE POLICY tenant_isolation ON partner_users USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON partner_users TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE partner_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE partner_users FORCE ROW LEVEL SECURITY;
