CREATE TABLE payout_runs (
    tenant_id      text        NOT NULL,
    id             uuid        NOT NULL,
    period_start   timestamptz NOT NULL,
    period_end     timestamptz NOT NULL,
    currency       char(3),
    payment_method text        NOT NULL,
    actor          text        NOT NULL,
    started_at     timestamptz NOT NULL,
    finished_at    timestamptz,
    CONSTRAINT payout_runs_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payout_run_period_is_half_open CHECK (period_start < period_end),
    CONSTRAINT payout_run_finishes_after_it_started CHECK (finished_at >= started_at),
    CONSTRAINT payout_run_has_its_tenant
        FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE RESTRICT
);
COMMENT ON TABLE payout_runs IS
    'A payout run over all partners of a tenant; one without finished_at is in progress or was interrupted.';

CREATE POLICY tenant_isolation ON payout_runs USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payout_runs TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payout_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_runs FORCE ROW LEVEL SECURITY;

CREATE TABLE payout_run_skipped (
    tenant_id  text    NOT NULL,
    run_id     uuid    NOT NULL,
    partner_id uuid    NOT NULL,
    currency   char(3) NOT NULL,
    -- A sum of any number of events, which a payout may not be able to hold.
    amount     numeric NOT NULL,
    code       text    NOT NULL,
    CONSTRAINT payout_run_skipped_pkey PRIMARY KEY (tenant_id, run_id, partner_id, currency),
    CONSTRAINT payout_run_skip_is_money CHECK (is_money(amount, currency)),
    CONSTRAINT payout_run_skip_code_is_known
        CHECK (code IN ('NOTHING_PAYABLE', 'BELOW_MINIMUM', 'PARTNER_NOT_PAYABLE', 'AMOUNT_TOO_LARGE')),
    CONSTRAINT payout_run_skip_has_its_run
        FOREIGN KEY (tenant_id, run_id) REFERENCES payout_runs (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT payout_run_skip_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE payout_run_skipped IS
    'The partners that a finished run did not pay, the payable amount (negative for a debt), and the reason.';

CREATE POLICY tenant_isolation ON payout_run_skipped USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payout_run_skipped TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payout_run_skipped ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_run_skipped FORCE ROW LEVEL SECURITY;

CREATE TABLE payouts (
    tenant_id         text           NOT NULL,
    id                uuid           NOT NULL,
    partner_id        uuid           NOT NULL,
    currency          char(3)        NOT NULL,
    total_amount      numeric(19, 4) NOT NULL,
    commission_count  bigint         NOT NULL,
    status            text           NOT NULL,
    payment_method    text           NOT NULL,
    payment_reference text,
    payout_date       timestamptz    NOT NULL,
    period_start      timestamptz    NOT NULL,
    period_end        timestamptz    NOT NULL,
    created_at        timestamptz    NOT NULL,
    completed_at      timestamptz,
    released_at       timestamptz,
    failure_reason    text,
    notes             text,
    run_id            uuid,
    CONSTRAINT payouts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT payout_has_one_partner_and_currency UNIQUE (tenant_id, id, partner_id, currency),
    CONSTRAINT payout_status_is_known
        CHECK (status IN ('PENDING', 'READY', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    CONSTRAINT payout_total_is_money CHECK (is_money(total_amount, currency)),
    CONSTRAINT payout_pays_something CHECK (total_amount > 0 AND commission_count > 0),
    CONSTRAINT payout_period_is_half_open CHECK (period_start < period_end),
    CONSTRAINT payout_completed_has_a_time
        CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL) AND completed_at >= created_at),
    CONSTRAINT payout_completed_has_a_reference
        CHECK ((status = 'COMPLETED') = (payment_reference IS NOT NULL)),
    CONSTRAINT payout_released_has_a_time
        CHECK ((status IN ('FAILED', 'CANCELLED')) = (released_at IS NOT NULL) AND released_at >= created_at),
    CONSTRAINT payout_failed_has_a_reason CHECK ((status = 'FAILED') = (failure_reason IS NOT NULL)),
    CONSTRAINT payout_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT payout_has_its_run
        FOREIGN KEY (tenant_id, run_id) REFERENCES payout_runs (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE payouts IS
    'One payment to one partner in one currency for the commissions of a period.';

CREATE INDEX payouts_of_partner ON payouts (tenant_id, partner_id, payout_date, id);
CREATE INDEX payouts_by_date ON payouts (tenant_id, payout_date, id);
CREATE INDEX payouts_of_run ON payouts (tenant_id, run_id) WHERE run_id IS NOT NULL;
-- The cost of computing the amount in transit to a partner does not grow with the number of completed payouts.
CREATE INDEX payouts_open
    ON payouts (tenant_id, partner_id, currency) WHERE completed_at IS NULL AND released_at IS NULL;

CREATE POLICY tenant_isolation ON payouts USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON payouts TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE payouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE payouts FORCE ROW LEVEL SECURITY;
