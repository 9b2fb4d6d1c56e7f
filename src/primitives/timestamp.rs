//! Instants in the API: RFC 3339, in microseconds.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// An instant in UTC, in microseconds: the precision of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

/// An instant in RFC 3339 format with an offset, as in `"2026-03-01T09:30:00+01:00"`, in the years 0001 to 9999.
/// Results are in UTC (`"2026-03-01T08:30:00Z"`). Digits beyond microseconds are truncated.
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
        let (second_of_day, is_leap) =
            (at.to_utc().num_seconds_from_midnight(), at.nanosecond() >= 1_000_000_000);
        if is_leap && second_of_day != 86_399 {
            return Err(InputValueError::custom(
                "a leap second (second 60) is the last second of a day in UTC",
            ));
        }
        // PostgreSQL stores microseconds: the stored instant must equal the one that a repeated call sends.
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
    fn a_leap_second_is_the_last_second_of_a_day_in_utc() {
        let parse =
            |text: &str| Timestamp::parse(Value::String(text.to_owned())).map(|at| at.0.to_rfc3339()).ok();
        assert_eq!(parse("2016-12-31T23:59:60Z"), Some("2017-01-01T00:00:00+00:00".to_owned()));
        assert!(parse("2017-01-01T00:59:60+01:00").is_some());
        assert_eq!(parse("2026-03-01T10:00:60Z"), None);
    }
}
