//! Lists: filters by time, and pages.

use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::request::Parameters;
use crate::state::text;

const LIMIT: i64 = 10;
const LIMIT_MAX: i64 = 100;

/// Returns a page of objects, which are given the newest first.
pub(crate) fn page(
    objects: Vec<&Value>,
    kind: &str,
    url: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let limit = parameters.integer("limit")?.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("Invalid limit: {limit}. It must be between 1 and {LIMIT_MAX}.");
        return Err(Refusal::invalid("limit", "parameter_invalid_integer", message));
    }
    let limit = usize::try_from(limit).unwrap_or_default();
    let position = |name: &str| -> Result<Option<usize>, Refusal> {
        let Some(id) = parameters.get(name) else { return Ok(None) };
        let found = objects.iter().position(|object| text(object, "id") == id);
        let message = || format!("No such {kind}: '{id}'");
        found.map(Some).ok_or_else(|| Refusal::executed(400, "resource_missing", message()).about(name))
    };
    let (first, end) = match (position("starting_after")?, position("ending_before")?) {
        (Some(after), _) => (after + 1, objects.len()),
        (None, Some(before)) => (before.saturating_sub(limit), before),
        (None, None) => (0, objects.len()),
    };
    let is_backwards = parameters.get("ending_before").is_some();
    let data: Vec<_> = objects[first..end].iter().take(limit).collect();
    let has_more = if is_backwards { first > 0 } else { first + data.len() < end };
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// Returns whether an object was created in the interval that the parameters state.
pub(crate) fn is_created_within(object: &Value, parameters: &Parameters) -> Result<bool, Refusal> {
    let created = object["created"].as_i64().unwrap_or_default();
    let bound = |name: &str| parameters.integer(name);
    Ok(bound("created[gte]")?.is_none_or(|from| created >= from)
        && bound("created[gt]")?.is_none_or(|after| created > after)
        && bound("created[lte]")?.is_none_or(|until| created <= until)
        && bound("created[lt]")?.is_none_or(|before| created < before)
        && bound("created")?.is_none_or(|at| created == at))
}
