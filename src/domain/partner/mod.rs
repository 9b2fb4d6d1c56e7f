//! Partners: who earns commissions on the invoices of the customers it manages.

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

/// A partner.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = partners, check_for_backend(diesel::pg::Pg))]
pub struct Partner {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: PartnerId,
    /// Its number in the tenant's books.
    pub partner_number: String,
    /// Its name.
    pub company_name: String,
    /// Whether it earns and can be paid.
    pub status: PartnerStatus,
    /// Its rank in the tenant's programme.
    pub tier: PartnerTier,
    /// What it earns on accounts that have no rate of their own.
    pub default_commission_rate: Option<Rate>,
    /// The currency it is paid in, unless a batch says otherwise.
    pub payout_currency: Currency,
    /// When it was created.
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

/// Whether a partner earns and can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PartnerStatus {
    /// Not yet admitted: earns nothing, cannot be paid.
    Pending,
    /// Earns and can be paid.
    Active,
    /// Goes on earning; cannot be paid until it is active again.
    Suspended,
    /// Earns nothing any more; can be paid what it is owed.
    Terminated,
    /// Out of the books: earns nothing, cannot be paid.
    Archived,
}

impl PartnerStatus {
    /// Whether an invoice paid now earns a commission.
    pub const fn earns(self) -> bool {
        match self {
            Self::Active | Self::Suspended => true,
            Self::Pending | Self::Terminated | Self::Archived => false,
        }
    }

    /// Whether a payout may be made to it.
    pub const fn payable(self) -> bool {
        match self {
            Self::Active | Self::Terminated => true,
            Self::Pending | Self::Suspended | Self::Archived => false,
        }
    }
}

text_enum!(PartnerStatus);

/// A partner's rank in the tenant's programme. A label: rates are set per partner and per account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PartnerTier {
    /// The first rank.
    Bronze,
    /// The second rank.
    Silver,
    /// The third rank.
    Gold,
    /// The highest rank.
    Platinum,
    /// Outside of the ranks: a partner under a contract of its own.
    Direct,
}

text_enum!(PartnerTier);

/// Which partners a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct PartnerFilter {
    /// Only partners of this status.
    pub status: Option<PartnerStatus>,
    /// Only partners of this tier.
    pub tier: Option<PartnerTier>,
    /// Only partners whose company name or partner number contains this text, in either case.
    pub search: Option<String>,
}
