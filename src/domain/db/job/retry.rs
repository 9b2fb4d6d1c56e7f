//! Dead jobs: their list, and retryDeadJobs with the command that does the same.

use async_graphql::InputObject;

use super::{DeadJob, Lane, store};
use crate::auth::Authorized;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::JobSubjectId;

/// The most dead jobs that a list shows.
const LISTED_MAX: i64 = 100;
/// The most jobs that one call retries.
const RETRIED_MAX: i64 = 10_000;

/// Dead jobs to try again; without conditions all of them.
#[derive(Clone, Debug, Default, InputObject)]
pub struct RetryDeadJobsInput {
    /// Only the jobs of this lane; default all lanes.
    pub lane: Option<Lane>,
    /// Only the job about this subject; requires `lane`.
    pub subject_id: Option<JobSubjectId>,
}

/// Returns the dead jobs of the tenant, those first that have been dead for longest, at most 100.
pub async fn dead_jobs(db: &mut Session, lane: Option<Lane>) -> Result<Vec<Authorized<DeadJob>>> {
    store::dead(db, lane, LISTED_MAX).await
}

/// Makes dead jobs due again, with as many attempts as a new job has, at most 10,000; returns how many. Repeated, it finds none.
pub async fn retry(db: &mut Transaction, input: &RetryDeadJobsInput) -> Result<i64> {
    if input.subject_id.is_some() && input.lane.is_none() {
        return Err(Error::bad_input("lane", "is required together with subjectId"));
    }
    let subject = input.subject_id.map(|subject| subject.0);
    let statement = store::revive(db.scope().tenant(), input.lane, subject, RETRIED_MAX);
    let count = db.execute(statement).await?;
    if count == 0 {
        db.record_nothing();
        return Ok(0);
    }
    db.record_field(None, "lane", None, input.lane.map(|lane| lane.to_string()));
    db.record_field(None, "subjectId", None, subject.map(|subject| subject.to_string()));
    db.record_field(None, "count", None, Some(count.to_string()));
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}
