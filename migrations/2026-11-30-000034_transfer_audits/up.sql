-- The nightly audit of the transfers at Stripe: how far it is, and what it has found.
CREATE TABLE transfer_audits (
    tenant_id    text        NOT NULL,
    id           uuid        NOT NULL,
    rail_account text        NOT NULL,
    is_live      boolean     NOT NULL,
    began_at     timestamptz NOT NULL,
    last_read    text,
    transfers    bigint      NOT NULL,
    is_read      boolean     NOT NULL,
    is_complete  boolean     NOT NULL,
    ended_at     timestamptz,
    failed_at    timestamptz,
    failure      text,
    CONSTRAINT transfer_audits_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT transfer_audit_failure_has_a_time CHECK ((failed_at IS NULL) = (failure IS NULL)),
    CONSTRAINT transfer_audit_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE transfer_audits IS
    'The audit of the transfers at Stripe that runs now, or ran last: one for each tenant.';
COMMENT ON COLUMN transfer_audits.last_read IS 'The transfer after which it goes on reading.';
COMMENT ON COLUMN transfer_audits.ended_at IS 'When an audit last ended; before began_at while one runs.';

CREATE TABLE transfer_findings (
    tenant_id text        NOT NULL,
    id        uuid        NOT NULL,
    kind      text        NOT NULL,
    reference text        NOT NULL,
    payout_id uuid,
    message   text        NOT NULL,
    found_at  timestamptz NOT NULL,
    CONSTRAINT transfer_findings_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT transfer_finding_is_kept_once UNIQUE (tenant_id, kind, reference),
    CONSTRAINT transfer_finding_kind_is_known
        CHECK (kind IN ('UNKNOWN', 'MISSING', 'SECOND', 'DIFFERENT', 'REVERSED', 'NOT_REVERSED')),
    CONSTRAINT transfer_finding_has_its_payout
        FOREIGN KEY (tenant_id, payout_id) REFERENCES payouts (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE transfer_findings IS
    'How the transfers at Stripe differ from the payouts that were sent. Replaced by each audit; nothing is repaired.';

ALTER TABLE payout_attempts ADD COLUMN found_at timestamptz;
COMMENT ON COLUMN payout_attempts.found_at IS 'When an audit last found the transfer of the attempt at the rail.';
ALTER TABLE payout_attempts ADD COLUMN returned_amount numeric(19, 4);
ALTER TABLE payout_attempts ADD CONSTRAINT payout_attempt_returned_is_a_part
    CHECK (returned_amount IS NULL OR is_money(returned_amount, currency) AND returned_amount > 0 AND returned_amount < amount);
COMMENT ON COLUMN payout_attempts.returned_amount IS 'How much of the money came back, if that is a part of it.';
CREATE INDEX payout_attempts_settled ON payout_attempts (tenant_id, ended_at, id) WHERE status = 'SETTLED';

CREATE POLICY tenant_isolation ON transfer_audits USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON transfer_audits TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE transfer_audits ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfer_audits FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON transfer_findings USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON transfer_findings TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE transfer_findings ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfer_findings FORCE ROW LEVEL SECURITY;

-- Tenants that are connected already. Lanes that an older program does not know wait for a newer one.
INSERT INTO jobs (tenant_id, lane, subject_id, available_at, created_at)
    SELECT tenant_id, lane, '00000000-0000-0000-0000-000000000000', now(), now()
    FROM stripe_connections CROSS JOIN (VALUES ('AUDIT'), ('ACCOUNT')) AS nightly (lane);
