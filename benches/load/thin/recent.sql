, 'recentCommissionEvents', (
    SELECT coalesce(json_agg(event), '[]') FROM (
        SELECT id, status, event_date AS "eventDate", commission_amount AS "commissionAmount", currency
        FROM commission_events WHERE tenant_id = $1 AND partner_id = $2
        ORDER BY event_date DESC, id DESC LIMIT 10
    ) AS event),
'recentPayouts', (
    SELECT coalesce(json_agg(payout), '[]') FROM (
        SELECT id, status, total_amount AS "totalAmount", currency, payout_date AS "payoutDate"
        FROM payouts WHERE tenant_id = $1 AND partner_id = $2
        ORDER BY payout_date DESC, id DESC LIMIT 10
    ) AS payout)
