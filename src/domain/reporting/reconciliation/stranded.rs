//! Stranded events: events that an earlier payout could have paid and did not.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text};

use crate::auth::Authorized;
use crate::domain::commission::{CommissionEvent, DueRule};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::primitives::error::Result;

/// Returns the due events whose partner has a payout in their currency for a period that ends later, oldest first. A
/// reversal or reinstatement has the date of the event it amends until that event is in a payout. An event of 0.00 waits for
/// nothing.
pub(super) async fn stranded(
    db: &mut Session,
    at: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let tenant = db.scope().tenant().clone();
    let query = SqlBuilder::new(
        "SELECT event.* FROM commission_events AS event
         LEFT JOIN commission_events AS original
             ON original.tenant_id = event.tenant_id AND original.id = event.reverses_id AND original.status = 'APPROVED'
         JOIN (
             SELECT partner_id, currency, max(period_end) AS period_end FROM payouts
             WHERE released_at IS NULL AND tenant_id = ",
    )
    .bind::<Text, _>(tenant.clone())
    .sql(
        "    GROUP BY partner_id, currency
         ) AS paid ON paid.partner_id = event.partner_id AND paid.currency = event.currency
         WHERE event.status = 'APPROVED' AND event.commission_amount <> 0
             AND coalesce(original.event_date, event.event_date) < paid.period_end
             AND event.tenant_id = ",
    )
    .bind::<Text, _>(tenant)
    .sql(" AND ")
    .part(|statement| DueRule { at, period: None }.append(statement))
    .sql(" ORDER BY event.event_date, event.id LIMIT ")
    .bind::<BigInt, _>(limit);
    db.load(query).await
}
