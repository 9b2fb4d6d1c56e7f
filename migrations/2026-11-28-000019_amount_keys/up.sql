-- Amounts as whole ten-thousandths, for lists in the order of an amount. The comparison of two numeric values is not
-- leakproof, so that under row-level security PostgreSQL does not look up a cursor in an index on them; that of two
-- bigint values is.
--
-- An event has at most 13 digits before the point. The total of a payout has up to 15, of which a bigint does not hold
-- all: the greatest key stands for every larger total.
--
-- Reads and writes of both tables wait while they are rewritten with their indexes: on two shared cores, a minute or two
-- for a million events.
ALTER TABLE commission_events ADD COLUMN commission_amount_key bigint NOT NULL
    GENERATED ALWAYS AS ((commission_amount * 10000)::bigint) STORED;
ALTER TABLE payouts ADD COLUMN total_amount_key bigint NOT NULL
    GENERATED ALWAYS AS (least(total_amount * 10000, 9223372036854775807)::bigint) STORED;

CREATE INDEX commission_events_by_amount ON commission_events (tenant_id, commission_amount_key, id);
CREATE INDEX commission_events_of_partner_by_amount
    ON commission_events (tenant_id, partner_id, commission_amount_key, id);
CREATE INDEX payouts_by_amount ON payouts (tenant_id, total_amount_key, id);
CREATE INDEX payouts_of_partner_by_amount ON payouts (tenant_id, partner_id, total_amount_key, id);
