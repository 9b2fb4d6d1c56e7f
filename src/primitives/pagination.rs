//! Keyset pagination: the arguments of a connection, cursors, and the pages of a list.
//!
//! A cursor is the position of a row and not an offset, so that rows inserted between two requests shift no page.

use async_graphql::Enum;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::primitives::error::{Error, Result};
use crate::primitives::timestamp::Timestamp;

/// The maximal number of rows in a page.
pub const ROWS_MAX: i32 = 100;
/// The number of rows in a page if the client does not specify one.
pub const ROWS_DEFAULT: i32 = 50;

/// The direction in which a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum SortDirection {
    /// Ascending: smallest or earliest first.
    Asc,
    /// Descending: largest or latest first.
    Desc,
}

/// Rejects a period that ends before it starts, naming `field`. Periods are half-open: the end is excluded.
pub fn period(field: &'static str, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<()> {
    match (from, to) {
        (Some(from), Some(to)) if to < from => {
            Err(Error::bad_input(field, "the period ends before it starts"))
        }
        _ => Ok(()),
    }
}

/// The order of a list: by a column, and by id within equal values, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ordering {
    /// The SQL expression of the column.
    pub column: &'static str,
    /// The kind of the column's values.
    pub kind: SortKind,
    /// Whether the largest or latest value comes first.
    pub descending: bool,
}

/// The kind of an ordering column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKind {
    /// Instants, in microseconds.
    Timestamp,
    /// Amounts of money, compared as numbers, whatever their currency.
    Amount,
    /// Text in the collation of the column.
    Text,
}

/// The value of the ordering column in one row. The names of its variants are part of cursors.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortKey {
    /// An instant.
    #[serde(rename = "t", with = "micros")]
    Timestamp(DateTime<Utc>),
    /// An amount of money.
    #[serde(rename = "n", with = "rust_decimal::serde::str")]
    Amount(Decimal),
    /// A text.
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
        // Years 1 to 9999, as in valid cursors; PostgreSQL cannot compare with every other one.
        let micros = i64::deserialize(deserializer)?;
        DateTime::from_timestamp_micros(micros)
            .filter(|at| (1..=9999).contains(&chrono::Datelike::year(at)))
            .ok_or_else(|| D::Error::custom("out of range"))
    }
}

/// The position of a row in an ordered list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The value of the ordering column.
    pub key: SortKey,
    /// The id, which decides between equal values.
    pub id: Uuid,
}

impl Position {
    /// Returns the cursor of the position: opaque to clients, and valid for one order only.
    pub fn cursor(&self, ordering: Ordering) -> String {
        let parts = (ordering.column, ordering.descending, &self.key, self.id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// Returns the position of a cursor; rejects cursors of another order, naming `argument`.
    fn from_cursor(argument: &'static str, cursor: &str, ordering: Ordering) -> Result<Self> {
        let invalid = || {
            Error::bad_input(
                argument,
                "this is not a cursor of this list in this order; pass one of its pageInfo or edges unchanged",
            )
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let (column, descending, key, id): (String, bool, SortKey, Uuid) =
            serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let is_valid = match (&key, ordering.kind) {
            (SortKey::Text(text), SortKind::Text) => !text.contains('\0'),
            (SortKey::Amount(_), SortKind::Amount) | (SortKey::Timestamp(_), SortKind::Timestamp) => true,
            (SortKey::Amount(_) | SortKey::Text(_) | SortKey::Timestamp(_), _) => false,
        };
        if column != ordering.column || descending != ordering.descending || !is_valid {
            return Err(invalid());
        }
        Ok(Self { key, id })
    }
}

/// The arguments of a connection, by the Relay cursor connections specification.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// The number of rows from the start of the list.
    pub first: Option<i32>,
    /// The cursor after which the page starts.
    pub after: Option<String>,
    /// The number of rows from the end of the list.
    pub last: Option<i32>,
    /// The cursor before which the page ends.
    pub before: Option<String>,
}

/// The page that a client requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The maximal number of rows.
    pub limit: usize,
    /// Whether the rows are counted from the end of the list.
    pub backward: bool,
    /// The position after which the page starts, excluded; `None` for the start of the list.
    pub after: Option<Position>,
    /// The position before which the page ends, excluded; `None` for the end of the list.
    pub before: Option<Position>,
    /// The order of the list.
    pub ordering: Ordering,
}

impl PageRequest {
    /// Validates the arguments of a connection. Rejects `first` together with `last`, page sizes outside of 1 to 100,
    /// and cursors of another order.
    pub fn new(ordering: Ordering, args: PageArgs) -> Result<Self> {
        let PageArgs { first, after, last, before } = args;
        if first.is_some() && last.is_some() {
            return Err(Error::bad_input("first", "pass first or last, not both"));
        }
        let position = |argument, cursor: Option<String>| {
            cursor.map(|cursor| Position::from_cursor(argument, &cursor, ordering)).transpose()
        };
        let argument = if last.is_some() { "last" } else { "first" };
        let rows = first.or(last).unwrap_or(ROWS_DEFAULT);
        let limit =
            usize::try_from(rows).ok().filter(|_| (1..=ROWS_MAX).contains(&rows)).ok_or_else(|| {
                Error::bad_input(argument, format!("a page has 1 to {ROWS_MAX} rows; {rows} were requested"))
            })?;
        Ok(Self {
            limit,
            backward: last.is_some(),
            after: position("after", after)?,
            before: position("before", before)?,
            ordering,
        })
    }

