//! The check of the reconciliation on events that corrections have replaced.

use super::checks::Check;

/// A replaced event that still counts: its invoice would earn twice.
pub const REPLACED: Check = Check {
    rule: "an event that a correction has replaced counts for nothing: its reversals take all of it back",
    sql: "
        SELECT partner_id, currency, 0::numeric AS expected, sum(commission_amount) AS actual, array_agg(id) AS ids
        FROM (
            SELECT event.id, event.partner_id, event.currency, sum(row.commission_amount) AS commission_amount
            FROM commission_events AS event
            JOIN commission_events AS row
                ON row.tenant_id = event.tenant_id AND event.id IN (row.id, row.reverses_id)
                AND is_live_commission(row.status)
            WHERE event.tenant_id = $1 AND event.replaced_at IS NOT NULL
            GROUP BY event.id, event.partner_id, event.currency
            HAVING sum(row.commission_amount) <> 0 OR sum(row.base_amount) <> 0
        ) AS event
        GROUP BY partner_id, currency",
};
