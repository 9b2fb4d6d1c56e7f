//! Creates the deliveries of domain events to the endpoints that subscribe to them.

use super::store;
use crate::domain::db::job::{ClaimedJob, lease};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};

/// Creates a delivery, with its job, for each event of these jobs, which were claimed together, and each enabled endpoint that subscribes to its type; ends
/// the jobs. Rolls back if another worker has taken one of them over.
pub async fn fan_out(db: &mut Transaction, jobs: &[ClaimedJob]) -> Result<()> {
    // Repeated, it finds the deliveries that it has created.
    db.mark_idempotent();
    store::insert_deliveries(db, jobs.iter().map(|job| job.subject).collect()).await?;
    if lease::finish_all(db, jobs).await? { Ok(()) } else { Err(Error::SerializationFailure) }
}
