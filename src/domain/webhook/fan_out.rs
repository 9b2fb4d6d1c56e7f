//! Finds out which endpoints are told of domain events.

use super::store;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};

/// Creates a delivery, with its job, for each event of these jobs and each enabled endpoint that subscribes to its type; ends
/// the jobs. Rolls back if another worker has taken one of them over.
pub async fn fan_out(db: &mut Transaction, jobs: &[ClaimedJob]) -> Result<()> {
    // Repeated, it finds the deliveries that it has created.
    db.mark_idempotent();
    store::insert_deliveries(db, jobs.iter().map(|job| job.subject).collect()).await?;
    for job in jobs {
        if !job.finish(db).await? {
            return Err(Error::SerializationFailure);
        }
    }
    Ok(())
}
