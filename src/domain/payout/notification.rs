//! The mails of payouts: which changes the users of the partner are notified of.

use super::{Payout, PayoutStatus};
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::store::{self, Occasion};
use crate::mail::notification::{Instant, Notification};
use crate::primitives::error::Result;

/// Writes the mails that tell of the new status of a payout; `from` is the one before, `None` if it was created.
pub async fn changed(db: &mut Transaction, payout: &Payout, from: Option<PayoutStatus>) -> Result<()> {
    let (payout_id, partner_id, amount) = (payout.id.0, payout.partner_id.0, payout.total().into());
    let notification = match payout.status {
        PayoutStatus::Pending | PayoutStatus::Processing | PayoutStatus::Cancelled => return Ok(()),
        // Nothing was sent, and the partner expects the payout as before.
        PayoutStatus::Ready if from.is_some() => return Ok(()),
        PayoutStatus::Ready => Notification::PayoutCreated {
            payout_id,
            partner_id,
            amount,
            commission_count: payout.commission_count,
        },
        PayoutStatus::Completed => Notification::PayoutCompleted {
            payout_id,
            partner_id,
            amount,
            completed_at: Instant(payout.completed_at.unwrap_or(payout.changed_at)),
            reference: payout.payment_reference.clone().unwrap_or_default(),
        },
        PayoutStatus::Failed => Notification::PayoutFailed {
            payout_id,
            partner_id,
            amount,
            reason: payout.failure_reason.clone().unwrap_or_default(),
        },
        PayoutStatus::Returned => Notification::PayoutReturned {
            payout_id,
            partner_id,
            amount,
            returned_at: Instant(payout.returned_at.unwrap_or(payout.changed_at)),
            reason: payout.return_reason.clone().unwrap_or_default(),
        },
    };
    let occasion = Occasion { subject: payout_id, at: payout.changed_at, notification };
    store::insert_for_partner(db, payout.partner_id, &occasion).await
}
