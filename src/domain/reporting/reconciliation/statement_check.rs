//! The checks of the reconciliation that compare statements with the rows that they state.

use uuid::Uuid;

use super::Difference;
use super::checks::Check;
use crate::domain::db::session::Session;
use crate::domain::statement::lines::LineReader;
use crate::domain::statement::store;
use crate::primitives::error::Result;
use crate::primitives::id::StatementId;

/// The statements that are read at a time.
const STATEMENTS_MAX: i64 = 500;

/// The checks in SQL.
pub const STATEMENTS: [Check; 3] = [
    Check {
        rule: "the total and the number of lines of a statement are those of the rows that it states",
        sql: "
            SELECT partner_id, currency, sum(amount) AS expected, sum(stated) AS actual, array_agg(id) AS ids
            FROM (
                SELECT statement.*, coalesce(line.sum, 0) AS stated, line.count
                FROM statements AS statement
                CROSS JOIN LATERAL (
                    SELECT sum(amount) AS sum, count(*) AS count FROM (
                        SELECT CASE statement.kind WHEN 'CREDIT_NOTE' THEN -1 ELSE 1 END * commission_amount AS amount
                        FROM payout_lines AS line
                        WHERE line.tenant_id = statement.tenant_id AND line.payout_id = statement.payout_id
                        UNION ALL
                        SELECT amount FROM statement_movements AS movement
                        WHERE movement.tenant_id = statement.tenant_id AND movement.statement_id = statement.id
                    ) AS line
                ) AS line
                WHERE statement.tenant_id = $1
            ) AS statement
            WHERE (amount, line_count) IS DISTINCT FROM (stated, count)
            GROUP BY partner_id, currency",
    },
    Check {
        rule: "the opening balance of a statement is the closing balance of the one before, and their periods adjoin",
        sql: "
            SELECT partner_id, currency, sum(before) AS expected, sum(opening) AS actual, array_agg(id) AS ids
            FROM (
                SELECT statement.*, lag(closing, 1, 0) OVER account AS before, lag(period_end) OVER account AS until
                FROM statements AS statement
                WHERE tenant_id = $1 AND kind = 'ACCOUNT'
                WINDOW account AS (PARTITION BY partner_id, currency ORDER BY period_start)
            ) AS statement
            WHERE opening <> before OR until <> period_start
            GROUP BY partner_id, currency",
    },
    Check {
        rule: "the closing balance of the last statement and the movements since are the balance",
        sql: "
            SELECT partner_id, currency, balance AS expected, closing + open AS actual, ARRAY[id] AS ids
            FROM (
                SELECT DISTINCT ON (partner_id, currency) * FROM statements
                WHERE tenant_id = $1 AND kind = 'ACCOUNT' ORDER BY partner_id, currency, period_start DESC
            ) AS statement
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount), 0) AS open FROM (
                    SELECT CASE WHEN change.from_status IS NULL THEN 1 ELSE -1 END * event.commission_amount AS amount
                    FROM commission_events AS event
                    JOIN status_changes AS change
                        ON change.tenant_id = event.tenant_id AND change.commission_event_id = event.id
                    WHERE event.tenant_id = $1 AND event.partner_id = statement.partner_id
                        AND event.currency = statement.currency AND change.kind = 'STATUS'
                        AND (change.from_status IS NULL) <> (change.to_status IN ('CANCELLED', 'CLAWBACK'))
                        AND NOT EXISTS (
                            SELECT FROM statement_movements AS movement
                            WHERE movement.tenant_id = $1 AND movement.id = change.id)
                    UNION ALL
                    SELECT CASE change.to_status WHEN 'COMPLETED' THEN -1 ELSE 1 END * payout.total_amount
                    FROM payouts AS payout
                    JOIN status_changes AS change
                        ON change.tenant_id = payout.tenant_id AND change.payout_id = payout.id
                    WHERE payout.tenant_id = $1 AND payout.partner_id = statement.partner_id
                        AND payout.currency = statement.currency AND change.kind = 'STATUS'
                        AND change.to_status IN ('COMPLETED', 'RETURNED')
                        AND NOT EXISTS (
                            SELECT FROM statement_movements AS movement
                            WHERE movement.tenant_id = $1 AND movement.id = change.id)
                ) AS movement
            ) AS movement
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount), 0) AS balance FROM (
                    SELECT commission_amount AS amount FROM commission_events AS event
                    WHERE event.tenant_id = $1 AND event.partner_id = statement.partner_id
                        AND event.currency = statement.currency AND is_live_commission(event.status)
                    UNION ALL
                    SELECT -total_amount FROM payouts AS payout
                    WHERE payout.tenant_id = $1 AND payout.partner_id = statement.partner_id
                        AND payout.currency = statement.currency AND payout.status = 'COMPLETED'
                ) AS position
            ) AS account
            WHERE balance <> closing + open",
    },
];

/// Compares the hash of each statement with that of its CSV file as the lines are now.
pub async fn hash_differences(db: &mut Session) -> Result<Vec<Difference>> {
    let (mut differences, mut after) = (Vec::new(), StatementId(Uuid::nil()));
    loop {
        let statements = store::after(db, after, STATEMENTS_MAX).await?;
        let Some(last) = statements.last() else { return Ok(differences) };
        after = last.id;
        for statement in &statements {
            let mut file = LineReader::new(statement);
            if file.digest(db).await? != statement.content_hash {
                differences.push(Difference {
                    partner_id: statement.partner_id,
                    expected: statement.total(),
                    actual: file.sum,
                    rule: "the hash of a statement is that of its lines".to_owned(),
                    ids: vec![statement.id.0],
                });
            }
        }
    }
}
