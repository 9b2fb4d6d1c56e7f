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

/// Claims up to `limit` due jobs of the tenant, the longest due first.
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
    Ok(rows.into_iter().map(claimed).collect())
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
