//! When the transfers and the accounts of a tenant are audited: each night at 03:00 of its time zone, and when Stripe is
//! connected.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::domain::tenant;
use crate::primitives::error::Result;

/// The hour of the night, in the time zone of the tenant.
const HOUR: i64 = 3;
/// The subject of the jobs: they are about the whole tenant.
pub const WHOLE_TENANT: Uuid = Uuid::nil();

/// Schedules a job for the next night, in the place of the one that is scheduled.
pub async fn tonight(db: &mut Transaction, lane: Lane) -> Result<()> {
    let zone = tenant::settings(db).await?.tenant.zone()?;
    let now = db.clock_timestamp().await?;
    at(db, lane, next(now, zone)).await
}

/// Schedules a job for a time.
pub async fn at(db: &mut Transaction, lane: Lane, at: DateTime<Utc>) -> Result<()> {
    let statement = job::store::schedule(db.scope().tenant(), lane, WHOLE_TENANT, at);
    db.execute_unaudited(statement).await?;
    Ok(())
}

/// Returns the next night after an instant.
fn next(after: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let today = after.with_timezone(&zone).date_naive();
    let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let night = |day: chrono::NaiveDate| {
        let naive = day.and_time(NaiveTime::MIN) + TimeDelta::hours(HOUR);
        // In the night in which clocks are set forward the hour may not exist; the one after it does.
        let found = zone.from_local_datetime(&naive).earliest();
        found
            .or_else(|| zone.from_local_datetime(&(naive + TimeDelta::hours(1))).earliest())
            .map_or(naive.and_utc(), |local| local.to_utc())
    };
    if after < night(today) { night(today) } else { night(tomorrow) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audit_is_at_three_in_the_night() {
        let next = |after: &str, zone| next(after.parse().unwrap_or_default(), zone).to_rfc3339();
        assert_eq!(next("2026-11-30T10:00:00Z", Tz::UTC), "2026-12-01T03:00:00+00:00");
        assert_eq!(next("2026-11-30T02:59:59Z", Tz::UTC), "2026-11-30T03:00:00+00:00");
        assert_eq!(next("2026-11-30T03:00:00Z", Tz::UTC), "2026-12-01T03:00:00+00:00");
        assert_eq!(next("2026-11-30T10:00:00Z", Tz::America__New_York), "2026-12-01T08:00:00+00:00");
        // Clocks go from 03:00 to 04:00 there.
        assert_eq!(next("2026-03-28T12:00:00Z", Tz::Europe__Athens), "2026-03-29T01:00:00+00:00");
    }
}
