//! Tenants: the customers of the platform, and the settings by which each pays its partners.

mod audited_fields;
pub mod branding;
pub mod create;
mod image;
pub mod legal;
pub mod service_token;
pub mod settings;
pub(in crate::domain) mod store;

use std::sync::Arc;

use chrono_tz::Tz;

use super::db::pool::Pool;
use super::db::session::Session;
pub use super::db::tenant_settings::{Tenant, TenantSettings};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::text;

/// Returns the settings of the tenant of the session's caller: those that were read with the caller, or in a transaction, or
/// after one in the same request, the present ones.
pub async fn settings(db: &mut Session) -> Result<Arc<TenantSettings>> {
    if let Some(settings) = db.known_settings() {
        return Ok(settings);
    }
    let settings = store::settings(db).await?;
    settings.map(Arc::new).ok_or_else(|| Error::internal("the tenant of the session no longer exists"))
}

/// Returns the ids of all tenants.
pub async fn all(pool: &Pool) -> Result<Vec<TenantId>> {
    store::all(&mut *pool.acquire_for_lookup().await?).await
}

/// Parses an IANA time zone.
fn time_zone(field: &'static str, name: &str) -> Result<Tz> {
    text::required_text(field, name)?
        .parse()
        .map_err(|_| Error::bad_input(field, "is not an IANA time zone; write it as in \"Europe/Berlin\""))
}
