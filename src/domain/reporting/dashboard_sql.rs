//! The parts of the statement of a dashboard: columns of a row per `partner`, with the values of `input`.

/// The columns of the counts.
pub const COUNTS: &str = "
    lead.leads, lead.converted, lead.active,
    coalesce(100.0 * lead.converted / nullif(lead.leads, 0), 0)::double precision AS conversion_rate,
    account.customers, account.active_customers, ";

/// The rows of the counts. A lead that was converted after the time of the dashboard counts as active.
pub const COUNTED: &str = "
    CROSS JOIN LATERAL (
        SELECT count(*) AS leads,
            count(*) FILTER (WHERE status = 'CONVERTED' AND converted_at <= input.until) AS converted,
            count(*) FILTER (WHERE status IN ('NEW', 'CONTACTED', 'QUALIFIED')
                OR status = 'CONVERTED' AND converted_at > input.until) AS active
        FROM referral_leads
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND submitted_at <= input.until
    ) AS lead
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT customer_id) AS customers,
            count(*) FILTER (WHERE ends_at IS NULL OR ends_at > input.moment) AS active_customers
        FROM managed_accounts
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND starts_at <= input.moment
    ) AS account";

/// The column of the positions if they are computed otherwise.
pub const NO_POSITIONS: &str = "ARRAY[]::record[] AS positions, ";

/// The column of what is on hold if that does not matter.
pub const NOTHING_ON_HOLD: &str = "ARRAY[]::record[] AS on_hold, ";

/// The approved commissions whose hold has not ended and that staff do not hold back, by currency. With those that are held
/// back they are the complement of `DueRule` for all dates, and few. Reversals and reinstatements are on hold with the
/// APPROVED event that they amend.
pub const ON_HOLD: &str = "
    ARRAY(
        SELECT ROW(event.currency, sum(event.commission_amount + coalesce(reversal.amount, 0)))
        FROM commission_events AS event
        CROSS JOIN LATERAL (
            SELECT sum(commission_amount) AS amount FROM commission_events
            WHERE tenant_id = event.tenant_id AND reverses_id = event.id AND status = 'APPROVED'
        ) AS reversal
        WHERE event.tenant_id = input.tenant_id AND event.partner_id = partner.id AND event.status = 'APPROVED'
            AND event.payable_at > input.moment AND event.held_at IS NULL AND event.event_type <> 'CLAWBACK'
            AND NOT (event.event_type = 'ADJUSTMENT' AND event.commission_amount < 0)
            AND (event.event_type <> 'REINSTATEMENT' OR NOT EXISTS (
                SELECT FROM commission_events AS original
                WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                    AND original.status = 'APPROVED'))
        GROUP BY event.currency
    ) AS on_hold, ";

/// The sum of the payouts completed in the month, without those that came back in it, whenever they were completed; and the
/// date of the earliest open payout, by currency.
pub const PAYOUTS: &str = "
    ARRAY(
        SELECT ROW(currency,
            coalesce(sum(total_amount) FILTER (
                WHERE completed_at >= input.month_start AND completed_at <= input.until), 0)
            - coalesce(sum(total_amount) FILTER (
                WHERE returned_at IS NOT NULL AND released_at >= input.month_start AND released_at <= input.until), 0),
            min(payout_date) FILTER (
                WHERE (completed_at IS NULL OR completed_at > input.until)
                    AND (released_at IS NULL OR released_at > input.until)))
        FROM payouts
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND created_at <= input.until
        GROUP BY currency
    ) AS payouts, ";

/// The latest ten events. One dated exactly at the time of the dashboard is included.
pub const RECENT_EVENTS: &str = "
    FROM commission_events
    WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND event_date <= input.until
    ORDER BY event_date DESC, commission_events.id DESC LIMIT 10";

/// The latest ten payouts.
pub const RECENT_PAYOUTS: &str = "
    FROM payouts
    WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND created_at <= input.until
    ORDER BY payout_date DESC, payouts.id DESC LIMIT 10";
