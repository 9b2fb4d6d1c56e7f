-- What the events of a partner add up to, month by month (UTC) of their dates, so that a dashboard costs the same whether a
-- partner has five hundred events or fifty thousand.
--
-- The rows of a month are a handful of slots, and what counts is their sum: accruals of one partner that come at the same
-- time write into different ones and wait for each other no longer than before, and a change of many events at once, which
-- may take seconds, has slot 0 to itself. So a single slot may well be below zero.
CREATE TABLE commission_sums (
    tenant_id      text     NOT NULL,
    partner_id     uuid     NOT NULL,
    currency       char(3)  NOT NULL,
    month          date     NOT NULL,
    slot           smallint NOT NULL,
    pending        numeric  NOT NULL,
    approved       numeric  NOT NULL,
    paid           numeric  NOT NULL,
    base           numeric  NOT NULL,
    pending_events   bigint NOT NULL,
    approved_events  bigint NOT NULL,
    paid_events      bigint NOT NULL,
    cancelled_events bigint NOT NULL,
    clawback_events  bigint NOT NULL,
    CONSTRAINT commission_sums_pkey PRIMARY KEY (tenant_id, partner_id, currency, month, slot),
    CONSTRAINT commission_sum_is_of_a_month CHECK (extract(day FROM month) = 1),
    CONSTRAINT commission_sum_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
) WITH (fillfactor = 50);
COMMENT ON TABLE commission_sums IS
    'Sums of commission events, written with them by a trigger. Those called off or taken back in full are in the counts only.';

CREATE POLICY rows_of_one_tenant ON commission_sums
    USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY rows_of_every_tenant ON commission_sums TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE commission_sums ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Carries events over into the sums, in the order of their key, so that no two statements wait for each other.
CREATE FUNCTION add_commissions_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    slot smallint := CASE WHEN (SELECT count(*) FROM (SELECT FROM after LIMIT 2) AS changed) > 1 THEN 0
                          ELSE 1 + pg_backend_pid() % 4 END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO commission_sums AS known
        SELECT tenant_id, partner_id, currency, date_trunc('month', event_date AT TIME ZONE 'UTC')::date, slot,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PENDING'), 0),
            coalesce(sum(commission_amount) FILTER (WHERE status = 'APPROVED'), 0),
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PAID'), 0),
            coalesce(sum(base_amount) FILTER (WHERE status NOT IN ('CANCELLED', 'CLAWBACK')), 0),
            count(*) FILTER (WHERE status = 'PENDING'),
            count(*) FILTER (WHERE status = 'APPROVED'),
            count(*) FILTER (WHERE status = 'PAID'),
            count(*) FILTER (WHERE status = 'CANCELLED'),
            count(*) FILTER (WHERE status = 'CLAWBACK')
        FROM after
        GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3, 4
        ON CONFLICT ON CONSTRAINT commission_sums_pkey DO UPDATE SET
            pending = known.pending + excluded.pending,
            approved = known.approved + excluded.approved,
            paid = known.paid + excluded.paid,
            base = known.base + excluded.base,
            pending_events = known.pending_events + excluded.pending_events,
            approved_events = known.approved_events + excluded.approved_events,
            paid_events = known.paid_events + excluded.paid_events,
            cancelled_events = known.cancelled_events + excluded.cancelled_events,
            clawback_events = known.clawback_events + excluded.clawback_events;
    ELSE
        INSERT INTO commission_sums AS known
        SELECT tenant_id, partner_id, currency, date_trunc('month', event_date AT TIME ZONE 'UTC')::date, slot,
            coalesce(sum(sign * commission_amount) FILTER (WHERE status = 'PENDING'), 0),
            coalesce(sum(sign * commission_amount) FILTER (WHERE status = 'APPROVED'), 0),
            coalesce(sum(sign * commission_amount) FILTER (WHERE status = 'PAID'), 0),
            coalesce(sum(sign * base_amount) FILTER (WHERE status NOT IN ('CANCELLED', 'CLAWBACK')), 0),
            coalesce(sum(sign) FILTER (WHERE status = 'PENDING'), 0),
            coalesce(sum(sign) FILTER (WHERE status = 'APPROVED'), 0),
            coalesce(sum(sign) FILTER (WHERE status = 'PAID'), 0),
            coalesce(sum(sign) FILTER (WHERE status = 'CANCELLED'), 0),
            coalesce(sum(sign) FILTER (WHERE status = 'CLAWBACK'), 0)
        FROM (SELECT 1 AS sign, * FROM after UNION ALL SELECT -1, * FROM before) AS change
        GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3, 4
        ON CONFLICT ON CONSTRAINT commission_sums_pkey DO UPDATE SET
            pending = known.pending + excluded.pending,
            approved = known.approved + excluded.approved,
            paid = known.paid + excluded.paid,
            base = known.base + excluded.base,
            pending_events = known.pending_events + excluded.pending_events,
            approved_events = known.approved_events + excluded.approved_events,
            paid_events = known.paid_events + excluded.paid_events,
            cancelled_events = known.cancelled_events + excluded.cancelled_events,
            clawback_events = known.clawback_events + excluded.clawback_events;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER commission_events_are_added_up AFTER INSERT ON commission_events
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION add_commissions_up();
CREATE TRIGGER commission_events_are_added_up_anew AFTER UPDATE ON commission_events
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION add_commissions_up();

INSERT INTO commission_sums
SELECT tenant_id, partner_id, currency, date_trunc('month', event_date AT TIME ZONE 'UTC')::date, 0,
    coalesce(sum(commission_amount) FILTER (WHERE status = 'PENDING'), 0),
    coalesce(sum(commission_amount) FILTER (WHERE status = 'APPROVED'), 0),
    coalesce(sum(commission_amount) FILTER (WHERE status = 'PAID'), 0),
    coalesce(sum(base_amount) FILTER (WHERE status NOT IN ('CANCELLED', 'CLAWBACK')), 0),
    count(*) FILTER (WHERE status = 'PENDING'),
    count(*) FILTER (WHERE status = 'APPROVED'),
    count(*) FILTER (WHERE status = 'PAID'),
    count(*) FILTER (WHERE status = 'CANCELLED'),
    count(*) FILTER (WHERE status = 'CLAWBACK')
FROM commission_events
GROUP BY 1, 2, 3, 4;

-- What is on its way to a partner, however many payouts have arrived.
CREATE INDEX payouts_under_way
    ON payouts (tenant_id, partner_id, currency) WHERE completed_at IS NULL AND released_at IS NULL;
-- What is approved and has not passed its hold. The index that was there went by the date of the event, which no statement
-- that it served compared outside of a CASE.
DROP INDEX commission_events_payable;
CREATE INDEX commission_events_payable
    ON commission_events (tenant_id, partner_id, payable_at) WHERE status = 'APPROVED';

-- How many customers a partner has, and which of them now, is answered by the index alone.
DROP INDEX managed_accounts_of_partner;
CREATE INDEX managed_accounts_of_partner
    ON managed_accounts (tenant_id, partner_id, starts_at, id) INCLUDE (ends_at, customer_id);
