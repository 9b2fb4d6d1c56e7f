//! The calendar of a tenant: the beginnings of months and days in its time zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::primitives::error::{Error, Result};

/// Returns the beginning of the month that contains an instant, in a time zone.
pub fn month_start(at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let today = at.with_timezone(&zone).date_naive();
    midnight(today.with_day(1).unwrap_or(today), zone)
}

/// The difference between a month in a time zone and the nearest month in UTC, at their beginnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthOffset {
    /// The first day of the nearest month in UTC.
    pub month: NaiveDate,
    /// The earlier of the two beginnings.
    pub from: DateTime<Utc>,
    /// The later of the two beginnings.
    pub to: DateTime<Utc>,
    /// Whether the time between belongs to the month in the time zone and not to the one in UTC; otherwise the reverse.
    pub is_missing: bool,
}

/// Returns how a month that begins at an instant differs from the nearest month in UTC.
pub fn month_offset(month_start: DateTime<Utc>) -> MonthOffset {
    let day = month_start.date_naive();
    let first = day.with_day(1).unwrap_or(day);
    let is_missing = day.day() > 15;
    let month = if is_missing { first.checked_add_months(Months::new(1)).unwrap_or(first) } else { first };
    let begin = month.and_time(NaiveTime::MIN).and_utc();
    MonthOffset { month, from: begin.min(month_start), to: begin.max(month_start), is_missing }
}

/// Returns the next beginning of a day of the month at or after an instant, in a time zone.
pub fn next_day_of_month(at: DateTime<Utc>, day: u32, zone: Tz) -> Option<DateTime<Utc>> {
    let this_month = at.with_timezone(&zone).date_naive().with_day(day)?;
    let next_month = this_month.checked_add_months(Months::new(1))?;
    [this_month, next_month].map(|day| midnight(day, zone)).into_iter().find(|begin| at <= *begin)
}

/// Returns the first days of the last `months` months in a time zone, including the current month, and of the next month.
pub fn first_days(at: DateTime<Utc>, months: u32, zone: Tz) -> Result<Vec<NaiveDate>> {
    let this_month = at.with_timezone(&zone).date_naive().with_day(1);
    let next = this_month.and_then(|day| day.checked_add_months(Months::new(1)));
    let days = (0..=months).rev().map(|back| next?.checked_sub_months(Months::new(back)));
    days.collect::<Option<Vec<_>>>().ok_or_else(|| Error::internal("a month outside of the calendar"))
}

/// Returns the first instant of a day in a time zone; not 00:00 if the clocks go forward at midnight.
pub fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let naive = day.and_time(NaiveTime::MIN);
    let first = zone
        .from_local_datetime(&naive)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(naive + TimeDelta::hours(1))).earliest());
    match first {
        Some(moment) => moment.to_utc(),
        // The time zone skips the whole day, so it begins with the next one.
        None => day.checked_add_days(Days::new(1)).map_or(naive.and_utc(), |next| midnight(next, zone)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn a_month_begins_at_midnight_in_the_time_zone() {
        let start = |text, zone| month_start(at(text), zone).to_rfc3339();
        assert_eq!(start("2026-03-31T23:30:00Z", Tz::UTC), "2026-03-01T00:00:00+00:00");
        assert_eq!(start("2026-03-31T23:30:00Z", Tz::Europe__Berlin), "2026-03-31T22:00:00+00:00");
        assert_eq!(start("2026-04-01T03:00:00Z", Tz::America__New_York), "2026-03-01T05:00:00+00:00");
        assert_eq!(start("2026-03-01T10:00:00Z", Tz::Asia__Kolkata), "2026-02-28T18:30:00+00:00");
    }

    #[test]
    fn the_last_months_end_with_the_current_month_of_the_time_zone() {
        let days = |text, zone| {
            let days = first_days(at(text), 3, zone).unwrap_or_default();
            days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(days("2026-02-10T12:00:00Z", Tz::UTC), "2025-12-01 2026-01-01 2026-02-01 2026-03-01");
        assert_eq!(
            days("2026-01-01T03:00:00Z", Tz::America__New_York),
            "2025-10-01 2025-11-01 2025-12-01 2026-01-01"
        );
    }

    #[test]
    fn the_offset_of_a_month_is_the_time_between_its_beginnings() {
        let offset = |text| {
            let MonthOffset { month, from, to, is_missing } = month_offset(at(text));
            (month.to_string(), to - from, is_missing)
        };
        let march = || "2026-03-01".to_owned();
        assert_eq!(offset("2026-03-01T00:00:00Z"), (march(), TimeDelta::zero(), false));
        assert_eq!(offset("2026-03-01T05:00:00Z"), (march(), TimeDelta::hours(5), false));
        assert_eq!(offset("2026-02-28T18:30:00Z"), (march(), TimeDelta::minutes(330), true));
    }

    #[test]
    fn a_day_without_midnight_begins_at_its_first_instant() {
        // In Beirut, clocks went from 24:00 on 29 March 2025 to 1:00.
        let beirut = next_day_of_month(at("2025-03-29T12:00:00Z"), 30, Tz::Asia__Beirut);
        assert_eq!(beirut.map(|at| at.to_rfc3339()).as_deref(), Some("2025-03-29T22:00:00+00:00"));
        // Samoa had no 30 December 2011.
        let samoa = next_day_of_month(at("2011-12-29T12:00:00Z"), 30, Tz::Pacific__Apia);
        assert_eq!(samoa.map(|at| at.to_rfc3339()).as_deref(), Some("2011-12-30T10:00:00+00:00"));
    }

    #[test]
    fn the_next_day_of_the_month_is_at_or_after_the_instant() {
        let next =
            |text, day| next_day_of_month(at(text), day, Tz::UTC).map(|at| at.date_naive().to_string());
        assert_eq!(next("2026-12-10T08:00:00Z", 15).as_deref(), Some("2026-12-15"));
        assert_eq!(next("2026-12-15T00:00:00Z", 15).as_deref(), Some("2026-12-15"));
        assert_eq!(next("2026-12-15T00:00:01Z", 15).as_deref(), Some("2027-01-15"));
        assert_eq!(next("2026-12-16T08:00:00Z", 15).as_deref(), Some("2027-01-15"));
    }
}
