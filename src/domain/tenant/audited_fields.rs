//! The fields of tenants and service tokens that the audit trail records. Never a secret, nor its hash.

use super::TenantSettings;
use super::service_token::ServiceToken;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for TenantSettings {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::Tenant, id: None }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        let minimums: Vec<_> = self.minimum_payouts.iter().map(ToString::to_string).collect();
        vec![
            Field::plain("name", &self.tenant.name),
            Field::plain("timeZone", &self.tenant.time_zone),
            Field::plain("defaultCurrency", self.tenant.default_currency),
            Field::plain("holdDays", self.tenant.hold_days),
            Field::optional("payoutDay", self.tenant.payout_day),
            Field::identifier("contactEmail", self.tenant.contact_email.as_deref()),
            Field::optional("brandColor", self.tenant.brand_color.as_ref()),
            Field::optional("logoSha256", self.tenant.logo_sha256.as_ref()),
            Field::optional("minimumPayouts", Some(minimums.join(", ")).filter(|text| !text.is_empty())),
        ]
    }
}

impl AuditedRow for ServiceToken {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::ServiceToken, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::plain("name", &self.name),
            Field::time("createdAt", self.created_at),
            Field::time("expiresAt", self.expires_at),
            Field::time("revokedAt", self.revoked_at),
        ]
    }
}
