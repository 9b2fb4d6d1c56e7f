//! Sessions: the only way to a row. There is no connection without a caller, and no row without a check.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::Timestamptz;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::cached_statement::CachedStatement;
use super::plan_cache::PlanCacheMode;
use super::pool::Pool;
use super::tenant_connection::{COMMIT, PooledConnection, TenantConnection, answered};
use super::tenant_settings::TenantSettings;
use crate::auth::{Authorized, Caller, PartnerOwned, Scope};
use crate::primitives::error::{Error, Result};

/// Begins a transaction whose statements all see the same state.
const READ_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const BEGIN: &str = "BEGIN";
const ROLLBACK: &str = "ROLLBACK";

/// A connection that is used on behalf of a caller.
pub struct Session {
    /// `None` only while the session is dropped.
    connection: Option<PooledConnection>,
    in_transaction: bool,
    plan_cache: PlanCacheMode,
    caller: Caller,
    /// The settings of the tenant, if they are known and cannot have changed.
    settings: Option<Arc<TenantSettings>>,
}

/// Closes the connection of a session that is dropped within a transaction, by a panic or because its future was
/// cancelled: the transaction is rolled back and its locks are released at once, not when the pool next checks the
/// connection. The same holds for a session that is dropped before the answer to a statement arrived, which the next user
/// of the connection would have to wait for; PostgreSQL cancels the statement when it finds the connection closed.
impl Drop for Session {
    fn drop(&mut self) {
        let is_pending = self.connection.as_ref().is_some_and(|connection| connection.has_pending_answer());
        if (self.in_transaction || is_pending)
            && let Some(connection) = self.connection.take()
        {
            connection.close();
        }
    }
}

impl Session {
    /// Takes a connection from the pool on behalf of a caller.
    pub async fn open(pool: &Pool, caller: &Caller) -> Result<Self> {
        let connection = Some(pool.acquire(caller.scope().tenant()).await?);
        let (in_transaction, plan_cache) = (false, PlanCacheMode::Auto);
        Ok(Self { connection, in_transaction, plan_cache, caller: caller.clone(), settings: None })
    }

    /// Opens a session whose statements use generic plans by default: for look-ups of few rows. `settings` are those of
    /// the tenant, if they are known.
    pub(in crate::domain) async fn open_for_lookups(
        pool: &Pool,
        caller: &Caller,
        settings: Option<Arc<TenantSettings>>,
    ) -> Result<Self> {
        let mut session = Self::open(pool, caller).await?;
        session.use_generic_plans();
        session.settings = settings;
        Ok(session)
    }

    /// Makes the statements use custom plans by default.
    pub(super) fn use_custom_plans(&mut self) {
        self.plan_cache = PlanCacheMode::Custom;
    }

    /// Makes the statements use generic plans by default.
    pub(super) fn use_generic_plans(&mut self) {
        self.plan_cache = PlanCacheMode::Generic;
    }

    /// Returns the settings of the tenant, if they are known.
    pub(in crate::domain) fn known_settings(&self) -> Option<Arc<TenantSettings>> {
        self.settings.clone()
    }

    /// Returns whether the session can be used again: no transaction is open, no answer is pending, and PostgreSQL keeps
    /// no more statements for the connection than it should.
    pub(in crate::domain) fn is_usable(&self) -> bool {
        let is_usable = |connection: &PooledConnection| {
            !connection.has_pending_answer() && !connection.has_many_statements()
        };
        !self.in_transaction && self.connection.as_ref().is_some_and(is_usable)
    }

    /// Returns the caller on whose behalf the session is used.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns the scope of the caller.
    pub(in crate::domain) fn scope(&self) -> &Scope {
        self.caller.scope()
    }

