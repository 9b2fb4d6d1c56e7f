//! Referral leads: possible customers that a partner told us of.

pub mod advance;
pub mod store;
pub mod submit;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

use super::db::schema::referral_leads;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::id::{PartnerId, ReferralLeadId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::text_enum::text_enum;

/// A possible customer.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = referral_leads, check_for_backend(diesel::pg::Pg))]
pub struct ReferralLead {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: ReferralLeadId,
    /// The partner that told us of it.
    pub partner_id: PartnerId,
    /// The company.
    pub company_name: Option<String>,
    /// Whom to talk to.
    pub contact_name: String,
    /// Their address.
    pub contact_email: String,
    /// Their telephone number.
    pub contact_phone: Option<String>,
    estimated_amount: Option<Decimal>,
    estimated_currency: Option<Currency>,
    actual_amount: Option<Decimal>,
    actual_currency: Option<Currency>,
    /// How far it has come.
    pub status: ReferralStatus,
    /// Where the partner met it.
    pub source: Option<String>,
    /// What the submitter wrote.
    pub notes: Option<String>,
    /// What staff wrote since.
    pub staff_notes: Option<String>,
    /// The user who submitted it.
    pub submitted_by: String,
    /// Whether that was a user of the partner, and not staff.
    pub submitted_by_partner: bool,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// When it was first CONTACTED.
    pub first_contact_at: Option<DateTime<Utc>>,
    /// When it was first QUALIFIED.
    pub qualified_at: Option<DateTime<Utc>>,
    /// When it was first CONVERTED.
    pub converted_at: Option<DateTime<Utc>>,
    /// The customer it became.
    pub converted_customer_id: Option<String>,
}

impl ReferralLead {
    /// What the submitter expects it to be worth.
    pub fn estimated_value(&self) -> Option<Money> {
        Some(Money::stored(self.estimated_amount?, self.estimated_currency?))
    }

    /// What it turned out to be worth.
    pub fn actual_value(&self) -> Option<Money> {
        Some(Money::stored(self.actual_amount?, self.actual_currency?))
    }
}

impl PartnerOwned for ReferralLead {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// How far a lead has come. Staff may set any status but the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum ReferralStatus {
    /// Submitted; nobody has talked to it yet.
    New,
    /// Somebody has talked to it.
    Contacted,
    /// It wants what we sell and can buy it.
    Qualified,
    /// It is a customer.
    Converted,
    /// It will not become a customer.
    Lost,
    /// It never was a lead: a duplicate, a mistake.
    Invalid,
}

text_enum!(ReferralStatus);

/// Which leads a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct ReferralLeadFilter {
    /// Only leads of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only leads of one of these statuses.
    pub status: Option<Vec<ReferralStatus>>,
}
