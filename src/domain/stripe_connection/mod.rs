//! The connection of a tenant to Stripe: the account that payouts are paid from.

mod audited_fields;
pub mod billing;
pub mod connect;
pub mod store;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::admission;
use super::db::pool::Pool;
use super::db::rail_schema::stripe_connections;
use super::db::session::Session;
use crate::auth::secrets::{SecretKeys, SecretPlace};
use crate::auth::{Caller, PartnerOwned, Role};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, StripeConnectionId, TenantId};

/// The connection of a tenant to Stripe.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = stripe_connections, check_for_backend(diesel::pg::Pg))]
pub struct StripeConnection {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: StripeConnectionId,
    /// The account at Stripe, as in `acct_…`.
    pub account: String,
    /// Whether real money is moved, and not that of Stripe's test mode.
    pub is_live: bool,
    sealed_key: Vec<u8>,
    sealed_webhook_secrets: Vec<u8>,
    /// When it was connected, or given another key.
    pub connected_at: DateTime<Utc>,
    /// Since when Stripe has not accepted the key.
    pub broken_at: Option<DateTime<Utc>>,
    /// What Stripe says about that.
    pub broken_reason: Option<String>,
    /// Whether the invoices that are paid at Stripe, and what goes back of them, are recorded.
    pub takes_invoices: bool,
    /// The key of the metadata that has the customer id of an invoice; that of Stripe's customer if `None`.
    pub customer_metadata_key: Option<String>,
}

/// Returns the connection of the caller's tenant, also for a caller who may not see it: a partner user, whose account is opened by
/// it.
pub async fn of_tenant(pool: &Pool, caller: &Caller) -> Result<Option<StripeConnection>> {
    let identity = caller.identity();
    let operator = admission::operator(pool, identity.tenant().clone(), identity.user(), Role::Admin).await?;
    let connection = store::own(&mut Session::open(pool, &operator).await?).await?;
    Ok(connection.map(|connection| StripeConnection::clone(&connection)))
}

impl StripeConnection {
    fn place<'t>(&'t self, column: &'static str) -> SecretPlace<'t> {
        SecretPlace { tenant: &self.tenant_id.0, column, row: self.id.0 }
    }

    /// Returns the secret key of the API.
    pub fn key(&self, keys: &SecretKeys) -> Result<String> {
        let opened = keys.open(&self.sealed_key, self.place("stripe_connections.sealed_key"))?;
        String::from_utf8(opened)
            .map_err(|_| Error::internal("the key of a connection to Stripe is not text"))
    }

    /// Returns the secrets that Stripe signs its webhooks with.
    pub fn webhook_secrets(&self, keys: &SecretKeys) -> Result<Vec<String>> {
        let place = self.place("stripe_connections.sealed_webhook_secrets");
        let opened = keys.open(&self.sealed_webhook_secrets, place)?;
        serde_json::from_slice(&opened)
            .map_err(|_| Error::internal("the webhook secrets of a connection to Stripe are unreadable"))
    }

    /// Returns whether this is the connection of an account in this mode, so that it can continue what was begun for them.
    pub fn continues(&self, account: &str, is_live: bool) -> bool {
        self.account == account && self.is_live == is_live
    }
}

impl PartnerOwned for StripeConnection {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a connection is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(uuid::Uuid::nil())
    }
}
