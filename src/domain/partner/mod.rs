//! Partners: they earn commissions on the paid invoices of the customers that they manage.

pub mod create;
pub mod store;
pub mod update;
pub mod user;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::db::schema::partners;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::Rate;
use crate::primitives::text_enum::text_enum;

/// A partner of a tenant.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = partners, check_for_backend(diesel::pg::Pg))]
pub struct Partner {
    /// The tenant that the partner works for.
    pub tenant_id: TenantId,
    /// The id of the partner.
    pub id: PartnerId,
    /// The partner number, unique within the tenant.
    pub partner_number: String,
    /// The display name.
    pub company_name: String,
    /// Decides whether the partner earns and can be paid.
    pub status: PartnerStatus,
    /// The tier in the tenant's programme.
    pub tier: PartnerTier,
    /// The rate for accounts without a rate of their own; `None` if such accounts earn nothing.
    pub default_commission_rate: Option<Rate>,
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
    /// Only the partners whose company name or partner number contains this text, ignoring case.
    pub search: Option<String>,
}
