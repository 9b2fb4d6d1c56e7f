//! Dates that clients give to invoices, refunds and adjustments.

use chrono::TimeDelta;

use crate::domain::db::session::Session;
use crate::primitives::error::{Error, Result};
use crate::primitives::timestamp::Timestamp;

/// How far the clock of a client may be ahead of the database's clock.
const CLOCK_SKEW_MAX: TimeDelta = TimeDelta::hours(24);

/// Rejects a date more than 24 hours in the future.
pub(super) async fn reject_future(db: &mut Session, field: &'static str, date: Timestamp) -> Result<()> {
    if date.0 > db.clock_timestamp().await? + CLOCK_SKEW_MAX {
        return Err(Error::bad_input(field, "must be at most 24 hours in the future"));
    }
    Ok(())
}
