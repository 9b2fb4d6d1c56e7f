//! Tenants: the customers of the platform, and the settings by which each pays its partners.

pub mod create;
pub mod service_token;
pub mod settings;
pub(in crate::domain) mod store;

use chrono_tz::Tz;
use diesel::prelude::*;

use super::db::pool::Pool;
use super::db::schema::tenants;
use super::db::session::Session;
use crate::auth::{Caller, Identity, Role};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::money::Money;
use crate::primitives::text;

/// A tenant and its settings.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(diesel::pg::Pg))]
pub struct Tenant {
    /// The id, as in the claim `tenant_id` of tokens.
    pub tenant_id: TenantId,
    /// The display name.
    pub name: String,
    /// The IANA time zone in which months start and payout days fall.
    pub time_zone: String,
    /// The default payout currency of new partners.
    pub default_currency: Currency,
    /// The hold: days from a customer's payment until its commission may be paid out.
    pub hold_days: i32,
    /// The day of the month on which payouts are run, 1 to 28.
    pub payout_day: Option<i32>,
}

impl Tenant {
    /// Returns the time zone.
    pub fn zone(&self) -> Result<Tz> {
        self.time_zone.parse().map_err(Error::internal)
    }
}

/// Returns the tenant of the session's caller.
pub async fn current(db: &mut Session) -> Result<Tenant> {
    store::own(db).await?.ok_or_else(|| Error::internal("the tenant of the session no longer exists"))
}

/// Returns the minimum payouts of the caller's tenant, at most one amount per currency.
pub async fn minimum_payouts(db: &mut Session) -> Result<Vec<Money>> {
    store::minimum_payouts(db).await
}

/// Joins an identity with its current partner links, so that deactivating a link takes effect at once.
///
/// Rejects a tenant that does not exist, and a partner user without links.
pub async fn resolve_caller(pool: &Pool, identity: Identity) -> Result<Caller> {
    let links = store::links(&mut *pool.acquire_for_lookup().await?, &identity).await?;
    let links = links.ok_or_else(|| {
        Error::Unauthenticated("the tenant_id of this token is not a tenant of this service".to_owned())
    })?;
    identity.with_links(links)
}

/// Returns the ids of all tenants.
pub async fn all(pool: &Pool) -> Result<Vec<TenantId>> {
    store::all(&mut *pool.acquire_for_lookup().await?).await
}

/// Returns the caller for an operator at the command line; rejects a tenant that does not exist.
pub async fn operator(pool: &Pool, tenant: TenantId, user: &str, role: Role) -> Result<Caller> {
    let unknown = Error::bad_input("--tenant", format!("there is no tenant {tenant}"));
    let user = text::identifier("--user", user)?;
    resolve_caller(pool, Identity::operator(tenant, user, role))
        .await
        .map_err(|error| if matches!(error, Error::Unauthenticated(_)) { unknown } else { error })
}

/// Parses an IANA time zone.
fn time_zone(field: &'static str, name: &str) -> Result<Tz> {
    text::required_text(field, name)?
        .parse()
        .map_err(|_| Error::bad_input(field, "is not an IANA time zone; write it as in \"Europe/Berlin\""))
}
