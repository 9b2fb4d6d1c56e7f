-- Provides the equality operators on text that an exclusion constraint combines with the overlap of ranges.
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
    ),
    CONSTRAINT managed_account_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE managed_accounts IS
    'Assigns customers to partners, from starts_at (inclusive) to ends_at (exclusive).';

-- The included columns let the number of customers of a partner, and of the current ones, come from the index
-- alone.
CREATE INDEX managed_accounts_of_partner
    ON managed_accounts (tenant_id, partner_id, starts_at, id) INCLUDE (ends_at, customer_id);
CREATE INDEX managed_accounts_of_customer ON managed_accounts (tenant_id, customer_id, starts_at);

-- See commission_events_by_tenant_and_partner for the reason.
CREATE STATISTICS managed_accounts_by_tenant_and_partner (dependencies, ndistinct)
    ON tenant_id, partner_id FROM managed_accounts;

CREATE POLICY tenant_isolation ON managed_accounts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON managed_accounts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE managed_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE managed_accounts FORCE ROW LEVEL SECURITY;
