//! The fields of webhook endpoints that the audit trail records. Never a secret.

use super::WebhookEndpoint;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for WebhookEndpoint {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::WebhookEndpoint, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        let types: Vec<_> = self.event_types.iter().map(ToString::to_string).collect();
        vec![
            Field::plain("url", &self.url),
            Field::text("description", self.description.as_deref()),
            Field::plain("eventTypes", types.join(", ")),
            Field::plain("status", self.status),
            Field::plain("payloadVersion", self.payload_version),
            // A rotation is seen by the end of the secret before.
            Field::time("previousSecretUntil", self.previous_secret_until),
            Field::optional("disabledReason", self.disabled_reason.as_deref()),
        ]
    }
}
