//! Pages of a list: which part of it a client asks for, and where the next part starts.
//!
//! Pages go by position and not by number, so that a row that arrives between two pages shifts nothing.

use async_graphql::Enum;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::primitives::error::{Error, Result};
use crate::primitives::timestamp::Timestamp;

/// How many rows a page may have.
pub const ROWS_MAX: i32 = 100;
/// How many rows a page has if nobody says.
pub const ROWS_DEFAULT: i32 = 50;

/// In which direction a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum SortDirection {
    /// Smallest or earliest first.
    Asc,
    /// Largest or latest first.
    Desc,
}

/// Refuses a period that ends before it starts. Periods are half-open: the end is not part of them.
pub fn period(field: &'static str, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<()> {
    match (from, to) {
        (Some(from), Some(to)) if to < from => {
            Err(Error::bad_input(field, "the period ends before it starts"))
        }
        _ => Ok(()),
    }
}

/// By which column a list is ordered; ties go by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ordering {
    /// The column.
    pub column: &'static str,
    /// What the column holds.
    pub kind: SortKind,
    /// Largest first.
    pub descending: bool,
}

/// What kind of value an ordering column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKind {
    /// Moments.
    Timestamp,
    /// Amounts of money.
    Amount,
    /// Names.
    Text,
}

/// The value of the ordering column in one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortKey {
    /// A moment.
    #[serde(rename = "t", with = "micros")]
    Timestamp(DateTime<Utc>),
    /// An amount of money.
    #[serde(rename = "n", with = "rust_decimal::serde::str")]
    Amount(Decimal),
    /// A name.
    #[serde(rename = "s")]
    Text(String),
}

mod micros {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.timestamp_micros())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        // Years 1 to 9999: what a client can have been given, and what the database can compare with.
        let micros = i64::deserialize(deserializer)?;
        DateTime::from_timestamp_micros(micros)
            .filter(|at| (1..=9999).contains(&chrono::Datelike::year(at)))
            .ok_or_else(|| D::Error::custom("out of range"))
    }
}

/// The place of one row in an ordered list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The row's value in the ordering column.
    pub key: SortKey,
    /// The row's id.
    pub id: Uuid,
}

impl Position {
    /// The position as clients hold it: opaque, and good for one ordering only.
    pub fn cursor(&self, ordering: Ordering) -> String {
        let parts = (ordering.column, ordering.descending, &self.key, self.id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
    }

    fn of_cursor(argument: &'static str, cursor: &str, ordering: Ordering) -> Result<Self> {
        let refused = || {
            Error::bad_input(
                argument,
                "this cursor is not of this list in this order; pass one of its pageInfo or edges unchanged",
            )
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let (column, descending, key, id): (String, bool, SortKey, Uuid) =
            serde_json::from_slice(&bytes).map_err(|_| refused())?;
        let readable = match (&key, ordering.kind) {
            (SortKey::Text(text), SortKind::Text) => !text.contains('\0'),
            (SortKey::Amount(_), SortKind::Amount) | (SortKey::Timestamp(_), SortKind::Timestamp) => true,
            (SortKey::Amount(_) | SortKey::Text(_) | SortKey::Timestamp(_), _) => false,
        };
        if column != ordering.column || descending != ordering.descending || !readable {
            return Err(refused());
        }
        Ok(Self { key, id })
    }
}

/// A part of a list, as asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// At most so many rows.
    pub limit: usize,
    /// Counted from the end of the list.
    pub backward: bool,
    /// Only rows after this one.
    pub after: Option<Position>,
    /// Only rows before this one.
    pub before: Option<Position>,
    /// The order of the list.
    pub ordering: Ordering,
}

impl PageRequest {
    /// Reads the arguments of a connection.
    pub fn new(
        ordering: Ordering,
        (first, after): (Option<i32>, Option<String>),
        (last, before): (Option<i32>, Option<String>),
    ) -> Result<Self> {
        if first.is_some() && last.is_some() {
            return Err(Error::bad_input("first", "pass first or last, not both"));
        }
        let position = |argument, cursor: Option<String>| {
            cursor.map(|cursor| Position::of_cursor(argument, &cursor, ordering)).transpose()
        };
        let argument = if last.is_some() { "last" } else { "first" };
        let rows = first.or(last).unwrap_or(ROWS_DEFAULT);
        let limit =
            usize::try_from(rows).ok().filter(|_| (1..=ROWS_MAX).contains(&rows)).ok_or_else(|| {
                Error::bad_input(argument, format!("a page has 1 to {ROWS_MAX} rows; {rows} were asked for"))
            })?;
        Ok(Self {
            limit,
            backward: last.is_some(),
            after: position("after", after)?,
            before: position("before", before)?,
            ordering,
        })
    }

    /// Cuts what was loaded, one row more than the page holds, to the page.
    pub fn slice<T>(&self, mut rows: Vec<T>) -> PageSlice<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if self.backward {
            rows.reverse();
        }
        PageSlice {
            rows,
            has_next_page: self.before.is_some() || (more && !self.backward),
            has_previous_page: self.after.is_some() || (more && self.backward),
        }
    }
}

/// A part of a list, as found.
#[derive(Clone, Debug)]
pub struct PageSlice<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// Whether the list goes on after them.
    pub has_next_page: bool,
    /// Whether the list has rows before them.
    pub has_previous_page: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERING: Ordering = Ordering { column: "t.c", kind: SortKind::Timestamp, descending: true };

    #[test]
    fn a_cursor_gives_back_its_position() {
        let position = Position {
            key: SortKey::Timestamp(
                DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap_or_default(),
            ),
            id: Uuid::now_v7(),
        };
        let cursor = position.cursor(ORDERING);
        assert_eq!(Position::of_cursor("after", &cursor, ORDERING).ok(), Some(position));
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let position = Position { key: SortKey::Timestamp(DateTime::UNIX_EPOCH), id: Uuid::now_v7() };
        let cursor = position.cursor(ORDERING);
        let ascending = Ordering { descending: false, ..ORDERING };
        let amounts = Ordering { kind: SortKind::Amount, ..ORDERING };
        assert!(Position::of_cursor("after", &cursor, amounts).is_err());
        assert!(Position::of_cursor("after", &cursor, ascending).is_err());
        assert!(Position::of_cursor("after", "nonsense", ORDERING).is_err());
    }

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        let page =
            |first| PageRequest::new(ORDERING, (Some(first), None), (None, None)).map(|page| page.limit);
        assert!(page(1).is_ok() && page(100).is_ok());
        assert!(page(0).is_err() && page(-1).is_err() && page(101).is_err());
    }
}
