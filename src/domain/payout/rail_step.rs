//! The steps of a payout that its attempts cause: PROCESSING once it is queued, READY again if nothing was sent, and what staff must
//! look at.

use chrono::{DateTime, Utc};

use super::settle::{advance, step_to};
use super::{Payout, PayoutAttention, PayoutStatus, published, store};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// READY -> PROCESSING: an attempt is queued.
pub(in crate::domain) async fn queued(
    db: &mut Transaction,
    payout: &Payout,
    now: DateTime<Utc>,
) -> Result<()> {
    let step = step_to(payout, PayoutStatus::Processing)?;
    advance(db, payout, payout.clone(), step, now, None).await?;
    Ok(())
}

/// PROCESSING -> READY: it is certain that nothing was sent. Staff decide what to do.
pub(in crate::domain) async fn not_sent(
    db: &mut Transaction,
    payout: &Payout,
    now: DateTime<Utc>,
    reason: &str,
) -> Result<()> {
    let step = step_to(payout, PayoutStatus::Ready)?;
    let ready = Payout { attention: Some(PayoutAttention::NotSent), ..payout.clone() };
    advance(db, payout, ready, step, now, Some(reason)).await?;
    Ok(())
}

/// Sets why staff must look at a payout, or that they need not any more.
pub(in crate::domain) async fn set_attention(
    db: &mut Transaction,
    payout: &Payout,
    attention: Option<PayoutAttention>,
) -> Result<()> {
    if payout.attention == attention {
        return Ok(());
    }
    let changed = Payout { attention, ..payout.clone() };
    store::update(db, changed.clone()).await?;
    db.record_changed(payout, &changed);
    if attention.is_some() {
        published::attention(db, &changed);
    }
    Ok(())
}
