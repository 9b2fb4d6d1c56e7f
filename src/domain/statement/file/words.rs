//! Dates and fields, as documents have them.

use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;
use tagged_pdf::{Date, Field, Text};

use crate::primitives::error::{Error, Result};

/// Returns an instant in the form of the writer.
pub fn date(at: DateTime<Utc>) -> Result<Date> {
    let part = |part: u32| u8::try_from(part).map_err(|_| Error::internal("a date is out of range"));
    Ok(Date {
        year: u16::try_from(at.year()).map_err(|_| Error::internal("a year is out of range"))?,
        month: part(at.month())?,
        day: part(at.day())?,
        hour: part(at.hour())?,
        minute: part(at.minute())?,
        second: part(at.second())?,
    })
}

/// Returns the date of an instant in a time zone.
pub fn day(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d").to_string()
}

/// Returns an instant in a time zone, to the second.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Returns a field of a document.
pub fn field(label: &str, name: &'static str, value: &str) -> Field {
    Field { label: label.to_owned(), value: Text::new(name, value) }
}
