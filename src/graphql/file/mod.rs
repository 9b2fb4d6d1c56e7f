//! The files of lists: which columns they have, and what a caller sees in them.

mod cell;
mod commission_event;
mod invoice;
mod managed_account;
mod order;
mod partner;
mod payout;
mod references;
mod referral_lead;

use async_graphql::{InputType, Value};

pub use cell::{Cell, Column, FileContext};
pub use references::{References, Referred};

use super::types::download::{DownloadFile, FileFormat};
use crate::auth::Caller;
use crate::domain::db::list_query::Paginated;
use crate::primitives::error::{Error, Result};
use crate::primitives::pagination::Ordering;

pub use super::types::download::FileFormat as Format;

/// A row of a list that can be downloaded as a file.
pub trait FileRow: Paginated<Filter: InputType> {
    /// The name of the file, without extension.
    const NAME: &'static str;
    /// The field of the list in the type `Query`.
    const FIELD: &'static str;
    /// The name of the input type of the order; `None` if the list has one order only.
    const ORDER_TYPE: Option<&'static str> = None;
    /// The columns, in their order.
    const COLUMNS: &'static [Column<Self>];

    /// Returns the order of an input value.
    fn ordering(order: Option<Value>) -> Result<Ordering>;

    /// Returns the input value of an order; `None` if the list has one order only.
    fn order_value(_: Ordering) -> Option<Value> {
        None
    }

    /// Returns the rows whose values are columns of this row.
    fn referred(&self) -> Referred {
        Referred::default()
    }
}

/// Returns the columns that a caller chooses, or all that it may see; rejects an unknown name and one that occurs twice.
pub fn columns<R: FileRow>(caller: &Caller, names: Option<&[String]>) -> Result<Vec<&'static Column<R>>> {
    let visible = || R::COLUMNS.iter().filter(|column| !column.is_for_staff || caller.sees_staff_notes());
    let Some(names) = names else { return Ok(visible().collect()) };
    if names.is_empty() {
        return Err(Error::bad_input("columns", "is empty; leave it out for all columns"));
    }
    let mut chosen = Vec::new();
    for name in names {
        let column = visible().find(|column| column.name == name).ok_or_else(|| {
            let known: Vec<_> = visible().map(|column| column.name).collect();
            let name: String = name.chars().take(64).collect();
            let message = format!("{name:?} is not a column of this file; it has {}", known.join(", "));
            Error::bad_input("columns", message)
        })?;
        if chosen.iter().any(|other: &&Column<R>| other.name == column.name) {
            return Err(Error::bad_input("columns", format!("{name:?} occurs twice")));
        }
        chosen.push(column);
    }
    Ok(chosen)
}

/// Returns the file of a list.
pub fn file<R: FileRow>(
    caller: &Caller,
    format: FileFormat,
    filter: Value,
    ordering: Ordering,
    names: Option<&[String]>,
) -> Result<DownloadFile> {
    columns::<R>(caller, names)?;
    if format == FileFormat::Pdf {
        return Err(Error::bad_input("format", "a list has no PDF file; it is CSV or XLSX"));
    }
    let file_name = format!("{}.{}", R::NAME, format.extension());
    let mut query = Vec::new();
    for (name, value) in [("filter", Some(without_nulls(filter))), ("orderBy", R::order_value(ordering))] {
        let json = value.map(|value| value.into_json().map_err(Error::internal)).transpose()?;
        query.extend(json.filter(|json| *json != serde_json::json!({})).map(|json| (name, json.to_string())));
    }
    query.extend(names.map(|names| ("columns", names.join(","))));
    let mut path = format!("/download/{file_name}");
    for (position, (name, value)) in query.into_iter().enumerate() {
        path.push_str(if position == 0 { "?" } else { "&" });
        let value = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
        path.push_str(&format!("{name}={value}"));
    }
    Ok(DownloadFile { format, file_name, path, sha256: None, bytes: None })
}

/// Returns an input object without the members that are null, as if they had been left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| *value != Value::Null).collect())
        }
        other => other,
    }
}
