//! A connection that tells the database whose rows it asks for: the policies of the tables let no others through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel_async::methods::LoadQuery;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join;

use crate::error::Result;
use crate::id::TenantId;

/// The setting that the policies compare a row's tenant with; empty for nobody.
const TENANT: &str = "app.tenant_id";

/// The setting that opens the list of tenants, until the end of a transaction.
const EVERY_TENANT: &str = "SET LOCAL app.every_tenant = 'on'";

diesel::define_sql_function! {
    /// Changes a setting of the connection, or only of the transaction.
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

/// A connection of the pool. Whoever takes it finds the tenant of whoever had it before, and speaks first.
pub struct Speaker {
    connection: Object<AsyncPgConnection>,
    /// The tenant that the database was told of, unless that may have been undone since.
    tenant: Option<TenantId>,
    told: Arc<AtomicU64>,
    is_waiting: bool,
}

impl Speaker {
    /// Speaks over a connection; counts how often it tells the database of a tenant.
    pub fn new(connection: Object<AsyncPgConnection>, told: &Arc<AtomicU64>) -> Self {
        Self { connection, tenant: None, told: Arc::clone(told), is_waiting: false }
    }

    /// Makes a new connection one of nobody, and ready to be told of a tenant.
    ///
    /// A statement that a connection has not seen yet is prepared first, and another that was sent meanwhile would come
    /// before it. So this one is never new.
    pub async fn prepare(connection: &AsyncPgConnection) -> QueryResult<()> {
        tell(connection, &TenantId(String::new())).await
    }

    /// Has a statement carried out on behalf of a tenant.
    ///
    /// Telling the database of the tenant takes no round trip of its own: it is sent with the statement and before it,
    /// and a connection is served in order. The futures are polled in order, too, and nothing lets the first one wait
    /// before it has sent what the second one could overtake.
    pub async fn ask<'s, T, F>(
        &'s mut self,
        tenant: &TenantId,
        statement: impl FnOnce(&'s AsyncPgConnection) -> F,
    ) -> Result<T>
    where
        F: Future<Output = QueryResult<T>>,
    {
        let connection: &AsyncPgConnection = &self.connection;
        let statement = statement(connection);
        self.is_waiting = true;
        if self.tenant.as_ref() == Some(tenant) {
            let answer = statement.await;
            self.is_waiting = false;
            return Ok(answer?);
        }
        self.tenant = None;
        self.told.fetch_add(1, Ordering::Relaxed);
        let (told, answer) = join(tell(connection, tenant), statement).await;
        self.is_waiting = false;
        told?;
        self.tenant = Some(tenant.clone());
        Ok(answer?)
    }

    /// What a query finds, whosever it is: of the list of tenants, which alone has a policy for it.
    pub async fn ask_of_every_tenant<T, Q>(&mut self, query: Q) -> Result<Vec<T>>
    where
        T: Send,
        Q: for<'q> LoadQuery<'q, AsyncPgConnection, T> + Send,
    {
        let rows = self.connection.transaction(async |connection| {
            connection.batch_execute(EVERY_TENANT).await?;
            query.load(connection).await
        });
        Ok(rows.await?)
    }

    /// Forgets the tenant, because the database may have: a transaction that is rolled back, even by a COMMIT after an
    /// error, takes with it what was told in it.
    pub fn forget(&mut self) {
        self.tenant = None;
    }

    /// Whether a statement was sent whose answer nobody waited for: whoever came next would wait for it.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// The connection, for what touches no row.
    pub fn connection(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }

    /// Closes the connection instead of giving it back to the pool.
    pub fn close(self) {
        drop(Object::take(self.connection));
    }
}

async fn tell(mut connection: &AsyncPgConnection, tenant: &TenantId) -> QueryResult<()> {
    diesel::select(set_config(TENANT, tenant, false)).execute(&mut connection).await?;
    Ok(())
}
