//! The sweep: deletes old events.

use chrono::TimeDelta;

use super::store;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// How long events are kept at least after they were handled or given up. Senders repeat an event for a few days only.
const RETENTION: TimeDelta = TimeDelta::days(90);

/// Deletes up to `limit` events of the tenant that have been kept long enough; returns whether others may remain. An event
/// that waits stays.
pub async fn sweep(db: &mut Transaction, limit: &i64) -> Result<bool> {
    // Repeated, it finds what is left.
    db.mark_idempotent();
    let now = db.clock_timestamp().await?;
    let deleted = store::delete_before(db, now - RETENTION, *limit).await?;
    Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= *limit))
}
