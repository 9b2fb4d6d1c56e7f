//! A connection that tells the database whose rows it asks for: the policies of the tables let no others through; and, along
//! with it, when to plan what it asks.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, RecycleError, RecycleResult};
use diesel::QueryResult;
use diesel::sql_types::{Bool, Text};
use diesel_async::methods::LoadQuery;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, PoolError};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join;
use tokio::sync::OwnedSemaphorePermit;

use super::planning::Planning;
use crate::error::{Error, Result};
use crate::id::TenantId;

/// The setting that the policies compare a row's tenant with; empty for nobody.
const TENANT: &str = "app.tenant_id";

/// The setting that says when statements are planned.
const PLANNING: &str = "plan_cache_mode";

/// The setting that opens the list of tenants, until the end of a transaction.
const EVERY_TENANT: &str = "SET LOCAL app.every_tenant = 'on'";

/// The longest that the database may take to answer. It breaks off by itself what takes a minute; if it says nothing for longer
/// than that, it hangs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(65);

/// What the database answers, if it does.
pub async fn answered<A>(statement: impl Future<Output = A>) -> Result<A> {
    tokio::time::timeout(ANSWERS_WITHIN, statement).await.map_err(|_| {
        tracing::warn!("the database does not answer any more");
        Error::Lost
    })
}

diesel::define_sql_function! {
    /// Changes a setting of the connection, or only of the transaction.
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

/// A connection, and for whom it speaks.
pub struct Speaker {
    connection: AsyncPgConnection,
    /// What the database was told, and knows: nothing that may have been undone since.
    known: Option<(TenantId, Planning)>,
    told: Arc<AtomicU64>,
    is_waiting: bool,
}

/// A speaker that was taken from a pool; dropped, it goes back.
pub struct Taken {
    speaker: Object<Speakers>,
    /// The place among those who only read, if it was taken for reading.
    _place: Option<OwnedSemaphorePermit>,
}

impl Taken {
    /// A speaker that holds a place as long as it is away.
    pub fn new(speaker: Object<Speakers>, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { speaker, _place: place }
    }

    /// Closes its connection: it does not go back.
    pub fn close(self) {
        drop(Object::take(self.speaker));
    }
}

impl Deref for Taken {
    type Target = Speaker;

    fn deref(&self) -> &Speaker {
        &self.speaker
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut Speaker {
        &mut self.speaker
    }
}

/// Makes the speakers of a pool.
pub struct Speakers {
    connections: AsyncDieselConnectionManager<AsyncPgConnection>,
    told: Arc<AtomicU64>,
}

impl Speakers {
    /// Makes speakers of connections; counts how often they tell the database of a tenant.
    pub fn new(connections: AsyncDieselConnectionManager<AsyncPgConnection>, told: &Arc<AtomicU64>) -> Self {
        Self { connections, told: Arc::clone(told) }
    }
}

impl Manager for Speakers {
    type Type = Speaker;
    type Error = PoolError;

    async fn create(&self) -> std::result::Result<Speaker, PoolError> {
        Ok(Speaker {
            connection: self.connections.create().await?,
            known: None,
            told: Arc::clone(&self.told),
            is_waiting: false,
        })
    }

    async fn recycle(&self, speaker: &mut Speaker, metrics: &Metrics) -> RecycleResult<PoolError> {
        if speaker.is_waiting {
            return Err(RecycleError::message("it was broken off in the middle of a statement"));
        }
        self.connections.recycle(&mut speaker.connection, metrics).await
    }
}

impl Speaker {
    /// Makes a new connection one of nobody, and ready to be told of a tenant.
    ///
    /// A statement that a connection has not seen yet is prepared first, and another that was sent meanwhile would come
    /// before it. So this one is never new.
    pub async fn prepare(connection: &AsyncPgConnection) -> QueryResult<()> {
        tell(connection, &TenantId(String::new()), Planning::Undecided).await
    }

    /// Has a statement carried out on behalf of a tenant.
    ///
    /// A connection that speaks for another, or for nobody, tells the database of the tenant first, and when to plan. That takes no round
    /// trip of its own: it is sent with the statement and before it, and a connection is served in order. The futures are
    /// polled in order, too, and nothing lets the first one wait before it has sent what the second one could overtake.
    /// Whoever is dropped in between leaves a connection that speaks for nobody.
    pub async fn ask<'s, T, F>(
        &'s mut self,
        tenant: &TenantId,
        planning: Planning,
        statement: impl FnOnce(&'s AsyncPgConnection) -> F,
    ) -> Result<T>
    where
        F: Future<Output = QueryResult<T>>,
    {
        let connection: &AsyncPgConnection = &self.connection;
        let statement = statement(connection);
        self.is_waiting = true;
        let is_known = |(known, when): &(TenantId, Planning)| known == tenant && *when == planning;
        if self.known.as_ref().is_some_and(is_known) {
            let answer = answered(statement).await?;
            self.is_waiting = false;
            return Ok(answer?);
        }
        self.known = None;
        self.told.fetch_add(1, Ordering::Relaxed);
        let (told, answer) = answered(join(tell(connection, tenant, planning), statement)).await?;
        self.is_waiting = false;
        told?;
        self.known = Some((tenant.clone(), planning));
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

    /// Forgets what it told, because the database may have: a transaction that is rolled back, even by a COMMIT after an
    /// error, takes with it what was told in it.
    pub fn forget(&mut self) {
        self.known = None;
    }

    /// Whether a statement was sent whose answer nobody waited for: whoever came next would wait for it.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// The connection, for what touches no row.
    pub fn connection(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }
}

async fn tell(mut connection: &AsyncPgConnection, tenant: &TenantId, planning: Planning) -> QueryResult<()> {
    let settings = (set_config(TENANT, tenant, false), set_config(PLANNING, planning.setting(), false));
    diesel::select(settings).execute(&mut connection).await?;
    Ok(())
}
