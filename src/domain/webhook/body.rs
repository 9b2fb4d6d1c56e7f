//! The body of a webhook.

use chrono::NaiveDate;
use serde_json::json;

use super::DomainEvent;
use crate::domain::db::event_data::instant;

/// Returns the body of an event in a version: JSON, the same bytes at every attempt.
pub fn body(event: &DomainEvent, version: NaiveDate) -> String {
    json!({
        "id": event.id.0,
        "type": event.event_type.wire_name(),
        "timestamp": instant(event.occurred_at),
        "version": version.to_string(),
        "tenantId": event.tenant_id.0,
        "data": event.data,
    })
    .to_string()
}
