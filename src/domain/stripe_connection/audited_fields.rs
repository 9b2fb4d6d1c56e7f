//! The fields of connections to Stripe that the audit trail records. Never a key or a secret.

use super::StripeConnection;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for StripeConnection {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::StripeConnection, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("account", &self.account),
            Field::plain("isLive", self.is_live),
            Field::time("connectedAt", self.connected_at),
            Field::time("brokenAt", self.broken_at),
            Field::plain("takesInvoices", self.takes_invoices),
            Field::optional("customerMetadataKey", self.customer_metadata_key.as_deref()),
        ]
    }
}
