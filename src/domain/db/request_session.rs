//! The database session of one request.

use std::sync::Arc;

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::pool::Pool;
use super::session::Session;
use super::tenant_settings::TenantSettings;
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
    state: Mutex<State>,
}

struct State {
    session: Option<Session>,
    /// The settings of the tenant as they were read with the caller; `None` once a mutation may have changed them.
    settings: Option<Arc<TenantSettings>>,
}

impl RequestSession {
    /// Returns a request session for a caller; the connection is taken from the pool by the first read. `settings` are
    /// those of the tenant, if they were read with the caller.
    pub fn new(pool: &Pool, caller: &Caller, settings: Option<Arc<TenantSettings>>) -> Self {
        let state = Mutex::new(State { session: None, settings });
        Self { pool: pool.clone(), caller: caller.clone(), state }
    }

    /// Returns the session as soon as no other resolver of the request uses it.
    pub async fn session(&self) -> Result<MappedMutexGuard<'_, Session>> {
        let mut state = self.state.lock().await;
        if !state.session.as_ref().is_some_and(Session::is_usable) {
            state.session = None;
            let settings = state.settings.clone();
            state.session = Some(Session::open_for_lookups(&self.pool, &self.caller, settings).await?);
        }
        MutexGuard::try_map(state, |state| state.session.as_mut())
            .map_err(|_| Error::internal("the request session has no connection"))
    }

    /// Reserves the turn of a report that reads every row of the tenant, of which one runs at a time. Returns the
    /// connection to the pool first: a request that waits must not hold one.
    pub async fn reserve_report(&self) -> Result<TenantPermit> {
        self.release().await;
        self.pool.reserve_report(self.caller.scope().tenant()).await
    }

    /// Returns the connection to the pool.
    pub async fn release(&self) {
        self.state.lock().await.session = None;
    }

    /// Returns the connection to the pool, so that a mutation can take one for its transaction, and forgets the settings
    /// of the tenant, which the mutation may change.
    pub async fn release_for_mutation(&self) {
        *self.state.lock().await = State { session: None, settings: None };
    }
}
