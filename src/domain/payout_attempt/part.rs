//! A part of the money of a payout that came back: staff look at it once for each amount, and record an adjustment.

use super::{AttemptStatus, PayoutAttempt, store};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{PayoutAttention, PayoutStatus, rail_step, settle};
use crate::primitives::error::Result;
use crate::primitives::id::PayoutAttemptId;
use crate::primitives::money::Money;

/// Records how much of the money of an attempt has come back so far, and that staff must look at its payout. Does nothing if that
/// is recorded already.
pub async fn returned_in_part(db: &mut Transaction, id: PayoutAttemptId, returned: Money) -> Result<()> {
    let found = store::by_id(db, id).await?;
    let (_, payout) = settle::lock(db, found.payout_id).await?;
    let before = store::lock(db, id).await?;
    let is_settled = before.status == AttemptStatus::Settled && payout.status == PayoutStatus::Completed;
    if !is_settled || before.returned_in_part() == Some(returned) {
        db.record_nothing();
        return Ok(());
    }
    let after = PayoutAttempt { returned_amount: Some(returned.amount()), ..PayoutAttempt::clone(&before) };
    store::update(db, &after).await?;
    db.record_changed(&*before, &after);
    rail_step::set_attention(db, &payout, Some(PayoutAttention::ReturnedInPart)).await
}
