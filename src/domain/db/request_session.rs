//! The database session of one request.

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::pool::Pool;
use super::session::Session;
use super::tenant_share::TenantPermit;
use crate::auth::Caller;
use crate::primitives::error::{Error, Result};

/// Holds one connection for all reads of a request, from the first statement on.
///
/// Returning the connection between two reads would hand it to another tenant's request, and binding it back to this
/// tenant costs a statement. A request never holds more than one, so that requests cannot starve each other.
pub struct RequestSession {
    pool: Pool,
    caller: Caller,
    session: Mutex<Option<Session>>,
}

impl RequestSession {
    /// Returns a request session for a caller; the connection is taken from the pool by the first read.
    pub fn new(pool: &Pool, caller: &Caller) -> Self {
        Self { pool: pool.clone(), caller: caller.clone(), session: Mutex::new(None) }
    }

    /// Returns the session as soon as no other resolver of the request uses it.
    pub async fn session(&self) -> Result<MappedMutexGuard<'_, Session>> {
        let mut session = self.session.lock().await;
        if !session.as_ref().is_some_and(Session::is_usable) {
            *session = None;
            *session = Some(Session::open_for_lookups(&self.pool, &self.caller).await?);
        }
        MutexGuard::try_map(session, Option::as_mut)
            .map_err(|_| Error::internal("the request session has no connection"))
    }

    /// Reserves the turn of a report that reads every row of the tenant, of which one runs at a time. Returns the
    /// connection to the pool first: a request that waits must not hold one.
    pub async fn reserve_report(&self) -> Result<TenantPermit> {
        self.release().await;
        self.pool.reserve_report(self.caller.scope().tenant()).await
    }

    /// Returns the connection to the pool, so that a mutation can take one for its transaction.
    pub async fn release(&self) {
        *self.session.lock().await = None;
    }
}
