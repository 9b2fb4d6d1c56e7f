//! Acts: transactions that take effect once, whatever becomes of the connection that they go over.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::methods::ExecuteDsl;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::BoxFuture;

use super::idempotency::Witness;
use super::session::{Pool, Session};
use crate::access::Caller;
use crate::error::{Error, Result};

/// How often an act is tried when the database prefers another transaction over it, or the connection is lost.
const TRIES_MAX: u32 = 3;

/// From when on an act is not tried again.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// For how long it is asked what became of an act whose COMMIT was not answered.
const DOUBT_WITHIN: Duration = Duration::from_millis(1_500);

/// The longest that is waited before the second try; twice as long before the third.
const PAUSE: Duration = Duration::from_millis(50);

/// From how many rows on it pays to plan anew.
const ROWS_MANY: i64 = 1_000;

/// A transaction that changes something: all of it, or nothing.
///
/// Runs at READ COMMITTED. Whoever changes several rows of a partner first locks the partner's row, partners in
/// the order of their ids (`partner::store::lock`): so writers of one partner come one after the other, and no two
/// can wait for each other. Lock order: idempotency key or invoice receipt, payout run, partners, payout, commission events.
pub struct Act {
    session: Session,
    is_repeatable: bool,
}

/// How a try of an act ended, if not by a failure that is certain.
enum End<T> {
    /// It is committed.
    Committed(T),
    /// COMMIT was sent and not answered. It may be done again: that finds what it did, or does it.
    Repeatable,
    /// COMMIT was sent and not answered. There is a witness if it was done.
    Witnessed(T, Witness),
}

impl Act {
    /// Does something on behalf of a caller, as one transaction.
    ///
    /// When another transaction got in its way, or the connection was lost before COMMIT was sent, nothing has happened, and
    /// it is done again. When the connection was lost after that, nobody knows: an act with a key of its own (an invoice, a
    /// refund, an idempotency key) is done again, and finds what it did; another has left a witness, which is looked up. If
    /// the database stays away, the client is told that it does not know either.
    pub async fn perform<I, T>(
        pool: &Pool,
        caller: &Caller,
        act: impl AsyncFn(&mut Act, &I) -> Result<T>,
        input: &I,
    ) -> Result<T> {
        let mut tries = Tries::begin();
        loop {
            let failure = match Self::attempt(pool, caller, &act, input).await {
                Ok(End::Committed(value)) => return Ok(value),
                Ok(End::Repeatable) => {
                    tries.doubt();
                    Error::Lost
                }
                Ok(End::Witnessed(value, witness)) => {
                    match witness.speaks(pool, caller, DOUBT_WITHIN).await {
                        Some(true) => return Ok(value),
                        Some(false) => Error::Lost,
                        None => return Err(Error::InDoubt),
                    }
                }
                Err(error) => error,
            };
            tries.pause(failure).await?;
        }
    }

    async fn attempt<I, T>(
        pool: &Pool,
        caller: &Caller,
        act: &impl AsyncFn(&mut Act, &I) -> Result<T>,
        input: &I,
    ) -> Result<End<T>> {
        let mut db = Self::open(pool, caller).await?;
        let done = async {
            let value = act(&mut db, input).await?;
            let witness = if db.is_repeatable { None } else { Some(Witness::leave(&mut db).await?) };
            Ok((value, witness))
        };
        let (value, witness) = match done.await {
            Ok(done) => done,
            Err(error) => {
                // The first error is the one to tell of; a connection that cannot roll back is closed.
                let _ = db.roll_back().await;
                return Err(error);
            }
        };
        match db.commit().await {
            Ok(()) => Ok(End::Committed(value)),
            // The database itself says that it did not.
            Err(error @ (Error::Overtaken | Error::Constraint(_))) => Err(error),
            Err(_) => {
                tracing::warn!("a COMMIT was not answered");
                Ok(witness.map_or(End::Repeatable, |witness| End::Witnessed(value, witness)))
            }
        }
    }

    /// Begins a transaction that only this room commits.
    pub(super) async fn open(pool: &Pool, caller: &Caller) -> Result<Self> {
        let mut session = Session::open(pool, caller).await?;
        session.begin().await?;
        Ok(Self { session, is_repeatable: false })
    }

    /// Says that done again, the act finds what it did, by a key that it writes or locks before anything else.
    pub(in crate::domain) fn may_be_repeated(&mut self) {
        self.is_repeatable = true;
    }

    /// Goes on for somebody else, in the same transaction; answers who it was for until now.
    pub fn continue_for(&mut self, caller: Caller) -> Caller {
        std::mem::replace(&mut self.session.caller, caller)
    }

    /// Prepares for changing so many rows, if it is known how many.
    ///
    /// The checks of foreign keys are planned once in a connection. If the tables were small then, they are read from end
    /// to end for every row: a hundred thousand rows would take hours, until something else makes PostgreSQL forget.
    pub(in crate::domain) async fn prepare_for(&mut self, rows: Option<i64>) -> Result<()> {
        if rows.is_some_and(|rows| rows < ROWS_MANY) {
            return Ok(());
        }
        Ok(self.session.connection()?.batch_execute("DISCARD PLANS").await?)
    }

    /// Writes, and says how many rows changed.
    pub(in crate::domain) fn change<'s, 'q: 's, Q>(&'s mut self, query: Q) -> BoxFuture<'s, Result<usize>>
    where
        Q: for<'c> ExecuteDsl<&'c AsyncPgConnection> + QueryFragment<Pg> + QueryId + Send + 'q,
    {
        self.session.execute(query)
    }
}

impl Deref for Act {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Act {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

/// How often an act was tried, and since when nobody knows whether it was done.
struct Tries {
    begun: Instant,
    count: u32,
    in_doubt_since: Option<Instant>,
}

impl Tries {
    fn begin() -> Self {
        Self { begun: Instant::now(), count: 1, in_doubt_since: None }
    }

    /// It may have been done.
    fn doubt(&mut self) {
        self.in_doubt_since.get_or_insert_with(Instant::now);
    }

    /// Waits before the next try; or gives back what there is to tell, when there is none.
    async fn pause(&mut self, failure: Error) -> Result<()> {
        let is_over = match (&failure, self.in_doubt_since) {
            (Error::Lost | Error::Overtaken, None) => {
                self.count >= TRIES_MAX || self.begun.elapsed() > AGAIN_WITHIN
            }
            // Whatever keeps it from being found out is no answer.
            (Error::Lost | Error::Overtaken | Error::Unavailable | Error::Timeout, Some(since)) => {
                if since.elapsed() > DOUBT_WITHIN {
                    return Err(Error::InDoubt);
                }
                false
            }
            (_, _) => true,
        };
        if is_over {
            return Err(failure);
        }
        // Anything up to the longest pause, so that those who met do not meet again.
        tokio::time::sleep(rand::random_range(Duration::ZERO..PAUSE * self.count.min(4))).await;
        self.count += 1;
        Ok(())
    }
}
