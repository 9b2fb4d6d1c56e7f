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
COMMENT ON TABLE tenants IS 'A customer of the platform: the wall that no row is seen across.';

CREATE TABLE minimum_payouts (
    tenant_id text           NOT NULL,
    currency  char(3)        NOT NULL,
    amount    numeric(19, 4) NOT NULL,
    CONSTRAINT minimum_payouts_pkey PRIMARY KEY (tenant_id, currency),
    CONSTRAINT minimum_payout_is_money CHECK (is_money(amount, currency) AND amount >= 0)
);
COMMENT ON TABLE minimum_payouts IS 'The least a tenant pays out in one currency.';
