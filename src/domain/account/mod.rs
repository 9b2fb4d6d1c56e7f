//! Managed accounts: the assignments of customers to partners for periods of time.

pub mod assign;
mod audited_fields;
pub mod store;
pub mod terms;
pub mod update;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Numeric};

use super::db::schema::managed_accounts;
use super::db::subquery::Subquery;
use crate::auth::PartnerOwned;
use crate::primitives::id::{ManagedAccountId, PartnerId, TenantId};
use crate::primitives::money::Rate;
use crate::primitives::pagination::SortDirection;
use crate::primitives::timestamp::Timestamp;

/// The assignment of a customer to a partner for a period of time.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = managed_accounts, check_for_backend(diesel::pg::Pg))]
pub struct ManagedAccount {
    /// The tenant of the customer and the partner.
    pub tenant_id: TenantId,
    /// The id of the account.
    pub id: ManagedAccountId,
    /// The partner that manages the customer.
    pub partner_id: PartnerId,
    /// The customer id of the billing system.
    pub customer_id: String,
    /// The display name of the customer.
    pub customer_name: Option<String>,
    /// The service of the partner for the customer, in the tenant's own words.
    pub engagement_type: String,
    /// The present rate that overrides the partner's default; 0 is a valid rate, at which the account earns nothing.
    #[diesel(sql_type = Nullable<Numeric>)]
    #[diesel(select_expression = terms::store::present_rate())]
    #[diesel(select_expression_type = Subquery<Nullable<Numeric>>)]
    #[diesel(skip_insertion)]
    pub custom_commission_rate: Option<Rate>,
    /// The start of the period, inclusive.
    pub starts_at: DateTime<Utc>,
    /// The end of the period, exclusive; `None` if it has no end yet.
    pub ends_at: Option<DateTime<Utc>>,
}

impl ManagedAccount {
    /// Returns whether the partner manages the customer at a time.
    pub fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        self.starts_at <= at && self.ends_at.is_none_or(|end| at < end)
    }
}

impl PartnerOwned for ManagedAccount {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// A filter on managed accounts; an account must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct ManagedAccountFilter {
    /// Only the accounts of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only the accounts that are in force now (true), or that are not (false).
    pub is_active: Option<bool>,
    /// Only the accounts of the customer with this id in the billing system.
    pub customer_id: Option<String>,
    /// Only the accounts whose customer's id or name begins with this text, ignoring case. For partner users: the id, and
    /// not one that contains an @, which is found by customerId.
    pub search: Option<String>,
    /// Only the accounts that start at this time or later.
    pub starts_from: Option<Timestamp>,
    /// Only the accounts that start before this time.
    pub starts_to: Option<Timestamp>,
}

/// The fields by which managed accounts can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ManagedAccountOrderField {
    /// The start of the assignment.
    StartsAt,
    /// The id of the customer, compared as text.
    CustomerId,
}

/// The order of a list of managed accounts; accounts with equal values are ordered by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct ManagedAccountOrder {
    /// The field to order by.
    pub field: ManagedAccountOrderField,
    /// The direction of the order.
    pub direction: SortDirection,
}