    /// Returns the rows of a query, each checked against the caller's scope.
    pub(in crate::domain) async fn load<'q, T, Q>(&mut self, query: Q) -> Result<Vec<Authorized<T>>>
    where
        T: PartnerOwned + Send + 'static,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        let rows = self.query(query).await?;
        rows.into_iter().map(|row| self.caller.scope().authorize(row)).collect()
    }

    /// Returns the row of a query that finds at most one, checked against the caller's scope.
    pub(in crate::domain) async fn load_one<'q, T, Q>(&mut self, query: Q) -> Result<Option<Authorized<T>>>
    where
        T: PartnerOwned + Send + 'static,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        Ok(self.load(query).await?.pop())
    }

    /// Returns sums and counts: aggregates that belong to no single row. The query restricts itself to the scope.
    pub(in crate::domain) async fn aggregate<'q, T, Q>(&mut self, query: Q) -> Result<Vec<T>>
    where
        T: Send + 'q,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        self.query(query).await
    }

    /// Returns what a statement selects of the row of the caller's tenant, by which the statement filters. A tenant belongs to no
    /// partner.
    pub(in crate::domain) async fn load_tenant<'q, T, Q>(&mut self, query: Q) -> Result<Option<T>>
    where
        T: Send + 'q,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        Ok(self.load_unchecked(query).await?.pop())
    }

    /// Returns rows that belong to no partner, such as tenants, invoices and histories, unchecked: only the WHERE of the
    /// query and row-level security restrict them. `tests/it/house.rs` counts the calls; the count may only shrink.
    pub(in crate::domain) async fn load_unchecked<'q, T, Q>(&mut self, query: Q) -> Result<Vec<T>>
    where
        T: Send + 'q,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        self.query(query).await
    }

    /// Executes a query on behalf of the caller's tenant.
    ///
    /// Boxed, because the compiler cannot see through a future that holds a connection of any lifetime.
    fn query<'s, 'q: 's, T, Q>(&'s mut self, query: Q) -> BoxFuture<'s, Result<Vec<T>>>
    where
        T: Send + 's,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        let load = async move |mut connection: &'s AsyncPgConnection| query.load::<T>(&mut connection).await;
        let Self { connection, caller, plan_cache, .. } = self;
        async move { open(connection)?.execute_as(caller.scope().tenant(), *plan_cache, load).await }.boxed()
    }

    /// Executes a statement on behalf of the caller's tenant; returns how many rows it changed.
    pub(super) fn execute_statement<'s, 'q: 's, Q>(&'s mut self, query: Q) -> BoxFuture<'s, Result<usize>>
    where
        Q: for<'c> ExecuteDsl<&'c AsyncPgConnection> + QueryFragment<Pg> + QueryId + Send + 'q,
    {
        let execute = async move |mut connection: &'s AsyncPgConnection| {
            RunQueryDsl::execute(query, &mut connection).await
        };
        let Self { connection, caller, plan_cache, .. } = self;
        async move { open(connection)?.execute_as(caller.scope().tenant(), *plan_cache, execute).await }
            .boxed()
    }

    fn tenant_connection(&mut self) -> Result<&mut TenantConnection> {
        open(&mut self.connection)
    }

    /// Returns the connection, for statements that touch no row; it need not be bound to the tenant.
    pub(super) fn connection(&mut self) -> Result<&mut AsyncPgConnection> {
        Ok(self.tenant_connection()?.connection())
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.begin_with(BEGIN).await
    }

    /// Not with Diesel's transaction manager, which needs the connection for itself: COMMIT is sent together with the last
    /// statement.
    async fn begin_with(&mut self, sql: &str) -> Result<()> {
        self.in_transaction = true;
        self.tenant_connection()?.mark_begin();
        Ok(answered(self.connection()?.batch_execute(sql)).await??)
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        answered(self.connection()?.batch_execute(COMMIT)).await??;
        self.tenant_connection()?.mark_commit();
        self.in_transaction = false;
        Ok(())
    }

    /// Executes the last statement of a transaction and COMMIT, with one round trip for both. The text of the statement is
    /// always the same, and one before it has bound the connection to the tenant.
    ///
    /// Returns the error of the statement if that is why nothing is committed; otherwise, the outcome of COMMIT.
    pub(super) fn execute_and_commit<'s, 'q: 's, Q>(
        &'s mut self,
        query: Q,
    ) -> BoxFuture<'s, Result<Result<()>>>
    where
        Q: for<'c> ExecuteDsl<&'c AsyncPgConnection> + QueryFragment<Pg> + QueryId + Send + 'q,
    {
        let execute = async move |mut connection: &'s AsyncPgConnection| {
            RunQueryDsl::execute(query, &mut connection).await
        };
        let Self { connection, in_transaction, .. } = self;
        async move {
            let connection = open(connection)?;
            match connection.execute_and_commit(execute).await {
                Ok(Ok(())) => {
                    *in_transaction = false;
                    Ok(Ok(()))
                }
                Ok(Err(error)) => Ok(Err(error.into())),
                // COMMIT may have been executed.
                Err(Error::ConnectionLost) => Ok(Err(Error::ConnectionLost)),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    pub(in crate::domain) async fn roll_back(&mut self) -> Result<()> {
        let connection = self.tenant_connection()?;
        if connection.has_pending_answer() {
            // ROLLBACK would wait for the answer that did not arrive.
            return Err(Error::ConnectionLost);
        }
        answered(self.connection()?.batch_execute(ROLLBACK)).await??;
        self.tenant_connection()?.mark_rollback();
        self.in_transaction = false;
        Ok(())
    }

    /// Returns the current time of the database's clock, the only one that dates what is recorded.
    ///
    /// Not `now()`, which is the start of the transaction: it may have waited for a lock since.
    pub(in crate::domain) async fn clock_timestamp(&mut self) -> Result<DateTime<Utc>> {
        let clock = diesel::dsl::sql::<Timestamptz>("clock_timestamp()");
        Ok(answered(CachedStatement(diesel::select(clock)).get_result(self.connection()?)).await??)
    }

    /// Begins a transaction of reads in one snapshot; `roll_back` ends it.
    pub(in crate::domain) async fn begin_snapshot(&mut self) -> Result<()> {
        self.begin_with(READ_SNAPSHOT).await
    }

    /// Runs reads in one snapshot, so that their results are consistent; with custom plans.
    pub async fn read_snapshot<T>(&mut self, read: impl AsyncFnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.begin_snapshot().await?;
        let result = self.with_plan_cache(PlanCacheMode::Custom, read).await;
        self.roll_back().await?;
        result
    }

    /// Runs reads with another plan cache mode.
    pub(in crate::domain) async fn with_plan_cache<T>(
        &mut self,
        plan_cache: PlanCacheMode,
        read: impl AsyncFnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let previous = std::mem::replace(&mut self.plan_cache, plan_cache);
        let result = read(self).await;
        self.plan_cache = previous;
        result
    }
}

fn open(connection: &mut Option<PooledConnection>) -> Result<&mut TenantConnection> {
    connection.as_deref_mut().ok_or_else(|| Error::internal("a session has no connection"))
}

/// Groups rows by key, in the order in which they were loaded.
pub(in crate::domain) fn grouped<K: Eq + Hash, V>(
    rows: impl IntoIterator<Item = (K, V)>,
) -> HashMap<K, Vec<V>> {
    let mut groups = HashMap::<K, Vec<V>>::new();
    for (key, row) in rows {
        groups.entry(key).or_default().push(row);
    }
    groups
}
