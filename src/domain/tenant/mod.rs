//! Tenants: customers of the platform, and the settings by which each pays its partners.

pub mod create;
pub mod service_token;
pub mod settings;
pub(in crate::domain) mod store;

use chrono_tz::Tz;
use diesel::prelude::*;

use super::schema::tenants;
use super::session::{Pool, Session};
use crate::access::{Caller, Identity, Role};
use crate::currency::Currency;
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::money::Money;
use crate::text;

/// A tenant and its settings.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(diesel::pg::Pg))]
pub struct Tenant {
    /// Its name in tokens.
    pub tenant_id: TenantId,
    /// Its name for people.
    pub name: String,
    /// The IANA time zone in which its months begin.
    pub time_zone: String,
    /// The currency of new partners.
    pub default_currency: Currency,
    /// Days between a payment and the moment its commission may be paid out.
    pub hold_days: i32,
    /// The day of the month on which payouts are run.
    pub payout_day: Option<i32>,
}

impl Tenant {
    /// The time zone in which its months begin.
    pub fn zone(&self) -> Result<Tz> {
        self.time_zone.parse().map_err(Error::internal)
    }
}

/// The tenant of the session.
pub async fn of_session(db: &mut Session) -> Result<Tenant> {
    store::own(db).await?.ok_or_else(|| Error::internal("the tenant of the session is gone"))
}

/// The least the tenant of the session pays out, one amount per currency that has a minimum.
pub async fn minimum_payouts(db: &mut Session) -> Result<Vec<Money>> {
    store::minimum_payouts(db).await
}

/// Joins an identity with what the database knows of it now, so that a deactivated link counts at once.
pub async fn admit(pool: &Pool, identity: Identity) -> Result<Caller> {
    let links = store::links(&mut *pool.speaker().await?, &identity).await?;
    let links = links.ok_or_else(|| {
        Error::Unauthenticated("the tenant_id of this token is not a tenant of this service".to_owned())
    })?;
    identity.with_links(links)
}

/// The tenants of the database.
pub async fn all(pool: &Pool) -> Result<Vec<TenantId>> {
    store::all(&mut *pool.speaker().await?).await
}

/// A caller at the command line of the machine.
pub async fn operator(pool: &Pool, tenant: TenantId, user: &str, role: Role) -> Result<Caller> {
    let unknown = Error::bad_input("--tenant", format!("there is no tenant {tenant}"));
    let user = text::line("--user", user)?;
    admit(pool, Identity::operator(tenant, user, role))
        .await
        .map_err(|error| if matches!(error, Error::Unauthenticated(_)) { unknown } else { error })
}

/// An IANA time zone.
fn time_zone(field: &'static str, name: &str) -> Result<Tz> {
    text::line(field, name)?
        .parse()
        .map_err(|_| Error::bad_input(field, "is not an IANA time zone; write it as in \"Europe/Berlin\""))
}
