//! When the monthly digests of a tenant are written: on the first day of each month, at 08:00 of its time zone.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// The hour of the day, in the time zone of the tenant.
const HOUR: i64 = 8;
/// The subject of the job of a whole tenant. Those of partners have the id of the partner.
pub const WHOLE_TENANT: Uuid = Uuid::nil();

/// Schedules the next digests of the tenant, in the place of those that are scheduled.
pub async fn schedule(db: &mut Transaction, zone: Tz) -> Result<()> {
    let at = next(db.clock_timestamp().await?, zone);
    let statement = job::store::schedule(db.scope().tenant(), Lane::Digest, WHOLE_TENANT, at);
    db.execute_unaudited(statement).await?;
    Ok(())
}

/// Returns the first day of the month before that of an instant, in a time zone.
pub fn month_before(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let today = at.with_timezone(&zone).date_naive();
    let first = today.with_day(1).unwrap_or(today);
    first.checked_sub_months(Months::new(1)).unwrap_or(first)
}

/// Returns the next time for digests after an instant.
fn next(after: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let today = after.with_timezone(&zone).date_naive();
    let first = today.with_day(1).unwrap_or(today);
    let following = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let at = |day: NaiveDate| {
        let naive = day.and_time(NaiveTime::MIN) + TimeDelta::hours(HOUR);
        // No time zone changes its clock at this hour; if one did, an hour later exists.
        let found = zone.from_local_datetime(&naive).earliest();
        found
            .or_else(|| zone.from_local_datetime(&(naive + TimeDelta::hours(1))).earliest())
            .map_or(naive.and_utc(), |local| local.to_utc())
    };
    if after < at(first) { at(first) } else { at(following) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_on_the_first_at_eight() {
        let next = |after: &str, zone| next(after.parse().unwrap_or_default(), zone).to_rfc3339();
        assert_eq!(next("2026-11-30T10:00:00Z", Tz::UTC), "2026-12-01T08:00:00+00:00");
        assert_eq!(next("2026-12-01T07:59:59Z", Tz::UTC), "2026-12-01T08:00:00+00:00");
        assert_eq!(next("2026-12-01T08:00:00Z", Tz::UTC), "2027-01-01T08:00:00+00:00");
        assert_eq!(next("2026-06-15T00:00:00Z", Tz::Europe__Berlin), "2026-07-01T06:00:00+00:00");
        assert_eq!(next("2026-11-30T23:30:00Z", Tz::Pacific__Auckland), "2026-12-31T19:00:00+00:00");
        let month = month_before("2026-12-31T19:00:00Z".parse().unwrap_or_default(), Tz::Pacific__Auckland);
        assert_eq!(month.to_string(), "2026-12-01");
    }
}
