-- Payouts that are paid by files which staff give to their bank: the bank details of partners, the account that the tenant pays from,
-- and the files.
CREATE TABLE paying_accounts (
    tenant_id   text        NOT NULL,
    id          uuid        NOT NULL,
    holder      text        NOT NULL,
    sealed_iban bytea       NOT NULL,
    iban_ending text        NOT NULL,
    bic         text,
    set_at      timestamptz NOT NULL,
    set_by      text        NOT NULL,
    CONSTRAINT paying_accounts_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT paying_account_holder_is_short CHECK (length(holder) BETWEEN 1 AND 70),
    CONSTRAINT paying_account_shows_four_characters CHECK (iban_ending ~ '^[A-Z0-9]{4}$'),
    CONSTRAINT paying_account_bic_is_well_formed CHECK (bic ~ '^[A-Z0-9]{8}([A-Z0-9]{3})?$'),
    CONSTRAINT paying_account_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE paying_accounts IS
    'The bank account that a tenant pays from by payment files. The IBAN is sealed with SECRETS_KEY.';

-- A bank account of a partner: its number is sealed, and its destination only has the last characters of it.
ALTER TABLE payout_accounts ADD COLUMN holder text;
ALTER TABLE payout_accounts ADD COLUMN country char(2);
ALTER TABLE payout_accounts ADD COLUMN accepts_sepa boolean NOT NULL DEFAULT false;
ALTER TABLE payout_accounts ADD COLUMN sealed_details bytea;
ALTER TABLE payout_accounts ADD COLUMN confirmed_by text;
ALTER TABLE payout_accounts ADD COLUMN confirmed_at timestamptz;
COMMENT ON COLUMN payout_accounts.sealed_details IS
    'The number of a bank account with the code of its bank, as JSON that is sealed with SECRETS_KEY.';

ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_rail_is_known;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_rail_is_known CHECK (rail IN ('STRIPE', 'FILE'));
ALTER TABLE payout_accounts DROP CONSTRAINT payout_account_status_is_known;
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_status_is_known
    CHECK (status IN ('INCOMPLETE', 'UNCONFIRMED', 'READY', 'RESTRICTED', 'ENDED'));
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_status_is_of_its_rail
    CHECK (CASE rail WHEN 'FILE' THEN status IN ('UNCONFIRMED', 'READY', 'ENDED') ELSE status <> 'UNCONFIRMED' END);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_at_a_bank_has_details
    CHECK ((rail = 'FILE') = (sealed_details IS NOT NULL AND holder IS NOT NULL AND country IS NOT NULL));
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_at_a_bank_shows_its_end
    CHECK (rail <> 'FILE' OR destination ~ '^[A-Z0-9]{1,4}$');
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_holder_is_short CHECK (length(holder) BETWEEN 1 AND 70);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_country_is_a_code CHECK (country ~ '^[A-Z]{2}$');
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_of_stripe_accepts_no_file
    CHECK (rail = 'FILE' OR NOT accepts_sepa);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_is_confirmed_by_another_user
    CHECK (confirmed_by <> created_by);
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_confirmed_has_a_time
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL));
ALTER TABLE payout_accounts ADD CONSTRAINT payout_account_at_a_bank_is_confirmed
    CHECK (CASE WHEN rail <> 'FILE' OR status = 'UNCONFIRMED' THEN confirmed_at IS NULL
                WHEN status = 'READY' THEN confirmed_at IS NOT NULL ELSE true END);
-- Two bank accounts can have the same last characters.
DROP INDEX payout_account_has_one_living_partner;
CREATE UNIQUE INDEX payout_account_has_one_living_partner ON payout_accounts (tenant_id, destination)
    WHERE status <> 'ENDED' AND rail = 'STRIPE';

