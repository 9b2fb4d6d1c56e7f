//! The one door to the database: no connection without a caller, no row without a check.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool::Runtime;
use deadpool::managed::{Pool as Connections, QueueMode, Timeouts};
use diesel::ConnectionError;
use diesel::connection::InstrumentationEvent;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::Timestamptz;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

pub use super::act::Act;

use super::connect::connect;
use super::kept::Kept;
use super::planning::Planning;
use super::speaker::{Speaker, Speakers, Taken, answered};
use crate::access::{Admitted, Caller, Owned, Scope};
use crate::error::{Error, Result};
use crate::metrics::{self, PoolState};

/// How long a request may wait for a connection, and how long making one or looking at one may take.
const WAIT: Duration = Duration::from_secs(2);

/// What holds for every connection. `UTC`, so that no figure depends on how the database is set up. No compiling of plans:
/// over many rows it takes several times as long as the statements that it should make faster. No bitmaps: PostgreSQL takes
/// tenant and partner for independent of each other, so a partner with 50,000 events for one with 25, whose events it would
/// rather read and sort, all of them, than take the 50 latest from the index that has them in order.
const SETTINGS: &str = "SET TIME ZONE 'UTC'; SET jit = off; SET enable_bitmapscan = off; SET statement_timeout = '60s'; SET lock_timeout = '10s'; \
    SET client_connection_check_interval = '2s'; SET idle_in_transaction_session_timeout = '60s'";

/// Begins a transaction whose statements all see the same state.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// The connections to the database. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    url: Arc<str>,
    speakers: Connections<Speakers>,
    sent: Arc<AtomicU64>,
    told: Arc<AtomicU64>,
    /// How many of its connections those may have at a time who only read.
    readers: Arc<Semaphore>,
    only_reads: bool,
}

impl Pool {
    /// A pool of at most `size` connections, made when they are first needed.
    pub fn new(database_url: &str, size: usize) -> Result<Self> {
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |url| {
            let counter = Arc::clone(&counter);
            async move {
                let connecting = connect(url).await;
                let mut connection =
                    connecting.map_err(|error| ConnectionError::BadConnection(error.describe()))?;
                let set_up = async {
                    connection.batch_execute(SETTINGS).await?;
                    Speaker::prepare(&connection).await
                };
                set_up.await.map_err(ConnectionError::CouldntSetupConfiguration)?;
                connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                        counter.fetch_add(1, Ordering::Relaxed);
                        metrics::statement_sent();
                    }
                });
                Ok(connection)
            }
            .boxed()
        });
        let connections = AsyncDieselConnectionManager::new_with_config(database_url, config);
        let told = Arc::default();
        let wait = Some(WAIT);
        let speakers = Connections::builder(Speakers::new(connections, &told))
            .max_size(size)
            // Whoever comes back soon finds the connection that speaks for them already.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait, create: wait, recycle: wait })
            .build()
            .map_err(Error::internal)?;
        // A slow report, or many, leave connections to those who change something.
        let readers = Arc::new(Semaphore::new(size.saturating_sub(size / 4).max(1)));
        Ok(Self { url: database_url.into(), speakers, sent, told, readers, only_reads: false })
    }

    /// The same connections, for somebody who only reads: some of them are left to others.
    pub fn for_reading(&self) -> Self {
        Self { only_reads: true, ..self.clone() }
    }

    /// One connection of its own to the same database, which nobody else can take.
    pub fn apart(&self) -> Result<Self> {
        Self::new(&self.url, 1)
    }

    /// How many statements were sent over its connections so far, and waited for.
    ///
    /// Telling the database whose rows a session asks for is not one of them: it goes along with a statement, and is
    /// answered with it.
    pub fn statements(&self) -> u64 {
        let [sent, told] =
            [&self.sent, &self.told].map(|counter| AtomicU64::load(counter, Ordering::Relaxed));
        sent.saturating_sub(told)
    }

    /// Its connections, as they are now.
    pub fn state(&self) -> PoolState {
        let status = self.speakers.status();
        PoolState {
            idle: status.available,
            busy: status.size.saturating_sub(status.available),
            waiting: status.waiting,
        }
    }

    /// Closes the connections.
    pub fn close(&self) {
        self.speakers.close();
    }

    pub(in crate::domain) async fn speaker(&self) -> Result<Taken> {
        let taken = async {
            let place = if self.only_reads {
                Some(Arc::clone(&self.readers).acquire_owned().await.map_err(|error| error.to_string())?)
            } else {
                None
            };
            let speaker = self.speakers.get().await.map_err(|error| error.to_string())?;
            Ok::<_, String>(Taken::new(speaker, place))
        };
        let taken = tokio::time::timeout(WAIT, taken).await;
        taken.unwrap_or_else(|_| Err("all are busy".to_owned())).map_err(|cause| {
            tracing::warn!(%cause, "no database connection");
            Error::Unavailable
        })
    }
}

