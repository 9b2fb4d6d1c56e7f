//! Transactions that take effect exactly once, even if the connection is lost during COMMIT.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::{Nullable, Text, Timestamptz};
use diesel_async::methods::ExecuteDsl;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::act::{Act, Trace};
use super::audit_entry::AuditEntry;
use super::audit_log::{AuditLog, BulkChange};
use super::audit_schema::audit_entries;
use super::audited_row::{AuditedRow, RowKey};
use super::cached_statement::CachedStatement;
use super::outbox::Outbox;
use super::pool::Pool;
use super::session::Session;
use super::tenant_connection::answered;
use super::transaction_retry::{OUTCOME_TIMEOUT, RetryState, backoff};
use crate::auth::Caller;
use crate::primitives::error::{Error, Result};
use crate::primitives::event_type::EventType;
use crate::primitives::id::PartnerId;

/// The number of rows from which planning again costs less than a stale plan.
const REPLAN_ROWS_MIN: i64 = 1_000;

/// A read-write transaction: all of its changes take effect, or none.
///
/// Runs at READ COMMITTED. A transaction that changes several rows of a partner first locks the partner's row, partners in
/// the order of their ids (`partner::store::lock`): writers of one partner run one after the other, and no two can
/// deadlock. Lock order: idempotency key, invoice, payout run, payment file, partners,
/// payouts, commission events.
///
/// What it changes is recorded meanwhile (`record_created` and the like), and becomes its entry in the audit trail: an act that
/// leaves an entry and has recorded nothing is an internal error, and rolled back.
pub struct Transaction {
    session: Session,
    is_idempotent: bool,
    log: AuditLog,
    outbox: Outbox,
    /// Whether it has written a job that is due.
    has_due_job: bool,
}

/// The outcome of an attempt that has not definitely failed.
enum Attempt<T> {
    Committed(T),
    /// COMMIT was not answered; the mutation can be run again, because it is idempotent or has written nothing.
    UnknownRepeatable,
    /// COMMIT was not answered; the server knows the outcome by the transaction id.
    Unknown(T, TransactionId),
}

impl Transaction {
    /// Runs a mutation on behalf of a caller in one transaction.
    ///
    /// After a serialization failure, a deadlock, or a connection that was lost before COMMIT was sent, nothing has
    /// happened, and the mutation is run again. If COMMIT was sent and not answered, the outcome is unknown: an idempotent
    /// mutation (an invoice, a refund, an idempotency key) is run again and finds what it did; for any other the outcome
    /// is looked up by its transaction id. If the database stays unreachable, or cannot tell because of a checkpoint or a
    /// recovery since, the result is `CommitOutcomeUnknown`.
    pub async fn run<I: ?Sized, T>(
        pool: &Pool,
        caller: &Caller,
        act: Act,
        mutation: impl AsyncFn(&mut Transaction, &I) -> Result<T>,
        input: &I,
    ) -> Result<T> {
        let mut retry = RetryState::new();
        loop {
            let failure = match Self::attempt(pool, caller, act, &mutation, input).await {
                Ok(Attempt::Committed(value)) => return Ok(value),
                Ok(Attempt::UnknownRepeatable) => {
                    retry.mark_in_doubt();
                    Error::ConnectionLost
                }
                Ok(Attempt::Unknown(value, id)) => match id.was_committed(pool, caller).await {
                    Some(true) => return Ok(value),
                    Some(false) => Error::ConnectionLost,
                    None => return Err(Error::CommitOutcomeUnknown),
                },
                Err(error) => error,
            };
            retry.next_attempt(failure).await?;
        }
    }

    async fn attempt<I: ?Sized, T>(
        pool: &Pool,
        caller: &Caller,
        act: Act,
        mutation: &impl AsyncFn(&mut Transaction, &I) -> Result<T>,
        input: &I,
    ) -> Result<Attempt<T>> {
        let mut session = Session::open(pool, caller).await?;
        session.begin().await?;
        let mut db = Self {
            session,
            is_idempotent: false,
            log: AuditLog::default(),
            outbox: Outbox::default(),
            has_due_job: false,
        };
        let run = async {
            let value = mutation(&mut db, input).await?;
            db.write_outbox().await?;
            let (id, now) = if db.is_idempotent {
                (None, None)
            } else {
                let (id, now) = TransactionId::of(&mut db).await?;
                (id, Some(now))
            };
            let entry = db.take_entry(act, now).await?;
            if id.is_some() || db.is_idempotent {
                return Ok((value, id, db.commit_with(entry).await?));
            }
            // An act that has written nothing but its entry has an id only after it.
            let id = match entry {
                Some(entry) => {
                    db.write_entry(entry).await?;
                    TransactionId::of(&mut db).await?.0
                }
                None => None,
            };
            Ok((value, id, db.commit().await))
        };
        let (value, id, committed) = match run.await {
            Ok(done) => done,
            Err(error) => {
                // The first error is the one to report; a connection that cannot roll back is closed.
                let _ = db.roll_back().await;
                return Err(error);
            }
        };
        match committed {
            Ok(()) => {
                if db.has_due_job {
                    pool.wake_worker();
                }
                Ok(Attempt::Committed(value))
            }
            // The server reports that the transaction was rolled back.
            Err(error @ (Error::SerializationFailure | Error::Constraint(_))) => Err(error),
            Err(_) => {
                tracing::warn!("no answer to COMMIT; looking up the outcome");
                Ok(id.map_or(Attempt::UnknownRepeatable, |id| Attempt::Unknown(value, id)))
            }
        }
    }

