//! The pool of database connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Pool as ManagedPool, QueueMode, Timeouts, WeakPool};
use diesel::ConnectionError;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::connect::connect;
use super::tenant_connection::{PooledConnection, TenantConnection, TenantConnectionManager};
use super::tenant_share::{TenantLimits, TenantPermit, TenantShares};
use crate::metrics::PoolState;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;

/// How long a request waits for a connection, and how long opening or checking one may take.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a background job waits for a connection of the worker. No client waits for the answer. A job that fails needs a
/// connection to be given back, or stays leased to the end of its lease, which is two minutes.
const ACQUIRE_TIMEOUT_OF_JOBS: Duration = Duration::from_secs(15);

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

/// How often idle connections are checked for their age.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

const SHARE_IN_USE: &str =
    "this tenant uses as many database connections as one tenant may use at a time; try again in a moment";
const REPORT_RUNNING: &str =
    "another report of this tenant that reads all of its rows is running; try again when it has ended";

/// The connections to the database. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    url: Arc<str>,
    connections: ManagedPool<TenantConnectionManager>,
    acquire_timeout: Duration,
    /// The connections that each tenant may hold.
    shares: TenantShares,
    /// Limits how many connections queries may hold at a time.
    readers: Arc<Semaphore>,
    /// Limits how many connections the look-ups of callers may hold at a time.
    lookups: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// The statements that all connections together keep prepared.
    prepared: Arc<AtomicUsize>,
    is_for_reading: bool,
    /// Tells the worker of this process that there is work.
    work: Arc<Notify>,
}

impl Pool {
    /// Returns a pool of at most `size` connections, which are opened on demand.
    pub fn new(database_url: &str, size: usize) -> Result<Self> {
        Self::with_timeout(database_url, size, ACQUIRE_TIMEOUT)
    }

