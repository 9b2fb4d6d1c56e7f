//! What follows for a payout from the outcome of its attempt: READY again if nothing was moved, and what staff must look at.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AttemptStatus, PayoutAttempt, notification, store};
use crate::domain::db::job::{self, ClaimedJob, Lane};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{Payout, PayoutAttention, PayoutStatus, rail_step};
use crate::primitives::error::Result;

/// How often transfers are searched for that of an uncertain attempt.
const LOOK_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// Ends an attempt that has certainly moved nothing: the payout is READY again.
pub(super) async fn end_refused(
    db: &mut Transaction,
    payout: &Payout,
    attempt: &PayoutAttempt,
    (code, message): (&str, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    let refused = PayoutAttempt {
        status: AttemptStatus::Refused,
        is_in_doubt: false,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        ended_at: Some(now),
        ..attempt.clone()
    };
    store::update(db, &refused).await?;
    db.record_changed(attempt, &refused);
    let reason = format!("not sent: {message}");
    rail_step::not_sent(db, payout, now, &reason).await
}

/// Makes an attempt uncertain: it is only looked for from now on.
pub(super) async fn end_uncertain(
    db: &mut Transaction,
    job: &ClaimedJob,
    payout: &Payout,
    attempt: &PayoutAttempt,
    why: (&str, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    stay_uncertain(db, job, (payout, attempt), why, PayoutAttention::Uncertain, now).await
}

pub(super) async fn stay_uncertain(
    db: &mut Transaction,
    job: &ClaimedJob,
    (payout, attempt): (&Payout, &PayoutAttempt),
    (code, message): (&str, &str),
    attention: PayoutAttention,
    now: DateTime<Utc>,
) -> Result<()> {
    let uncertain = PayoutAttempt {
        status: AttemptStatus::Uncertain,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        ..attempt.clone()
    };
    store::update(db, &uncertain).await?;
    if attempt.status != AttemptStatus::Uncertain {
        notification::uncertain(db, &uncertain, now).await?;
    }
    db.record_changed(attempt, &uncertain);
    if payout.status == PayoutStatus::Processing {
        rail_step::set_attention(db, payout, Some(attention)).await?;
    }
    look_again(db, job, now).await
}

pub(super) async fn look_again(db: &mut Transaction, job: &ClaimedJob, now: DateTime<Utc>) -> Result<()> {
    again_at(db, job, now + LOOK_INTERVAL).await
}

/// Has the job done later. It counts as new, so that it is never given up.
pub(super) async fn again_at(db: &mut Transaction, job: &ClaimedJob, at: DateTime<Utc>) -> Result<()> {
    let again = job::store::schedule(db.scope().tenant(), Lane::Payout, job.subject, at);
    db.execute_unaudited(again).await?;
    Ok(())
}
