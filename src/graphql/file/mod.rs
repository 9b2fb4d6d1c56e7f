//! The files of lists: which columns they have, and what a caller sees in them.

mod audit_entry;
mod cell;
mod commission_event;
mod inbox_event;
mod invoice;
mod mail;
mod managed_account;
mod order;
mod partner;
mod payment_file;
mod payout;
mod references;
mod referral_lead;
mod statement;
mod webhook_delivery;

use async_graphql::indexmap::IndexMap;
use async_graphql::{InputType, Name, Value};
use uuid::Uuid;

pub use cell::{Cell, Column, FileContext};
pub use references::{References, Referred};

use super::types::download::{DownloadFile, FileFormat};
use crate::auth::Caller;
use crate::domain::db::list_query::{OF_PARTNER, Paginated, ParentCondition};
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

    /// Returns the member of the filter that has the condition of a parent's list.
    fn member_of(parent: ParentCondition) -> Option<&'static str> {
        (parent == OF_PARTNER).then_some("partnerId")
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

/// A whole list.
pub struct List<R: FileRow> {
    /// The filter of the list.
    pub filter: R::Filter,
    /// The parent whose list it is, if it is not that of the type `Query`.
    pub parent: Option<(ParentCondition, Uuid)>,
    /// The order of the list.
    pub ordering: Ordering,
}

/// Returns the file of a list.
pub fn download<R: FileRow>(
    caller: &Caller,
    list: List<R>,
    format: FileFormat,
    names: Option<&[String]>,
) -> Result<DownloadFile> {
    columns::<R>(caller, names)?;
    if format == FileFormat::Pdf {
        return Err(Error::bad_input("format", "a list has no PDF file; it is CSV or XLSX"));
    }
    let List { filter, parent, ordering } = list;
    let filter = input_object::<R>(&filter, parent)?;
    let file_name = format!("{}.{}", R::NAME, format.extension());
    let mut parameters = Vec::new();
    if !filter.is_empty() {
        parameters.push(("filter", json_text(Value::Object(filter))?));
    }
    if let Some(order) = R::order_value(ordering) {
        parameters.push(("orderBy", json_text(order)?));
    }
    parameters.extend(names.map(|names| ("columns", names.join(","))));
    let mut path = format!("/download/{file_name}");
    if !parameters.is_empty() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        path.push_str(&format!("?{}", query.extend_pairs(parameters).finish()));
    }
    Ok(DownloadFile { format, file_name, path, sha256: None, bytes: None })
}

/// Returns a filter as an input object without the members that are null, with the condition of the parent.
fn input_object<R: FileRow>(
    filter: &R::Filter,
    parent: Option<(ParentCondition, Uuid)>,
) -> Result<IndexMap<Name, Value>> {
    let Value::Object(members) = filter.to_value() else {
        return Err(Error::internal("a filter is not an input object"));
    };
    let mut members: IndexMap<_, _> =
        members.into_iter().filter(|(_, value)| *value != Value::Null).collect();
    let Some((condition, id)) = parent else { return Ok(members) };
    let member =
        R::member_of(condition).ok_or_else(|| Error::internal("a list of a parent has no filter"))?;
    let id = Value::String(id.to_string());
    match members.insert(Name::new(member), id.clone()) {
        Some(other) if other != id => Err(Error::bad_input(
            "filter",
            format!("{member} is not that of the list, which is empty: it has no file"),
        )),
        Some(_) | None => Ok(members),
    }
}

fn json_text(value: Value) -> Result<String> {
    Ok(value.into_json().map_err(Error::internal)?.to_string())
}
