//! Days of the calendar in the API.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

/// How a day is written.
const FORMAT: &str = "%Y-%m-%d";

/// The length of a day in its form: four digits, two, two, and two hyphens.
const LENGTH: usize = 10;

/// A day of the calendar, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

/// A day of the calendar in ISO 8601 format, without time and time zone, as in `"2026-12-01"`.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html")]
impl ScalarType for Day {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::custom("a Date is a string, as in \"2026-12-01\""));
        };
        let day = NaiveDate::parse_from_str(text, FORMAT).ok().filter(|_| text.len() == LENGTH);
        day.map(Self).ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            InputValueError::custom(format!("{text:?} is not a day; write it as in \"2026-12-01\""))
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format(FORMAT).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_form() {
        let parse = |text: &str| Day::parse(Value::String(text.to_owned())).map(|day| day.to_value()).ok();
        assert_eq!(parse("2026-12-01"), Some(Value::String("2026-12-01".to_owned())));
        for wrong in ["2026-12-1", "2026-02-29", "01.12.2026", "2026-12-01T00:00:00Z", "+2026-12-01", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
