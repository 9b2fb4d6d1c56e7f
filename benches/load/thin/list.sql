-- W6: 50 events of a partner after a position. $1 is the tenant, $2 the partner, $3 and $4 the date and the id of the
-- event after which the page begins.
SELECT coalesce(json_agg(page), '[]')::text FROM (
    SELECT id, event_date AS "eventDate", status, commission_amount AS "commissionAmount", currency
    FROM commission_events
    WHERE tenant_id = $1 AND partner_id = $2 AND (event_date, id) < ($3, $4)
    ORDER BY event_date DESC, id DESC LIMIT 50
) AS page