    fn with_timeout(database_url: &str, size: usize, acquire_timeout: Duration) -> Result<Self> {
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| open(url).boxed());
        let manager = AsyncDieselConnectionManager::new_with_config(database_url, config);
        let timeout = Some(acquire_timeout);
        let prepared = Arc::new(AtomicUsize::new(0));
        let manager = TenantConnectionManager::new(manager, Arc::clone(&prepared));
        let connections = ManagedPool::builder(manager)
            .max_size(size)
            // The connection returned last is most likely to be bound to the caller's tenant already.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: timeout, create: timeout, recycle: timeout })
            .build()
            .map_err(Error::internal)?;
        tokio::spawn(close_spent_connections(connections.weak()));
        let quarter = size / 4;
        Ok(Self {
            url: database_url.into(),
            connections,
            acquire_timeout,
            shares: TenantShares::new(TenantLimits::default()),
            // Slow reports must leave connections to mutations.
            readers: Arc::new(Semaphore::new(size.saturating_sub(quarter).max(1))),
            lookups: Arc::new(Semaphore::new(quarter.max(1))),
            waiting: Arc::default(),
            prepared,
            is_for_reading: false,
            work: Arc::default(),
        })
    }

    /// Returns the same pool with another share of each tenant.
    pub fn with_tenant_limits(self, limits: TenantLimits) -> Self {
        Self { shares: TenantShares::new(limits), ..self }
    }

    /// Returns the same pool for a query: a quarter of its connections is reserved for mutations.
    pub fn for_reading(&self) -> Self {
        Self { is_for_reading: true, ..self.clone() }
    }

    /// Wakes the worker of this process: a transaction with jobs was committed.
    pub(super) fn wake_worker(&self) {
        self.work.notify_one();
    }

    /// Waits until a transaction with jobs was committed by this process.
    pub async fn work_arrived(&self) {
        self.work.notified().await;
    }

    /// Returns a pool of its own for the worker, whose jobs must not take a connection from a request.
    pub fn for_worker(&self, size: usize) -> Result<Self> {
        let limits = TenantLimits { reads: size, connections: size };
        let pool = Self::with_timeout(&self.url, size, ACQUIRE_TIMEOUT_OF_JOBS)?.with_tenant_limits(limits);
        Ok(Self { work: Arc::clone(&self.work), ..pool })
    }

    /// Returns a pool of one connection to the same database, independent of this one.
    pub fn dedicated(&self) -> Result<Self> {
        Self::new(&self.url, 1)
    }

    /// Returns a pool of its own for downloads, of which one tenant holds a part at most. A download holds its connection as
    /// long as its client takes, and must not take one from a request.
    pub fn for_downloads(&self, size: usize, of_tenant: usize) -> Result<Self> {
        let limits = TenantLimits { reads: of_tenant, connections: of_tenant };
        Ok(Self::new(&self.url, size)?.with_tenant_limits(limits))
    }

    /// Returns the number of connections by state, and of the requests that wait for one.
    pub fn state(&self) -> PoolState {
        let status = self.connections.status();
        PoolState {
            idle: status.available,
            busy: status.size.saturating_sub(status.available),
            waiting: self.waiting.load(Ordering::Relaxed),
            prepared_statements: self.prepared.load(Ordering::Relaxed),
        }
    }

    /// Closes the connections.
    pub fn close(&self) {
        self.connections.close();
    }

    /// Takes a connection on behalf of a tenant. Fails with `Busy` if the tenant's share stays in use for two seconds, and
    /// with `Unavailable` if no connection is free by then.
    pub(in crate::domain) async fn acquire(&self, tenant: &TenantId) -> Result<PooledConnection> {
        let _waiting = Waiting::new(&self.waiting);
        let deadline = Instant::now() + self.acquire_timeout;
        // First: a request that waits for its tenant's share must hold nothing that another tenant could use.
        let share = timeout_at(deadline, self.shares.connection(tenant, self.is_for_reading)).await;
        let share = share.unwrap_or(Err(Error::Busy(SHARE_IN_USE)))?;
        let readers = self.is_for_reading.then_some(&self.readers);
        self.connect(deadline, Some(share), readers).await
    }

    /// Takes a connection to look up what a caller is made of, before there is one. Such look-ups do not depend on the
    /// share of any tenant: they are short, and limited to a quarter of the connections.
    pub(in crate::domain) async fn acquire_for_lookup(&self) -> Result<PooledConnection> {
        let _waiting = Waiting::new(&self.waiting);
        self.connect(Instant::now() + self.acquire_timeout, None, Some(&self.lookups)).await
    }

    async fn connect(
        &self,
        deadline: Instant,
        tenant: Option<TenantPermit>,
        kind: Option<&Arc<Semaphore>>,
    ) -> Result<PooledConnection> {
        let connected = async {
            let kind = match kind {
                Some(kind) => {
                    Some(Arc::clone(kind).acquire_owned().await.map_err(|error| error.to_string())?)
                }
                None => None,
            };
            let connection = self.connections.get().await.map_err(|error| error.to_string())?;
            Ok::<_, String>(PooledConnection::new(connection, kind, tenant))
        };
        let connected = timeout_at(deadline, connected).await;
        connected.unwrap_or_else(|_| Err("all connections are in use".to_owned())).map_err(|cause| {
            tracing::warn!(%cause, "no database connection available");
            Error::Unavailable
        })
    }

    /// Reserves the turn of a report that reads every row of a tenant: one runs at a time. Fails with `Busy` if another
    /// one is still running after two seconds. Must be called before a connection is taken.
    pub(in crate::domain) async fn reserve_report(&self, tenant: &TenantId) -> Result<TenantPermit> {
        let reserved = tokio::time::timeout(ACQUIRE_TIMEOUT, self.shares.report(tenant)).await;
        reserved.unwrap_or(Err(Error::Busy(REPORT_RUNNING)))
    }
}

/// Counts a request that waits for a connection.
struct Waiting<'p>(&'p AtomicUsize);

impl<'p> Waiting<'p> {
    fn new(count: &'p AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Closes the connections that are idle and too old, as long as the pool exists. Those in use are checked when they are
/// taken from the pool the next time.
async fn close_spent_connections(pool: WeakPool<TenantConnectionManager>) {
    loop {
        tokio::time::sleep(SWEEP_INTERVAL).await;
        let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else { return };
        pool.retain(|connection, metrics| !connection.is_spent(&metrics));
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
