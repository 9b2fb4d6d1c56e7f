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
    'Runs of payouts for all partners of a tenant; without finished_at, one that is under way or was cut off.';

CREATE TABLE payout_run_skips (
    tenant_id  text           NOT NULL,
    run_id     uuid           NOT NULL,
    partner_id uuid           NOT NULL,
    currency   char(3)        NOT NULL,
    amount     numeric(19, 4) NOT NULL,
    code       text           NOT NULL,
    CONSTRAINT payout_run_skips_pkey PRIMARY KEY (tenant_id, run_id, partner_id, currency),
    CONSTRAINT payout_run_skip_is_money CHECK (is_money(amount, currency)),
    CONSTRAINT payout_run_skip_code_is_known
        CHECK (code IN ('NOTHING_PAYABLE', 'BELOW_MINIMUM', 'PARTNER_NOT_PAYABLE')),
    CONSTRAINT payout_run_skip_has_its_run
        FOREIGN KEY (tenant_id, run_id) REFERENCES payout_runs (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT payout_run_skip_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
);
COMMENT ON TABLE payout_run_skips IS 'Whom a finished run did not pay, what they would have got or owe, and why.';

ALTER TABLE payouts
    ADD COLUMN run_id uuid,
    ADD CONSTRAINT payout_has_its_run
        FOREIGN KEY (tenant_id, run_id) REFERENCES payout_runs (tenant_id, id) ON DELETE RESTRICT;
CREATE INDEX payouts_of_run ON payouts (tenant_id, run_id) WHERE run_id IS NOT NULL;