    /// Performs an act as a part of a longer transaction, and leaves its entry in the audit trail.
    pub async fn perform<I: ?Sized, T>(
        &mut self,
        act: Act,
        mutation: impl AsyncFn(&mut Transaction, &I) -> Result<T>,
        input: &I,
    ) -> Result<T> {
        let value = mutation(self, input).await?;
        if let Some(entry) = self.take_entry(act, None).await? {
            self.write_entry(entry).await?;
        }
        Ok(value)
    }

    /// Returns the entry of an act from what was recorded since the last one; `None` if there is nothing to write.
    async fn take_entry(&mut self, act: Act, now: Option<DateTime<Utc>>) -> Result<Option<AuditEntry>> {
        let log = std::mem::take(&mut self.log);
        match act.trace() {
            Trace::Receipt => return Ok(None),
            Trace::Parts if log.is_empty() => return Ok(None),
            Trace::Parts => return Err(Error::internal(format!("a part of {act} left no entry"))),
            Trace::Entry if log.is_silent() => {
                return Err(Error::internal(format!("{act} recorded nothing in the audit trail")));
            }
            Trace::Entry => {}
        }
        let Some(content) = log.into_content() else { return Ok(None) };
        let at = match now {
            Some(at) => at,
            None => self.clock_timestamp().await?,
        };
        AuditEntry::new(self.caller(), act, at, content).map(Some)
    }

    async fn write_entry(&mut self, entry: AuditEntry) -> Result<()> {
        self.execute_unaudited(diesel::insert_into(audit_entries::table).values(entry)).await?;
        Ok(())
    }

    /// Commits, and writes an entry right before, which takes no round trip of its own: nearly every mutation has one.
    /// Returns the outcome of COMMIT; an error before it is one of the mutation.
    async fn commit_with(&mut self, entry: Option<AuditEntry>) -> Result<Result<()>> {
        match entry {
            Some(entry) => {
                let insert = diesel::insert_into(audit_entries::table).values(entry);
                self.session.execute_and_commit(insert).await
            }
            None => Ok(self.commit().await),
        }
    }

    /// Publishes a domain event: it is written with the transaction, and sent to the webhook endpoints that subscribe to its
    /// type. Without such an endpoint, nothing is built or written.
    pub(in crate::domain) fn publish(
        &mut self,
        event_type: EventType,
        partner: Option<PartnerId>,
        data: impl FnOnce() -> Value,
    ) {
        if self.caller().has_subscribers(event_type) {
            self.outbox.add(event_type, partner, data());
        }
    }

    /// Writes the published events.
    async fn write_outbox(&mut self) -> Result<()> {
        let outbox = std::mem::take(&mut self.outbox);
        let Some(statement) = outbox.into_statement(self.scope().tenant()) else { return Ok(()) };
        self.execute_unaudited(statement).await?;
        self.wake_worker();
        Ok(())
    }

    /// Has the worker of this process look for jobs once the transaction is committed, because it has written one.
    pub(in crate::domain) fn wake_worker(&mut self) {
        self.has_due_job = true;
    }

    /// Records in the audit trail that the transaction creates a row.
    pub(in crate::domain) fn record_created(&mut self, row: &impl AuditedRow) {
        self.log.created(row);
    }

    /// Records in the audit trail which fields of a row the transaction changes; nothing if all of them are as before.
    pub(in crate::domain) fn record_changed<R: AuditedRow>(&mut self, before: &R, after: &R) {
        self.log.changed(before, after);
    }

    /// Records in the audit trail the change of one field; without a row, a figure of the act.
    pub(in crate::domain) fn record_field(
        &mut self,
        row: Option<RowKey>,
        field: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        self.log.field(row, field, before, after);
    }

    /// Records in the audit trail that the transaction changes many rows, of these partners.
    pub(in crate::domain) fn record_bulk(
        &mut self,
        change: BulkChange,
        partners: impl IntoIterator<Item = PartnerId>,
    ) {
        self.log.bulk(change, partners);
    }

    /// Records in the audit trail the reason that was given.
    pub(in crate::domain) fn record_reason(&mut self, reason: &str) {
        self.log.reason(reason);
    }

    /// States that the act changes nothing, because it was done before or because there is nothing to do.
    pub(in crate::domain) fn record_nothing(&mut self) {
        self.log.nothing();
    }

    /// Marks the transaction as idempotent: safe to re-run, because it first writes or locks a unique key.
    pub(in crate::domain) fn mark_idempotent(&mut self) {
        self.is_idempotent = true;
    }

