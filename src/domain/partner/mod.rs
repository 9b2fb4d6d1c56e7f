//! Partners: they earn commissions on the paid invoices of the customers that they manage.

mod audited_fields;
pub mod create;
pub mod legal;
mod published;
pub mod store;
pub mod terms;
pub mod update;
pub mod user;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use self::terms::{Terms, TermsRecord};
use super::db::schema::partners;
use super::db::subquery::Subquery;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::pagination::SortDirection;
use crate::primitives::text_enum::text_enum;
use crate::primitives::timestamp::Timestamp;

/// A partner of a tenant.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = partners, check_for_backend(diesel::pg::Pg))]
pub struct Partner {
    /// The tenant that the partner works for.
    pub tenant_id: TenantId,
    /// The id of the partner.
    pub id: PartnerId,
    /// The partner number, unique within the tenant without regard to case.
    pub partner_number: String,
    /// The display name.
    pub company_name: String,
    /// The present terms: status, tier and rate.
    #[diesel(sql_type = TermsRecord)]
    #[diesel(select_expression = terms::store::present())]
    #[diesel(select_expression_type = Subquery<TermsRecord>)]
    #[diesel(skip_insertion)]
    pub terms: Terms,
    /// The currency of payouts for which no other is requested.
    pub payout_currency: Currency,
    /// When the partner was created, by the database's clock.
    pub created_at: DateTime<Utc>,
}

impl PartnerOwned for Partner {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.id
    }
}

/// The status of a partner, which decides whether it earns commissions and can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PartnerStatus {
    /// Not yet accepted: earns nothing and cannot be paid.
    Pending,
    /// Earns commissions and can be paid.
    Active,
    /// Suspended: earns commissions, but cannot be paid until it is ACTIVE again.
    Suspended,
    /// Terminated: earns nothing more, but can be paid what it has earned.
    Terminated,
    /// Archived: earns nothing and cannot be paid.
    Archived,
}

impl PartnerStatus {
    /// Returns whether paid invoices earn commissions.
    pub const fn earns(self) -> bool {
        match self {
            Self::Active | Self::Suspended => true,
            Self::Pending | Self::Terminated | Self::Archived => false,
        }
    }

    /// Returns whether payouts can be created.
    pub const fn is_payable(self) -> bool {
        match self {
            Self::Active | Self::Terminated => true,
            Self::Pending | Self::Suspended | Self::Archived => false,
        }
    }
}

text_enum!(PartnerStatus);

/// The tier of a partner in the tenant's programme. A label without effect on rates, which are set per partner and per
/// account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PartnerTier {
    /// The lowest of four tiers.
    Bronze,
    /// The second of four tiers.
    Silver,
    /// The third of four tiers.
    Gold,
    /// The highest of four tiers.
    Platinum,
    /// Outside of the tiers, under an individual contract.
    Direct,
}

text_enum!(PartnerTier);

/// A filter on partners; a partner must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct PartnerFilter {
    /// Only the partners with this status.
    pub status: Option<PartnerStatus>,
    /// Only the partners of this tier.
    pub tier: Option<PartnerTier>,
    /// Only the partners with one of these statuses.
    pub statuses: Option<Vec<PartnerStatus>>,
    /// Only the partners of one of these tiers.
    pub tiers: Option<Vec<PartnerTier>>,
    /// Only the partners whose company name or partner number contains this text, ignoring case.
    pub search: Option<String>,
    /// Only the partners whose approved commissions are negative in some currency, or only the others.
    pub has_debt: Option<bool>,
    /// Only the partners whose bank account waits for its confirmation by staff, or only the others.
    pub has_unconfirmed_bank_account: Option<bool>,
    /// Only the partners created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only the partners created before this time.
    pub created_to: Option<Timestamp>,
}

/// The fields by which partners can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum PartnerOrderField {
    /// The name of the company.
    Name,
    /// The partner number, compared as text.
    Number,
    /// The time at which the partner was created.
    CreatedAt,
}

/// The order of a list of partners; partners with equal values are ordered by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct PartnerOrder {
    /// The field to order by.
    pub field: PartnerOrderField,
    /// The direction of the order.
    pub direction: SortDirection,
}
