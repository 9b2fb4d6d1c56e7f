-- Lets an exclusion constraint compare text for equality beside a range for overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE managed_accounts (
    tenant_id              text          NOT NULL,
    id                     uuid          NOT NULL,
    partner_id             uuid          NOT NULL,
    customer_id            text          NOT NULL,
    customer_name          text,
    engagement_type        text          NOT NULL,
    custom_commission_rate numeric(5, 4),
    starts_at              timestamptz   NOT NULL,
    ends_at                timestamptz,
    created_at             timestamptz   NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT managed_accounts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT managed_account_has_one_partner UNIQUE (tenant_id, id, partner_id),
    CONSTRAINT managed_account_rate_is_a_fraction CHECK (custom_commission_rate BETWEEN 0 AND 1),
    CONSTRAINT managed_account_starts_before_it_ends CHECK (starts_at < ends_at),
    CONSTRAINT customer_has_one_partner_at_a_time EXCLUDE USING gist (
        tenant_id WITH =, customer_id WITH =, tstzrange(starts_at, ends_at) WITH &&
    )
);
COMMENT ON TABLE managed_accounts IS 'Which partner manages which customer, from starts_at until just before ends_at.';

CREATE INDEX managed_accounts_of_partner ON managed_accounts (tenant_id, partner_id, starts_at, id);
CREATE INDEX managed_accounts_of_customer ON managed_accounts (tenant_id, customer_id, starts_at);
