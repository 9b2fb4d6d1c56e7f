//! The checks of the reconciliation: queries that return the violations of a rule. `$1` is the tenant.

/// A rule and the query for its violations.
pub struct Check {
    /// The rule.
    pub rule: &'static str,
    /// Returns the expected amount, the actual amount and the ids of the rows for each partner and currency that violates
    /// the rule. The partner is null if it cannot be determined.
    pub sql: &'static str,
}

/// The check that the history of the rows of a table ends with their status.
///
/// Each status except the last is entered and left equally often, so the last one is what remains, independent of the
/// order of the changes.
macro_rules! history_check {
    ($table:literal, $amount:literal, $id:literal) => {
        concat!(
            "
            SELECT row.partner_id, row.currency, 0::numeric AS expected, sum(abs(row.", $amount, ")) AS actual,
                array_agg(row.id) AS ids
            FROM ", $table, " AS row
            LEFT JOIN (
                SELECT ", $id, " AS id, count(*) FILTER (WHERE from_status IS NULL) AS creations,
                    sum(hashtext(to_status)::bigint) - coalesce(sum(hashtext(from_status)::bigint), 0) AS last
                FROM status_changes WHERE tenant_id = $1 AND ", $id, " IS NOT NULL GROUP BY 1
            ) AS history ON history.id = row.id
            WHERE row.tenant_id = $1
                AND (history.creations, history.last) IS DISTINCT FROM (1::bigint, hashtext(row.status)::numeric)
            GROUP BY row.partner_id, row.currency"
        )
    };
}

