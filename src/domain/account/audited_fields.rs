//! The fields of managed accounts that the audit trail records.

use super::ManagedAccount;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for ManagedAccount {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::ManagedAccount, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("partner", self.partner_id),
            Field::identifier("customerId", Some(&self.customer_id)),
            Field::name("customerName", self.customer_name.as_deref()),
            Field::plain("engagementType", &self.engagement_type),
            Field::time("startsAt", self.starts_at),
            Field::time("endsAt", self.ends_at),
            // The present rate follows from what was agreed, and from the time.
            Field::optional("customCommissionRate", self.custom_commission_rate).not_compared(),
        ]
    }
}
