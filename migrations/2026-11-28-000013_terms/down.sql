DROP INDEX partner_number_is_unique;
ALTER TABLE partners ADD CONSTRAINT partner_number_is_unique UNIQUE (tenant_id, partner_number);
ALTER TABLE partners ALTER COLUMN company_name TYPE text COLLATE "default";

ALTER TABLE partners ADD COLUMN status text;
ALTER TABLE partners ADD COLUMN tier text;
ALTER TABLE partners ADD COLUMN default_commission_rate numeric(5, 4);
ALTER TABLE managed_accounts ADD COLUMN custom_commission_rate numeric(5, 4);
UPDATE partners SET (status, tier, default_commission_rate) = (
    SELECT terms.status, terms.tier, terms.default_commission_rate FROM partner_terms AS terms
    WHERE terms.tenant_id = partners.tenant_id AND terms.partner_id = partners.id
        AND terms.effective_from <= clock_timestamp()
    ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1
);
UPDATE managed_accounts SET custom_commission_rate = (
    SELECT terms.custom_commission_rate FROM managed_account_terms AS terms
    WHERE terms.tenant_id = managed_accounts.tenant_id AND terms.managed_account_id = managed_accounts.id
        AND terms.effective_from <= clock_timestamp()
    ORDER BY terms.effective_from DESC, terms.number DESC LIMIT 1
);
DROP TABLE managed_account_terms;
DROP TABLE partner_terms;

ALTER TABLE partners ALTER COLUMN status SET NOT NULL;
ALTER TABLE partners ALTER COLUMN tier SET NOT NULL;
ALTER TABLE partners ADD CONSTRAINT partner_status_is_known
    CHECK (status IN ('PENDING', 'ACTIVE', 'SUSPENDED', 'TERMINATED', 'ARCHIVED'));
ALTER TABLE partners ADD CONSTRAINT partner_tier_is_known
    CHECK (tier IN ('BRONZE', 'SILVER', 'GOLD', 'PLATINUM', 'DIRECT'));
ALTER TABLE partners ADD CONSTRAINT partner_rate_is_a_fraction CHECK (default_commission_rate BETWEEN 0 AND 1);
ALTER TABLE managed_accounts ADD CONSTRAINT managed_account_rate_is_a_fraction
    CHECK (custom_commission_rate BETWEEN 0 AND 1);