/// The checks. Each compares an amount with rows that it was not computed from.
pub const CHECKS: &[Check] = &[
    Check {
        rule: "the total and the count of a payout equal those of its lines",
        sql: "
            SELECT payout.partner_id, payout.currency, sum(line.total) AS expected, sum(payout.total_amount) AS actual,
                array_agg(payout.id) AS ids
            FROM payouts AS payout
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(commission_amount), 0) AS total, count(*) AS lines FROM payout_lines AS line
                WHERE line.tenant_id = payout.tenant_id AND line.payout_id = payout.id
            ) AS line
            WHERE payout.tenant_id = $1
                AND (payout.total_amount <> line.total OR payout.commission_count <> line.lines)
            GROUP BY payout.partner_id, payout.currency",
    },
    Check {
        rule: "a payout keeps its lines until it fails or is cancelled",
        sql: "
            SELECT line.partner_id, line.currency,
                coalesce(sum(line.commission_amount)
                    FILTER (WHERE payout.status NOT IN ('FAILED', 'CANCELLED')), 0) AS expected,
                coalesce(sum(line.commission_amount) FILTER (WHERE line.released_at IS NULL), 0) AS actual,
                array_agg(DISTINCT payout.id) AS ids
            FROM payout_lines AS line
            JOIN payouts AS payout ON payout.tenant_id = line.tenant_id AND payout.id = line.payout_id
            WHERE line.tenant_id = $1
                AND (payout.status IN ('FAILED', 'CANCELLED')) <> (line.released_at IS NOT NULL)
            GROUP BY line.partner_id, line.currency",
    },
    Check {
        rule: "an event in an unreleased line of a payout is PAID by that payout, with that amount",
        sql: "
            SELECT coalesce(event.partner_id, line.partner_id) AS partner_id,
                coalesce(event.currency, line.currency) AS currency,
                coalesce(sum(line.commission_amount), 0) AS expected,
                coalesce(sum(event.commission_amount), 0) AS actual,
                array_agg(coalesce(event.id, line.commission_event_id)) AS ids
            FROM (SELECT * FROM commission_events WHERE tenant_id = $1 AND status = 'PAID') AS event
            FULL JOIN (SELECT * FROM payout_lines WHERE tenant_id = $1 AND released_at IS NULL) AS line
                ON line.commission_event_id = event.id AND line.payout_id = event.payout_id
            WHERE event.id IS NULL OR line.payout_id IS NULL OR event.commission_amount <> line.commission_amount
                OR event.paid_at <> line.added_at
            GROUP BY 1, 2",
    },
    Check {
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its receipt",
        sql: "
            SELECT coalesce(event.partner_id, receipt.partner_id) AS partner_id,
                coalesce(event.currency, receipt.currency) AS currency,
                coalesce(sum(round(receipt.commissionable_amount * receipt.commission_rate,
                        currency_decimals(receipt.currency)))
                    FILTER (WHERE receipt.currency = coalesce(event.currency, receipt.currency)), 0) AS expected,
                coalesce(sum(event.commission_amount), 0) AS actual,
                array_remove(array_agg(event.id), NULL) AS ids
            FROM (SELECT * FROM invoice_receipts WHERE tenant_id = $1 AND outcome = 'RECORDED') AS receipt
            FULL JOIN (SELECT * FROM commission_events WHERE tenant_id = $1 AND event_type = 'INVOICE_PAID') AS event
                ON event.invoice_id = receipt.invoice_id
            WHERE (event.partner_id, event.currency, event.base_amount, event.commission_rate, event.customer_id,
                    event.event_date)
                IS DISTINCT FROM
                (receipt.partner_id, receipt.currency, receipt.commissionable_amount, receipt.commission_rate,
                    receipt.customer_id, receipt.paid_at)
            GROUP BY 1, 2",
    },
    // round(base * (total - refunded) / total * rate), half away from zero, in integer arithmetic: a truncated quotient
    // could be rounded twice.
    Check {
        rule: "an event and its reversals add up to the commission on the amount that was not refunded",
        sql: "
            SELECT partner_id, currency, sum(expected) AS expected, sum(actual) AS actual, array_agg(id) AS ids
            FROM (
                SELECT event.id, event.partner_id, event.currency,
                    CASE WHEN event.status = 'CANCELLED' THEN 0 ELSE
                        div(2 * event.base_amount * (receipt.total_amount - coalesce(refund.amount, 0))
                                * event.commission_rate * power(10::numeric, currency_decimals(event.currency))
                                + receipt.total_amount,
                            2 * receipt.total_amount) / power(10::numeric, currency_decimals(event.currency))
                    END AS expected,
                    CASE WHEN NOT is_live_commission(event.status) THEN 0 ELSE event.commission_amount END
                        + coalesce(line.amount, 0) AS actual
                FROM commission_events AS event
                JOIN invoice_receipts AS receipt
                    ON receipt.tenant_id = event.tenant_id AND receipt.invoice_id = event.invoice_id
                LEFT JOIN (
                    SELECT invoice_id, sum(amount) AS amount FROM invoice_refunds WHERE tenant_id = $1 GROUP BY invoice_id
                ) AS refund ON refund.invoice_id = event.invoice_id
                LEFT JOIN (
                    SELECT reverses_id, sum(commission_amount) AS amount FROM commission_events
                    WHERE tenant_id = $1 AND reverses_id IS NOT NULL AND is_live_commission(status)
                    GROUP BY reverses_id
                ) AS line ON line.reverses_id = event.id
                WHERE event.tenant_id = $1 AND event.event_type = 'INVOICE_PAID'
            ) AS event
            WHERE expected <> actual
            GROUP BY partner_id, currency",
    },
    Check {
        rule: "the bases of an event and its reversals add up to the base of the amount that was not refunded",
        sql: "
            SELECT partner_id, currency, sum(expected) AS expected, sum(actual) AS actual, array_agg(id) AS ids
            FROM (
                SELECT event.id, event.partner_id, event.currency,
                    div(2 * event.base_amount * (receipt.total_amount - refund.amount)
                            * power(10::numeric, currency_decimals(event.currency)) + receipt.total_amount,
                        2 * receipt.total_amount) / power(10::numeric, currency_decimals(event.currency)) AS expected,
                    event.base_amount + line.base AS actual
                FROM (
                    SELECT reverses_id, sum(base_amount) AS base FROM commission_events
                    WHERE tenant_id = $1 AND reverses_id IS NOT NULL AND is_live_commission(status)
                    GROUP BY reverses_id
                ) AS line
                JOIN commission_events AS event ON event.tenant_id = $1 AND event.id = line.reverses_id
                JOIN invoice_receipts AS receipt ON receipt.tenant_id = $1 AND receipt.invoice_id = event.invoice_id
                JOIN (
                    SELECT invoice_id, sum(amount) AS amount FROM invoice_refunds WHERE tenant_id = $1 GROUP BY invoice_id
                ) AS refund ON refund.invoice_id = event.invoice_id
            ) AS event
            WHERE expected <> actual
            GROUP BY partner_id, currency",
    },
    Check {
        rule: "the refunds of an invoice are at most its total, in its currency",
        sql: "
            SELECT event.partner_id, receipt.currency, sum(receipt.total_amount) AS expected, sum(refund.amount) AS actual,
                array_agg(event.id) AS ids
            FROM (
                SELECT invoice_id, sum(amount) AS amount, min(currency) AS first, max(currency) AS last
                FROM invoice_refunds WHERE tenant_id = $1 GROUP BY invoice_id
            ) AS refund
            JOIN invoice_receipts AS receipt ON receipt.tenant_id = $1 AND receipt.invoice_id = refund.invoice_id
            JOIN commission_events AS event
                ON event.tenant_id = $1 AND event.invoice_id = receipt.invoice_id AND event.event_type = 'INVOICE_PAID'
            WHERE refund.amount > receipt.total_amount OR refund.first <> receipt.currency
                OR refund.last <> receipt.currency
            GROUP BY event.partner_id, receipt.currency",
    },
    Check {
        rule: "a reversal belongs to its refund, and has the status of its original while that is in no payout",
        sql: "
            SELECT line.partner_id, line.currency, 0::numeric AS expected, sum(line.commission_amount) AS actual,
                array_agg(line.id) AS ids
            FROM commission_events AS line
            JOIN commission_events AS event ON event.tenant_id = line.tenant_id AND event.id = line.reverses_id
            JOIN invoice_refunds AS refund ON refund.tenant_id = line.tenant_id AND refund.refund_id = line.refund_id
            WHERE line.tenant_id = $1 AND line.reverses_id IS NOT NULL
                AND ((refund.invoice_id, refund.refunded_at, refund.outcome)
                        IS DISTINCT FROM (line.invoice_id, line.event_date, 'RECORDED')
                    OR line.invoice_id <> event.invoice_id
                    OR event.status <> 'PAID' AND line.status NOT IN (event.status, 'PAID'))
            GROUP BY line.partner_id, line.currency",
    },
    Check {
        rule: "an adjustment has the amount that was requested",
        sql: "
            SELECT coalesce(event.partner_id, asked.partner_id) AS partner_id,
                coalesce(event.currency, asked.currency) AS currency,
                coalesce(sum(asked.amount)
                    FILTER (WHERE asked.currency = coalesce(event.currency, asked.currency)), 0) AS expected,
                coalesce(sum(event.commission_amount), 0) AS actual,
                array_remove(array_agg(event.id), NULL) AS ids
            FROM (SELECT * FROM commission_events WHERE tenant_id = $1 AND event_type = 'ADJUSTMENT') AS event
            FULL JOIN (SELECT * FROM adjustment_requests WHERE tenant_id = $1) AS asked
                ON asked.commission_event_id = event.id
            WHERE (asked.partner_id, asked.amount, asked.currency)
                IS DISTINCT FROM (event.partner_id, event.commission_amount, event.currency)
            GROUP BY 1, 2",
    },
    Check {
        rule: "the monthly totals equal the sums of the events",
        sql: "
            SELECT coalesce(event.partner_id, total.partner_id) AS partner_id,
                coalesce(event.currency, total.currency) AS currency,
                coalesce(sum(event.commission_amount), 0) AS expected,
                coalesce(sum(total.commission_amount), 0) AS actual, ARRAY[]::uuid[] AS ids
            FROM (
                SELECT partner_id, currency, date_trunc('month', event_date AT TIME ZONE 'UTC')::date AS month, status,
                    sum(commission_amount) AS commission_amount, coalesce(sum(base_amount), 0) AS base_amount,
                    count(*) AS event_count
                FROM commission_events WHERE tenant_id = $1
                GROUP BY 1, 2, 3, 4
            ) AS event
            FULL JOIN (
                SELECT partner_id, currency, month, status, sum(commission_amount) AS commission_amount,
                    sum(base_amount) AS base_amount, sum(event_count) AS event_count
                FROM commission_monthly_totals WHERE tenant_id = $1
                GROUP BY 1, 2, 3, 4
            ) AS total USING (partner_id, currency, month, status)
            WHERE (coalesce(event.commission_amount, 0), coalesce(event.base_amount, 0), coalesce(event.event_count, 0))
                <> (coalesce(total.commission_amount, 0), coalesce(total.base_amount, 0), coalesce(total.event_count, 0))
            GROUP BY 1, 2",
    },
    Check {
        rule: "a held event is in no payout, and its reversals are held with it",
        sql: "
            SELECT event.partner_id, event.currency, 0::numeric AS expected, sum(event.commission_amount) AS actual,
                array_agg(event.id) AS ids
            FROM commission_events AS event
            LEFT JOIN commission_events AS original
                ON original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                    AND original.status IN ('PENDING', 'APPROVED')
            WHERE event.tenant_id = $1
                AND (event.held_at IS NOT NULL AND event.status NOT IN ('PENDING', 'APPROVED')
                    OR event.status = original.status AND (event.held_at IS NULL) <> (original.held_at IS NULL))
            GROUP BY event.partner_id, event.currency",
    },
    Check {
        rule: "an event is held if its history says so",
        sql: "
            SELECT event.partner_id, event.currency, 0::numeric AS expected, sum(event.commission_amount) AS actual,
                array_agg(event.id) AS ids
            FROM commission_events AS event
            LEFT JOIN (
                SELECT commission_event_id, count(*) FILTER (WHERE kind = 'HOLD') AS holds,
                    count(*) FILTER (WHERE kind = 'RELEASE') AS releases
                FROM status_changes WHERE tenant_id = $1 AND kind IN ('HOLD', 'RELEASE') GROUP BY 1
            ) AS history ON history.commission_event_id = event.id
            WHERE event.tenant_id = $1 AND is_live_commission(event.status)
                AND coalesce(history.holds - history.releases, 0) <> CASE WHEN event.held_at IS NULL THEN 0 ELSE 1 END
            GROUP BY event.partner_id, event.currency",
    },
    Check {
        rule: "the history of an event ends with its status",
        sql: history_check!("commission_events", "commission_amount", "commission_event_id"),
    },
    Check {
        rule: "the history of a payout ends with its status",
        sql: history_check!("payouts", "total_amount", "payout_id"),
    },
];

/// Returns the balances, computed from the statuses of events and payouts only.
pub const BALANCES: &str = "
    SELECT event.partner_id, event.currency,
        coalesce(sum(event.commission_amount) FILTER (WHERE event.status = 'PENDING'), 0) AS pending,
        coalesce(sum(event.commission_amount) FILTER (WHERE event.status = 'APPROVED'), 0) AS approved,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE event.status = 'APPROVED' AND event.held_at IS NOT NULL), 0) AS held,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE event.status = 'PAID' AND payout.status IS DISTINCT FROM 'COMPLETED'), 0) AS in_transit,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE event.status = 'PAID' AND payout.status = 'COMPLETED'), 0) AS settled
    FROM commission_events AS event
    LEFT JOIN payouts AS payout ON payout.tenant_id = event.tenant_id AND payout.id = event.payout_id
    WHERE event.tenant_id = $1
    GROUP BY event.partner_id, event.currency
    ORDER BY event.partner_id, event.currency";
