//! The fields of referral leads that the audit trail records. All that is said of a person is masked.

use super::ReferralLead;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for ReferralLead {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::ReferralLead, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("partner", self.partner_id),
            Field::plain("status", self.status),
            Field::name("companyName", self.company_name.as_deref()),
            Field::name("contactName", Some(&self.contact_name)),
            Field::address("contactEmail", &self.contact_email),
            Field::text("contactPhone", self.contact_phone.as_deref()),
            Field::optional("estimatedValue", self.estimated_value()),
            Field::optional("actualValue", self.actual_value()),
            Field::text("source", self.source.as_deref()),
            Field::text("notes", self.notes.as_deref()),
            Field::text("staffNotes", self.staff_notes.as_deref()),
            Field::time("firstContactAt", self.first_contact_at),
            Field::time("qualifiedAt", self.qualified_at),
            Field::time("convertedAt", self.converted_at),
            Field::identifier("convertedCustomerId", self.converted_customer_id.as_deref()),
        ]
    }
}