/// A connection that is used on somebody's behalf.
pub struct Session {
    /// There until it is dropped.
    speaker: Option<Taken>,
    in_transaction: bool,
    planning: Planning,
    pub(super) caller: Caller,
}

/// A session that is dropped within a transaction, by a panic or because nobody waits for it any more, closes its
/// connection: what the transaction did is undone, and what it locked is free, at once and not when the pool next
/// looks at the connection. So does one that was broken off in the middle of a statement, for whose end whoever gets the
/// connection next would have to wait; PostgreSQL breaks the statement off when it finds the connection closed.
impl Drop for Session {
    fn drop(&mut self) {
        let is_waiting = self.speaker.as_ref().is_some_and(|speaker| speaker.is_waiting());
        if (self.in_transaction || is_waiting)
            && let Some(speaker) = self.speaker.take()
        {
            speaker.close();
        }
    }
}

impl Session {
    /// Takes a connection from the pool on behalf of a caller.
    pub async fn open(pool: &Pool, caller: &Caller) -> Result<Self> {
        let (speaker, planning) = (Some(pool.speaker().await?), Planning::Undecided);
        Ok(Self { speaker, in_transaction: false, planning, caller: caller.clone() })
    }

    /// The same, for reads of few rows: they are planned once in a connection, unless they say otherwise.
    pub(in crate::domain) async fn for_lookups(pool: &Pool, caller: &Caller) -> Result<Self> {
        let mut session = Self::open(pool, caller).await?;
        session.planning = Planning::Once;
        Ok(session)
    }

    /// Whether it can be used again: nothing was broken off in the middle.
    pub(in crate::domain) fn is_sound(&self) -> bool {
        !self.in_transaction && self.speaker.as_ref().is_some_and(|speaker| !speaker.is_waiting())
    }

