-- W7: the data of the portal's revenue page. $1 is the tenant, $2 the partner, $3 the user.
SELECT json_build_object(
    'viewer', json_build_object(
        'userId', $3::text,
        'tenant', json_build_object('id', tenant.tenant_id, 'name', tenant.name, 'timeZone', tenant.time_zone,
            'defaultCurrency', tenant.default_currency, 'holdDays', tenant.hold_days, 'payoutDay', tenant.payout_day,
            -- No tenant of the dataset has a colour or a logo.
            'brandColor', tenant.brand_color, 'brandColorOnDark', NULL::text, 'logoPath', NULL::text,
            'payoutRails', (
                SELECT coalesce(json_agg(rail), '[]') FROM (
                    SELECT 'STRIPE' AS rail FROM stripe_connections WHERE tenant_id = $1
                    UNION ALL SELECT 'FILE' FROM paying_accounts WHERE tenant_id = $1
                ) AS set_up),
            'minimumPayouts', (
                SELECT coalesce(json_agg(amount ORDER BY currency), '[]') FROM minimum_payouts WHERE tenant_id = $1)),
        'partners', (
            SELECT coalesce(json_agg(linked ORDER BY linked."companyName"), '[]') FROM (
                SELECT linked.id, company_name AS "companyName", partner_number AS "partnerNumber", terms.status,
                    terms.tier, payout_currency AS "payoutCurrency", (
                        SELECT coalesce(json_agg(json_build_object('id', account.id,
                            'rail', account.rail, 'status', account.status)), '[]') FROM payout_accounts AS account
                        WHERE account.tenant_id = $1 AND account.partner_id = linked.id AND account.status <> 'ENDED'
                    ) AS "payoutAccounts"
                FROM partner_users AS link
                JOIN partners AS linked ON linked.tenant_id = $1 AND linked.id = link.partner_id
                CROSS JOIN LATERAL (
                    SELECT status, tier FROM partner_terms
                    WHERE tenant_id = $1 AND partner_id = linked.id AND effective_from <= now()
                    ORDER BY effective_from DESC, number DESC LIMIT 1
                ) AS terms
                WHERE link.tenant_id = $1 AND link.user_id = $3 AND link.is_active
            ) AS linked)),
    'partner', json_build_object(
        'id', partner.id,
        'companyName', partner.company_name,
        'partnerNumber', partner.partner_number,
        'status', terms.status,
        'payoutCurrency', partner.payout_currency,
        'defaultCommissionRate', terms.default_commission_rate,
        'balances', (
            SELECT coalesce(json_agg(json_build_object('currency', currency) ORDER BY currency), '[]') FROM (
                SELECT currency FROM commission_monthly_totals
                WHERE tenant_id = $1 AND partner_id = $2 AND status IN ('PENDING', 'APPROVED', 'PAID')
                GROUP BY currency HAVING sum(event_count) > 0
            ) AS balance),
        'dashboard', ({dashboard}),
        'months', (
            SELECT json_agg(json_build_object('month', to_char(month.start, 'YYYY-MM'),
                'revenue', coalesce(earned.revenue, 0), 'commissions', coalesce(earned.commissions, 0),
                'payouts', coalesce(paid.amount, 0)) ORDER BY month.start)
            FROM generate_series(date_trunc('month', now()) - interval '11 months', now(), interval '1 month')
                AS month (start)
            LEFT JOIN (
                SELECT month, sum(base_amount) AS revenue, sum(commission_amount) AS commissions
                FROM commission_monthly_totals
                WHERE tenant_id = $1 AND partner_id = $2 AND currency = partner.payout_currency
                    AND status IN ('PENDING', 'APPROVED', 'PAID')
                    AND month >= date_trunc('month', now()) - interval '11 months'
                GROUP BY month
            ) AS earned ON earned.month = month.start
            LEFT JOIN (
                SELECT date_trunc('month', completed_at) AS month, sum(total_amount) AS amount FROM payouts
                WHERE tenant_id = $1 AND partner_id = $2 AND currency = partner.payout_currency
                    AND completed_at >= date_trunc('month', now()) - interval '11 months'
                GROUP BY 1
            ) AS paid ON paid.month = month.start),
        'referralFunnel', (
            SELECT json_agg(json_build_object('status', status, 'leads', leads, 'medianDays', median_days) ORDER BY rank)
            FROM (
                SELECT stage.rank, stage.status, count(lead.submitted_at) AS leads,
                    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM CASE stage.rank
                        WHEN 2 THEN first_contact_at WHEN 3 THEN qualified_at WHEN 4 THEN converted_at
                    END - lead.submitted_at)::double precision) / 86400 AS median_days
                FROM (VALUES (1, 'NEW'), (2, 'CONTACTED'), (3, 'QUALIFIED'), (4, 'CONVERTED')) AS stage (rank, status)
                LEFT JOIN referral_leads AS lead ON lead.tenant_id = $1 AND lead.partner_id = $2
                    AND stage.rank <= CASE WHEN lead.status = 'CONVERTED' THEN 4 WHEN qualified_at IS NOT NULL THEN 3
                        WHEN first_contact_at IS NOT NULL THEN 2 ELSE 1 END
                GROUP BY stage.rank, stage.status
            ) AS stage),
        'commissionEvents', json_build_object(
            'totalCount', (
                SELECT coalesce(sum(event_count), 0) FROM commission_monthly_totals
                WHERE tenant_id = $1 AND partner_id = $2),
            'nodes', (
                SELECT coalesce(json_agg(page), '[]') FROM (
                    SELECT event.id, event.event_type AS "eventType", event.status, event.event_date AS "eventDate",
                        event.invoice_id AS "invoiceId", event.customer_id AS "customerId", event.currency,
                        json_build_object('id', account.id, 'customerName', account.customer_name) AS "managedAccount",
                        event.base_amount AS "baseAmount", event.commission_rate AS "commissionRate",
                        event.commission_amount AS "commissionAmount", event.payable_at AS "payableAt",
                        event.paid_at AS "paidAt", payout.completed_at AS "settledAt",
                        CASE WHEN event.payout_id IS NOT NULL THEN json_build_object('id', payout.id,
                            'status', payout.status, 'payoutDate', payout.payout_date) END AS payout
                    FROM (
                        SELECT * FROM commission_events WHERE tenant_id = $1 AND partner_id = $2
                        ORDER BY event_date DESC, id DESC LIMIT 6
                    ) AS event
                    LEFT JOIN payouts AS payout ON payout.tenant_id = $1 AND payout.id = event.payout_id
                    LEFT JOIN managed_accounts AS account
                        ON account.tenant_id = $1 AND account.id = event.managed_account_id
                    ORDER BY event.event_date DESC, event.id DESC
                ) AS page)),
        'payouts', json_build_object(
            'totalCount', (SELECT count(*) FROM payouts WHERE tenant_id = $1 AND partner_id = $2),
            'nodes', (
                SELECT coalesce(json_agg(page), '[]') FROM (
                    SELECT id, status, total_amount AS "totalAmount", currency, commission_count AS "commissionCount",
                        payment_method AS "paymentMethod", payment_reference AS "paymentReference",
                        payout_date AS "payoutDate", period_start AS "periodStart", period_end AS "periodEnd",
                        completed_at AS "completedAt", failure_reason AS "failureReason",
                        returned_at AS "returnedAt", return_reason AS "returnReason", attention
                    FROM payouts WHERE tenant_id = $1 AND partner_id = $2
                    ORDER BY payout_date DESC, id DESC LIMIT 5
                ) AS page)),
        'managedAccounts', json_build_object(
            'totalCount', (
                SELECT count(*) FROM managed_accounts
                WHERE tenant_id = $1 AND partner_id = $2 AND starts_at <= now()
                    AND (ends_at IS NULL OR ends_at > now())),
            'nodes', (
                SELECT coalesce(json_agg(page), '[]') FROM (
                    SELECT account.id, customer_id AS "customerId", customer_name AS "customerName",
                        engagement_type AS "engagementType", true AS "isActive", starts_at AS "startsAt",
                        ends_at AS "endsAt", rate.custom_commission_rate AS "customCommissionRate",
                        coalesce(rate.custom_commission_rate, terms.default_commission_rate)
                            AS "effectiveCommissionRate",
                        CASE WHEN earned.commissions IS NULL THEN json_build_array()
                            ELSE json_build_array(earned.revenue) END AS "revenueGenerated",
                        CASE WHEN earned.commissions IS NULL THEN json_build_array()
                            ELSE json_build_array(earned.commissions) END AS "commissionsEarned"
                    FROM (
                        SELECT * FROM managed_accounts
                        WHERE tenant_id = $1 AND partner_id = $2 AND starts_at <= now()
                            AND (ends_at IS NULL OR ends_at > now())
                        ORDER BY starts_at DESC, id DESC LIMIT 5
                    ) AS account
                    CROSS JOIN LATERAL (
                        SELECT custom_commission_rate FROM managed_account_terms
                        WHERE tenant_id = $1 AND managed_account_id = account.id AND effective_from <= now()
                        ORDER BY effective_from DESC, number DESC LIMIT 1
                    ) AS rate
                    CROSS JOIN LATERAL (
                        SELECT sum(base_amount) AS revenue, sum(commission_amount) AS commissions
                        FROM commission_events
                        WHERE tenant_id = $1 AND managed_account_id = account.id
                            AND status NOT IN ('CANCELLED', 'CLAWBACK')
                    ) AS earned
                    ORDER BY starts_at DESC, id DESC
                ) AS page)))
)::text
FROM partners AS partner
JOIN tenants AS tenant ON tenant.tenant_id = partner.tenant_id
CROSS JOIN LATERAL (
    SELECT status, default_commission_rate FROM partner_terms
    WHERE tenant_id = $1 AND partner_id = $2 AND effective_from <= now()
    ORDER BY effective_from DESC, number DESC LIMIT 1
) AS terms
WHERE partner.tenant_id = $1 AND partner.id = $2
