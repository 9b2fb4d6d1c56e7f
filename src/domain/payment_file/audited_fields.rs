//! The fields of payment files that the audit trail records. Never the content.

use super::PaymentFile;
use crate::domain::db::audit_log::hex;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for PaymentFile {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::PaymentFile, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("format", self.format),
            Field::plain("executionDate", self.execution_date),
            Field::plain("payoutCount", self.payout_count),
            Field::plain("totalAmount", self.total()),
            Field::plain("sha256", hex(&self.sha256)),
            Field::time("downloadedAt", self.downloaded_at),
            Field::time("withdrawnAt", self.withdrawn_at),
        ]
    }
}
