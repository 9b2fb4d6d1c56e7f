CREATE TABLE tenants (
    tenant_id           text        NOT NULL,
    name                text        NOT NULL,
    time_zone           text        NOT NULL,
    default_currency    char(3)     NOT NULL,
    hold_days           integer     NOT NULL DEFAULT 0,
    payout_day          integer,
    last_partner_number bigint      NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenant_id_is_a_word CHECK (tenant_id ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}$'),
    CONSTRAINT tenant_currency_is_iso_4217 CHECK (currency_decimals(default_currency) IS NOT NULL),
    CONSTRAINT tenant_hold_is_at_most_a_year CHECK (hold_days BETWEEN 0 AND 365),
    CONSTRAINT tenant_payout_day_is_in_every_month CHECK (payout_day BETWEEN 1 AND 28)
);
COMMENT ON TABLE tenants IS
    'A customer of the platform. No row of one tenant is visible to another.';

CREATE POLICY tenant_isolation ON tenants USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON tenants TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;

-- Lets `revshare reconcile` and `revshare payouts` list all tenants; no other table has such a policy.
CREATE POLICY list_of_tenants ON tenants FOR SELECT USING (current_setting('app.every_tenant', true) = 'on');

CREATE TABLE minimum_payouts (
    tenant_id text           NOT NULL,
    currency  char(3)        NOT NULL,
    amount    numeric(19, 4) NOT NULL,
    CONSTRAINT minimum_payouts_pkey PRIMARY KEY (tenant_id, currency),
    CONSTRAINT minimum_payout_is_money CHECK (is_money(amount, currency) AND amount >= 0),
    CONSTRAINT minimum_payout_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE minimum_payouts IS
    'The smallest payout that a tenant makes in one currency.';

CREATE POLICY tenant_isolation ON minimum_payouts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON minimum_payouts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE minimum_payouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE minimum_payouts FORCE ROW LEVEL SECURITY;
