//! What the objects of Stripe have in common. Of each, only the members are read that are needed, and the values of all
//! enumerations are left open: the shape of an event follows the version of its endpoint, and values are added any
//! time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::failure::clean;

/// The longest description of what is wrong with an object, in characters.
const WHY_MAX: usize = 200;
/// The largest number of texts that are kept of a list, and the longest of them, in characters.
const TEXTS_MAX: usize = 100;
const TEXT_MAX: usize = 200;

/// The `metadata` of an object: what was stored with it under keys. Its order is that of the keys.
pub type Metadata = BTreeMap<String, String>;

/// One page of a list, the latest objects first.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Page<T> {
    /// The objects: at most 100.
    pub data: Vec<T>,
    /// Whether there are more, after the last of these.
    pub has_more: bool,
}

/// Reads an object of Stripe's, as in `data.object` of an event; fails with what is wrong, for a log.
pub fn parse<T: DeserializeOwned>(object: &Value) -> Result<T, String> {
    T::deserialize(object).map_err(|error| clean(&error.to_string(), WHY_MAX))
}

/// Reads an id, be it the id alone or the object that has it: `customer` and `destination` are either. `None` for null.
pub(super) fn reference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = match Value::deserialize(deserializer)? {
        Value::String(id) => Some(id),
        Value::Object(object) => object.get("id").and_then(Value::as_str).map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    Ok(id.filter(|id| !id.is_empty()))
}

/// Reads a time: seconds since 1970.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let seconds = i64::deserialize(deserializer)?;
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| D::Error::custom("a time is out of range"))
}

/// Reads a time that may be null.
pub(super) fn optional_time<'de, D>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error>
where
    D: Deserializer<'de>,
{
    let seconds = Option::<i64>::deserialize(deserializer)?;
    Ok(seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
}

/// Reads `metadata`; nothing if it is null.
pub(super) fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
    let Value::Object(members) = Value::deserialize(deserializer)? else { return Ok(Metadata::new()) };
    let texts = members.into_iter().filter_map(|(key, value)| match value {
        Value::String(text) => Some((key, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    });
    Ok(texts.collect())
}

/// Reads a list of texts, the first 100 of them, each cut to 200 characters; nothing if it is null.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let Value::Array(items) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(items.iter().filter_map(Value::as_str).take(TEXTS_MAX).map(|text| clean(text, TEXT_MAX)).collect())
}

/// Reads what is an object of its own, or nothing if it is null.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "reference")]
        customer: Option<String>,
        #[serde(default, deserialize_with = "metadata")]
        metadata: Metadata,
        #[serde(default, deserialize_with = "texts")]
        due: Vec<String>,
        #[serde(default, deserialize_with = "optional_time")]
        paid_at: Option<DateTime<Utc>>,
    }

    fn sample(value: Value) -> Sample {
        parse(&value).unwrap()
    }

    #[test]
    fn a_reference_is_an_id_or_an_object_or_nothing() {
        let expanded = json!({ "customer": { "id": "cus_1", "object": "customer", "deleted": true } });
        for (value, id) in [
            (json!({ "customer": "cus_1" }), Some("cus_1")),
            (expanded, Some("cus_1")),
            (json!({ "customer": null }), None),
            (json!({}), None),
            (json!({ "customer": "" }), None),
            (json!({ "customer": {} }), None),
            (json!({ "customer": 7 }), None),
        ] {
            assert_eq!(sample(value.clone()).customer.as_deref(), id, "{value}");
        }
    }

    #[test]
    fn members_that_are_null_or_new_are_tolerated() {
        let read = sample(json!({
            "metadata": { "a": "b", "odd": 1 }, "due": ["x", null, "y"], "paid_at": 1_796_000_000, "new": [{}],
        }));
        assert_eq!(read.metadata, Metadata::from([("a".to_owned(), "b".to_owned())]));
        assert_eq!(read.due, ["x", "y"]);
        assert_eq!(read.paid_at.unwrap().timestamp(), 1_796_000_000);
        let read = sample(json!({ "metadata": null, "due": null, "paid_at": null }));
        assert_eq!((read.metadata.len(), read.due.len(), read.paid_at), (0, 0, None));
        let many = sample(json!({ "due": vec!["long".repeat(1_000); 1_000] }));
        assert_eq!((many.due.len(), many.due[0].len()), (TEXTS_MAX, TEXT_MAX));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_rest_of_the_object() {
        let why = parse::<Page<String>>(&json!({ "data": [], "email": "eve@example.com" })).unwrap_err();
        assert_eq!(why, "missing field `has_more`");
    }
}
