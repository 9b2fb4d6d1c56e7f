-- Payouts that the program sends itself: the connection of a tenant to Stripe, the accounts of partners there, and the attempts.
CREATE TABLE stripe_connections (
    tenant_id              text        NOT NULL,
    id                     uuid        NOT NULL,
    account                text        NOT NULL,
    is_live                boolean     NOT NULL,
    sealed_key             bytea       NOT NULL,
    sealed_webhook_secrets bytea       NOT NULL,
    connected_at           timestamptz NOT NULL,
    broken_at              timestamptz,
    broken_reason          text,
    CONSTRAINT stripe_connections_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT stripe_connection_is_of_an_account CHECK (account ~ '^acct_[A-Za-z0-9]{1,64}$'),
    CONSTRAINT stripe_connection_broken_has_a_reason CHECK ((broken_at IS NULL) = (broken_reason IS NULL)),
    CONSTRAINT stripe_connection_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE stripe_connections IS
    'The Stripe account that a tenant pays from. The key and the secrets of webhooks are sealed with SECRETS_KEY.';

CREATE TABLE payout_accounts (
    tenant_id       text        NOT NULL,
    id              uuid        NOT NULL,
    partner_id      uuid        NOT NULL,
    rail            text        NOT NULL,
    status          text        NOT NULL,
    destination     text        NOT NULL,
    rail_account    text        NOT NULL,
    is_live         boolean     NOT NULL,
    requirements    text[]      NOT NULL,
    disabled_reason text,
    created_at      timestamptz NOT NULL,
    created_by      text        NOT NULL,
    checked_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    CONSTRAINT payout_accounts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payout_account_has_one_partner UNIQUE (tenant_id, id, partner_id),
    CONSTRAINT payout_account_rail_is_known CHECK (rail IN ('STRIPE')),
    CONSTRAINT payout_account_status_is_known CHECK (status IN ('INCOMPLETE', 'READY', 'RESTRICTED', 'ENDED')),
    CONSTRAINT payout_account_ended_has_a_time CHECK ((status = 'ENDED') = (ended_at IS NOT NULL)),
    CONSTRAINT payout_account_has_few_requirements CHECK (cardinality(requirements) <= 100),
    CONSTRAINT payout_account_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE payout_accounts IS 'Where a rail sends the money of a partner.';
COMMENT ON COLUMN payout_accounts.rail_account IS 'The account of the tenant at the rail that the account belongs to.';

CREATE UNIQUE INDEX payout_accounts_living ON payout_accounts (tenant_id, partner_id, rail) WHERE status <> 'ENDED';
CREATE INDEX payout_accounts_of_partner ON payout_accounts (tenant_id, partner_id, created_at, id);
CREATE UNIQUE INDEX payout_account_has_one_living_partner ON payout_accounts (tenant_id, destination) WHERE status <> 'ENDED';

ALTER TABLE payouts ADD COLUMN attention text;
ALTER TABLE payouts ADD CONSTRAINT payout_attention_is_known
    CHECK (attention IN ('NOT_SENT', 'UNCERTAIN', 'DIFFERS', 'RETURNED_IN_PART'));
COMMENT ON COLUMN payouts.attention IS 'Why staff must look at the payout; changed with its attempts.';
CREATE INDEX payouts_with_attention ON payouts (tenant_id, payout_date, id) WHERE attention IS NOT NULL;
-- The target of the foreign key of attempts: an attempt sends exactly what the payout pays.
ALTER TABLE payouts ADD CONSTRAINT payout_has_one_total UNIQUE (tenant_id, id, partner_id, currency, total_amount);

CREATE TABLE payout_attempts (
    tenant_id         text           NOT NULL,
    id                uuid           NOT NULL,
    payout_id         uuid           NOT NULL,
    partner_id        uuid           NOT NULL,
    currency          char(3)        NOT NULL,
    amount            numeric(19, 4) NOT NULL,
    rail              text           NOT NULL,
    status            text           NOT NULL,
    payout_account_id uuid           NOT NULL,
    destination       text           NOT NULL,
    rail_account      text           NOT NULL,
    is_live           boolean        NOT NULL,
    is_in_doubt       boolean        NOT NULL DEFAULT false,
    first_sent_at     timestamptz,
    last_sent_at      timestamptz,
    looked_at         timestamptz,
    recall_reason     text,
    recalled_at       timestamptz,
    reference         text,
    code              text,
    message           text,
    created_at        timestamptz    NOT NULL,
    created_by        text           NOT NULL,
    ended_at          timestamptz,
    CONSTRAINT payout_attempts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payout_attempt_rail_is_known CHECK (rail IN ('STRIPE')),
    CONSTRAINT payout_attempt_status_is_known
        CHECK (status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SETTLED', 'REFUSED', 'WITHDRAWN', 'RETURNED')),
    CONSTRAINT payout_attempt_settled_has_a_reference
        CHECK (status NOT IN ('SETTLED', 'RETURNED') OR reference IS NOT NULL),
    CONSTRAINT payout_attempt_ended_has_a_time
        CHECK ((status IN ('QUEUED', 'SENDING', 'UNCERTAIN')) = (ended_at IS NULL)),
    CONSTRAINT payout_attempt_sent_was_begun CHECK (status <> 'SENDING' OR first_sent_at IS NOT NULL),
    CONSTRAINT payout_attempt_in_doubt_is_not_queued CHECK (NOT (is_in_doubt AND status IN ('QUEUED', 'WITHDRAWN'))),
    CONSTRAINT payout_attempt_recall_has_a_reason CHECK ((recalled_at IS NULL) = (recall_reason IS NULL)),
    CONSTRAINT payout_attempt_is_of_its_payout
        FOREIGN KEY (tenant_id, payout_id, partner_id, currency, amount)
        REFERENCES payouts (tenant_id, id, partner_id, currency, total_amount) ON DELETE RESTRICT,
    CONSTRAINT payout_attempt_has_its_account
        FOREIGN KEY (tenant_id, payout_account_id, partner_id)
        REFERENCES payout_accounts (tenant_id, id, partner_id) ON DELETE RESTRICT
);
COMMENT ON TABLE payout_attempts IS
    'The attempts to send the money of a payout. The key of the request to the rail is the id: an attempt moves money at most once.';

COMMENT ON COLUMN payout_attempts.is_in_doubt IS 'Whether a request was made of which it is not known what came of it.';

-- At most one attempt of a payout may have moved money, or may still do so.
CREATE UNIQUE INDEX payout_has_one_living_attempt
    ON payout_attempts (tenant_id, payout_id) WHERE status IN ('QUEUED', 'SENDING', 'UNCERTAIN', 'SETTLED');
CREATE UNIQUE INDEX payout_attempt_has_its_own_reference
    ON payout_attempts (tenant_id, rail_account, reference) WHERE reference IS NOT NULL;
CREATE INDEX payout_attempts_of_payout ON payout_attempts (tenant_id, payout_id, created_at, id);

CREATE TABLE inbox_events (
    tenant_id   text        NOT NULL,
    id          uuid        NOT NULL,
    source      text        NOT NULL,
    event_id    text        NOT NULL,
    event_type  text        NOT NULL,
    account     text,
    is_live     boolean     NOT NULL,
    body        bytea       NOT NULL,
    status      text        NOT NULL,
    message     text,
    received_at timestamptz NOT NULL,
    handled_at  timestamptz,
    CONSTRAINT inbox_events_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT inbox_event_is_kept_once UNIQUE (tenant_id, source, event_id),
    CONSTRAINT inbox_event_source_is_known CHECK (source IN ('STRIPE')),
    CONSTRAINT inbox_event_status_is_known CHECK (status IN ('PENDING', 'HANDLED', 'IGNORED', 'DEAD')),
    CONSTRAINT inbox_event_handled_has_a_time CHECK ((status = 'PENDING') = (handled_at IS NULL)),
    CONSTRAINT inbox_event_is_short CHECK (octet_length(body) <= 262144 AND length(event_id) <= 255 AND length(event_type) <= 255),
    CONSTRAINT inbox_event_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE inbox_events IS
    'The events that others have sent by webhooks, each once. They are hints: what decides is read from the sender.';

CREATE INDEX inbox_events_by_time ON inbox_events (tenant_id, received_at, id);

CREATE POLICY tenant_isolation ON inbox_events USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON inbox_events TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE inbox_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_events FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON stripe_connections USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON stripe_connections TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE stripe_connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE stripe_connections FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON payout_accounts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payout_accounts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payout_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_accounts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON payout_attempts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payout_attempts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payout_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_attempts FORCE ROW LEVEL SECURITY;
