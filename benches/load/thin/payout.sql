-- W5: pays the approved events of a partner in a period. $1 is the tenant, $2 the partner, $3 the currency, $4 the
-- start of the period, $5 its end, excluded, $6 the id of the new payout. It writes no payout lines.
WITH paid AS (
    UPDATE commission_events SET status = 'PAID', payout_id = $6, paid_at = now(), changed_at = now()
    WHERE tenant_id = $1 AND partner_id = $2 AND currency = $3 AND status = 'APPROVED' AND payable_at <= now()
        AND held_at IS NULL AND event_date >= $4 AND event_date < $5
    RETURNING commission_amount
), payout AS (
    INSERT INTO payouts (tenant_id, id, partner_id, currency, total_amount, commission_count, status, payment_method,
        payout_date, period_start, period_end, created_at)
    SELECT $1, $6, $2, $3, sum(commission_amount), count(*), 'READY', 'manual', now(), $4, $5, now() FROM paid
    RETURNING commission_count, total_amount
)
SELECT json_build_object('commissionCount', commission_count, 'totalAmount', total_amount)::text FROM payout
