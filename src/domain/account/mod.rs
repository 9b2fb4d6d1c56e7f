//! Managed accounts: which partner manages which customer, and from when until when.

pub mod assign;
pub mod store;
pub mod update;

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::db::schema::managed_accounts;
use crate::auth::PartnerOwned;
use crate::primitives::id::{ManagedAccountId, PartnerId, TenantId};
use crate::primitives::money::Rate;

/// A customer that a partner manages.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = managed_accounts, check_for_backend(diesel::pg::Pg))]
pub struct ManagedAccount {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: ManagedAccountId,
    /// The partner that manages it.
    pub partner_id: PartnerId,
    /// The customer, as the billing system names it.
    pub customer_id: String,
    /// The customer, as people name it.
    pub customer_name: Option<String>,
    /// What the partner does for the customer.
    pub engagement_type: String,
    /// What the partner earns on this account in place of its default; 0 counts.
    pub custom_commission_rate: Option<Rate>,
    /// From when the partner manages it.
    pub starts_at: DateTime<Utc>,
    /// Until just before when; open without.
    pub ends_at: Option<DateTime<Utc>>,
}

impl ManagedAccount {
    /// Whether the partner manages the customer at a moment.
    pub fn in_force(&self, at: DateTime<Utc>) -> bool {
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

/// Which managed accounts a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct ManagedAccountFilter {
    /// Only accounts of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only accounts in force now (true), or only those that are not (false).
    pub is_active: Option<bool>,
    /// Only accounts of this customer.
    pub customer_id: Option<String>,
}
