//! A moment as clients write and read it.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// A moment in time: RFC 3339 with an offset, e.g. `"2026-03-01T09:30:00+01:00"`. Answers are in UTC
/// (`"2026-03-01T08:30:00Z"`). Truncated to microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

/// A moment in time: RFC 3339 with an offset, e.g. `"2026-03-01T09:30:00+01:00"`. Answers are in UTC
/// (`"2026-03-01T08:30:00Z"`). Truncated to microseconds.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for Timestamp {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::custom("a DateTime is a string, as in \"2026-03-01T09:30:00Z\""));
        };
        let at = DateTime::parse_from_rfc3339(text).map_err(|reason| {
            let text: String = text.chars().take(64).collect();
            InputValueError::custom(format!(
                "{text:?} is not an RFC 3339 date and time with an offset ({reason}); write \"2026-03-01T09:30:00Z\""
            ))
        })?;
        let (day, is_leap) = (at.to_utc().num_seconds_from_midnight(), at.nanosecond() >= 1_000_000_000);
        if is_leap && day != 86_399 {
            return Err(InputValueError::custom("a second 60 is the last one of a day in UTC, or none"));
        }
        // PostgreSQL keeps microseconds: what is stored must equal what a replay sends again.
        DateTime::from_timestamp_micros(at.timestamp_micros())
            .filter(|at| (1..=9999).contains(&at.year()))
            .map(Self)
            .ok_or_else(|| InputValueError::custom("a DateTime lies in the years 0001 to 9999"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_sixty_is_the_last_of_a_day_or_none() {
        let read =
            |text: &str| Timestamp::parse(Value::String(text.to_owned())).map(|at| at.0.to_rfc3339()).ok();
        assert_eq!(read("2016-12-31T23:59:60Z"), Some("2017-01-01T00:00:00+00:00".to_owned()));
        assert!(read("2017-01-01T00:59:60+01:00").is_some());
        assert_eq!(read("2026-03-01T10:00:60Z"), None);
    }
}
