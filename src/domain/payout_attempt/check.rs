//! What became of a transfer that has completed its payout: whether its money came back before that was recorded.

use super::part::returned_in_part;
use super::record::Transferred;
use super::{Order, recall};
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Records what the rail says about the transfer of a settled attempt; `None` if it does not know the transfer, which an audit
/// finds.
pub async fn record(
    db: &mut Transaction,
    (job, order, transferred): &(&ClaimedJob, &Order, &Option<Transferred>),
) -> Result<()> {
    db.mark_idempotent();
    db.record_nothing();
    let id = order.attempt.id;
    match transferred {
        Some(Transferred { is_reversed: true, .. }) => {
            recall::returned(db, id, "Stripe has reversed the transfer".to_owned()).await?;
        }
        Some(Transferred { returned: Some(returned), .. }) => returned_in_part(db, id, *returned).await?,
        Some(Transferred { .. }) | None => {}
    }
    job.finish(db).await?;
    Ok(())
}
