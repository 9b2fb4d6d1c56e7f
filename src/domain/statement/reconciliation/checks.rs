//! What must agree in the tables, as queries for where it does not. `$1` is the tenant.

/// Something that must hold.
pub struct Check {
    /// What must hold.
    pub rule: &'static str,
    /// For each partner and currency in which it does not: what there should be, what there is, and the ids of the rows
    /// it was seen in. The partner is null where none can be told.
    pub sql: &'static str,
}

/// Each looks at other rows than those that the figure in question was made from.
pub const CHECKS: &[Check] = &[
    Check {
        rule: "the total and the count of a payout are those of its lines",
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
        rule: "a payout holds its lines until it fails or is cancelled",
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
        rule: "an event is PAID as long as a payout holds it, by that payout, with that amount",
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
        rule: "an invoice that earned something has one event, with the base of its receipt",
        sql: "
            SELECT coalesce(event.partner_id, account.partner_id) AS partner_id,
                coalesce(event.currency, receipt.currency) AS currency,
                coalesce(sum(receipt.commissionable_amount)
                    FILTER (WHERE receipt.currency = coalesce(event.currency, receipt.currency)), 0) AS expected,
                coalesce(sum(event.base_amount), 0) AS actual,
                array_remove(array_agg(event.id), NULL) AS ids
            FROM (SELECT * FROM invoice_receipts WHERE tenant_id = $1 AND outcome = 'RECORDED') AS receipt
            FULL JOIN (SELECT * FROM commission_events WHERE tenant_id = $1 AND event_type = 'INVOICE_PAID') AS event
                ON event.invoice_id = receipt.invoice_id
            LEFT JOIN LATERAL (
                SELECT account.partner_id FROM managed_accounts AS account
                WHERE event.id IS NULL AND account.tenant_id = $1 AND account.customer_id = receipt.customer_id
                ORDER BY tstzrange(account.starts_at, account.ends_at) @> receipt.paid_at DESC, account.starts_at DESC
                LIMIT 1
            ) AS account ON true
            WHERE (event.currency, event.base_amount, event.customer_id, event.event_date)
                IS DISTINCT FROM
                (receipt.currency, receipt.commissionable_amount, receipt.customer_id, receipt.paid_at)
            GROUP BY 1, 2",
    },
    // round(base * (total - refunded) / total * rate), half away from zero, by whole numbers only: a division that is cut
    // off somewhere could be rounded twice.
    Check {
        rule: "an event and the lines that reverse it add up to the commission on what was not refunded",
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
                    CASE WHEN event.status IN ('CANCELLED', 'CLAWBACK') THEN 0 ELSE event.commission_amount END
                        + coalesce(line.amount, 0) AS actual
                FROM commission_events AS event
                JOIN invoice_receipts AS receipt
                    ON receipt.tenant_id = event.tenant_id AND receipt.invoice_id = event.invoice_id
                LEFT JOIN (
                    SELECT invoice_id, sum(amount) AS amount FROM invoice_refunds WHERE tenant_id = $1 GROUP BY invoice_id
                ) AS refund ON refund.invoice_id = event.invoice_id
                LEFT JOIN (
                    SELECT reverses_id, sum(commission_amount) AS amount FROM commission_events
                    WHERE tenant_id = $1 AND reverses_id IS NOT NULL AND status NOT IN ('CANCELLED', 'CLAWBACK')
                    GROUP BY reverses_id
                ) AS line ON line.reverses_id = event.id
                WHERE event.tenant_id = $1 AND event.event_type = 'INVOICE_PAID'
            ) AS event
            WHERE expected <> actual
            GROUP BY partner_id, currency",
    },
    Check {
        rule: "an adjustment has the amount that staff asked for",
        sql: "
            SELECT event.partner_id, event.currency,
                coalesce(sum(asked.amount) FILTER (WHERE asked.currency = event.currency), 0) AS expected,
                sum(event.commission_amount) AS actual, array_agg(event.id) AS ids
            FROM commission_events AS event
            LEFT JOIN (
                SELECT result_id, (request #>> '{input,amount,amount}')::numeric AS amount,
                    request #>> '{input,amount,currency}' AS currency
                FROM idempotency_keys WHERE tenant_id = $1 AND request ->> 'operation' = 'recordAdjustment'
            ) AS asked ON asked.result_id = event.id
            WHERE event.tenant_id = $1 AND event.event_type = 'ADJUSTMENT'
                AND (asked.amount, asked.currency) IS DISTINCT FROM (event.commission_amount, event.currency::text)
            GROUP BY event.partner_id, event.currency",
    },
    // However the lines are ordered: a status was left once less often than it was entered, if it is the present one.
    Check {
        rule: "the history of an event ends with its status",
        sql: "
            SELECT event.partner_id, event.currency, 0::numeric AS expected, sum(abs(event.commission_amount)) AS actual,
                array_agg(event.id) AS ids
            FROM commission_events AS event
            LEFT JOIN (
                SELECT event.id,
                    count(*) FILTER (WHERE change.from_status IS NULL) AS births,
                    count(*) FILTER (WHERE change.to_status = event.status)
                        - count(*) FILTER (WHERE change.from_status = event.status) AS stays
                FROM status_changes AS change
                JOIN commission_events AS event
                    ON event.tenant_id = change.tenant_id AND event.id = change.commission_event_id
                WHERE change.tenant_id = $1 AND change.commission_event_id IS NOT NULL
                GROUP BY event.id
            ) AS history ON history.id = event.id
            WHERE event.tenant_id = $1 AND (history.births, history.stays) IS DISTINCT FROM (1, 1)
            GROUP BY event.partner_id, event.currency",
    },
    Check {
        rule: "the history of a payout ends with its status",
        sql: "
            SELECT payout.partner_id, payout.currency, 0::numeric AS expected, sum(payout.total_amount) AS actual,
                array_agg(payout.id) AS ids
            FROM payouts AS payout
            LEFT JOIN (
                SELECT payout.id,
                    count(*) FILTER (WHERE change.from_status IS NULL) AS births,
                    count(*) FILTER (WHERE change.to_status = payout.status)
                        - count(*) FILTER (WHERE change.from_status = payout.status) AS stays
                FROM status_changes AS change
                JOIN payouts AS payout ON payout.tenant_id = change.tenant_id AND payout.id = change.payout_id
                WHERE change.tenant_id = $1 AND change.payout_id IS NOT NULL
                GROUP BY payout.id
            ) AS history ON history.id = payout.id
            WHERE payout.tenant_id = $1 AND (history.births, history.stays) IS DISTINCT FROM (1, 1)
            GROUP BY payout.partner_id, payout.currency",
    },
];

/// What each bucket of a balance must be, from nothing but the statuses of events and payouts.
pub const BUCKETS: &str = "
    SELECT event.partner_id, event.currency,
        coalesce(sum(event.commission_amount) FILTER (WHERE event.status = 'PENDING'), 0) AS pending,
        coalesce(sum(event.commission_amount) FILTER (WHERE event.status = 'APPROVED'), 0) AS approved,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE event.status = 'PAID' AND payout.status IS DISTINCT FROM 'COMPLETED'), 0) AS in_transit,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE event.status = 'PAID' AND payout.status = 'COMPLETED'), 0) AS settled
    FROM commission_events AS event
    LEFT JOIN payouts AS payout ON payout.tenant_id = event.tenant_id AND payout.id = event.payout_id
    WHERE event.tenant_id = $1
    GROUP BY event.partner_id, event.currency";
