-- The sums and counts of the commission events of a partner by status and month (UTC) of the event date, so
-- that a dashboard costs the same for a partner with five hundred events and for one with fifty thousand.
--
-- Each total is spread over shards, and only the sum of the shards is meaningful; a single shard may well be
-- negative. Concurrent accruals for one partner update different shards and rarely wait for each other, and a
-- statement that changes many events, which may take seconds, has shard 0 for itself.
CREATE TABLE commission_monthly_totals (
    tenant_id         text     NOT NULL,
    partner_id        uuid     NOT NULL,
    currency          char(3)  NOT NULL,
    month             date     NOT NULL,
    status            text     NOT NULL,
    shard             smallint NOT NULL,
    commission_amount numeric  NOT NULL,
    base_amount       numeric  NOT NULL,
    event_count       bigint   NOT NULL,
    CONSTRAINT commission_monthly_totals_pkey
        PRIMARY KEY (tenant_id, partner_id, currency, month, status, shard),
    CONSTRAINT commission_total_is_of_a_month CHECK (extract(day FROM month) = 1),
    CONSTRAINT commission_total_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id) ON DELETE RESTRICT
) WITH (fillfactor = 50);
COMMENT ON TABLE commission_monthly_totals IS
    'Sums and counts of commission events, maintained by a trigger on them; add up the shards.';

CREATE POLICY tenant_isolation ON commission_monthly_totals USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON commission_monthly_totals TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE commission_monthly_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE commission_monthly_totals FORCE ROW LEVEL SECURITY;

-- Adds an INSERT or UPDATE of commission events to their totals, and is the only writer of this table.
--
-- It loops over the groups of the statement, which are few however many events it changes, because Citus cannot
-- plan a statement that writes to a table while it reads a transition table. In the order of the key, so that
-- concurrent statements cannot deadlock.
CREATE FUNCTION apply_commission_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes refcursor;
    change  record;
    shard   smallint := CASE WHEN (SELECT count(*) FROM (SELECT FROM after LIMIT 2) AS changed) > 1 THEN 0
                             ELSE 1 + pg_backend_pid() % 4 END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        OPEN changes FOR
            SELECT tenant_id, partner_id, currency,
                date_trunc('month', event_date AT TIME ZONE 'UTC')::date AS month, status,
                sum(commission_amount) AS commission_amount, sum(coalesce(base_amount, 0)) AS base_amount,
                count(*) AS event_count
            FROM after
            GROUP BY 1, 2, 3, 4, 5
            ORDER BY 1, 2, 3, 4, 5;
    ELSE
        OPEN changes FOR
            SELECT tenant_id, partner_id, currency,
                date_trunc('month', event_date AT TIME ZONE 'UTC')::date AS month, status,
                sum(sign * commission_amount) AS commission_amount,
                sum(sign * coalesce(base_amount, 0)) AS base_amount, sum(sign) AS event_count
            FROM (SELECT 1 AS sign, * FROM after UNION ALL SELECT -1, * FROM before) AS event
            GROUP BY 1, 2, 3, 4, 5
            ORDER BY 1, 2, 3, 4, 5;
    END IF;
    LOOP
        FETCH changes INTO change;
        EXIT WHEN NOT FOUND;
        INSERT INTO commission_monthly_totals AS total
        VALUES (change.tenant_id, change.partner_id, change.currency, change.month, change.status, shard,
            change.commission_amount, change.base_amount, change.event_count)
        ON CONFLICT ON CONSTRAINT commission_monthly_totals_pkey DO UPDATE SET
            commission_amount = total.commission_amount + excluded.commission_amount,
            base_amount = total.base_amount + excluded.base_amount,
            event_count = total.event_count + excluded.event_count;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER commission_events_totals_after_insert AFTER INSERT ON commission_events
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION apply_commission_changes();
CREATE TRIGGER commission_events_totals_after_update AFTER UPDATE ON commission_events
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION apply_commission_changes();
