//! The body of a webhook.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::DomainEvent;
use crate::primitives::id::TenantId;

/// Returns the body of an event in a version: JSON, the same bytes at every attempt.
pub fn body(event: &DomainEvent, tenant: &TenantId, version: NaiveDate) -> String {
    json!({
        "id": event.id.0,
        "type": event.event_type.wire_name(),
        "timestamp": instant(event.occurred_at),
        "version": version.to_string(),
        "tenantId": tenant.0,
        "data": event.data,
    })
    .to_string()
}

/// Returns an instant as in GraphQL.
pub fn instant(at: DateTime<Utc>) -> Value {
    Value::String(at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