CREATE TABLE payment_files (
    tenant_id      text        NOT NULL,
    id             uuid        NOT NULL,
    format         text        NOT NULL,
    execution_date date        NOT NULL,
    currency       char(3)     NOT NULL,
    payout_count   integer     NOT NULL,
    total_amount   numeric     NOT NULL,
    sha256         bytea       NOT NULL,
    sealed_content bytea       NOT NULL,
    skipped        jsonb       NOT NULL,
    created_at     timestamptz NOT NULL,
    created_by     text        NOT NULL,
    downloaded_at  timestamptz,
    downloaded_by  text,
    withdrawn_at   timestamptz,
    CONSTRAINT payment_files_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payment_file_has_one_currency UNIQUE (tenant_id, id, currency),
    CONSTRAINT payment_file_format_is_known CHECK (format IN ('SEPA', 'CSV')),
    CONSTRAINT payment_file_of_sepa_is_in_euros CHECK (format <> 'SEPA' OR currency = 'EUR'),
    CONSTRAINT payment_file_currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payment_file_has_some_payouts CHECK (payout_count BETWEEN 1 AND 500),
    CONSTRAINT payment_file_total_is_positive CHECK (total_amount > 0),
    CONSTRAINT payment_file_has_a_digest CHECK (octet_length(sha256) = 32),
    CONSTRAINT payment_file_download_has_a_user CHECK ((downloaded_at IS NULL) = (downloaded_by IS NULL)),
    CONSTRAINT payment_file_downloaded_is_not_withdrawn CHECK (downloaded_at IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT payment_file_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE payment_files IS
    'The files by which a bank pays payouts. The content never changes, and is sealed with SECRETS_KEY.';
COMMENT ON COLUMN payment_files.skipped IS
    'The payouts that were to be in the file and are not, with the reasons: what a repeated request answers.';

CREATE INDEX payment_files_by_time ON payment_files (tenant_id, created_at, id);

ALTER TABLE payout_attempts ADD COLUMN payment_file_id uuid;
COMMENT ON COLUMN payout_attempts.payment_file_id IS 'The file that the payout is in, of an attempt of the rail FILE.';
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_rail_is_known;
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_rail_is_known CHECK (rail IN ('STRIPE', 'FILE'));
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_status_is_known;
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_status_is_known
    CHECK (status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SENT', 'SETTLED', 'REFUSED', 'WITHDRAWN', 'RETURNED'));
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_status_is_of_its_rail
    CHECK (CASE rail WHEN 'FILE' THEN status NOT IN ('QUEUED', 'SENDING', 'UNCERTAIN') ELSE status <> 'SENT' END);
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_by_file_is_in_one
    CHECK ((rail = 'FILE') = (payment_file_id IS NOT NULL));
ALTER TABLE payout_attempts DROP CONSTRAINT payout_attempt_ended_has_a_time;
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_ended_has_a_time
    CHECK ((status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SENT')) = (ended_at IS NULL));
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_is_of_its_file
    FOREIGN KEY (tenant_id, payment_file_id, currency)
    REFERENCES payment_files (tenant_id, id, currency) ON DELETE RESTRICT;
DROP INDEX payout_has_one_living_attempt;
CREATE UNIQUE INDEX payout_has_one_living_attempt
    ON payout_attempts (tenant_id, payout_id) WHERE status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SENT', 'SETTLED');
-- A bank has one reference for all the payments of a file.
DROP INDEX payout_attempt_has_its_own_reference;
CREATE UNIQUE INDEX payout_attempt_has_its_own_reference
    ON payout_attempts (tenant_id, rail_account, reference) WHERE reference IS NOT NULL AND rail = 'STRIPE';
CREATE INDEX payout_attempts_of_file ON payout_attempts (tenant_id, payment_file_id, id) WHERE payment_file_id IS NOT NULL;

CREATE POLICY tenant_isolation ON paying_accounts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON paying_accounts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE paying_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE paying_accounts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON payment_files USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payment_files TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payment_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_files FORCE ROW LEVEL SECURITY;
