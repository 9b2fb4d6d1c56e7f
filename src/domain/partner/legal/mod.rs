//! The legal identities of partners, and what an invoice under self-billing needs besides: the supplier on it.

pub mod store;
pub mod update;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::auth::PartnerOwned;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::domain::legal::LegalIdentity;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::text_enum::text_enum;

/// The way in which VAT applies to what a partner supplies to the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum TaxTreatment {
    /// The customer owes the tax, as for most services between businesses in two countries. The invoice states "Reverse
    /// charge", and the tenant needs a VAT identification number.
    ReverseCharge,
    /// The supply is exempt; the note states by which provision, for example that of small businesses.
    Exempt,
    /// The supply is outside the scope of VAT, for example because its place is in a country without VAT.
    OutsideScope,
    /// The supplier charges the VAT of its country. Not supported: it is rejected with TAX_NOT_SUPPORTED, and no partner has
    /// it.
    Domestic,
}

text_enum!(TaxTreatment);

/// The legal identity of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct PartnerLegal {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The partner.
    pub partner_id: PartnerId,
    /// Name, address and tax number.
    #[diesel(embed)]
    pub identity: LegalIdentity,
    /// How VAT applies to what the partner supplies to the tenant.
    pub tax_treatment: Option<TaxTreatment>,
    /// What invoices say about the treatment.
    pub tax_note: Option<String>,
    /// When the partner agreed that the tenant issues its invoices.
    pub self_billing_agreed_at: Option<DateTime<Utc>>,
}

impl PartnerOwned for PartnerLegal {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// Recorded with the row of the partner.
impl AuditedRow for PartnerLegal {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::Partner, id: Some(self.partner_id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        Some(self.partner_id)
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = self.identity.audited_fields();
        fields.extend([
            Field::optional("legal.taxTreatment", self.tax_treatment),
            Field::text("legal.taxNote", self.tax_note.as_deref()),
            Field::time("legal.selfBillingAgreedAt", self.self_billing_agreed_at),
        ]);
        fields
    }
}
