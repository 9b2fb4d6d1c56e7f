//! The statements of the overview of a tenant.

/// The sums of all balances by currency, as those of one partner are computed.
pub const BALANCES: &str = "
    SELECT total.currency, total.pending, total.approved, coalesce(held.amount, 0) AS held,
        coalesce(transit.amount, 0) AS in_transit, total.paid - coalesce(transit.amount, 0) AS settled
    FROM (
        SELECT currency,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PENDING'), 0) AS pending,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'APPROVED'), 0) AS approved,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PAID'), 0) AS paid
        FROM commission_monthly_totals
        WHERE tenant_id = $1 AND is_live_commission(status)
        GROUP BY currency HAVING sum(event_count) > 0
    ) AS total
    LEFT JOIN (
        SELECT currency, sum(total_amount) AS amount FROM payouts
        WHERE tenant_id = $1 AND completed_at IS NULL AND released_at IS NULL
        GROUP BY currency
    ) AS transit USING (currency)
    LEFT JOIN (
        SELECT currency, sum(commission_amount) AS amount FROM commission_events
        WHERE tenant_id = $1 AND status = 'APPROVED' AND held_at IS NOT NULL
        GROUP BY currency
    ) AS held USING (currency)
    ORDER BY total.currency";

/// The due events of the partners that may owe something, to be continued with the rule that decides whether an event is due:
/// a sum can only be negative if one of its events is.
pub const DEBTS_OF: &str = "
    owing AS (
        SELECT DISTINCT event.partner_id, event.currency FROM input
        JOIN commission_events AS event ON event.tenant_id = input.tenant_id
        WHERE event.status = 'APPROVED' AND event.commission_amount < 0
    ),
    debt AS (
        SELECT event.partner_id, event.currency, sum(event.commission_amount) AS amount
        FROM input CROSS JOIN owing
        JOIN commission_events AS event ON event.tenant_id = input.tenant_id
            AND event.partner_id = owing.partner_id AND event.currency = owing.currency
        WHERE event.status = 'APPROVED' AND ";

/// The debts, with the sum and the number of those in the same currency, to be continued with the number of rows.
pub const NEGATIVE_SUMS: &str = "
        GROUP BY event.partner_id, event.currency HAVING sum(event.commission_amount) < 0
    )
    SELECT partner_id, currency, amount, total, partners
    FROM (
        SELECT partner_id, currency, amount, sum(amount) OVER (PARTITION BY currency) AS total,
            count(*) OVER (PARTITION BY currency) AS partners,
            row_number() OVER (PARTITION BY currency ORDER BY amount, partner_id) AS place
        FROM debt
    ) AS placed
    WHERE place <= ";

/// The sums of each month and currency, and those of the partners with the largest sum in all months. As for one partner,
/// months begin in UTC in the totals ($4) and in the time zone of the tenant here ($3): the events between the two beginnings
/// of a month ($6 to $7) move from one month to the adjacent one.
pub const MONTHS: &str = "
    WITH entry AS (
        SELECT partner_id, currency, width_bucket(month, $4) AS month, base_amount AS revenue,
            commission_amount AS commissions, 0::numeric AS payouts
        FROM commission_monthly_totals
        WHERE tenant_id = $1 AND month >= ($4)[1] AND is_live_commission(status)
        UNION ALL
        SELECT event.partner_id, event.currency, moved.month, moved.sign * coalesce(event.base_amount, 0),
            moved.sign * event.commission_amount, 0
        FROM unnest($5::integer[], $6::timestamptz[], $7::timestamptz[], $8::integer[])
            AS edge (month, begins_at, ends_at, sign)
        JOIN commission_events AS event ON event.tenant_id = $1 AND is_live_commission(event.status)
            AND event.event_date >= edge.begins_at AND event.event_date < edge.ends_at
        CROSS JOIN LATERAL (VALUES (edge.month, edge.sign), (edge.month - 1, -edge.sign)) AS moved (month, sign)
        WHERE moved.month > 0
        UNION ALL
        SELECT partner_id, currency, width_bucket(completed_at, $3), 0, 0, total_amount
        FROM payouts
        WHERE tenant_id = $1 AND completed_at >= ($3)[1]
        UNION ALL
        SELECT partner_id, currency, width_bucket(released_at, $3), 0, 0, -total_amount
        FROM payouts
        WHERE tenant_id = $1 AND returned_at IS NOT NULL AND released_at >= ($3)[1]
    ),
    earner AS (
        SELECT partner_id, currency, sum(revenue) AS revenue, sum(commissions) AS commissions, sum(payouts) AS payouts,
            row_number() OVER (PARTITION BY currency ORDER BY sum(commissions) DESC, partner_id) AS place
        FROM entry
        GROUP BY partner_id, currency HAVING sum(commissions) > 0
    )
    SELECT NULL::uuid AS partner_id, currency, month, sum(revenue) AS revenue, sum(commissions) AS commissions,
        sum(payouts) AS payouts, 0::bigint AS place
    FROM entry
    GROUP BY currency, month
    UNION ALL
    SELECT partner_id, currency, 0, revenue, commissions, payouts, place FROM earner WHERE place <= $2
    ORDER BY currency, place";
