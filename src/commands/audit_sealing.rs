//! The sealing of the audit trails of all tenants, once a minute, while the server runs.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::auth::Role;
use crate::domain::audit::AuditSeal;
use crate::domain::audit::seal::{Reach, seal};
use crate::domain::db::pool::Pool;
use crate::domain::reporting::audited_rows::baseline;
use crate::domain::{admission, tenant};
use crate::primitives::error::Result;
use crate::primitives::id::TenantId;

/// How often the trails are sealed.
const INTERVAL: Duration = Duration::from_secs(60);

/// Every so many rounds, all entries are searched for those of no seal: once a day, and when the server starts.
const ROUNDS_BETWEEN_SEARCHES: u32 = 24 * 60;

/// The name of the actor in the entries of a baseline.
const ACTOR: &str = "revshare";

/// Seals the trails of all tenants once a minute, one after the other, for as long as the future is polled. A failure is
/// logged, and the next round tries again.
pub async fn run(pool: Pool) {
    let mut ticks = tokio::time::interval(INTERVAL);
    // A round that takes longer than a minute is followed by a pause, not by those that it missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut with_baseline = HashSet::new();
    for round in 0_u32.. {
        ticks.tick().await;
        let reach = if round % ROUNDS_BETWEEN_SEARCHES == 0 { Reach::All } else { Reach::Recent };
        if let Err(error) = seal_all(&pool, reach, &mut with_baseline).await {
            tracing::warn!(
                cause = error.describe(),
                "cannot list the tenants whose audit trails are to be sealed"
            );
        }
    }
}

async fn seal_all(pool: &Pool, reach: Reach, with_baseline: &mut HashSet<TenantId>) -> Result<()> {
    for tenant in tenant::all(pool).await? {
        let result = if with_baseline.contains(&tenant) {
            seal_with_baseline(pool, &tenant, reach).await
        } else {
            seal_tenant(pool, &tenant, reach).await
        };
        match result {
            Ok(_) => {
                with_baseline.insert(tenant);
            }
            Err(error) => {
                tracing::warn!(%tenant, cause = error.describe(), "cannot seal the audit trail of a tenant");
            }
        }
    }
    Ok(())
}

/// Writes the baseline of a tenant whose rows are older than its trail, and seals the trail; returns the new seals.
pub async fn seal_tenant(pool: &Pool, tenant: &TenantId, reach: Reach) -> Result<Vec<AuditSeal>> {
    let caller = admission::operator(pool, tenant.clone(), ACTOR, Role::Admin).await?;
    baseline::write(pool, &caller).await?;
    seal(pool, &caller, reach).await
}

/// Seals the trail of a tenant that is known to have its baseline.
async fn seal_with_baseline(pool: &Pool, tenant: &TenantId, reach: Reach) -> Result<Vec<AuditSeal>> {
    let caller = admission::operator(pool, tenant.clone(), ACTOR, Role::Admin).await?;
    seal(pool, &caller, reach).await
}
