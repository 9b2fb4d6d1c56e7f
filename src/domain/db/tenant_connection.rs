//! A connection bound to a tenant: it sets `app.tenant_id`, on which the row-level-security policies depend.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, RecycleError, RecycleResult};
use diesel::QueryResult;
use diesel::connection::InstrumentationEvent;
use diesel::sql_types::{Bool, Text};
use diesel_async::methods::LoadQuery;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, PoolError};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join;
use rand::Rng;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::unconstrained;

use super::plan_cache::PlanCacheMode;
use super::tenant_share::TenantPermit;
use crate::metrics;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;

/// The setting that the policies compare the `tenant_id` of a row with; empty on a connection that is bound to no tenant.
const TENANT_SETTING: &str = "app.tenant_id";

const PLAN_CACHE_SETTING: &str = "plan_cache_mode";

/// Ends a transaction.
pub const COMMIT: &str = "COMMIT";

/// Opens the table of tenants to a query across tenants, until the end of the transaction.
const EVERY_TENANT: &str = "SET LOCAL app.every_tenant = 'on'";

/// The number of prepared statements from which a connection is not used again. The server prepares about a hundred whose
/// text is fixed; those of lists depend on which filters and orders clients combine, and PostgreSQL keeps 10 to 50 KiB for
/// each until the connection is closed.
const PREPARED_MAX: usize = 250;

/// The age from which a connection is not used again, in seconds: PostgreSQL never frees what it caches for a connection.
/// Different for each, so that they are not all opened again at once.
const AGE_MAX: std::ops::Range<u64> = 1_500..2_100;

/// `statement_timeout` cancels a statement after 60 seconds; a server that is silent for longer hangs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(65);

/// Awaits a statement and counts it; returns `ConnectionLost` if the server does not answer within 65 seconds.
pub async fn answered<A>(statement: impl Future<Output = A>) -> Result<A> {
    metrics::statement_sent();
    tokio::time::timeout(ANSWER_TIMEOUT, statement).await.map_err(|_| {
        tracing::warn!(timeout = ?ANSWER_TIMEOUT, "the database stopped answering");
        Error::ConnectionLost
    })
}

