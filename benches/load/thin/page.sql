-- W3: a partner with its dashboard and the first pages of its lists. $1 is the tenant, $2 the partner.
SELECT json_build_object(
    'companyName', company_name,
    'dashboard', ({dashboard}),
    'commissionEvents', (
        SELECT coalesce(json_agg(page), '[]') FROM (
            SELECT event.id, event.status, event.event_type AS "eventType", event.event_date AS "eventDate",
                event.invoice_id AS "invoiceId", event.currency, event.commission_amount AS "commissionAmount",
                event.base_amount AS "baseAmount", event.commission_rate AS "commissionRate",
                CASE WHEN event.payout_id IS NOT NULL THEN json_build_object('id', payout.id, 'status', payout.status,
                    'payoutDate', payout.payout_date) END AS payout,
                json_build_object('id', account.id, 'customerId', account.customer_id,
                    'customerName', account.customer_name) AS "managedAccount"
            FROM (
                SELECT * FROM commission_events WHERE tenant_id = $1 AND partner_id = $2
                ORDER BY event_date DESC, id DESC LIMIT 50
            ) AS event
            LEFT JOIN payouts AS payout ON payout.tenant_id = $1 AND payout.id = event.payout_id
            LEFT JOIN managed_accounts AS account
                ON account.tenant_id = $1 AND account.id = event.managed_account_id
            ORDER BY event.event_date DESC, event.id DESC
        ) AS page),
    'payouts', (
        SELECT coalesce(json_agg(page), '[]') FROM (
            SELECT id, status, total_amount AS "totalAmount", currency, commission_count AS "commissionCount",
                payment_method AS "paymentMethod", payout_date AS "payoutDate", completed_at AS "completedAt"
            FROM payouts WHERE tenant_id = $1 AND partner_id = $2
            ORDER BY payout_date DESC, id DESC LIMIT 20
        ) AS page),
    'referralLeads', (
        SELECT coalesce(json_agg(page), '[]') FROM (
            SELECT id, company_name AS "companyName", contact_name AS "contactName", status,
                submitted_at AS "submittedAt", converted_at AS "convertedAt"
            FROM referral_leads WHERE tenant_id = $1 AND partner_id = $2
            ORDER BY submitted_at DESC, id DESC LIMIT 20
        ) AS page),
    'managedAccounts', (
        SELECT coalesce(json_agg(page), '[]') FROM (
            SELECT account.id, customer_id AS "customerId", customer_name AS "customerName",
                engagement_type AS "engagementType", starts_at AS "startsAt", ends_at AS "endsAt",
                custom_commission_rate AS "customCommissionRate"
            FROM (
                SELECT * FROM managed_accounts
                WHERE tenant_id = $1 AND partner_id = $2 AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())
                ORDER BY starts_at DESC, id DESC LIMIT 20
            ) AS account
            CROSS JOIN LATERAL (
                SELECT custom_commission_rate FROM managed_account_terms
                WHERE tenant_id = $1 AND managed_account_id = account.id AND effective_from <= now()
                ORDER BY effective_from DESC, number DESC LIMIT 1
            ) AS terms
            ORDER BY starts_at DESC, id DESC
        ) AS page)
)::text
FROM partners WHERE tenant_id = $1 AND id = $2
