//! Dates that clients give to invoices, refunds and adjustments.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::domain::db::session::Session;
use crate::primitives::error::{Error, Result};
use crate::primitives::timestamp::Timestamp;

/// How far the clock of a client may be ahead of the database's clock.
const CLOCK_SKEW_MAX: TimeDelta = TimeDelta::hours(24);
/// The first year in which an invoice can have been paid.
const FIRST_YEAR: i32 = 2000;

/// Rejects a date more than 24 hours in the future; returns the present time.
async fn reject_future(db: &mut Session, field: &'static str, date: Timestamp) -> Result<DateTime<Utc>> {
    let now = db.clock_timestamp().await?;
    reject_future_at(field, date.0, now)?;
    Ok(now)
}

/// Rejects a date more than 24 hours after the present time.
pub(super) fn reject_future_at(field: &'static str, date: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    if date > now + CLOCK_SKEW_MAX {
        return Err(Error::bad_input(field, "must be at most 24 hours in the future"));
    }
    Ok(())
}

/// Rejects a date before the year 2000: a date that was never set, as 0001-01-01 or 1970-01-01.
pub(super) fn reject_unset(field: &'static str, date: Timestamp) -> Result<()> {
    if date.0.year() < FIRST_YEAR {
        return Err(Error::bad_input(
            field,
            format!("is before {FIRST_YEAR}-01-01, as if the date was not set; pass the true date"),
        ));
    }
    Ok(())
}

/// Rejects a date before the year 2000, and one more than 24 hours in the future; returns the present time.
pub(super) async fn reject_implausible(
    db: &mut Session,
    field: &'static str,
    date: Timestamp,
) -> Result<DateTime<Utc>> {
    reject_unset(field, date)?;
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
