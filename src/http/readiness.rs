//! The readiness of the database, which anyone may ask for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::domain::db::migrate;
use crate::domain::db::pool::Pool;

/// How long the result of a check is reported to requests that arrive while the next one runs.
const FRESH: Duration = Duration::from_secs(1);
/// The same if too many others wait for the next one.
const STALE: Duration = Duration::from_secs(10);
/// How many requests may wait for the result of a check.
const WAITERS_MAX: usize = 1_024;

/// Whether the database can be used. One request at a time checks that; a flood of requests shares its results.
pub struct Readiness {
    /// One connection, separate from the pool of requests, so that load cannot exhaust it.
    probe: Pool,
    /// When the database was checked last, and what prevents its use.
    latest: Mutex<Option<(Instant, Option<&'static str>)>>,
    /// Held during a check.
    check: Arc<AsyncMutex<()>>,
    waiters: Semaphore,
}

impl Readiness {
    /// Returns the readiness of a database that has not been checked yet.
    pub fn new(probe: Pool) -> Self {
        let waiters = Semaphore::new(WAITERS_MAX);
        Self { probe, latest: Mutex::default(), check: Arc::default(), waiters }
    }

    /// Returns what prevents the use of the database, if anything.
    pub async fn obstacle(self: &Arc<Self>) -> Option<&'static str> {
        let check = match Arc::clone(&self.check).try_lock_owned() {
            Ok(check) => check,
            // Another request checks: its result, or the last one, is good enough.
            Err(_) => {
                if let Some(obstacle) = self.latest(FRESH) {
                    return obstacle;
                }
                let Ok(_waiter) = self.waiters.try_acquire() else {
                    return self.latest(STALE).unwrap_or(Some("too many checks wait for the database"));
                };
                let check = Arc::clone(&self.check).lock_owned().await;
                if let Some(obstacle) = self.latest(FRESH) {
                    return obstacle;
                }
                check
            }
        };
        // A task of its own: a client that disconnects must not interrupt the check, whose connection would be lost.
        let readiness = Arc::clone(self);
        let checked = tokio::spawn(async move {
            let obstacle = match migrate::is_up_to_date(&readiness.probe).await {
                Ok(true) => None,
                Ok(false) => Some("the database lacks a migration of this program"),
                Err(_) => Some("the database does not answer"),
            };
            *readiness.latest_locked() = Some((Instant::now(), obstacle));
            drop(check);
            obstacle
        });
        checked.await.unwrap_or(Some("the check of the database failed"))
    }

    /// Returns the result of the last check, unless it is older than this.
    fn latest(&self, age: Duration) -> Option<Option<&'static str>> {
        self.latest_locked()
            .filter(|(checked_at, _)| checked_at.elapsed() < age)
            .map(|(_, obstacle)| obstacle)
    }

    fn latest_locked(&self) -> MutexGuard<'_, Option<(Instant, Option<&'static str>)>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
