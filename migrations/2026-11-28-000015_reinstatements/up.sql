-- The part of the base that a refund gives back, if billing states it; null for a refund in proportion.
ALTER TABLE invoice_refunds ADD COLUMN commissionable_amount numeric(19, 4);
ALTER TABLE invoice_refunds ADD CONSTRAINT refund_base_is_money
    CHECK (commissionable_amount IS NULL OR is_money(commissionable_amount, currency));
ALTER TABLE invoice_refunds ADD CONSTRAINT refund_base_is_part_of_the_refund
    CHECK (commissionable_amount BETWEEN 0 AND amount);

CREATE TABLE refund_reversals (
    tenant_id   text        NOT NULL,
    refund_id   text        NOT NULL,
    reversed_at timestamptz NOT NULL,
    reason      text        NOT NULL,
    actor       text        NOT NULL,
    outcome     text        NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT refund_reversals_pkey PRIMARY KEY (tenant_id, refund_id),
    CONSTRAINT refund_reversal_outcome_is_known CHECK (outcome IN ('RECORDED', 'NO_COMMISSION')),
    CONSTRAINT refund_reversal_has_its_refund
        FOREIGN KEY (tenant_id, refund_id) REFERENCES invoice_refunds (tenant_id, refund_id) ON DELETE RESTRICT
);
COMMENT ON TABLE refund_reversals IS
    'Every refund that was reversed, because it failed or a dispute was won; its primary key makes it exactly-once.';

CREATE POLICY tenant_isolation ON refund_reversals USING (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY migration_bypass ON refund_reversals TO CURRENT_USER
    USING (current_setting('app.every_tenant', true) = 'on');
ALTER TABLE refund_reversals ENABLE ROW LEVEL SECURITY;
ALTER TABLE refund_reversals FORCE ROW LEVEL SECURITY;

-- A reinstatement names the reversed refund in a column of its own, whose foreign key demands the reversal.
ALTER TABLE commission_events ADD COLUMN reversed_refund_id text;
ALTER TABLE commission_events DROP CONSTRAINT commission_type_is_known;
ALTER TABLE commission_events ADD CONSTRAINT commission_type_is_known
    CHECK (event_type IN ('INVOICE_PAID', 'CLAWBACK', 'ADJUSTMENT', 'REINSTATEMENT'));
ALTER TABLE commission_events ADD CONSTRAINT commission_reinstatement_names_its_original CHECK (
    (event_type = 'REINSTATEMENT')
    = (num_nulls(reverses_id, reversed_refund_id, invoice_id, customer_id, managed_account_id, base_amount,
                 commission_rate) = 0
       AND commission_amount >= 0 AND base_amount >= 0));
ALTER TABLE commission_events ADD CONSTRAINT commission_undoes_one_refund
    CHECK (num_nonnulls(refund_id, reversed_refund_id) < 2);
ALTER TABLE commission_events ADD CONSTRAINT commission_reinstatement_has_its_reversal
    FOREIGN KEY (tenant_id, reversed_refund_id)
    REFERENCES refund_reversals (tenant_id, refund_id) ON DELETE RESTRICT;
CREATE UNIQUE INDEX commission_reinstated_once_per_refund
    ON commission_events (tenant_id, reversed_refund_id) WHERE reversed_refund_id IS NOT NULL;

-- Returns what is left of a base after one more refund: { the remaining total, numerator and denominator of the remaining
-- base }, in minor units. `state` is null before the first refund. A refund in proportion takes its share of what is left; a
-- refund with a stated part takes that part; the one that completes the total takes everything.
CREATE FUNCTION base_after_refund(state numeric[], total numeric, base numeric, amount numeric, stated numeric)
    RETURNS numeric[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    total_left  numeric := coalesce(state[1], total);
    numerator   numeric := coalesce(state[2], base);
    denominator numeric := coalesce(state[3], 1);
    divisor     numeric;
BEGIN
    IF amount >= total_left OR 2 * (stated * denominator - numerator) > -denominator THEN
        numerator := 0;
    ELSIF stated IS NOT NULL THEN
        numerator := numerator - stated * denominator;
    ELSE
        numerator := numerator * (total_left - amount);
        denominator := denominator * total_left;
    END IF;
    divisor := gcd(numerator, denominator);
    RETURN ARRAY[total_left - amount, div(numerator, divisor), div(denominator, divisor)];
END $$;

-- What is left of the base of an invoice after its refunds, in the order in which they were recorded.
CREATE AGGREGATE base_after_refunds(total numeric, base numeric, amount numeric, stated numeric) (
    SFUNC = base_after_refund,
    STYPE = numeric[]
);
