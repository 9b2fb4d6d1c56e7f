//! The fields of payouts and payout runs that the audit trail records.

use super::Payout;
use super::run::PayoutRun;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for Payout {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::Payout, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("partner", self.partner_id),
            Field::plain("status", self.status),
            Field::plain("totalAmount", self.total()),
            Field::plain("commissionCount", self.commission_count),
            Field::plain("paymentMethod", &self.payment_method),
            Field::optional("paymentReference", self.payment_reference.as_deref()),
            Field::time("payoutDate", self.payout_date),
            Field::time("periodStart", self.period_start),
            Field::time("periodEnd", self.period_end),
            Field::time("completedAt", self.completed_at),
            Field::time("releasedAt", self.released_at),
            Field::text("failureReason", self.failure_reason.as_deref()),
            Field::time("returnedAt", self.returned_at),
            Field::text("returnReason", self.return_reason.as_deref()),
            Field::optional("attention", self.attention),
            Field::text("notes", self.notes.as_deref()),
        ]
    }
}

impl AuditedRow for PayoutRun {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::PayoutRun, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::time("periodStart", self.period_start),
            Field::time("periodEnd", self.period_end),
            Field::optional("currency", self.currency),
            Field::plain("paymentMethod", &self.payment_method),
            Field::time("finishedAt", self.finished_at),
        ]
    }
}
