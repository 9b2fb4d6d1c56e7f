//! The fields of partners that the audit trail records.

use super::Partner;
use super::terms::Terms;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for Partner {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::Partner, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.id)
    }

    fn fields(&self) -> Vec<Field> {
        let Terms { status, tier, default_commission_rate } = self.terms;
        vec![
            Field::plain("partnerNumber", &self.partner_number),
            Field::plain("companyName", &self.company_name),
            Field::plain("payoutCurrency", self.payout_currency),
            // The present terms follow from what was agreed, and from the time.
            Field::plain("status", status).not_compared(),
            Field::plain("tier", tier).not_compared(),
            Field::optional("defaultCommissionRate", default_commission_rate).not_compared(),
        ]
    }
}
