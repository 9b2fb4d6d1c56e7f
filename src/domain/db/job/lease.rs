//! Claiming jobs, and ending what was claimed.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::store::ClaimedRow;
use super::{ClaimedJob, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// A job that was claimed this often and is not done is dead.
const CLAIMS_MAX: i32 = 40;

/// The longest text of an error that a job keeps, in characters.
const ERROR_MAX: usize = 500;

/// The error of a job whose workers ended each time before they could tell what became of it.
const NEVER_ENDED: &str =
    "every worker that began it stopped before its end; the logs of the workers say why";

/// Claims up to `limit` due jobs of the tenant, the longest due first. A job that was claimed too often already is dead: it
/// may be what stops its workers.
pub async fn claim(db: &mut Transaction, limit: &i64) -> Result<Vec<ClaimedJob>> {
    let lease = Uuid::now_v7();
    let statement = store::claim(db.scope().tenant(), lease, *limit);
    let rows: Vec<Authorized<ClaimedRow>> = db.load(statement).await?;
    let claimed = |row: Authorized<ClaimedRow>| ClaimedJob {
        lane: row.lane,
        subject: row.subject_id,
        attempts: row.attempts,
        lease,
    };
    let jobs = rows.into_iter().map(claimed);
    let (jobs, spent): (Vec<_>, Vec<_>) = jobs.partition(|job| job.attempts <= CLAIMS_MAX);
    for job in spent {
        let statement = store::bury(db.scope().tenant(), &job, NEVER_ENDED.to_owned());
        db.execute_unaudited(statement).await?;
    }
    Ok(jobs)
}

/// Ends the lease of a job that could not be done: it is tried again later, and after `CLAIMS_MAX` times kept for staff.
pub async fn give_back(db: &mut Transaction, (job, error): &(&ClaimedJob, &str)) -> Result<()> {
    db.mark_idempotent();
    if job.attempts >= CLAIMS_MAX {
        let statement = store::bury(db.scope().tenant(), job, shortened(error));
        db.execute_unaudited(statement).await?;
        return Ok(());
    }
    let exponent = u32::try_from(job.attempts).unwrap_or(u32::MAX).min(12);
    let at = db.clock_timestamp().await? + TimeDelta::seconds(2_i64.pow(exponent));
    job.retry_at(db, at, error).await?;
    Ok(())
}

/// Ends the lease of a job that was not begun: another worker may do it at once, and it counts as not claimed.
pub async fn release(db: &mut Transaction, job: &ClaimedJob) -> Result<()> {
    db.mark_idempotent();
    let statement = store::release(db.scope().tenant(), job);
    db.execute_unaudited(statement).await?;
    Ok(())
}

/// Deletes jobs of one lane that were claimed together; returns whether all of their leases were still valid. If not, the
/// transaction must be rolled back: another worker does the work again.
pub(in crate::domain) async fn finish_all(db: &mut Transaction, jobs: &[ClaimedJob]) -> Result<bool> {
    let Some(first) = jobs.first() else { return Ok(true) };
    let subjects = jobs.iter().map(|job| job.subject).collect();
    let statement = store::delete_all(db.scope().tenant(), first.lane, first.lease, subjects);
    Ok(db.execute_unaudited(statement).await? == jobs.len())
}

/// Locks a job until the end of the transaction; returns whether its lease is still valid.
pub(in crate::domain) async fn is_valid(db: &mut Transaction, job: &ClaimedJob) -> Result<bool> {
    let statement = store::lock(db.scope().tenant(), job);
    Ok(db.execute_unaudited(statement).await? == 1)
}

impl ClaimedJob {
    /// Deletes the job; returns whether the lease was still valid. If not, the transaction must be rolled back: another
    /// worker does the work again.
    pub(in crate::domain) async fn finish(&self, db: &mut Transaction) -> Result<bool> {
        let statement = store::delete(db.scope().tenant(), self);
        Ok(db.execute_unaudited(statement).await? == 1)
    }

    /// Makes the job available again at a time; returns whether the lease was still valid.
    pub(in crate::domain) async fn retry_at(
        &self,
        db: &mut Transaction,
        at: DateTime<Utc>,
        error: &str,
    ) -> Result<bool> {
        let statement = store::retry(db.scope().tenant(), self, at, shortened(error));
        Ok(db.execute_unaudited(statement).await? == 1)
    }
}

fn shortened(error: &str) -> String {
    error.chars().take(ERROR_MAX).collect()
}