    /// Who is asking.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(in crate::domain) fn scope(&self) -> &Scope {
        self.caller.scope()
    }

    fn speaker(&mut self) -> Result<&mut Speaker> {
        speaking(&mut self.speaker)
    }

    /// The connection, for what touches no row; the tenant need not be known.
    pub(super) fn connection(&mut self) -> Result<&mut AsyncPgConnection> {
        Ok(self.speaker()?.connection())
    }

    /// Has a query carried out on behalf of the caller's tenant.
    ///
    /// Boxed, because the compiler cannot see through a future that holds a connection of any lifetime.
    fn load<'s, 'q: 's, T, Q>(&'s mut self, query: Q) -> BoxFuture<'s, Result<Vec<T>>>
    where
        T: Send + 's,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        let load = async move |mut connection: &'s AsyncPgConnection| query.load::<T>(&mut connection).await;
        let Self { speaker, caller, planning, .. } = self;
        async move { speaking(speaker)?.ask(caller.scope().tenant(), *planning, load).await }.boxed()
    }

    /// Has a change carried out on behalf of the caller's tenant; answers how many rows changed.
    pub(super) fn execute<'s, 'q: 's, Q>(&'s mut self, query: Q) -> BoxFuture<'s, Result<usize>>
    where
        Q: for<'c> ExecuteDsl<&'c AsyncPgConnection> + QueryFragment<Pg> + QueryId + Send + 'q,
    {
        let execute = async move |mut connection: &'s AsyncPgConnection| {
            RunQueryDsl::execute(query, &mut connection).await
        };
        let Self { speaker, caller, planning, .. } = self;
        async move { speaking(speaker)?.ask(caller.scope().tenant(), *planning, execute).await }.boxed()
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.in_transaction = true;
        Ok(answered(AnsiTransactionManager::begin_transaction(self.connection()?)).await??)
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        self.speaker()?.forget();
        answered(AnsiTransactionManager::commit_transaction(self.connection()?)).await??;
        self.in_transaction = false;
        Ok(())
    }

    pub(super) async fn roll_back(&mut self) -> Result<()> {
        let speaker = self.speaker()?;
        if speaker.is_waiting() {
            // It would wait for the answer that did not come.
            return Err(Error::Lost);
        }
        speaker.forget();
        answered(AnsiTransactionManager::rollback_transaction(self.connection()?)).await??;
        self.in_transaction = false;
        Ok(())
    }

    /// The rows a query finds, each checked against the scope.
    pub(in crate::domain) async fn rows<'q, T, Q>(&mut self, query: Q) -> Result<Vec<Admitted<T>>>
    where
        T: Owned + Send + 'static,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        let rows = self.load(query).await?;
        rows.into_iter().map(|row| self.caller.scope().admit(row)).collect()
    }

    /// The one row a query finds, if any.
    pub(in crate::domain) async fn row<'q, T, Q>(&mut self, query: Q) -> Result<Option<Admitted<T>>>
    where
        T: Owned + Send + 'static,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        Ok(self.rows(query).await?.pop())
    }

    /// What a query finds that is no partner's row: sums, counts, settings. Its WHERE is its only wall.
    pub(in crate::domain) async fn figures<'q, T, Q>(&mut self, query: Q) -> Result<Vec<T>>
    where
        T: Send + 'q,
        Q: for<'c> LoadQuery<'q, &'c AsyncPgConnection, T> + Send + 'q,
    {
        self.load(query).await
    }

    /// The present moment by the database's clock, the only one that dates what happens here.
    ///
    /// Not `now()`, which is when the transaction began: it may have waited for a lock since.
    pub(in crate::domain) async fn moment(&mut self) -> Result<DateTime<Utc>> {
        let clock = diesel::dsl::sql::<Timestamptz>("clock_timestamp()");
        Ok(answered(Kept(diesel::select(clock)).get_result(self.connection()?)).await??)
    }

    /// Runs several reads against one state of the database, so that their figures agree; planned for their values.
    pub async fn snapshot<T>(&mut self, read: impl AsyncFnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.at_one_moment(Planning::EachTime, read).await
    }

    /// The same for reads that go by index, of few rows, whatever is asked for: they are planned once in a connection.
    pub async fn lookup<T>(&mut self, read: impl AsyncFnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.at_one_moment(Planning::Once, read).await
    }

    async fn at_one_moment<T>(
        &mut self,
        planning: Planning,
        read: impl AsyncFnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        self.in_transaction = true;
        answered(AnsiTransactionManager::begin_transaction_sql(self.connection()?, SNAPSHOT)).await??;
        let result = self.planned(planning, read).await;
        self.roll_back().await?;
        result
    }

    /// Runs reads that are planned at such times.
    pub(in crate::domain) async fn planned<T>(
        &mut self,
        planning: Planning,
        read: impl AsyncFnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let before = std::mem::replace(&mut self.planning, planning);
        let result = read(self).await;
        self.planning = before;
        result
    }
}

fn speaking(speaker: &mut Option<Taken>) -> Result<&mut Speaker> {
    speaker.as_deref_mut().ok_or_else(|| Error::internal("a session has no connection"))
}

/// Puts rows under the key that each belongs to, in the order they came.
pub(in crate::domain) fn grouped<K: Eq + Hash, V>(
    rows: impl IntoIterator<Item = (K, V)>,
) -> HashMap<K, Vec<V>> {
    let mut groups = HashMap::<K, Vec<V>>::new();
    for (key, row) in rows {
        groups.entry(key).or_default().push(row);
    }
    groups
}
