//! Referral leads: possible customers that partners referred.

pub mod advance;
mod audited_fields;
mod published;
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
use crate::primitives::pagination::SortDirection;
use crate::primitives::text_enum::text_enum;
use crate::primitives::timestamp::Timestamp;

/// A possible customer that a partner referred.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = referral_leads, check_for_backend(diesel::pg::Pg))]
pub struct ReferralLead {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The id of the lead.
    pub id: ReferralLeadId,
    /// The partner that referred the lead.
    pub partner_id: PartnerId,
    /// The name of the company.
    pub company_name: Option<String>,
    /// The name of the contact person.
    pub contact_name: String,
    /// The e-mail address of the contact person, in lower case.
    pub contact_email: String,
    /// The telephone number of the contact person.
    pub contact_phone: Option<String>,
    estimated_amount: Option<Decimal>,
    estimated_currency: Option<Currency>,
    actual_amount: Option<Decimal>,
    actual_currency: Option<Currency>,
    /// The current status.
    pub status: ReferralStatus,
    /// The source of the lead, in the partner's own words.
    pub source: Option<String>,
    /// The note of the submitter.
    pub notes: Option<String>,
    /// The note of staff.
    pub staff_notes: Option<String>,
    /// The user id of the submitter.
    pub submitted_by: String,
    /// Whether the submitter was a user of the partner and not staff.
    pub submitted_by_partner: bool,
    /// When the lead was submitted, by the database's clock.
    pub submitted_at: DateTime<Utc>,
    /// When the lead was first CONTACTED.
    pub first_contact_at: Option<DateTime<Utc>>,
    /// When the lead was first QUALIFIED.
    pub qualified_at: Option<DateTime<Utc>>,
    /// When the lead was first CONVERTED.
    pub converted_at: Option<DateTime<Utc>>,
    /// The id in the billing system of the customer that a CONVERTED lead became.
    pub converted_customer_id: Option<String>,
}

impl ReferralLead {
    /// Returns the value that the submitter expects.
    pub fn estimated_value(&self) -> Option<Money> {
        Some(Money::stored(self.estimated_amount?, self.estimated_currency?))
    }

    /// Returns the actual value, once staff have set it.
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

/// The status of a referral lead. Staff may change it to any other status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum ReferralStatus {
    /// Submitted, and not contacted yet.
    New,
    /// Contacted by the tenant's staff.
    Contacted,
    /// Qualified: interested, and able to buy.
    Qualified,
    /// Converted: the lead became a customer.
    Converted,
    /// Lost: the lead will not become a customer.
    Lost,
    /// Invalid from the start: a duplicate or a mistake.
    Invalid,
}

text_enum!(ReferralStatus);

/// A filter on referral leads; a lead must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct ReferralLeadFilter {
    /// Only the leads of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only the leads with one of these statuses.
    pub status: Option<Vec<ReferralStatus>>,
    /// Only the leads whose company, contact name or contact e-mail address begins with this text, ignoring case. For
    /// partner users, leads that staff submitted never match.
    pub search: Option<String>,
    /// Only the leads with this source, ignoring case.
    pub source: Option<String>,
    /// Only the leads submitted at this time or later.
    pub submitted_from: Option<Timestamp>,
    /// Only the leads submitted before this time.
    pub submitted_to: Option<Timestamp>,
}

/// The fields by which referral leads can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ReferralLeadOrderField {
    /// The time at which the lead was submitted.
    SubmittedAt,
    /// The actual value or, until it is known, the estimated one; compared as a number whatever its currency. A lead
    /// without a value counts as lower than all that have one.
    Value,
}

/// The order of a list of referral leads; leads with equal values are ordered by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct ReferralLeadOrder {
    /// The field to order by.
    pub field: ReferralLeadOrderField,
    /// The direction of the order.
    pub direction: SortDirection,
}
