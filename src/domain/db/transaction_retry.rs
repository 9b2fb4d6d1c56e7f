//! Whether and when a failed transaction is run again.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::primitives::error::{Error, Result};

/// The maximum number of attempts, including the first, after serialization failures, deadlocks or lost connections.
const ATTEMPTS_MAX: u32 = 3;

/// A transaction that has taken this long is not retried.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the outcome of an unanswered COMMIT is looked up.
pub(super) const OUTCOME_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Returns delays of 25 ms to 200 ms, with jitter so that transactions that collided do not collide again.
pub(super) fn backoff() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(25))
        .with_max_delay(Duration::from_millis(200))
        .with_jitter()
        .without_max_times()
        .build()
}

/// Decides whether a failed attempt is retried.
pub(super) struct RetryState {
    started: Instant,
    attempts: u32,
    /// The time at which the outcome of a COMMIT became unknown.
    in_doubt_since: Option<Instant>,
    delays: ExponentialBackoff,
}

impl RetryState {
    /// Returns the state of a first attempt.
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), attempts: 1, in_doubt_since: None, delays: backoff() }
    }

    /// Notes that the outcome of a COMMIT is unknown.
    pub(super) fn mark_in_doubt(&mut self) {
        self.in_doubt_since.get_or_insert_with(Instant::now);
    }

    /// Waits before the next attempt, or returns the error to report if there is none.
    pub(super) async fn next_attempt(&mut self, failure: Error) -> Result<()> {
        let is_over = match (&failure, self.in_doubt_since) {
            (Error::ConnectionLost | Error::SerializationFailure, None) => {
                self.attempts >= ATTEMPTS_MAX || self.started.elapsed() > RETRY_TIMEOUT
            }
            // While the outcome of COMMIT is unknown, an unreachable database does not settle it.
            (
                Error::ConnectionLost
                | Error::SerializationFailure
                | Error::Unavailable
                | Error::Busy(_)
                | Error::Timeout,
                Some(since),
            ) => {
                if since.elapsed() > OUTCOME_TIMEOUT {
                    return Err(Error::CommitOutcomeUnknown);
                }
                false
            }
            (_, _) => true,
        };
        if is_over {
            return Err(failure);
        }
        tokio::time::sleep(self.delays.next().unwrap_or_default()).await;
        self.attempts += 1;
        Ok(())
    }
}