    /// Returns the request of a whole list, without a limit.
    pub fn whole(ordering: Ordering) -> Self {
        Self { limit: usize::MAX, backward: false, after: None, before: None, ordering }
    }

    /// Returns the page from the loaded rows, of which there is one more than the page has if the list continues.
    pub fn slice<T>(&self, mut rows: Vec<T>) -> PageSlice<T> {
        let continues = rows.len() > self.limit;
        let is_empty_list = rows.is_empty() && self.after.is_none() && self.before.is_none();
        rows.truncate(self.limit);
        if self.backward {
            rows.reverse();
        }
        PageSlice {
            rows,
            has_next_page: self.before.is_some() || (continues && !self.backward),
            has_previous_page: self.after.is_some() || (continues && self.backward),
            total_count: is_empty_list.then_some(0),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct PageSlice<T> {
    /// The rows of the page, in the order of the list.
    pub rows: Vec<T>,
    /// Whether the list has rows after the page.
    pub has_next_page: bool,
    /// Whether the list has rows before the page.
    pub has_previous_page: bool,
    /// The number of rows of the whole list, if it is known.
    pub total_count: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERING: Ordering = Ordering { column: "t.c", kind: SortKind::Timestamp, descending: true };

    #[test]
    fn a_cursor_encodes_its_position() {
        let position = Position {
            key: SortKey::Timestamp(
                DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap_or_default(),
            ),
            id: Uuid::now_v7(),
        };
        let cursor = position.cursor(ORDERING);
        assert_eq!(Position::from_cursor("after", &cursor, ORDERING).ok(), Some(position));
    }

    #[test]
    fn a_cursor_of_another_order_is_rejected() {
        let position = Position { key: SortKey::Timestamp(DateTime::UNIX_EPOCH), id: Uuid::now_v7() };
        let cursor = position.cursor(ORDERING);
        let ascending = Ordering { descending: false, ..ORDERING };
        let amounts = Ordering { kind: SortKind::Amount, ..ORDERING };
        assert!(Position::from_cursor("after", &cursor, amounts).is_err());
        assert!(Position::from_cursor("after", &cursor, ascending).is_err());
        assert!(Position::from_cursor("after", "nonsense", ORDERING).is_err());
    }

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        let page = |first| {
            let args = PageArgs { first: Some(first), ..PageArgs::default() };
            PageRequest::new(ORDERING, args).map(|page| page.limit)
        };
        assert!(page(1).is_ok() && page(100).is_ok());
        assert!(page(0).is_err() && page(-1).is_err() && page(101).is_err());
    }
}
