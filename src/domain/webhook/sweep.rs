//! The sweep: deletes old deliveries and events.

use chrono::TimeDelta;

use super::store;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// How long deliveries and events are kept at least.
const RETENTION: TimeDelta = TimeDelta::days(90);

/// Deletes up to `limit` deliveries and up to `limit` events of the tenant that have been kept long enough; returns whether
/// others may remain. A delivery that waits for an attempt stays, and so does its event.
pub async fn sweep(db: &mut Transaction, limit: &i64) -> Result<bool> {
    // Repeated, it finds what is left.
    db.mark_idempotent();
    let deliveries = store::delete_old_deliveries(db, RETENTION, *limit).await?;
    let events = store::delete_old_events(db, RETENTION, *limit).await?;
    Ok(i64::try_from(deliveries.max(events)).is_ok_and(|deleted| deleted >= *limit))
}
