//! Creates a tenant: the one change without a caller, made by the operator.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::{store, time_zone};
use crate::auth::{Identity, Role};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::digest_schedule;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::text;

/// A tenant to create. It has no hold, no payout day and no minimum payouts.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// The id, as in the claim `tenant_id` of tokens.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The IANA time zone in which its months start.
    pub time_zone: String,
    /// The default payout currency of its partners.
    pub currency: Currency,
}

/// Creates a tenant; rejects an id that is taken.
pub async fn create(pool: &Pool, tenant: NewTenant) -> Result<TenantId> {
    let id = TenantId(text::identifier("id", &tenant.id)?);
    let name = text::required_text("name", &tenant.name)?;
    let zone = time_zone("time zone", &tenant.time_zone)?;
    let caller = Identity::operator(id.clone(), "operator", Role::Admin).with_links(HashMap::new())?;
    let row = TenantRow { name, zone, currency: tenant.currency };
    let inserted = Transaction::run(pool, &caller, Act::CreateTenant, insert, &row).await;
    inserted.map_err(|error| {
        error
            .on_constraint("tenants_pkey", || Error::bad_input("id", format!("a tenant {id} already exists")))
            .on_constraint("tenant_id_is_a_word", || {
                Error::bad_input(
                    "id",
                    "must start with a letter or digit, followed by letters, digits and _.:-",
                )
            })
    })?;
    Ok(id)
}

/// The checked columns of a new tenant.
struct TenantRow {
    name: String,
    zone: Tz,
    currency: Currency,
}

async fn insert(db: &mut Transaction, row: &TenantRow) -> Result<()> {
    store::insert(db, &row.name, row.zone, row.currency).await?;
    digest_schedule::schedule(db, row.zone).await?;
    let settings = super::settings(db).await?;
    db.record_created(&*settings);
    Ok(())
}
