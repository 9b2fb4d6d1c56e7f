DROP TABLE erasures;
DROP INDEX referral_leads_of_company;
DROP INDEX referral_leads_of_address;
DROP INDEX lead_customer_converts_once;
ALTER TABLE referral_leads DROP COLUMN is_second_conversion;
ALTER TABLE referral_leads DROP COLUMN is_erased;
DROP FUNCTION company_key(text);
