//! The share of each tenant in the database connections of a server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;

/// How many connections one tenant may hold at a time.
#[derive(Clone, Copy, Debug)]
pub struct TenantLimits {
    /// The connections of its queries.
    pub reads: usize,
    /// All of its connections, those of mutations included.
    pub connections: usize,
}

impl Default for TenantLimits {
    /// Fits a pool of 16 connections: no tenant takes more than half of it, and its queries less than its mutations.
    fn default() -> Self {
        Self { reads: 3, connections: 8 }
    }
}

/// What one tenant may hold. The semaphores are fair: the request that has waited longest is next.
struct Share {
    reads: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    report: Arc<Semaphore>,
}

impl Share {
    fn new(limits: TenantLimits) -> Self {
        Self {
            reads: Arc::new(Semaphore::new(limits.reads)),
            connections: Arc::new(Semaphore::new(limits.connections)),
            report: Arc::new(Semaphore::new(1)),
        }
    }
}

/// The shares of the tenants that hold something or wait for it; those of other tenants need not be remembered.
#[derive(Clone)]
pub struct TenantShares {
    limits: TenantLimits,
    in_use: Arc<Mutex<HashMap<TenantId, Arc<Share>>>>,
}

impl TenantShares {
    /// Returns shares of this size, of which none is in use.
    pub fn new(limits: TenantLimits) -> Self {
        Self { limits, in_use: Arc::default() }
    }

    /// Waits until the tenant may take another connection, for a query or for anything else.
    pub async fn connection(&self, tenant: &TenantId, is_read: bool) -> Result<TenantPermit> {
        let share = self.share(tenant);
        let read = if is_read { Some(permit(&share.share.reads).await?) } else { None };
        let permit = permit(&share.share.connections).await?;
        Ok(TenantPermit { _permit: permit, _read: read, _share: share })
    }

    /// Waits until no report of the tenant is running that reads every row of it.
    pub async fn report(&self, tenant: &TenantId) -> Result<TenantPermit> {
        let share = self.share(tenant);
        Ok(TenantPermit { _permit: permit(&share.share.report).await?, _read: None, _share: share })
    }

    fn share(&self, tenant: &TenantId) -> ShareInUse {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let share = match in_use.get(tenant) {
            Some(share) => Arc::clone(share),
            None => {
                let share = Arc::new(Share::new(self.limits));
                in_use.insert(tenant.clone(), Arc::clone(&share));
                share
            }
        };
        ShareInUse { shares: self.clone(), tenant: tenant.clone(), share }
    }
}

async fn permit(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    Arc::clone(semaphore).acquire_owned().await.map_err(Error::internal)
}

/// A part of a tenant's share, which the tenant has until it is dropped.
pub struct TenantPermit {
    _permit: OwnedSemaphorePermit,
    _read: Option<OwnedSemaphorePermit>,
    /// Dropped last, when the permits have been returned.
    _share: ShareInUse,
}

/// A share that is in use or waited for. The last user removes it, so that the map does not grow with every tenant.
struct ShareInUse {
    shares: TenantShares,
    tenant: TenantId,
    share: Arc<Share>,
}

impl Drop for ShareInUse {
    fn drop(&mut self) {
        let mut in_use = self.shares.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        // Only `share` clones it, under the same lock: what remains are this reference and that of the map.
        if Arc::strong_count(&self.share) == 2 {
            in_use.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn shares() -> TenantShares {
        TenantShares::new(TenantLimits { reads: 1, connections: 2 })
    }

    fn tenant(id: &str) -> TenantId {
        TenantId(id.to_owned())
    }

    /// Takes a connection if the tenant need not wait for it.
    fn take(shares: &TenantShares, id: &str, is_read: bool) -> Option<TenantPermit> {
        shares.connection(&tenant(id), is_read).now_or_never().and_then(Result::ok)
    }

    #[test]
    fn a_tenant_takes_its_share_and_leaves_that_of_others() {
        let shares = shares();
        let read = take(&shares, "a", true);
        assert!(read.is_some() && take(&shares, "a", true).is_none(), "one query");
        let other = take(&shares, "a", false);
        assert!(other.is_some() && take(&shares, "a", false).is_none(), "two connections");
        assert!(take(&shares, "b", true).is_some());
        drop(read);
        assert!(take(&shares, "a", true).is_some(), "returned");
    }

    #[test]
    fn one_report_of_a_tenant_runs_at_a_time() {
        let shares = shares();
        let report = |id| shares.report(&tenant(id)).now_or_never().and_then(Result::ok);
        let first = report("a");
        assert!(first.is_some() && report("a").is_none() && report("b").is_some());
        drop(first);
        assert!(report("a").is_some());
    }

    #[test]
    fn tenants_that_use_nothing_are_forgotten() {
        let shares = shares();
        let count = || shares.in_use.lock().map(|in_use| in_use.len()).unwrap_or_default();
        let permit = take(&shares, "a", true);
        for n in 0..1_000 {
            drop(take(&shares, &n.to_string(), true));
        }
        assert_eq!(count(), 1);
        // Waiting, and giving up, leaves nothing either.
        assert!(take(&shares, "a", true).is_none());
        drop(permit);
        assert_eq!(count(), 0);
    }
}
