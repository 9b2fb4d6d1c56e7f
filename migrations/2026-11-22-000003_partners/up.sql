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
    CONSTRAINT partner_currency_is_iso_4217 CHECK (currency_decimals(payout_currency) IS NOT NULL)
);
COMMENT ON TABLE partners IS 'Who earns commissions on the invoices of the customers it manages.';

CREATE INDEX partners_by_name ON partners (tenant_id, company_name, id);

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
        CHECK (role IN ('OWNER', 'ADMIN', 'ACCOUNT_MANAGER', 'FINANCE'))
);
COMMENT ON TABLE partner_users IS 'Which users may act for which partners; only active links count.';

CREATE UNIQUE INDEX partner_user_is_linked_once
    ON partner_users (tenant_id, user_id, partner_id) WHERE is_active;
CREATE INDEX partner_users_of_partner ON partner_users (tenant_id, partner_id, created_at, id);
