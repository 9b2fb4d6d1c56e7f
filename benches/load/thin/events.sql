-- W2: 50 PAID events of a period, latest first. $1 is the tenant, $2 the start of the period, $3 its end, excluded.
SELECT coalesce(json_agg(page), '[]')::text FROM (
    SELECT event.id, event.status, event.event_type AS "eventType", event.event_date AS "eventDate",
        event.invoice_id AS "invoiceId", event.currency, event.commission_amount AS "commissionAmount",
        event.base_amount AS "baseAmount", event.commission_rate AS "commissionRate",
        json_build_object('id', partner.id, 'companyName', partner.company_name, 'tier', terms.tier) AS partner,
        json_build_object('id', payout.id, 'status', payout.status, 'payoutDate', payout.payout_date,
            'totalAmount', payout.total_amount) AS payout,
        json_build_object('id', account.id, 'customerId', account.customer_id, 'customerName', account.customer_name)
            AS "managedAccount"
    FROM (
        SELECT * FROM commission_events
        WHERE tenant_id = $1 AND status = 'PAID' AND event_date >= $2 AND event_date < $3
        ORDER BY event_date DESC, id DESC LIMIT 50
    ) AS event
    JOIN partners AS partner ON partner.tenant_id = $1 AND partner.id = event.partner_id
    CROSS JOIN LATERAL (
        SELECT tier FROM partner_terms
        WHERE tenant_id = $1 AND partner_id = event.partner_id AND effective_from <= now()
        ORDER BY effective_from DESC, number DESC LIMIT 1
    ) AS terms
    JOIN payouts AS payout ON payout.tenant_id = $1 AND payout.id = event.payout_id
    LEFT JOIN managed_accounts AS account ON account.tenant_id = $1 AND account.id = event.managed_account_id
    ORDER BY event.event_date DESC, event.id DESC
) AS page
