//! recallPayout: asks the rail to take back money that arrived, such as in an account that its owner cannot use.

use async_graphql::InputObject;

use super::{AttemptStatus, Order, PayoutAttempt, PayoutRail, store};
use crate::auth::Authorized;
use crate::domain::db::job::{self, ClaimedJob, Lane};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::returns::{ReturnPayoutInput, return_payout};
use crate::domain::payout::{Payout, PayoutStatus, settle};
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PayoutAttemptId, PayoutId};
use crate::primitives::text;

/// A payout whose money is to be taken back.
#[derive(Clone, Debug, InputObject)]
pub struct RecallPayoutInput {
    /// The id of a COMPLETED payout that was sent by Stripe; else INVALID_STATE.
    pub id: PayoutId,
    /// The reason, 1 to 2,000 characters, shown to the partner.
    pub reason: String,
}

/// Has the rail asked for the money. The payout becomes RETURNED once the rail has taken it back, and stays as it is if it refuses.
pub async fn recall(db: &mut Transaction, input: &RecallPayoutInput) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let (_, payout) = settle::lock(db, input.id).await?;
    let settled = store::settled(db, payout.id).await?.filter(|settled| settled.rail == PayoutRail::Stripe);
    let Some(before) = settled.filter(|_| payout.status == PayoutStatus::Completed) else {
        let message = "only a COMPLETED payout that was sent by Stripe can be recalled";
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("id").about(payout.id)));
    };
    let now = settle::now_for(db, &payout).await?;
    let recalled = PayoutAttempt {
        recall_reason: Some(reason.clone()),
        recalled_at: Some(now),
        code: None,
        message: None,
        ..PayoutAttempt::clone(&before)
    };
    store::update(db, &recalled).await?;
    db.record_changed(&*before, &recalled);
    db.record_reason(&reason);
    let job = job::store::schedule(db.scope().tenant(), Lane::Recall, recalled.id.0, now);
    db.execute_unaudited(job).await?;
    db.wake_worker();
    Ok(payout)
}

/// Returns what the rail is to take back; `None` if it is not to any more.
pub async fn begin(db: &mut Transaction, job: &ClaimedJob) -> Result<Option<Order>> {
    db.mark_idempotent();
    db.record_nothing();
    let found = store::by_ids(db, &[PayoutAttemptId(job.subject)]).await?.pop();
    let attempt = found.filter(|attempt| attempt.status == AttemptStatus::Settled);
    let connection = stripe_connection::store::own(db).await?;
    let (Some(attempt), Some(connection)) = (attempt, connection) else {
        job.finish(db).await?;
        return Ok(None);
    };
    let (attempt, connection) = (PayoutAttempt::clone(&attempt), StripeConnection::clone(&connection));
    Ok(connection.continues(&attempt.rail_account, attempt.is_live).then_some(Order { attempt, connection }))
}

/// What the rail said to a recall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// The money is back.
    Returned,
    /// The rail refused; its code and its message.
    Refused(String, String),
}

/// Records what the rail said.
pub async fn record(
    db: &mut Transaction,
    (job, order, recalled): &(&ClaimedJob, &Order, &Recalled),
) -> Result<()> {
    db.mark_idempotent();
    match recalled {
        Recalled::Returned => {
            let reason = order.attempt.recall_reason.clone().unwrap_or_else(|| "recalled".to_owned());
            returned(db, order.attempt.id, reason).await?;
        }
        Recalled::Refused(code, message) => {
            let (_, payout) = settle::lock(db, order.attempt.payout_id).await?;
            let before = store::lock(db, order.attempt.id).await?;
            let refused = PayoutAttempt {
                recall_reason: None,
                recalled_at: None,
                code: Some(code.clone()),
                message: Some(format!("the rail refused to take the money back: {message}")),
                ..PayoutAttempt::clone(&before)
            };
            store::update(db, &refused).await?;
            tracing::warn!(payout = %payout.id, code, "the rail refused to take back the money of a payout");
            db.record_changed(&*before, &refused);
        }
    }
    job.finish(db).await?;
    Ok(())
}

/// Returns the payout of an attempt: the whole transfer was reversed. Does nothing if that is recorded already.
pub async fn returned(db: &mut Transaction, id: PayoutAttemptId, reason: String) -> Result<()> {
    let found = store::by_id(db, id).await?;
    let (_, payout) = settle::lock(db, found.payout_id).await?;
    let attempt = store::lock(db, id).await?;
    if attempt.status != AttemptStatus::Settled || payout.status != PayoutStatus::Completed {
        db.record_nothing();
        return Ok(());
    }
    return_payout(db, &ReturnPayoutInput { id: payout.id, reason, returned_at: None }).await?;
    Ok(())
}
