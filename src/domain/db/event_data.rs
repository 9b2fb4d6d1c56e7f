//! The values in the data of domain events, in the form that they have in GraphQL.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::primitives::money::Money;

/// Returns an amount: a number of major units as text, with exactly the decimals of its currency.
pub fn money(money: Money) -> Value {
    json!({ "amount": money.amount().to_string(), "currency": money.currency().to_string() })
}

/// Returns an instant in UTC, to the microsecond at most.
pub fn instant(at: DateTime<Utc>) -> Value {
    Value::String(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// Returns a text that may be absent.
pub fn text(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}
