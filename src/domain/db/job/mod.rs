//! Jobs: work that waits for the worker, one for each lane and subject.
//!
//! A job is written in the transaction that needs it, claimed by a lease, and deleted in the transaction that ends it. A
//! worker that has lost its lease can end nothing.

pub mod store;

use async_graphql::Enum;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use uuid::Uuid;

pub use store::{JobCounts, counts, tenants_with_work};

use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::text_enum::text_enum;

/// How long a claimed job belongs to its worker: longer than any job takes. Afterwards, another worker may claim it.
pub const LEASE: TimeDelta = TimeDelta::minutes(2);

/// A job that was claimed this often and is not done is dead.
const CLAIMS_MAX: i32 = 40;

/// The longest text of an error that a job keeps, in characters.
const ERROR_MAX: usize = 500;

/// What a job does. Jobs of a lane that the program does not know wait for a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum Lane {
    /// Finds out which endpoints are told of a domain event.
    FanOut,
    /// Sends a webhook delivery.
    Webhook,
}

text_enum!(Lane);

impl Lane {
    /// All lanes that the program knows.
    pub const ALL: [Self; 2] = [Self::FanOut, Self::Webhook];
}

/// A job that this worker has claimed.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// What it does.
    pub lane: Lane,
    /// The row that it is about.
    pub subject: Uuid,
    /// How often it was claimed, this time included.
    pub attempts: i32,
    /// The lease, by which it is ended.
    pub lease: Uuid,
}

/// Claims up to `limit` due jobs of the tenant, the longest due first.
pub async fn claim(db: &mut Transaction, limit: &i64) -> Result<Vec<ClaimedJob>> {
    store::claim(db, *limit).await
}

/// Ends the lease of a job that could not be done: it is tried again later, and after `CLAIMS_MAX` times kept for staff.
pub async fn give_back(db: &mut Transaction, (job, error): &(&ClaimedJob, &str)) -> Result<()> {
    db.mark_idempotent();
    let error = error.chars().take(ERROR_MAX).collect();
    if job.attempts >= CLAIMS_MAX {
        return store::bury(db, job, error).await;
    }
    let exponent = u32::try_from(job.attempts).unwrap_or(u32::MAX).min(12);
    let at = db.clock_timestamp().await? + TimeDelta::seconds(2_i64.pow(exponent));
    store::retry(db, job, at, error).await?;
    Ok(())
}

impl ClaimedJob {
    /// Deletes the job; returns whether the lease was still valid. If not, the transaction must be rolled back: another
    /// worker does the work again.
    pub(in crate::domain) async fn finish(&self, db: &mut Transaction) -> Result<bool> {
        store::delete(db, self).await
    }

    /// Makes the job available again at a time; returns whether the lease was still valid.
    pub(in crate::domain) async fn retry_at(
        &self,
        db: &mut Transaction,
        at: DateTime<Utc>,
        error: &str,
    ) -> Result<bool> {
        store::retry(db, self, at, error.chars().take(ERROR_MAX).collect()).await
    }
}
