//! Dates that clients give to invoices, refunds and adjustments.

use chrono::{DateTime, TimeDelta, Utc};

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

/// The start of the year 2000 in seconds since 1970: an earlier date was never set.
const EARLIEST: i64 = 946_684_800;

/// Rejects a date before the year 2000, and one more than 24 hours in the future.
pub(super) async fn reject_implausible(db: &mut Session, field: &'static str, date: Timestamp) -> Result<()> {
    if date.0.timestamp() < EARLIEST {
        return Err(Error::bad_input(field, "must be 2000-01-01T00:00:00Z or later"));
    }
    reject_future(db, field, date).await
}

/// Rejects a date more than 24 hours before the date of what it changes, as the clocks of two clients may differ.
pub(super) fn reject_before(
    field: &'static str,
    date: DateTime<Utc>,
    what: &str,
    earlier: DateTime<Utc>,
) -> Result<()> {
    if date < earlier - CLOCK_SKEW_MAX {
        let message = format!("is more than 24 hours before {what} at {}", earlier.to_rfc3339());
        return Err(Error::bad_input(field, message));
    }
    Ok(())
}
