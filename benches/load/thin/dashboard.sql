-- The figures of a dashboard. $1 is the tenant, $2 the partner, who has one currency. The month is that of UTC, as in
-- the totals.
SELECT json_build_object(
    'currency', partner.payout_currency,
    'totalRevenueGenerated', total.revenue,
    'totalCommissionsEarned', total.pending + total.approved + total.paid,
    'totalCommissionsPaid', total.paid,
    'outstandingBalance', total.pending + total.approved,
    'currentMonthRevenue', total.month_revenue,
    'currentMonthCommissions', total.month_commissions,
    'currentMonthPayouts', payout.completed,
    'totalReferrals', lead.leads,
    'convertedReferrals', lead.converted,
    'conversionRate', coalesce(100.0 * lead.converted / nullif(lead.leads, 0), 0)::double precision,
    'activeReferrals', lead.active,
    'totalCustomers', account.customers,
    'activeCustomers', account.active,
    'pendingCommissionEvents', total.pending_events,
    'nextPayoutDate', coalesce(payout.next_date, CASE
        WHEN tenant.payout_day IS NOT NULL AND terms.status IN ('ACTIVE', 'TERMINATED') AND total.approved - (
            SELECT coalesce(sum(commission_amount), 0) FROM commission_events
            WHERE tenant_id = $1 AND partner_id = $2 AND status = 'APPROVED' AND held_at IS NOT NULL
        ) - (
            SELECT coalesce(sum(event.commission_amount + coalesce((
                SELECT sum(commission_amount) FROM commission_events
                WHERE tenant_id = $1 AND reverses_id = event.id AND status = 'APPROVED'), 0)), 0)
            FROM commission_events AS event
            WHERE tenant_id = $1 AND partner_id = $2 AND status = 'APPROVED' AND payable_at > now()
                AND held_at IS NULL AND event_type = 'INVOICE_PAID'
        ) >= greatest(0.0001, (
            SELECT amount FROM minimum_payouts WHERE tenant_id = $1 AND currency = partner.payout_currency))
        THEN month.payout_day + CASE WHEN month.payout_day < now() THEN interval '1 month' ELSE interval '0' END
    END),
    'balance', json_build_object(
        'pending', total.pending,
        'approved', total.approved,
        'inTransit', payout.in_transit,
        'settled', total.paid - payout.in_transit,
        'earned', total.pending + total.approved + total.paid,
        'paid', total.paid,
        'outstanding', total.pending + total.approved){recent})
FROM partners AS partner
JOIN tenants AS tenant ON tenant.tenant_id = partner.tenant_id
CROSS JOIN LATERAL (
    SELECT date_trunc('month', now()) AS start,
        date_trunc('month', now()) + make_interval(days => tenant.payout_day - 1) AS payout_day
) AS month
CROSS JOIN LATERAL (
    SELECT status FROM partner_terms
    WHERE tenant_id = $1 AND partner_id = $2 AND effective_from <= now()
    ORDER BY effective_from DESC, number DESC LIMIT 1
) AS terms
CROSS JOIN LATERAL (
    SELECT coalesce(sum(commission_amount) FILTER (WHERE status = 'PENDING'), 0) AS pending,
        coalesce(sum(commission_amount) FILTER (WHERE status = 'APPROVED'), 0) AS approved,
        coalesce(sum(commission_amount) FILTER (WHERE status = 'PAID'), 0) AS paid,
        coalesce(sum(base_amount), 0) AS revenue,
        coalesce(sum(base_amount) FILTER (WHERE month >= month.start), 0) AS month_revenue,
        coalesce(sum(commission_amount) FILTER (WHERE month >= month.start), 0) AS month_commissions,
        coalesce(sum(event_count) FILTER (WHERE status = 'PENDING'), 0) AS pending_events
    FROM commission_monthly_totals
    WHERE tenant_id = $1 AND partner_id = $2 AND currency = partner.payout_currency
        AND status IN ('PENDING', 'APPROVED', 'PAID')
) AS total
CROSS JOIN LATERAL (
    SELECT coalesce(sum(total_amount) FILTER (WHERE completed_at >= month.start), 0) AS completed,
        coalesce(sum(total_amount) FILTER (WHERE completed_at IS NULL AND released_at IS NULL), 0) AS in_transit,
        min(payout_date) FILTER (WHERE completed_at IS NULL AND released_at IS NULL) AS next_date
    FROM payouts
    WHERE tenant_id = $1 AND partner_id = $2 AND currency = partner.payout_currency
) AS payout
CROSS JOIN LATERAL (
    SELECT count(*) AS leads, count(*) FILTER (WHERE status = 'CONVERTED') AS converted,
        count(*) FILTER (WHERE status IN ('NEW', 'CONTACTED', 'QUALIFIED')) AS active
    FROM referral_leads WHERE tenant_id = $1 AND partner_id = $2
) AS lead
CROSS JOIN LATERAL (
    SELECT count(DISTINCT customer_id) AS customers,
        count(*) FILTER (WHERE ends_at IS NULL OR ends_at > now()) AS active
    FROM managed_accounts WHERE tenant_id = $1 AND partner_id = $2 AND starts_at <= now()
) AS account
WHERE partner.tenant_id = $1 AND partner.id = $2
