-- Fails if a bank account was set or a payment file created: the program before cannot read them, and money may be on its way.
DROP INDEX payout_attempts_of_file;
DROP INDEX payout_attempt_has_its_own_reference;
CREATE UNIQUE INDEX payout_attempt_has_its_own_reference
    ON payout_attempts (tenant_id, rail_account, reference) WHERE reference IS NOT NULL;
DROP INDEX payout_has_one_living_attempt;
CREATE UNIQUE INDEX payout_has_one_living_attempt
    ON payout_attempts (tenant_id, payout_id) WHERE status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SETTLED');
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_is_of_its_file;
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_ended_has_a_time;
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_ended_has_a_time
    CHECK ((status IN ('QUEUED', 'SENDING', 'UNCERTAIN')) = (ended_at IS NULL));
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_by_file_is_in_one;
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_status_is_of_its_rail;
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_status_is_known;
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_status_is_known
    CHECK (status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SETTLED', 'REFUSED', 'WITHDRAWN', 'RETURNED'));
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_rail_is_known;
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_rail_is_known CHECK (rail IN ('STRIPE'));
ALTER TABLE payout_attempts DROP COLUMN payment_file_id;
DROP TABLE payment_files;
DROP INDEX payout_account_has_one_living_partner;
CREATE UNIQUE INDEX payout_account_has_one_living_partner ON payout_accounts (tenant_id, destination) WHERE status <> 'ENDED';
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_at_a_bank_is_confirmed;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_confirmed_has_a_time;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_is_confirmed_by_another_user;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_of_stripe_accepts_no_file;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_country_is_a_code;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_holder_is_short;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_at_a_bank_shows_its_end;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_at_a_bank_has_details;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_status_is_of_its_rail;
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_status_is_known;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_status_is_known
    CHECK (status IN ('INCOMPLETE', 'READY', 'RESTRICTED', 'ENDED'));
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_rail_is_known;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_rail_is_known CHECK (rail IN ('STRIPE'));
ALTER TABLE payout_accounts DROP COLUMN confirmed_at;
ALTER TABLE payout_accounts DROP COLUMN confirmed_by;
ALTER TABLE payout_accounts DROP COLUMN sealed_details;
ALTER TABLE payout_accounts DROP COLUMN accepts_sepa;
ALTER TABLE payout_accounts DROP COLUMN country;
ALTER TABLE payout_accounts DROP COLUMN holder;
DROP TABLE paying_accounts;
