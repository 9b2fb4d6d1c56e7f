//! The cells of a file, and the columns that they are in.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::references::References;
use crate::auth::Caller;
use crate::graphql::mask::mask_identifier;
use crate::primitives::id::PartnerId;
use crate::primitives::money::Rate;

/// A value in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'r> {
    /// No value.
    Empty,
    /// A text that a client sent. A spreadsheet must not take it for a formula.
    Text(Cow<'r, str>),
    /// A word of the API: the name of a value or a currency.
    Word(Cow<'r, str>),
    /// An id.
    Id(Uuid),
    /// A number with a fixed number of decimals: an amount or a rate.
    Number(Decimal),
    /// A number of things.
    Count(i64),
    /// Whether something holds.
    Flag(bool),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl<'r> Cell<'r> {
    /// Returns the cell of a text, which may be absent.
    pub fn text(text: Option<&'r str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// Returns the cell of a value of an enum or of a currency.
    pub fn word(word: &impl ToString) -> Self {
        Self::Word(Cow::Owned(word.to_string()))
    }

    /// Returns the cell of an id, which may be absent.
    pub fn id(id: Option<Uuid>) -> Self {
        id.map_or(Self::Empty, Self::Id)
    }

    /// Returns the cell of a number, which may be absent.
    pub fn number(number: Option<Decimal>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    /// Returns the cell of a rate, which may be absent, with four decimals.
    pub fn rate(rate: Option<Rate>) -> Self {
        Self::number(rate.map(|rate| rate.to_decimal_text().0))
    }

    /// Returns the cell of an instant, which may be absent.
    pub fn instant(at: Option<DateTime<Utc>>) -> Self {
        at.map_or(Self::Empty, Self::Instant)
    }
}

/// What the cells of a file depend on besides their row.
pub struct FileContext {
    /// The caller, for whom values are masked.
    pub caller: Caller,
    /// What the rows refer to.
    pub references: References,
    /// The time for which the file is written.
    pub at: DateTime<Utc>,
}

impl FileContext {
    /// Returns the cell of the number of a partner.
    pub fn partner_number(&self, id: PartnerId) -> Cell<'_> {
        Cell::text(self.references.partner_number(id))
    }

    /// Returns the cell of an identifier of the billing system, masked for partner users if it is personal.
    pub fn identifier<'r>(&self, id: Option<&'r str>) -> Cell<'r> {
        id.map_or(Cell::Empty, |id| Cell::Text(mask_identifier(&self.caller, id)))
    }
}

/// The value of a column in a row.
type CellOf<R> = for<'r> fn(&'r R, &'r FileContext) -> Cell<'r>;

/// A column of a file.
pub struct Column<R> {
    /// The name, in the first line of the file.
    pub name: &'static str,
    /// Whether the column is left out for partner users.
    pub is_for_staff: bool,
    /// Whether the values are instants.
    pub has_instants: bool,
    /// The value in a row.
    pub cell: CellOf<R>,
}

impl<R> Column<R> {
    /// Returns a column for every caller.
    pub const fn new(name: &'static str, cell: CellOf<R>) -> Self {
        Self { name, is_for_staff: false, has_instants: false, cell }
    }

    /// Returns a column of instants for every caller.
    pub const fn instant(name: &'static str, cell: CellOf<R>) -> Self {
        Self { name, is_for_staff: false, has_instants: true, cell }
    }

    /// Returns a column for staff.
    pub const fn for_staff(name: &'static str, cell: CellOf<R>) -> Self {
        Self { name, is_for_staff: true, has_instants: false, cell }
    }
}
