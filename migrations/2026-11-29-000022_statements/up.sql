-- Statements: the documents that a partner keeps of its payouts and of its account. They are never changed. Numbers are
-- assigned without gaps, in each of the two series of a partner, while its row is locked.
ALTER TABLE partners ADD COLUMN last_statement_number integer NOT NULL DEFAULT 0;
ALTER TABLE partners ADD COLUMN last_account_statement_number integer NOT NULL DEFAULT 0;

CREATE TABLE statements (
    tenant_id    text        NOT NULL,
    id           uuid        NOT NULL,
    partner_id   uuid        NOT NULL,
    kind         text        NOT NULL,
    payout_id    uuid,
    currency     char(3)     NOT NULL,
    number       text        NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL,
    issued_at    timestamptz NOT NULL,
    -- Sums of any number of rows: that of the lines, and the balances of an account.
    amount       numeric     NOT NULL,
    opening      numeric,
    closing      numeric,
    line_count   bigint      NOT NULL,
    head         jsonb       NOT NULL,
    content_hash bytea       NOT NULL,
    format       smallint    NOT NULL,
    CONSTRAINT statements_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT statement_number_is_unique UNIQUE (tenant_id, number),
    CONSTRAINT payout_has_one_statement UNIQUE (tenant_id, payout_id),
    -- The target of the foreign keys of movements and files.
    CONSTRAINT statement_has_one_partner_and_currency UNIQUE (tenant_id, id, partner_id, currency),
    CONSTRAINT statement_kind_is_known CHECK (kind IN ('PAYOUT', 'SELF_BILLED_INVOICE', 'ACCOUNT')),
    CONSTRAINT statement_names_its_payout CHECK ((kind = 'ACCOUNT') = (payout_id IS NULL)),
    CONSTRAINT statement_of_an_account_has_balances
        CHECK (num_nulls(opening, closing) = CASE kind WHEN 'ACCOUNT' THEN 0 ELSE 2 END),
    CONSTRAINT statement_amount_is_money CHECK (is_money(amount, currency)),
    CONSTRAINT statement_balances_are_money
        CHECK (kind <> 'ACCOUNT' OR (is_money(opening, currency) AND is_money(closing, currency))),
    CONSTRAINT statement_closing_is_opening_and_movements CHECK (closing = opening + amount),
    CONSTRAINT statement_period_is_half_open CHECK (period_start < period_end),
    CONSTRAINT statement_has_lines CHECK (line_count > 0),
    CONSTRAINT statement_hash_is_a_sha256 CHECK (octet_length(content_hash) = 32),
    CONSTRAINT statement_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT statement_has_its_payout
        FOREIGN KEY (tenant_id, payout_id, partner_id, currency)
        REFERENCES payouts (tenant_id, id, partner_id, currency) ON DELETE RESTRICT
);
COMMENT ON TABLE statements IS
    'The statements of completed payouts and of accounts. Rows are only added.';
COMMENT ON COLUMN statements.head IS 'What the statement says besides its lines, as it was when the statement was issued.';
COMMENT ON COLUMN statements.content_hash IS 'The SHA-256 of the bytes of the CSV file.';
COMMENT ON COLUMN statements.format IS 'The version of the CSV file: the program writes every version that it ever wrote.';

-- The periods of an account adjoin: no two statements of an account begin at the same time.
CREATE UNIQUE INDEX account_statements_have_one_successor
    ON statements (tenant_id, partner_id, currency, period_start) WHERE kind = 'ACCOUNT';
CREATE INDEX statements_by_issue ON statements (tenant_id, issued_at, id);
CREATE INDEX statements_of_partner ON statements (tenant_id, partner_id, issued_at, id);

CREATE POLICY tenant_isolation ON statements USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON statements TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE statements FORCE ROW LEVEL SECURITY;

CREATE TABLE statement_movements (
    tenant_id           text           NOT NULL,
    id                  uuid           NOT NULL,
    statement_id        uuid           NOT NULL,
    partner_id          uuid           NOT NULL,
    currency            char(3)        NOT NULL,
    position            bigint         NOT NULL,
    kind                text           NOT NULL,
    commission_event_id uuid,
    payout_id           uuid,
    moved_at            timestamptz    NOT NULL,
    amount              numeric(19, 4) NOT NULL,
    -- The id is that of the status change: each is on one statement.
    CONSTRAINT statement_movements_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT statement_movement_kind_is_known
        CHECK (kind IN ('RECORDED', 'CANCELLED', 'CLAWED_BACK', 'PAID_OUT')),
    CONSTRAINT statement_movement_is_of_one_row
        CHECK (num_nulls(commission_event_id, payout_id) = 1 AND (kind = 'PAID_OUT') = (payout_id IS NOT NULL)),
    CONSTRAINT statement_movement_is_money CHECK (is_money(amount, currency)),
    CONSTRAINT statement_movement_is_a_status_change
        FOREIGN KEY (tenant_id, id) REFERENCES status_changes (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT statement_movement_has_its_statement
        FOREIGN KEY (tenant_id, statement_id, partner_id, currency)
        REFERENCES statements (tenant_id, id, partner_id, currency) ON DELETE RESTRICT,
    CONSTRAINT statement_movement_has_its_event
        FOREIGN KEY (tenant_id, commission_event_id, partner_id, currency)
        REFERENCES commission_events (tenant_id, id, partner_id, currency) ON DELETE RESTRICT,
    CONSTRAINT statement_movement_has_its_payout
        FOREIGN KEY (tenant_id, payout_id, partner_id, currency)
        REFERENCES payouts (tenant_id, id, partner_id, currency) ON DELETE RESTRICT
);
COMMENT ON TABLE statement_movements IS
    'The movements on statements of accounts: status changes that changed a balance. Rows are only added.';

CREATE INDEX statement_movements_by_time ON statement_movements (tenant_id, moved_at, id);
CREATE INDEX statement_movements_of_partner ON statement_movements (tenant_id, partner_id, moved_at, id);
CREATE INDEX statement_movements_of_statement ON statement_movements (tenant_id, statement_id, moved_at, id);

CREATE POLICY tenant_isolation ON statement_movements USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON statement_movements TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE statement_movements ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_movements FORCE ROW LEVEL SECURITY;

CREATE TABLE statement_files (
    tenant_id    text        NOT NULL,
    statement_id uuid        NOT NULL,
    format       text        NOT NULL,
    partner_id   uuid        NOT NULL,
    currency     char(3)     NOT NULL,
    bytes        bytea       NOT NULL,
    sha256       bytea       NOT NULL,
    renderer     text        NOT NULL,
    rendered_at  timestamptz NOT NULL,
    CONSTRAINT statement_files_pkey PRIMARY KEY (tenant_id, statement_id, format),
    CONSTRAINT statement_file_format_is_known CHECK (format IN ('PDF')),
    CONSTRAINT statement_file_has_its_hash CHECK (sha256 = pg_catalog.sha256(bytes)),
    CONSTRAINT statement_file_has_its_statement
        FOREIGN KEY (tenant_id, statement_id, partner_id, currency)
        REFERENCES statements (tenant_id, id, partner_id, currency) ON DELETE RESTRICT
);
COMMENT ON TABLE statement_files IS
    'Files of statements that were rendered once and are served from here ever since. Rows are only added.';

CREATE POLICY tenant_isolation ON statement_files USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON statement_files TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE statement_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_files FORCE ROW LEVEL SECURITY;
