//! What the audit trail records of commission events. One event is recorded by its fields, several by their number, sums and
//! ids: accruals and refunds leave no entries, and the status of each event has its own history.

use std::collections::BTreeSet;

use super::CommissionEvent;
use crate::auth::Authorized;
use crate::domain::db::audit_log::BulkChange;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;

impl AuditedRow for CommissionEvent {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::CommissionEvent, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("partner", self.partner_id),
            Field::plain("type", self.event_type),
            Field::plain("status", self.status),
            Field::plain("commissionAmount", self.commission()),
            Field::identifier("invoiceId", self.invoice_id.as_deref()),
            Field::identifier("refundId", self.reversed_refund_id.as_deref()),
            Field::time("eventDate", self.event_date),
            Field::time("heldAt", self.held_at),
            Field::text("partnerNote", self.partner_note.as_deref()),
        ]
    }
}

/// Records that an act changed these events, which were `before`.
pub(super) fn record_changes(
    db: &mut Transaction,
    before: &[Authorized<CommissionEvent>],
    after: &[Authorized<CommissionEvent>],
) -> Result<()> {
    if let [after] = after
        && let Some(before) = before.iter().find(|before| before.id == after.id)
    {
        db.record_changed(&**before, &**after);
        return Ok(());
    }
    let change = BulkChange::of(after.iter().map(|event| (event.id.0, event.commission())))?;
    let partners: BTreeSet<_> = after.iter().map(|event| event.partner_id).collect();
    db.record_bulk(change, partners);
    Ok(())
}
