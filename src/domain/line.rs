//! The connection of one request.

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::session::{Pool, Session};
use crate::access::Caller;
use crate::error::{Error, Result};

/// Keeps a connection for a request from its first statement on: whoever lets go of one in between gets it back for somebody
/// else, and has to tell it anew for whom it speaks. Never holds more than one, so that requests cannot starve each other.
pub struct Line {
    pool: Pool,
    caller: Caller,
    session: Mutex<Option<Session>>,
}

impl Line {
    /// A line on behalf of a caller.
    pub fn new(pool: &Pool, caller: &Caller) -> Self {
        Self { pool: pool.clone(), caller: caller.clone(), session: Mutex::new(None) }
    }

    /// The session, as soon as nothing else of the request uses it.
    pub async fn session(&self) -> Result<MappedMutexGuard<'_, Session>> {
        let mut turn = self.session.lock().await;
        if !turn.as_ref().is_some_and(Session::is_sound) {
            *turn = None;
            *turn = Some(Session::for_lookups(&self.pool, &self.caller).await?);
        }
        MutexGuard::try_map(turn, Option::as_mut).map_err(|_| Error::internal("a line has no session"))
    }

    /// Gives the connection back, for an act that takes one of its own.
    pub async fn hang_up(&self) {
        *self.session.lock().await = None;
    }
}
