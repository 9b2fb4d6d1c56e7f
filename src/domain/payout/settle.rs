//! startPayout, completePayout, failPayout, cancelPayout: what becomes of a payout, and of its commissions.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};

use super::{Payout, PayoutStatus, Step, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::Change;
use crate::domain::partner;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PayoutId;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// A payout whose money is sent now.
#[derive(Clone, Debug, InputObject)]
pub struct StartPayoutInput {
    /// The payout, READY.
    pub id: PayoutId,
}

/// A payout whose money has arrived.
#[derive(Clone, Debug, InputObject)]
pub struct CompletePayoutInput {
    /// The payout, READY or PROCESSING.
    pub id: PayoutId,
    /// The bank's or payment service's word for the payment, 1 to 255 characters. Completing again with the same
    /// reference answers the same payout; with another it is a CONFLICT.
    pub payment_reference: String,
    /// When the money arrived, between the payout's creation and now; default now.
    pub completed_at: Option<Timestamp>,
}

/// A payout whose money came back.
#[derive(Clone, Debug, InputObject)]
pub struct FailPayoutInput {
    /// The payout, READY or PROCESSING.
    pub id: PayoutId,
    /// Why, 1 to 2,000 characters; the partner sees it.
    pub reason: String,
}

/// A payout that is called off.
#[derive(Clone, Debug, InputObject)]
pub struct CancelPayoutInput {
    /// The payout, READY.
    pub id: PayoutId,
    /// Why, 1 to 2,000 characters; kept in the history.
    pub reason: String,
}

/// READY -> PROCESSING.
pub async fn start(db: &mut Transaction, input: &StartPayoutInput) -> Result<Authorized<Payout>> {
    let payout = lock(db, input.id).await?;
    let step = permitted(&payout, PayoutStatus::Processing)?;
    let at = moment(db, &payout).await?;
    advance(db, Payout::clone(&payout), step, at, None).await
}

/// READY or PROCESSING -> COMPLETED: its commissions are settled.
pub async fn complete(db: &mut Transaction, input: &CompletePayoutInput) -> Result<Authorized<Payout>> {
    let reference = text::required_text("paymentReference", &input.payment_reference)?;
    let payout = lock(db, input.id).await?;
    if payout.status == PayoutStatus::Completed {
        return completed_before(payout, &reference);
    }
    let step = permitted(&payout, PayoutStatus::Completed)?;
    let at = moment(db, &payout).await?;
    let completed_at = input.completed_at.map_or(at, |at| at.0);
    if completed_at < payout.created_at || at < completed_at {
        return Err(Error::bad_input("completedAt", "must lie between the payout's creation and now"));
    }
    let completed = Payout {
        payment_reference: Some(reference),
        completed_at: Some(completed_at),
        ..Payout::clone(&payout)
    };
    advance(db, completed, step, at, None).await
}

/// READY or PROCESSING -> FAILED: its commissions are released.
pub async fn fail(db: &mut Transaction, input: &FailPayoutInput) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let payout = lock(db, input.id).await?;
    let step = permitted(&payout, PayoutStatus::Failed)?;
    release(db, Payout { failure_reason: Some(reason.clone()), ..Payout::clone(&payout) }, step, &reason)
        .await
}

/// READY -> CANCELLED: its commissions are released.
pub async fn cancel(db: &mut Transaction, input: &CancelPayoutInput) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let payout = lock(db, input.id).await?;
    let step = permitted(&payout, PayoutStatus::Cancelled)?;
    release(db, Payout::clone(&payout), step, &reason).await
}

/// Locks the partner of a payout, then the payout.
async fn lock(db: &mut Transaction, id: PayoutId) -> Result<Authorized<Payout>> {
    let partner = store::named(db, id).await?.partner_id;
    partner::store::lock(db, &[partner]).await?;
    store::lock(db, id).await
}

/// The present moment. Nothing happens to a payout before it is made, although the clock may have been set back since.
async fn moment(db: &mut Transaction, payout: &Payout) -> Result<DateTime<Utc>> {
    Ok(db.clock_timestamp().await?.max(payout.created_at))
}

fn permitted(payout: &Payout, to: PayoutStatus) -> Result<Step> {
    payout.status.step(to).ok_or_else(|| {
        let message = format!("the payout is {} and cannot become {to}", payout.status);
        Error::user_error(UserError::new(UserErrorCode::InvalidState, message).at("id").about(payout.id))
    })
}

fn completed_before(payout: Authorized<Payout>, reference: &str) -> Result<Authorized<Payout>> {
    if payout.payment_reference.as_deref() == Some(reference) {
        return Ok(payout);
    }
    let message = "the payout was completed before, with another payment reference";
    let error = UserError::new(UserErrorCode::Conflict, message);
    Err(Error::user_error(error.at("paymentReference").about(payout.id)))
}

async fn release(
    db: &mut Transaction,
    payout: Payout,
    step: Step,
    reason: &str,
) -> Result<Authorized<Payout>> {
    let at = moment(db, &payout).await?;
    db.discard_stale_plans(Some(payout.commission_count)).await?;
    let released = store::release_lines(db, &payout, at, reason).await?;
    if i64::try_from(released).ok() != Some(payout.commission_count) {
        return Err(Error::internal(format!(
            "payout {} has {} lines but {released} were released",
            payout.id, payout.commission_count
        )));
    }
    advance(db, Payout { released_at: Some(at), ..payout }, step, at, Some(reason)).await
}

async fn advance(
    db: &mut Transaction,
    payout: Payout,
    step: Step,
    at: DateTime<Utc>,
    reason: Option<&str>,
) -> Result<Authorized<Payout>> {
    let payout = Payout { status: step.to(), ..payout };
    store::update(db, payout.clone()).await?;
    Change { from: Some(step.from()), to: step.to(), at, reason }.of_payout(db, payout.id).await?;
    db.scope().authorize(payout)
}
