//! Deletes what has been kept long enough, of all tenants, in small transactions.

use std::time::Duration;

use crate::auth::Role;
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::{admission, inbox, mail, tenant, webhook};
use crate::primitives::error::Result;
use crate::primitives::id::TenantId;

/// How often old rows are looked for.
const INTERVAL: Duration = Duration::from_secs(3_600);
/// How many rows of a table one transaction deletes.
const ROWS_MAX: i64 = 1_000;
/// How long the sweep waits between two transactions, so that it does not take the database from requests.
const PAUSE: Duration = Duration::from_millis(100);

/// Sweeps all tenants once an hour, for as long as the future is polled. What is interrupted is rolled back. Several workers
/// may do so at a time.
pub async fn run(pool: Pool) {
    loop {
        match tenant::all(&pool).await {
            Ok(tenants) => {
                for tenant in tenants {
                    if let Err(error) = sweep(&pool, &tenant).await {
                        tracing::warn!(%tenant, cause = error.describe(), "cannot delete the old rows of a tenant");
                    }
                }
            }
            Err(error) => {
                tracing::warn!(
                    cause = error.describe(),
                    "cannot list the tenants whose old rows are to be deleted"
                );
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Deletes the old rows of a tenant. Every table whose rows are only kept for a time has its sweep here.
async fn sweep(pool: &Pool, tenant: &TenantId) -> Result<()> {
    let caller = admission::operator(pool, tenant.clone(), super::ACTOR, Role::Admin).await?;
    while Transaction::run(pool, &caller, Act::Sweep, webhook::sweep::sweep, &ROWS_MAX).await? {
        tokio::time::sleep(PAUSE).await;
    }
    while Transaction::run(pool, &caller, Act::Sweep, mail::sweep::sweep, &ROWS_MAX).await? {
        tokio::time::sleep(PAUSE).await;
    }
    while Transaction::run(pool, &caller, Act::Sweep, inbox::sweep::sweep, &ROWS_MAX).await? {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
