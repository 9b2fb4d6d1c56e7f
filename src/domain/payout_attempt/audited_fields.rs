//! The fields of payout attempts that the audit trail records.

use super::PayoutAttempt;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for PayoutAttempt {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::PayoutAttempt, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("payout", self.payout_id),
            Field::plain("amount", self.amount()),
            Field::plain("rail", self.rail),
            Field::plain("status", self.status),
            Field::plain("payoutAccount", self.payout_account_id),
            Field::plain("destination", &self.destination),
            Field::plain("railAccount", &self.rail_account),
            Field::optional("paymentFile", self.payment_file_id),
            Field::plain("isLive", self.is_live),
            Field::time("firstSentAt", self.first_sent_at),
            Field::time("recalledAt", self.recalled_at),
            Field::text("recallReason", self.recall_reason.as_deref()),
            Field::optional("reference", self.reference.as_deref()),
            Field::optional("code", self.code.as_deref()),
            Field::time("endedAt", self.ended_at),
        ]
    }
}
