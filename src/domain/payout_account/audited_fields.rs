//! The fields of payout accounts that the audit trail records.

use super::PayoutAccount;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for PayoutAccount {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::PayoutAccount, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("partner", self.partner_id),
            Field::plain("rail", self.rail),
            Field::plain("status", self.status),
            Field::plain("destination", &self.destination),
            Field::plain("railAccount", &self.rail_account),
            Field::plain("isLive", self.is_live),
            Field::optional("disabledReason", self.disabled_reason.as_deref()),
            Field::time("endedAt", self.ended_at),
            Field::name("holder", self.holder.as_deref()),
            Field::optional("country", self.country.as_deref()),
            Field::optional("acceptsSepa", self.accepts_sepa.then_some(true)),
            Field::time("confirmedAt", self.confirmed_at),
        ]
    }
}
