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
    CONSTRAINT payout_failed_has_a_reason CHECK ((status = 'FAILED') = (failure_reason IS NOT NULL))
);
COMMENT ON TABLE payouts IS 'One payment to one partner in one currency for the commissions of a period.';

CREATE INDEX payouts_of_partner ON payouts (tenant_id, partner_id, payout_date, id);
CREATE INDEX payouts_by_date ON payouts (tenant_id, payout_date, id);
