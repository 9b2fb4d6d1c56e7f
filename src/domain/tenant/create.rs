//! Creating a tenant: the one act that has no tenant yet, done by the operator.

use super::{store, time_zone};
use crate::currency::Currency;
use crate::domain::session::Pool;
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::text;

/// What a new tenant starts with, besides no hold, no payout day and no minimums.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its name in tokens.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The IANA time zone in which its months begin.
    pub time_zone: String,
    /// The currency of its partners, where they name none.
    pub currency: Currency,
}

/// Creates a tenant.
pub async fn create(pool: &Pool, tenant: NewTenant) -> Result<TenantId> {
    let id = TenantId(text::line("id", &tenant.id)?);
    let name = text::line("name", &tenant.name)?;
    let zone = time_zone("time zone", &tenant.time_zone)?;
    let mut speaker = pool.speaker().await?;
    let inserted = store::insert(&mut speaker, &id, &name, zone, tenant.currency).await;
    inserted.map_err(|error| {
        error
            .on_constraint("tenants_pkey", || {
                Error::bad_input("id", format!("there is a tenant {id} already"))
            })
            .on_constraint("tenant_id_is_a_word", || {
                Error::bad_input(
                    "id",
                    "begins with a letter or digit and goes on with letters, digits and _.:-",
                )
            })
    })?;
    Ok(id)
}
