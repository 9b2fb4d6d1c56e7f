//! The legal identity of a tenant: the customer on invoices under self-billing.

pub mod store;
pub mod update;

use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::domain::legal::LegalIdentity;
use crate::primitives::id::PartnerId;

/// The legal identity of the tenant, as the audit trail records it: with the row of the tenant.
pub(in crate::domain) struct TenantLegalFields<'l>(pub &'l LegalIdentity);

impl AuditedRow for TenantLegalFields<'_> {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::Tenant, id: None }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        self.0.audited_fields()
    }
}
