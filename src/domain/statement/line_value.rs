//! The values of a line of a statement, which its files write in their formats.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::csv_file::identifier_text;
use crate::primitives::formula::escaped;
use crate::primitives::money::{Money, Rate};

/// The number of values in a line.
pub const VALUES: usize = 13;

/// A line of a statement: a value for each column.
pub type Line = [LineValue; VALUES];

/// The columns of instants.
const INSTANTS: [&str; 3] = ["event_date", "recorded_at", "moved_at"];

/// A value in a line of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum LineValue {
    /// No value.
    Empty,
    /// A text that a client sent. A spreadsheet must not take it for a formula.
    Text(String),
    /// A word of the API: the name of a value or a currency.
    Word(String),
    /// An id.
    Id(Uuid),
    /// An amount or a rate, with its decimals.
    Number(Decimal),
    /// A number of things.
    Count(i64),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl LineValue {
    /// Returns an identifier of the billing system: masked if it is personal, because the partner receives the file.
    pub fn identifier(identifier: Option<&str>) -> Self {
        identifier.map_or(Self::Empty, |identifier| Self::Text(identifier_text(Some(identifier))))
    }

    /// Returns a word, which may be absent.
    pub fn word(word: Option<impl ToString>) -> Self {
        word.map_or(Self::Empty, |word| Self::Word(word.to_string()))
    }

    /// Returns an id, which may be absent.
    pub fn id(id: Option<Uuid>) -> Self {
        id.map_or(Self::Empty, Self::Id)
    }

    /// Returns an instant, which may be absent.
    pub fn instant(at: Option<DateTime<Utc>>) -> Self {
        at.map_or(Self::Empty, Self::Instant)
    }

    /// Returns an amount, which may be absent.
    pub fn amount(amount: Option<Money>) -> Self {
        amount.map_or(Self::Empty, |amount| Self::Number(amount.amount()))
    }

    /// Returns a rate, which may be absent, with four decimals.
    pub fn rate(rate: Option<Rate>) -> Self {
        rate.map_or(Self::Empty, |rate| Self::Number(rate.to_decimal_text().0))
    }

    /// Returns the cell of the CSV file: instants in UTC to the microsecond. Its bytes never change.
    pub fn csv_cell(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => escaped(text),
            Self::Word(word) => Cow::Borrowed(word),
            Self::Id(id) => Cow::Owned(id.to_string()),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Count(count) => Cow::Owned(count.to_string()),
            Self::Instant(at) => Cow::Owned(at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        }
    }
}

/// Returns whether the values of a column are instants.
pub fn has_instants(column: &str) -> bool {
    INSTANTS.contains(&column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_identifier_is_masked_and_a_formula_is_escaped() {
        let cell = |identifier| LineValue::identifier(identifier).csv_cell().into_owned();
        assert_eq!(cell(Some("ada@example.com")), "a***");
        assert_eq!(cell(Some("cus_1")), "cus_1");
        assert_eq!(cell(Some("=2+2")), "'=2+2");
        assert_eq!(cell(None), "");
    }

    #[test]
    fn an_instant_has_microseconds_and_a_number_its_decimals() {
        let at = DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap_or_default();
        assert_eq!(LineValue::Instant(at).csv_cell(), "2023-11-14T22:13:20.000000Z");
        assert_eq!(LineValue::Number(Decimal::new(-6_000, 2)).csv_cell(), "-60.00");
    }
}
