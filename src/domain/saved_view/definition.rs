//! The definition of a view: the input values of its list, checked by the list's own input types.

use async_graphql::{InputType, Pos, Value};
use serde_json::{Map, Value as Json};

use super::{FILTER, ORDER_BY, SavedViewList};
use crate::auth::Caller;
use crate::domain::account::{ManagedAccount, ManagedAccountOrder};
use crate::domain::audit::AuditEntry;
use crate::domain::commission::{CommissionEvent, CommissionEventOrder};
use crate::domain::db::list_query::{Paginated, validated_filter};
use crate::domain::invoice::InvoiceRevision;
use crate::domain::partner::{Partner, PartnerOrder};
use crate::domain::payout::{Payout, PayoutOrder};
use crate::domain::referral::{ReferralLead, ReferralLeadOrder};
use crate::primitives::error::{Error, Result};

/// The most characters of a filter: more than one with every condition has.
const JSON_LENGTH_MAX: usize = 4_000;

/// Returns the definition of a view of a list; rejects what the list would reject. `filter` and `order_by` are JSON.
pub(super) fn checked(
    caller: &Caller,
    list: SavedViewList,
    filter: Option<&str>,
    order_by: Option<&str>,
) -> Result<Json> {
    let filter = match list {
        SavedViewList::Partners => filter_of::<Partner>(caller, filter),
        SavedViewList::CommissionEvents => filter_of::<CommissionEvent>(caller, filter),
        SavedViewList::Payouts => filter_of::<Payout>(caller, filter),
        SavedViewList::ManagedAccounts => filter_of::<ManagedAccount>(caller, filter),
        SavedViewList::ReferralLeads => filter_of::<ReferralLead>(caller, filter),
        SavedViewList::Invoices => filter_of::<InvoiceRevision>(caller, filter),
        SavedViewList::AuditEntries => filter_of::<AuditEntry>(caller, filter),
    }?;
    let order = match (list, order_by) {
        (_, None) => None,
        (SavedViewList::Partners, Some(order)) => Some(input::<PartnerOrder>(ORDER_BY, order)?.1),
        (SavedViewList::CommissionEvents, Some(order)) => {
            Some(input::<CommissionEventOrder>(ORDER_BY, order)?.1)
        }
        (SavedViewList::Payouts, Some(order)) => Some(input::<PayoutOrder>(ORDER_BY, order)?.1),
        (SavedViewList::ManagedAccounts, Some(order)) => {
            Some(input::<ManagedAccountOrder>(ORDER_BY, order)?.1)
        }
        (SavedViewList::ReferralLeads, Some(order)) => Some(input::<ReferralLeadOrder>(ORDER_BY, order)?.1),
        (SavedViewList::Invoices | SavedViewList::AuditEntries, Some(_)) => {
            return Err(Error::bad_input(ORDER_BY, "this list has one order only; leave it out"));
        }
    };
    let mut definition = Map::new();
    definition.insert(FILTER.to_owned(), filter);
    if let Some(order) = order {
        definition.insert(ORDER_BY.to_owned(), order);
    }
    Ok(Json::Object(definition))
}

/// Returns a filter as the list normalizes it.
fn filter_of<R: Paginated<Filter: InputType>>(caller: &Caller, filter: Option<&str>) -> Result<Json> {
    let (filter, _) = input::<R::Filter>(FILTER, filter.unwrap_or("{}"))?;
    members(FILTER, &validated_filter::<R>(caller, Some(filter))?)
}

/// Parses an input object from JSON; returns its value, and its members that are not null.
fn input<T: InputType>(field: &'static str, text: &str) -> Result<(T, Json)> {
    let length = text.chars().count();
    if length > JSON_LENGTH_MAX {
        let message = format!("has {length} characters; at most {JSON_LENGTH_MAX} are allowed");
        return Err(Error::bad_input(field, message));
    }
    let invalid = || Error::bad_input(field, format!("is not a JSON object of the type {}", T::type_name()));
    let json: Json = serde_json::from_str(text).map_err(|_| invalid())?;
    let Json::Object(given) = &json else { return Err(invalid()) };
    let value = Value::from_json(json.clone()).map_err(|_| invalid())?;
    let parsed = T::parse(Some(value)).map_err(|error| {
        let message = error.into_server_error(Pos::default()).message;
        Error::bad_input(field, message)
    })?;
    let Value::Object(known) = parsed.to_value() else { return Err(invalid()) };
    if let Some(unknown) = given.keys().find(|name| !known.contains_key(name.as_str())) {
        let unknown: String = unknown.chars().take(64).collect();
        let message = format!("{unknown:?} is not a field of the type {}", T::type_name());
        return Err(Error::bad_input(field, message));
    }
    let members = members(field, &parsed)?;
    Ok((parsed, members))
}

/// Returns the members of an input object that are not null, as JSON.
fn members<T: InputType>(field: &'static str, input: &T) -> Result<Json> {
    let Value::Object(members) = input.to_value() else {
        return Err(Error::bad_input(field, "is not an input object"));
    };
    let members = members.into_iter().filter(|(_, value)| *value != Value::Null).collect();
    Value::Object(members).into_json().map_err(Error::internal)
}
