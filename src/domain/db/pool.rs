//! The pool of database connections.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Pool as ManagedPool, QueueMode, Timeouts};
use diesel::ConnectionError;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio::sync::Semaphore;

use super::connect::connect;
use super::tenant_connection::{PooledConnection, TenantConnection, TenantConnectionManager};
use crate::metrics::PoolState;
use crate::primitives::error::{Error, Result};

/// How long a request waits for a connection, and how long opening or checking one may take.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings of every connection.
///
/// * `UTC`: no result may depend on the time zone that the database is configured with.
/// * `jit = off`: compiling a plan takes several times as long as the statements that it is meant to speed up.
/// * `client_connection_check_interval`: a statement ends when its query has timed out, which closes the connection.
/// * `synchronous_commit`: what the server acknowledges must survive a crash, whatever the database is configured with.
const SETTINGS: &str = "SET TIME ZONE 'UTC'; SET jit = off; SET statement_timeout = '60s'; SET lock_timeout = '10s'; \
    SET client_connection_check_interval = '2s'; SET idle_in_transaction_session_timeout = '60s'; \
    SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')";

/// The connections to the database. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    url: Arc<str>,
    connections: ManagedPool<TenantConnectionManager>,
    /// Limits how many connections queries may hold at a time.
    readers: Arc<Semaphore>,
    is_for_reading: bool,
}

impl Pool {
    /// Returns a pool of at most `size` connections, which are opened on demand.
    pub fn new(database_url: &str, size: usize) -> Result<Self> {
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| open(url).boxed());
        let manager = AsyncDieselConnectionManager::new_with_config(database_url, config);
        let timeout = Some(ACQUIRE_TIMEOUT);
        let connections = ManagedPool::builder(TenantConnectionManager::new(manager))
            .max_size(size)
            // The connection returned last is most likely to be bound to the caller's tenant already.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: timeout, create: timeout, recycle: timeout })
            .build()
            .map_err(Error::internal)?;
        // Slow reports must leave connections to mutations.
        let readers = Arc::new(Semaphore::new(size.saturating_sub(size / 4).max(1)));
        Ok(Self { url: database_url.into(), connections, readers, is_for_reading: false })
    }

    /// Returns the same pool for a query: a quarter of its connections is reserved for mutations.
    pub fn for_reading(&self) -> Self {
        Self { is_for_reading: true, ..self.clone() }
    }

    /// Returns a pool of one connection to the same database, independent of this one.
    pub fn dedicated(&self) -> Result<Self> {
        Self::new(&self.url, 1)
    }

    /// Returns the number of connections by state.
    pub fn state(&self) -> PoolState {
        let status = self.connections.status();
        PoolState {
            idle: status.available,
            busy: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        }
    }

    /// Closes the connections.
    pub fn close(&self) {
        self.connections.close();
    }

    /// Takes a connection; fails with `Unavailable` if none is free within two seconds.
    pub(in crate::domain) async fn acquire(&self) -> Result<PooledConnection> {
        let acquired = async {
            let reader = if self.is_for_reading {
                Some(Arc::clone(&self.readers).acquire_owned().await.map_err(|error| error.to_string())?)
            } else {
                None
            };
            let connection = self.connections.get().await.map_err(|error| error.to_string())?;
            Ok::<_, String>(PooledConnection::new(connection, reader))
        };
        let acquired = tokio::time::timeout(ACQUIRE_TIMEOUT, acquired).await;
        acquired.unwrap_or_else(|_| Err("all connections are in use".to_owned())).map_err(|cause| {
            tracing::warn!(%cause, "no database connection available");
            Error::Unavailable
        })
    }
}

async fn open(url: &str) -> std::result::Result<AsyncPgConnection, ConnectionError> {
    let connected = connect(url).await;
    let mut connection = connected.map_err(|error| ConnectionError::BadConnection(error.describe()))?;
    let set_up = async {
        connection.batch_execute(SETTINGS).await?;
        TenantConnection::prepare(&connection).await
    };
    set_up.await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}
