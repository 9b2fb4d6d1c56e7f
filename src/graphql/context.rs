//! What a resolver may ask for: who is asking, a session, the loaders, and to have something done.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Guard};
use tokio::sync::MappedMutexGuard;

use super::loaders::Loaders;
use crate::access::{Caller, Right};
use crate::domain::line::Line;
use crate::domain::payout::run::{self, Report, RunPayoutsInput};
use crate::domain::session::{Act, Pool, Session};
use crate::error::{Error, Result, UserError};
use crate::metrics::{Metrics, Teller};

/// What came of an act: what it made, or why it was refused.
pub type Done<T> = std::result::Result<T, Vec<UserError>>;

/// One request: made for it, gone with it.
pub struct Request {
    pool: Pool,
    caller: Caller,
    line: Arc<Line>,
    teller: Teller,
    loaders: Mutex<Arc<Loaders>>,
}

impl Request {
    /// A request of this caller.
    pub fn new(pool: Pool, caller: Caller, teller: Teller) -> Self {
        let line = Arc::new(Line::new(&pool, &caller));
        let loaders = Mutex::new(Arc::new(Loaders::new(&line, &teller)));
        Self { pool, caller, line, teller, loaders }
    }

    /// Who is asking.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Where it tells of itself.
    pub fn metrics(&self) -> &Metrics {
        self.teller.metrics()
    }

    /// The session of the request, when nothing else of it uses it.
    pub async fn session(&self) -> Result<MappedMutexGuard<'_, Session>> {
        self.line.session().await
    }

    /// The loaders.
    pub fn loaders(&self) -> Arc<Loaders> {
        Arc::clone(&self.loaders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something as one transaction.
    pub async fn act<I, T>(
        &self,
        act: impl AsyncFn(&mut Act, &I) -> Result<T>,
        input: &I,
    ) -> Result<Done<T>> {
        self.line.hang_up().await;
        self.done(Act::perform(&self.pool, &self.caller, act, input).await)
    }

    /// Makes payouts for all partners, in a transaction for each.
    pub async fn run_payouts(&self, input: &RunPayoutsInput) -> Result<Done<Report>> {
        self.line.hang_up().await;
        self.done(run::run(&self.pool, &self.caller, input, |_| ()).await)
    }

    /// Tells a refusal from a fault, after something was done.
    fn done<T>(&self, result: Result<T>) -> Result<Done<T>> {
        // What was loaded before may have changed: the next field of a mutation starts afresh.
        let fresh = Arc::new(Loaders::new(&self.line, &self.teller));
        *self.loaders.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        match result {
            Ok(made) => Ok(Ok(made)),
            Err(Error::Refused(refusals)) => {
                self.teller.rule_said_no();
                Ok(Err(refusals))
            }
            Err(error) => Err(error),
        }
    }
}

/// The request that a resolver runs in.
pub fn request<'a>(ctx: &Context<'a>) -> Result<&'a Request> {
    ctx.data::<Request>().map_err(|_| Error::internal("a resolver ran outside of a request"))
}

/// Lets only those in who have a right.
pub struct May(pub Right);

impl Guard for May {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        Ok(request(ctx)?.caller().must(self.0)?)
    }
}

/// Lets only those in who have a right.
pub fn may(right: Right) -> May {
    May(right)
}