    /// Makes the statements of the transaction use generic plans: for look-ups by index of few rows.
    pub(in crate::domain) fn use_generic_plans(&mut self) {
        self.session.use_generic_plans();
    }

    /// Discards the plans of a connection before many rows are changed; `None` stands for an unknown number.
    ///
    /// The checks of foreign keys are planned once per connection. If the tables were small at that time, they are read
    /// sequentially for every row: changing a hundred thousand rows would take hours, until something else invalidates
    /// the plans.
    pub(in crate::domain) async fn discard_stale_plans(&mut self, row_estimate: Option<i64>) -> Result<()> {
        if row_estimate.is_some_and(|rows| rows < REPLAN_ROWS_MIN) {
            return Ok(());
        }
        Ok(answered(self.session.connection()?.batch_execute("DISCARD PLANS")).await??)
    }

    /// Executes a statement that changes rows; returns how many.
    pub(in crate::domain) fn execute<'s, 'q: 's, Q>(&'s mut self, query: Q) -> BoxFuture<'s, Result<usize>>
    where
        Q: for<'c> ExecuteDsl<&'c AsyncPgConnection> + QueryFragment<Pg> + QueryId + Send + 'q,
    {
        let Self { session, log, .. } = self;
        let statement = session.execute_statement(query);
        async move { statement.await.inspect(|rows| log.rows_changed(*rows)) }.boxed()
    }

    /// Executes a statement that locks rows, or keeps the books of requests; returns how many rows it found or changed. An
    /// act that executes no other ones has changed nothing that the audit trail would record.
    pub(in crate::domain) fn execute_unaudited<'s, 'q: 's, Q>(
        &'s mut self,
        query: Q,
    ) -> BoxFuture<'s, Result<usize>>
    where
        Q: for<'c> ExecuteDsl<&'c AsyncPgConnection> + QueryFragment<Pg> + QueryId + Send + 'q,
    {
        self.session.execute_statement(query)
    }
}

/// A transaction is a session that may write as well.
impl Deref for Transaction {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

/// The timeline and the latest checkpoint of the server. The timeline changes with a failover, and the checkpoint with every
/// recovery from a crash (and every few minutes).
const SERVER_STATE: &str = "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || ' ' || \
    (SELECT checkpoint_lsn FROM pg_control_checkpoint())";

/// PostgreSQL's 64-bit id of a transaction, and the state of the server that assigned it.
///
/// The id alone would not do: ids that had not reached the disk before a crash, or the standby before a failover, are
/// assigned again, and another transaction may have been committed under the same one.
struct TransactionId {
    id: String,
    server_state: String,
}

impl TransactionId {
    /// Returns the id of a transaction, and the time; no id if it has written nothing, so that re-running it is safe.
    async fn of(db: &mut Transaction) -> Result<(Option<Self>, DateTime<Utc>)> {
        let id = diesel::dsl::sql::<Nullable<Text>>("pg_current_xact_id_if_assigned()::text");
        let now = diesel::dsl::sql::<Timestamptz>("clock_timestamp()");
        let query = diesel::select((id, diesel::dsl::sql::<Text>(SERVER_STATE), now));
        let (id, server_state, now): (Option<String>, String, DateTime<Utc>) =
            answered(CachedStatement(query).get_result(db.session.connection()?)).await??;
        Ok((id.map(|id| Self { id, server_state }), now))
    }

    /// Returns whether the transaction was committed; `None` if the server cannot determine that in time.
    ///
    /// The server may still be executing COMMIT ("in progress"), or may be unreachable: retries until the timeout.
    async fn was_committed(&self, pool: &Pool, caller: &Caller) -> Option<bool> {
        let asked = async {
            let mut delays = backoff();
            loop {
                if let Ok((Some(status), server_state)) = self.status(pool, caller).await {
                    match status.as_str() {
                        // After a recovery it may be another transaction that was committed under this id.
                        "committed" => return (server_state == self.server_state).then_some(true),
                        // A commit that survived a recovery keeps its id, so this one did not.
                        "aborted" => return Some(false),
                        _ => {}
                    }
                }
                tokio::time::sleep(delays.next().unwrap_or_default()).await;
            }
        };
        tokio::time::timeout(OUTCOME_TIMEOUT, asked).await.ok().flatten()
    }

    /// Returns `committed`, `aborted` or `in progress`, or `None` if the server has discarded the status; and the state of
    /// the server.
    async fn status(&self, pool: &Pool, caller: &Caller) -> Result<(Option<String>, String)> {
        let mut session = Session::open(pool, caller).await?;
        let status =
            diesel::dsl::sql::<Nullable<Text>>("pg_xact_status(").bind::<Text, _>(&self.id).sql("::xid8)");
        let query = diesel::select((status, diesel::dsl::sql::<Text>(SERVER_STATE)));
        Ok(answered(query.get_result(session.connection()?)).await??)
    }
}