diesel::define_sql_function! {
    /// Changes a setting of the connection, or of the transaction only.
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

/// The tenant and the plan cache mode that the settings of a connection name.
type Bound = (TenantId, PlanCacheMode);

/// A connection, and the tenant and plan cache mode that its settings name.
pub struct TenantConnection {
    connection: AsyncPgConnection,
    /// The settings that the server is known to have; `None` if they are unknown.
    bound: Option<Bound>,
    /// The settings at the beginning of the transaction: a rollback reverts those made since.
    bound_at_begin: Option<Bound>,
    /// Whether a statement of the transaction has failed: then COMMIT is a rollback.
    has_failed: bool,
    has_pending_answer: bool,
    /// Whether the statement that `execute_and_commit` executes is prepared.
    has_last_statement: bool,
    prepared: Arc<PreparedStatements>,
    age_max: Duration,
}

/// The number of statements that a connection keeps prepared.
struct PreparedStatements {
    count: AtomicUsize,
    /// That of all connections of the pool, from which this one is subtracted when the connection is closed.
    total: Arc<AtomicUsize>,
}

impl PreparedStatements {
    fn add_one(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for PreparedStatements {
    fn drop(&mut self) {
        self.total.fetch_sub(*self.count.get_mut(), Ordering::Relaxed);
    }
}

/// A connection taken from the pool; dropping it returns it.
pub struct PooledConnection {
    /// Dropped first, so that the next request that gets a permit finds the connection.
    connection: Object<TenantConnectionManager>,
    /// That of all readers, or of all look-ups; a transaction needs none.
    _kind: Option<OwnedSemaphorePermit>,
    /// That of the tenant; a look-up of a caller needs none.
    _tenant: Option<TenantPermit>,
}

impl PooledConnection {
    /// Wraps a connection of the pool, with the permits that it holds until it is returned.
    pub fn new(
        connection: Object<TenantConnectionManager>,
        kind: Option<OwnedSemaphorePermit>,
        tenant: Option<TenantPermit>,
    ) -> Self {
        Self { connection, _kind: kind, _tenant: tenant }
    }

    /// Closes the connection instead of returning it.
    pub fn close(self) {
        drop(Object::take(self.connection));
    }
}

impl Deref for PooledConnection {
    type Target = TenantConnection;

    fn deref(&self) -> &TenantConnection {
        &self.connection
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut TenantConnection {
        &mut self.connection
    }
}

/// Opens the connections of a pool and checks them before they are reused.
pub struct TenantConnectionManager {
    connections: AsyncDieselConnectionManager<AsyncPgConnection>,
    prepared_total: Arc<AtomicUsize>,
}

impl TenantConnectionManager {
    /// Wraps Diesel's connection manager; `prepared_total` becomes the number of statements that all connections together
    /// keep prepared.
    pub fn new(
        connections: AsyncDieselConnectionManager<AsyncPgConnection>,
        prepared_total: Arc<AtomicUsize>,
    ) -> Self {
        Self { connections, prepared_total }
    }
}

impl Manager for TenantConnectionManager {
    type Type = TenantConnection;
    type Error = PoolError;

    async fn create(&self) -> std::result::Result<TenantConnection, PoolError> {
        let mut connection = self.connections.create().await?;
        let total = Arc::clone(&self.prepared_total);
        let prepared = Arc::new(PreparedStatements { count: AtomicUsize::new(0), total });
        connection.set_instrumentation({
            let prepared = Arc::clone(&prepared);
            move |event: InstrumentationEvent<'_>| {
                // Sent when a statement is new to the connection and will stay prepared.
                if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                    prepared.add_one();
                }
            }
        });
        let age_max = Duration::from_secs(rand::rng().random_range(AGE_MAX));
        Ok(TenantConnection {
            connection,
            bound: None,
            bound_at_begin: None,
            has_failed: false,
            has_pending_answer: false,
            has_last_statement: false,
            prepared,
            age_max,
        })
    }

    async fn recycle(
        &self,
        connection: &mut TenantConnection,
        metrics: &Metrics,
    ) -> RecycleResult<PoolError> {
        if connection.has_pending_answer {
            return Err(RecycleError::message("a statement was cancelled before its answer arrived"));
        }
        if connection.is_spent(metrics) {
            return Err(RecycleError::message("its backend has cached enough"));
        }
        self.connections.recycle(&mut connection.connection, metrics).await
    }
}

impl TenantConnection {
    /// Prepares the statement that binds a connection to a tenant, and leaves it bound to none.
    ///
    /// A statement that is new to a connection is prepared first, in a round trip of its own, and another statement sent
    /// meanwhile would overtake it. So the statement that binds the tenant must never be new.
    pub async fn prepare(connection: &AsyncPgConnection) -> QueryResult<()> {
        bind_tenant(connection, &TenantId(String::new()), PlanCacheMode::Auto).await
    }

    /// Executes a statement on behalf of a tenant.
    ///
    /// A connection that is bound to another tenant, or to none, is bound first. That takes no round trip of its own: the
    /// two statements are sent together, and PostgreSQL executes the statements of a connection in order. The futures
    /// are polled in order too, and nothing makes the first one wait before it has sent its statement. If this future is
    /// dropped in between, the connection counts as bound to no tenant.
    pub async fn execute_as<'s, T, F>(
        &'s mut self,
        tenant: &TenantId,
        plan_cache: PlanCacheMode,
        statement: impl FnOnce(&'s AsyncPgConnection) -> F,
    ) -> Result<T>
    where
        F: Future<Output = QueryResult<T>>,
    {
        let connection: &AsyncPgConnection = &self.connection;
        let statement = statement(connection);
        self.has_pending_answer = true;
        let is_bound = |(bound, mode): &Bound| bound == tenant && *mode == plan_cache;
        if self.bound.as_ref().is_some_and(is_bound) {
            let answer = answered(statement).await?;
            self.has_pending_answer = false;
            self.has_failed |= answer.is_err();
            return Ok(answer?);
        }
        self.bound = None;
        let (bound, answer) = answered(join(bind_tenant(connection, tenant, plan_cache), statement)).await?;
        self.has_pending_answer = false;
        self.has_failed |= bound.is_err() || answer.is_err();
        bound?;
        self.bound = Some((tenant.clone(), plan_cache));
        Ok(answer?)
    }

    /// Executes the last statement of a transaction and COMMIT, with one round trip for both. Its text is always the same.
    ///
    /// Returns the error of the statement if that is why nothing is committed; otherwise, the outcome of COMMIT.
    ///
    /// PostgreSQL executes the statements of a connection in order, and answers COMMIT after a failed one by rolling back.
    /// COMMIT must not overtake the statement. It would if the statement had to be prepared first, so the first one of each
    /// connection is awaited; and it would if tokio made the statement wait because the task has done much already.
    pub async fn execute_and_commit<'s, F>(
        &'s mut self,
        statement: impl FnOnce(&'s AsyncPgConnection) -> F,
    ) -> Result<QueryResult<()>>
    where
        F: Future<Output = QueryResult<usize>>,
    {
        let mut connection: &AsyncPgConnection = &self.connection;
        let statement = statement(connection);
        let committed = if self.has_last_statement {
            let commit = connection.batch_execute(COMMIT);
            let (executed, committed) = answered(unconstrained(join(statement, commit))).await?;
            self.has_failed |= executed.is_err();
            if let (Err(error), Ok(())) = (executed, &committed) {
                return Err(error.into());
            }
            committed
        } else {
            answered(statement).await??;
            self.has_last_statement = true;
            answered(connection.batch_execute(COMMIT)).await?
        };
        if committed.is_ok() {
            // The settings made in the transaction are kept: no statement has failed, or the last one would have, too.
            self.bound_at_begin = None;
        }
        Ok(committed)
    }

    /// Returns the rows of a query over all tenants. Only the tables of tenants and of jobs have a policy for
    /// that.
    pub async fn load_across_tenants<T, Q>(&mut self, query: Q) -> Result<Vec<T>>
    where
        T: Send,
        Q: for<'q> LoadQuery<'q, AsyncPgConnection, T> + Send,
    {
        let rows = self.connection.transaction(async |connection| {
            connection.batch_execute(EVERY_TENANT).await?;
            query.load(connection).await
        });
        Ok(answered(rows).await??)
    }

    /// Marks the beginning of a transaction.
    pub fn mark_begin(&mut self) {
        self.bound_at_begin = self.bound.clone();
        self.has_failed = false;
    }

    /// Marks an acknowledged COMMIT. It keeps the settings made in the transaction, unless a statement has failed: then
    /// PostgreSQL rolls back and acknowledges that.
    pub fn mark_commit(&mut self) {
        let at_begin = self.bound_at_begin.take();
        if self.has_failed {
            self.bound = at_begin;
        }
    }

    /// Marks an acknowledged ROLLBACK, which reverts the settings made in the transaction.
    pub fn mark_rollback(&mut self) {
        self.bound = self.bound_at_begin.take();
    }

    /// Returns whether a statement was sent whose answer has not been read: the next user would have to wait for it.
    pub fn has_pending_answer(&self) -> bool {
        self.has_pending_answer
    }

    /// Returns whether so many statements are prepared that another connection should be used.
    pub fn has_many_statements(&self) -> bool {
        AtomicUsize::load(&self.prepared.count, Ordering::Relaxed) > PREPARED_MAX
    }

    /// Returns whether the connection should be closed, for what PostgreSQL keeps in memory as long as it is open.
    pub fn is_spent(&self, metrics: &Metrics) -> bool {
        self.has_many_statements() || metrics.age() > self.age_max
    }

    /// Returns the connection, for statements that touch no row.
    pub fn connection(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }
}

async fn bind_tenant(
    mut connection: &AsyncPgConnection,
    tenant: &TenantId,
    plan_cache: PlanCacheMode,
) -> QueryResult<()> {
    let settings = (
        set_config(TENANT_SETTING, tenant, false),
        set_config(PLAN_CACHE_SETTING, plan_cache.setting(), false),
    );
    diesel::select(settings).execute(&mut connection).await?;
    Ok(())
}
