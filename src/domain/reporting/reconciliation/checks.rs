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

/// The refunds of the tenant that were not reversed.
macro_rules! living_refunds {
    () => {
        "(SELECT refund.* FROM invoice_refunds AS refund
          LEFT JOIN refund_reversals AS reversal
              ON reversal.tenant_id = refund.tenant_id AND reversal.refund_id = refund.refund_id
          WHERE refund.tenant_id = $1 AND reversal.refund_id IS NULL)"
    };
}

/// Joins what remains of the base of the invoice of `event` after its refunds: an exact fraction of minor units.
macro_rules! remaining_base {
    () => {
        concat!(
            "JOIN invoice_revisions AS invoice
                ON invoice.tenant_id = event.tenant_id AND invoice.id = event.invoice_row_id
                AND invoice.superseded_at IS NULL
             LEFT JOIN (
                SELECT refund.invoice_row_id,
                    base_after_refunds(
                        trunc(invoice.total_amount * power(10::numeric, currency_decimals(invoice.currency))),
                        trunc(invoice.commissionable_amount * power(10::numeric, currency_decimals(invoice.currency))),
                        trunc(refund.amount * power(10::numeric, currency_decimals(invoice.currency))),
                        trunc(refund.commissionable_amount * power(10::numeric, currency_decimals(invoice.currency)))
                        ORDER BY refund.received_at, refund.refund_id) AS base
                FROM ", living_refunds!(), " AS refund
                JOIN invoice_revisions AS invoice
                    ON invoice.tenant_id = refund.tenant_id AND invoice.id = refund.invoice_row_id
                    AND invoice.superseded_at IS NULL
                GROUP BY refund.invoice_row_id
             ) AS refunded ON refunded.invoice_row_id = event.invoice_row_id
             CROSS JOIN LATERAL (
                SELECT coalesce(refunded.base[2],
                        trunc(invoice.commissionable_amount * power(10::numeric, currency_decimals(invoice.currency))))
                        AS numerator,
                    coalesce(refunded.base[3], 1) AS denominator
             ) AS remaining"
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
        rule: "a payout keeps its lines until it fails, is cancelled or comes back",
        sql: "
            SELECT line.partner_id, line.currency,
                coalesce(sum(line.commission_amount)
                    FILTER (WHERE payout.status NOT IN ('FAILED', 'CANCELLED', 'RETURNED')), 0) AS expected,
                coalesce(sum(line.commission_amount) FILTER (WHERE line.released_at IS NULL), 0) AS actual,
                array_agg(DISTINCT payout.id) AS ids
            FROM payout_lines AS line
            JOIN payouts AS payout ON payout.tenant_id = line.tenant_id AND payout.id = line.payout_id
            WHERE line.tenant_id = $1
                AND (payout.status IN ('FAILED', 'CANCELLED', 'RETURNED')) <> (line.released_at IS NOT NULL)
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
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its present revision",
        sql: "
            SELECT coalesce(event.partner_id, invoice.partner_id) AS partner_id,
                coalesce(event.currency, invoice.currency) AS currency,
                coalesce(sum(round(invoice.commissionable_amount * invoice.commission_rate,
                        currency_decimals(invoice.currency)))
                    FILTER (WHERE invoice.currency = coalesce(event.currency, invoice.currency)), 0) AS expected,
                coalesce(sum(event.commission_amount), 0) AS actual,
                array_remove(array_agg(event.id), NULL) AS ids
            FROM (
                SELECT * FROM invoice_revisions
                WHERE tenant_id = $1 AND outcome = 'RECORDED' AND superseded_at IS NULL
            ) AS invoice
            FULL JOIN (
                SELECT * FROM commission_events
                WHERE tenant_id = $1 AND event_type = 'INVOICE_PAID' AND replaced_at IS NULL
            ) AS event ON event.invoice_row_id = invoice.id
            WHERE (event.partner_id, event.currency, event.base_amount, event.commission_rate, event.customer_id,
                    event.event_date, event.invoice_id, event.invoice_revision)
                IS DISTINCT FROM
                (invoice.partner_id, invoice.currency, invoice.commissionable_amount, invoice.commission_rate,
                    invoice.customer_id, invoice.paid_at, invoice.invoice_id, invoice.revision)
            GROUP BY 1, 2",
    },
    Check {
        rule: "an invoice has at most one event that no correction has replaced",
        sql: "
            SELECT partner_id, currency, min(commission_amount) AS expected, sum(commission_amount) AS actual,
                array_agg(id) AS ids
            FROM commission_events
            WHERE tenant_id = $1 AND reverses_id IS NULL AND replaced_at IS NULL AND invoice_row_id IN (
                SELECT invoice_row_id FROM commission_events
                WHERE tenant_id = $1 AND invoice_row_id IS NOT NULL AND reverses_id IS NULL AND replaced_at IS NULL
                GROUP BY invoice_row_id HAVING count(*) > 1)
            GROUP BY partner_id, currency",
    },
    Check {
        rule: "the last revision of an invoice is the present one, and no other",
        sql: "
            SELECT partner_id, currency, sum(expected) AS expected, sum(actual) AS actual, array_agg(id) AS ids
            FROM (
                SELECT id, (array_agg(partner_id ORDER BY partner_id))[1] AS partner_id,
                    (array_agg(currency ORDER BY revision DESC))[1] AS currency,
                    (array_agg(total_amount ORDER BY revision DESC))[1] AS expected,
                    coalesce(sum(total_amount) FILTER (WHERE superseded_at IS NULL), 0) AS actual
                FROM invoice_revisions
                WHERE tenant_id = $1 AND id IN (
                    SELECT id FROM invoice_revisions
                    WHERE tenant_id = $1 AND (revision > 1 OR superseded_at IS NOT NULL))
                GROUP BY id
                HAVING count(*) <> max(revision) OR count(*) FILTER (WHERE superseded_at IS NULL) <> 1
                    OR max(revision) FILTER (WHERE superseded_at IS NULL) <> max(revision)
            ) AS invoice
            WHERE partner_id IS NOT NULL
            GROUP BY partner_id, currency",
    },
    // round(remaining base * rate), half away from zero, in integer arithmetic: a truncated quotient could be rounded twice.
    Check {
        rule: "an event and its reversals add up to the commission on the amount that was not refunded",
        sql: concat!("
            SELECT partner_id, currency, sum(expected) AS expected, sum(actual) AS actual, array_agg(id) AS ids
            FROM (
                SELECT event.id, event.partner_id, event.currency,
                    CASE WHEN event.status = 'CANCELLED' THEN 0 ELSE
                        div(2 * remaining.numerator * event.commission_rate + remaining.denominator,
                            2 * remaining.denominator) / power(10::numeric, currency_decimals(event.currency))
                    END AS expected,
                    CASE WHEN NOT is_live_commission(event.status) THEN 0 ELSE event.commission_amount END
                        + coalesce(line.amount, 0) AS actual
                FROM commission_events AS event ", remaining_base!(), "
                LEFT JOIN (
                    SELECT reverses_id, sum(commission_amount) AS amount FROM commission_events
                    WHERE tenant_id = $1 AND reverses_id IS NOT NULL AND is_live_commission(status)
                    GROUP BY reverses_id
                ) AS line ON line.reverses_id = event.id
                WHERE event.tenant_id = $1 AND event.event_type = 'INVOICE_PAID' AND event.replaced_at IS NULL
            ) AS event
            WHERE expected <> actual
            GROUP BY partner_id, currency"),
    },
    Check {
        rule: "the bases of an event and its reversals add up to the base of the amount that was not refunded",
        sql: concat!("
            SELECT partner_id, currency, sum(expected) AS expected, sum(actual) AS actual, array_agg(id) AS ids
            FROM (
                SELECT event.id, event.partner_id, event.currency,
                    div(2 * remaining.numerator + remaining.denominator, 2 * remaining.denominator)
                        / power(10::numeric, currency_decimals(event.currency)) AS expected,
                    CASE WHEN NOT is_live_commission(event.status) THEN 0 ELSE event.base_amount END
                        + line.base AS actual
                FROM (
                    SELECT reverses_id, sum(base_amount) AS base FROM commission_events
                    WHERE tenant_id = $1 AND reverses_id IS NOT NULL AND is_live_commission(status)
                    GROUP BY reverses_id
                ) AS line
                JOIN commission_events AS event
                    ON event.tenant_id = $1 AND event.id = line.reverses_id AND event.replaced_at IS NULL ",
                remaining_base!(), "
            ) AS event
            WHERE expected <> actual
            GROUP BY partner_id, currency"),
    },
    Check {
        rule: "the refunds of an invoice are at most its total, in its currency",
        sql: concat!("
            SELECT event.partner_id, invoice.currency, sum(invoice.total_amount) AS expected, sum(refund.amount) AS actual,
                array_agg(event.id) AS ids
            FROM (
                SELECT invoice_row_id, sum(amount) AS amount, min(currency) AS first, max(currency) AS last
                FROM ", living_refunds!(), " AS refund GROUP BY invoice_row_id
            ) AS refund
            JOIN invoice_revisions AS invoice
                ON invoice.tenant_id = $1 AND invoice.id = refund.invoice_row_id AND invoice.superseded_at IS NULL
            JOIN commission_events AS event
                ON event.tenant_id = $1 AND event.invoice_row_id = invoice.id AND event.reverses_id IS NULL
                AND event.replaced_at IS NULL
            WHERE refund.amount > invoice.total_amount OR refund.first <> invoice.currency
                OR refund.last <> invoice.currency
            GROUP BY event.partner_id, invoice.currency"),
    },
    Check {
        rule: "a reversal belongs to its refund, and has the status of its original while that is in no payout",
        sql: "
            SELECT line.partner_id, line.currency, 0::numeric AS expected, sum(line.commission_amount) AS actual,
                array_agg(line.id) AS ids
            FROM commission_events AS line
            JOIN commission_events AS event ON event.tenant_id = line.tenant_id AND event.id = line.reverses_id
            LEFT JOIN invoice_refunds AS refund
                ON refund.tenant_id = line.tenant_id AND refund.refund_id = line.refund_id
            WHERE line.tenant_id = $1 AND line.event_type = 'CLAWBACK'
                -- A line without a refund reverses an event that a correction has replaced.
                AND (CASE WHEN event.replaced_at IS NULL THEN
                        (refund.invoice_row_id, refund.outcome) IS DISTINCT FROM (line.invoice_row_id, 'RECORDED')
                    ELSE
                        line.refund_id IS NOT NULL AND refund.invoice_row_id IS DISTINCT FROM line.invoice_row_id
                    END
                    OR line.event_date NOT IN (refund.refunded_at, greatest(refund.refunded_at, event.event_date))
                    OR (line.invoice_row_id, line.invoice_revision)
                        IS DISTINCT FROM (event.invoice_row_id, event.invoice_revision)
                    OR line.status NOT IN ('PAID', CASE event.status WHEN 'PAID' THEN line.status ELSE event.status END)
                        AND NOT (event.status = 'CLAWBACK' AND line.status = 'APPROVED')
                        AND NOT (event.replaced_at IS NOT NULL AND line.status = 'CANCELLED'))
            GROUP BY line.partner_id, line.currency",
    },
    Check {
        rule: "a refund that was reversed has one reinstatement, which is PENDING or paid while its original is PENDING",
        sql: "
            SELECT event.partner_id, event.currency, 0::numeric AS expected,
                sum(coalesce(line.commission_amount, 0)) AS actual,
                array_agg(coalesce(line.id, event.id)) AS ids
            FROM (
                SELECT refund.invoice_row_id, refund.refund_id, reversal.reversed_at, refund.outcome AS refund_outcome
                FROM refund_reversals AS reversal
                JOIN invoice_refunds AS refund
                    ON refund.tenant_id = reversal.tenant_id AND refund.refund_id = reversal.refund_id
                WHERE reversal.tenant_id = $1 AND reversal.outcome = 'RECORDED'
            ) AS reversal
            FULL JOIN (SELECT * FROM commission_events WHERE tenant_id = $1 AND event_type = 'REINSTATEMENT') AS line
                ON line.reversed_refund_id = reversal.refund_id
            JOIN commission_events AS event
                ON event.tenant_id = $1 AND event.id = coalesce(line.reverses_id, (
                    SELECT id FROM commission_events AS earned
                    WHERE earned.tenant_id = $1 AND earned.invoice_row_id = reversal.invoice_row_id
                        AND earned.reverses_id IS NULL AND earned.replaced_at IS NULL))
            WHERE (reversal.invoice_row_id, greatest(reversal.reversed_at, event.event_date))
                    IS DISTINCT FROM (line.invoice_row_id, line.event_date)
                OR event.invoice_row_id <> line.invoice_row_id
                OR event.replaced_at IS NULL AND reversal.refund_outcome <> 'RECORDED'
                OR event.status = 'PENDING' AND line.status NOT IN ('PENDING', 'PAID')
            GROUP BY event.partner_id, event.currency",
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
                    -- A reinstatement may have stood, and been held, by itself.
                    OR event.status = original.status AND event.event_type = 'CLAWBACK'
                        AND (event.held_at IS NULL) <> (original.held_at IS NULL))
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
