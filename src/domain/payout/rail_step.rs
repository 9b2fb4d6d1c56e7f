//! The steps of a payout that its attempts cause: PROCESSING once it is queued, READY again if nothing was sent, and
//! what staff must look at.

use chrono::{DateTime, Utc};

use super::settle::{advance, step_to};
use super::{Payout, PayoutAttention, PayoutStatus, notification, published, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::{self, Change};
use crate::primitives::error::{Error, Result};

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

/// Takes the same step of payouts that are locked, at one time, in a few statements: READY -> PROCESSING, or back
/// again. Returns the time.
pub(in crate::domain) async fn advance_all(
    db: &mut Transaction,
    payouts: &[Authorized<Payout>],
    to: PayoutStatus,
    attention: Option<PayoutAttention>,
    reason: Option<&str>,
) -> Result<DateTime<Utc>> {
    let mut at = db.clock_timestamp().await?;
    let Some(from) = payouts.first().map(|payout| payout.status) else { return Ok(at) };
    for payout in payouts {
        // No payout of another status: the history has one entry for each, with the same statuses.
        if payout.status != from {
            return Err(Error::internal("payouts in one step have different statuses"));
        }
        step_to(payout, to)?;
        at = history::later(at, payout.changed_at.max(payout.created_at));
    }
    let ids: Vec<_> = payouts.iter().map(|payout| payout.id).collect();
    let changed = store::update_status(db, ids.clone(), to, attention, at).await?;
    if changed != payouts.len() {
        return Err(Error::internal(format!("{changed} of {} payouts have changed", payouts.len())));
    }
    Change { from: Some(from), to, at, reason }.of_payouts(db, &ids).await?;
    for payout in payouts {
        let after = Payout { status: to, attention, changed_at: at, ..Payout::clone(payout) };
        db.record_changed(&**payout, &after);
        published::changed(db, &after, Some(from));
        // It decides that these steps are not worth a mail.
        notification::changed(db, &after, Some(from)).await?;
    }
    Ok(at)
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
