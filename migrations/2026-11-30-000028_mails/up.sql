-- Mails, and which notifications users want.

ALTER TABLE tenants ADD COLUMN contact_email text;
COMMENT ON COLUMN tenants.contact_email IS 'Who is notified by mail of webhook endpoints that do not work. NULL: nobody.';

CREATE TABLE notification_preferences (
    tenant_id  text        NOT NULL,
    user_id    text        NOT NULL,
    kind       text        NOT NULL,
    is_wanted  boolean     NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT notification_preferences_pkey PRIMARY KEY (tenant_id, user_id, kind),
    CONSTRAINT notification_preference_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE notification_preferences IS
    'What partner users chose: which kinds of notifications they are sent. Without a row, a kind is wanted.';

CREATE TABLE mails (
    tenant_id       text        NOT NULL,
    id              uuid        NOT NULL,
    kind            text        NOT NULL,
    subject_id      uuid        NOT NULL,
    occurred_at     timestamptz NOT NULL,
    partner_user_id uuid,
    address         text        NOT NULL,
    content         jsonb       NOT NULL,
    subject         text,
    text_body       text,
    html_body       text,
    message         bytea,
    status          text        NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    code            integer,
    last_error      text,
    attempted_at    timestamptz,
    sent_at         timestamptz,
    ended_at        timestamptz,
    created_at      timestamptz NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT mail_status_is_known CHECK (status IN ('PENDING', 'SENT', 'BOUNCED', 'FAILED', 'ABANDONED')),
    CONSTRAINT mail_ended_has_a_time CHECK ((status = 'PENDING') = (ended_at IS NULL)),
    CONSTRAINT mail_sent_has_a_time CHECK ((status = 'SENT') = (sent_at IS NOT NULL)),
    CONSTRAINT mail_message_is_kept_until_it_is_sent CHECK (message IS NULL OR status = 'PENDING'),
    CONSTRAINT mail_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT,
    CONSTRAINT mail_has_its_partner_user
        FOREIGN KEY (tenant_id, partner_user_id) REFERENCES partner_users (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE mails IS
    'Mails, written in the transaction of what they tell of. Subject, bodies and message are NULL until the first attempt, which renders them once; every attempt sends the bytes of the message.';
COMMENT ON COLUMN mails.subject_id IS 'What the mail is about: a payout, a partner, a partner user, a webhook endpoint.';
COMMENT ON COLUMN mails.occurred_at IS 'When that happened; of a digest, the beginning of its month.';
COMMENT ON COLUMN mails.partner_user_id IS 'The recipient; NULL for the contact of the tenant.';
COMMENT ON COLUMN mails.content IS 'The facts that the mail states.';

-- Whoever is told, is told once.
CREATE UNIQUE INDEX mail_is_written_once ON mails
    (tenant_id, subject_id, kind, occurred_at, (coalesce(partner_user_id, '00000000-0000-0000-0000-000000000000')));
CREATE INDEX mails_by_time ON mails (tenant_id, created_at, id);
CREATE INDEX mails_of_partner_user ON mails (tenant_id, partner_user_id);

CREATE POLICY tenant_isolation ON notification_preferences
    USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON notification_preferences TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON mails USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON mails TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE mails FORCE ROW LEVEL SECURITY;

-- The first digest of the tenants that exist: on the first of the next month, at 08:00 of their time zone.
INSERT INTO jobs (tenant_id, lane, subject_id, available_at, created_at)
    SELECT tenant_id, 'DIGEST', '00000000-0000-0000-0000-000000000000',
        (date_trunc('month', clock_timestamp() AT TIME ZONE time_zone) + interval '1 month 8 hours') AT TIME ZONE time_zone,
        clock_timestamp()
    FROM tenants;
