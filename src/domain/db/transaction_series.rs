//! Transactions that run one after the other and do not depend on each other.

use super::act::Act;
use super::pool::Pool;
use super::session::Session;
use super::transaction::Transaction;
use crate::auth::Caller;
use crate::primitives::error::{Error, Result};

/// A series gives up after this many consecutive failures during which the database was out of reach: the remaining
/// transactions would fail as well, each after the same time.
const OUTAGES_MAX: usize = 5;

/// The parts of a mutation that uses a transaction for each. No failure keeps another part from being done, except that a
/// series does not wait for a database that stays out of reach: then the remaining parts fail at once.
pub struct TransactionSeries<'a> {
    pool: &'a Pool,
    caller: &'a Caller,
    outages: usize,
}

impl<'a> TransactionSeries<'a> {
    /// Returns a series of which nothing has run yet.
    pub fn new(pool: &'a Pool, caller: &'a Caller) -> Self {
        Self { pool, caller, outages: 0 }
    }

    /// Runs the next part, like `Transaction::run`; `name` is that of the part in the log.
    pub async fn run<I: ?Sized, T>(
        &mut self,
        name: &str,
        act: Act,
        part: impl AsyncFn(&mut Transaction, &I) -> Result<T>,
        input: &I,
    ) -> Result<T> {
        if self.outages >= OUTAGES_MAX {
            return Err(Error::Unavailable);
        }
        let result = Transaction::run(self.pool, self.caller, act, part, input).await;
        match &result {
            Ok(_) => self.outages = 0,
            Err(error) => {
                error.log();
                tracing::warn!(
                    part = name,
                    cause = error.describe(),
                    "a part of a mutation failed; the others are not affected"
                );
                self.outages = if self.is_reachable().await { 0 } else { self.outages + 1 };
            }
        }
        result
    }

    /// Returns whether the database answers, so that a failure was about one part only.
    async fn is_reachable(&self) -> bool {
        let answer = async { Session::open(self.pool, self.caller).await?.clock_timestamp().await };
        answer.await.is_ok()
    }
}
