//! startPayout, completePayout, failPayout and cancelPayout: change the status of a payout and settle or release its
//! events.

use std::collections::{BTreeSet, HashMap};

use async_graphql::InputObject;
use chrono::{DateTime, Utc};

use super::{Payout, PayoutStatus, Step, batch, notification, published, store};
use crate::auth::Authorized;
use crate::domain::commission;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::{self, Change};
use crate::domain::partner::{self, Partner};
use crate::domain::payout_attempt::{self, AttemptStatus, by_file};
use crate::domain::statement::{payout_statement, self_billing};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutId};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// A payout whose money is being sent.
#[derive(Clone, Debug, InputObject)]
pub struct StartPayoutInput {
    /// The id of a READY payout; INVALID_STATE in any other status. The partner must be ACTIVE or TERMINATED, else
    /// PARTNER_NOT_PAYABLE.
    pub id: PayoutId,
}

/// A payout whose money has arrived.
#[derive(Clone, Debug, InputObject)]
pub struct CompletePayoutInput {
    /// The id of a READY or PROCESSING payout, or of a COMPLETED one to repeat the request; else INVALID_STATE, as for
    /// a payout in a payment file that was never downloaded.
    pub id: PayoutId,
    /// The reference of the payment at the bank or payment service, 1 to 255 characters. A COMPLETED payout is returned
    /// unchanged if its reference is the same, or was before it was corrected; with another one it is a CONFLICT.
    pub payment_reference: String,
    /// The time at which the money arrived, between the payout's creation and now; default now.
    pub completed_at: Option<Timestamp>,
}

/// A payout that failed: its money was not sent, or came back.
#[derive(Clone, Debug, InputObject)]
pub struct FailPayoutInput {
    /// The id of a READY or PROCESSING payout; INVALID_STATE in any other status, and for a payout in a payment file
    /// that was never downloaded.
    pub id: PayoutId,
    /// The reason, 1 to 2,000 characters, shown to the partner.
    pub reason: String,
}

/// A payout to cancel before its money is sent.
#[derive(Clone, Debug, InputObject)]
pub struct CancelPayoutInput {
    /// The id of a READY payout; INVALID_STATE in any other status.
    pub id: PayoutId,
    /// The reason, 1 to 2,000 characters, stored in the history.
    pub reason: String,
}

/// READY -> PROCESSING: money is sent, which the status of the partner must permit.
pub async fn start(db: &mut Transaction, input: &StartPayoutInput) -> Result<Authorized<Payout>> {
    let (partner, payout) = lock(db, input.id).await?;
    let step = step_to(&payout, PayoutStatus::Processing)?;
    if let Some(reason) = batch::reason_partner_not_payable(&partner) {
        return Err(Error::user_error(reason.at("id")));
    }
    let now = now_for(db, &payout).await?;
    advance(db, &payout, Payout::clone(&payout), step, now, None).await
}

/// READY or PROCESSING -> COMPLETED: its events are settled, and its statement is issued.
pub async fn complete(db: &mut Transaction, input: &CompletePayoutInput) -> Result<Authorized<Payout>> {
    let reference = text::identifier("paymentReference", &input.payment_reference)?;
    let (partner, payout) = lock(db, input.id).await?;
    if payout.status == PayoutStatus::Completed {
        return replay_completion(db, payout, &reference).await;
    }
    reject_under_way(db, &payout).await?;
    let in_file = by_file::open(db, &payout).await?;
    let now = now_for(db, &payout).await?;
    let completed_at = input.completed_at.map_or(now, |timestamp| timestamp.0);
    if completed_at < payout.created_at || now < completed_at {
        return Err(Error::bad_input("completedAt", "must lie between the payout's creation and now"));
    }
    if let Some(attempt) = in_file {
        by_file::settle(db, &attempt, &reference, now).await?;
    }
    complete_locked(db, &partner, &payout, reference, completed_at, now).await
}

/// Completes a payout that is locked, as its partner is: its events are settled, and its statement is issued.
pub(in crate::domain) async fn complete_locked(
    db: &mut Transaction,
    partner: &Partner,
    payout: &Payout,
    reference: String,
    completed_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Authorized<Payout>> {
    let step = step_to(payout, PayoutStatus::Completed)?;
    let completed =
        Payout { payment_reference: Some(reference), completed_at: Some(completed_at), ..payout.clone() };
    let completed = advance(db, payout, completed, step, now, None).await?;
    let invoice = self_billing::invoice(db, &completed).await?;
    payout_statement::issue(db, partner, &completed, now, invoice).await?;
    Ok(completed)
}

/// Rejects a change by hand while an attempt may move the money of the payout, or may have moved it.
async fn reject_under_way(db: &mut Transaction, payout: &Payout) -> Result<()> {
    if payout.status != PayoutStatus::Processing {
        return Ok(());
    }
    let Some(attempt) = payout_attempt::store::under_way(db, payout.id).await? else { return Ok(()) };
    let message = match attempt.status {
        AttemptStatus::Queued => "an attempt to send the payout is waiting; withdraw it first",
        AttemptStatus::Uncertain => {
            "it is not known whether the payout was sent; look for its transfer, and resolve the attempt"
        }
        AttemptStatus::Sending
        | AttemptStatus::Sent
        | AttemptStatus::Settled
        | AttemptStatus::Refused
        | AttemptStatus::Withdrawn
        | AttemptStatus::Returned => "the payout is being sent; wait for the outcome",
    };
    let error = UserError::new(UserErrorCode::AttemptUnderWay, message);
    Err(Error::user_error(error.at("id").about(attempt.id)))
}

/// READY or PROCESSING -> FAILED: its events are released.
pub async fn fail(db: &mut Transaction, input: &FailPayoutInput) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let (_, payout) = lock(db, input.id).await?;
    reject_under_way(db, &payout).await?;
    let step = step_to(&payout, PayoutStatus::Failed)?;
    if let Some(attempt) = by_file::open(db, &payout).await? {
        let now = now_for(db, &payout).await?;
        by_file::refuse(db, &attempt, &reason, now).await?;
    }
    let failed = Payout { failure_reason: Some(reason.clone()), ..Payout::clone(&payout) };
    release(db, &payout, failed, step, &reason).await
}

/// READY -> CANCELLED: its events are released.
pub async fn cancel(db: &mut Transaction, input: &CancelPayoutInput) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let (_, payout) = lock(db, input.id).await?;
    reject_under_way(db, &payout).await?;
    let step = step_to(&payout, PayoutStatus::Cancelled)?;
    release(db, &payout, Payout::clone(&payout), step, &reason).await
}

/// Locks the partner of a payout, then the payout.
pub(in crate::domain) async fn lock(
    db: &mut Transaction,
    id: PayoutId,
) -> Result<(Authorized<Partner>, Authorized<Payout>)> {
    let partner = store::by_id(db, id).await?.partner_id;
    let partner = partner::store::lock_by_id(db, "id", partner).await?;
    Ok((partner, store::lock(db, id).await?))
}

/// Locks the partners of payouts, then the payouts; each in the order of the ids. Unknown ids are left out.
pub(in crate::domain) async fn lock_all(
    db: &mut Transaction,
    ids: &[PayoutId],
) -> Result<(HashMap<PartnerId, Authorized<Partner>>, Vec<Authorized<Payout>>)> {
    let found = store::by_ids(db, ids).await?;
    let partners: BTreeSet<_> = found.iter().map(|payout| payout.partner_id).collect();
    let partners: Vec<_> = partners.into_iter().collect();
    partner::store::lock(db, &partners).await?;
    let payouts = store::lock_all(db, found.iter().map(|payout| payout.id).collect()).await?;
    // Read after they were locked: terms may have changed meanwhile.
    let partners = partner::store::by_ids(db, &partners).await?;
    Ok((partners.into_iter().map(|partner| (partner.id, partner)).collect(), payouts))
}

/// Returns the current time, but always a time after the last change of the payout: the clock may have been set back
/// since.
pub(in crate::domain) async fn now_for(db: &mut Transaction, payout: &Payout) -> Result<DateTime<Utc>> {
    Ok(history::later(db.clock_timestamp().await?, payout.changed_at.max(payout.created_at)))
}

/// Returns the step to a status; rejects one that the status of the payout does not permit.
pub(super) fn step_to(payout: &Payout, to: PayoutStatus) -> Result<Step> {
    payout.status.step(to).ok_or_else(|| {
        let message = format!("the payout is {} and cannot become {to}", payout.status);
        Error::user_error(UserError::new(UserErrorCode::InvalidState, message).at("id").about(payout.id))
    })
}

/// Returns a payout that was completed before with the same reference, even if it was corrected since; rejects another
/// one.
async fn replay_completion(
    db: &mut Transaction,
    payout: Authorized<Payout>,
    reference: &str,
) -> Result<Authorized<Payout>> {
    if payout.payment_reference.as_deref() == Some(reference)
        || history::had_reference(db, payout.id, reference).await?
    {
        db.record_nothing();
        return Ok(payout);
    }
    let message = "the payout was completed before with another payment reference; if that one is wrong, use \
                   correctPaymentReference";
    let error = UserError::new(UserErrorCode::Conflict, message);
    Err(Error::user_error(error.at("paymentReference").about(payout.id)))
}

/// Takes a step after which the payout has paid nothing, and releases its events.
pub(super) async fn release(
    db: &mut Transaction,
    before: &Payout,
    payout: Payout,
    step: Step,
    reason: &str,
) -> Result<Authorized<Payout>> {
    let now = now_for(db, &payout).await?;
    db.discard_stale_plans(Some(payout.commission_count)).await?;
    let lines = store::release_lines(db, &payout, now).await?;
    let events = commission::store::release(db, payout.partner_id, payout.id, now, reason).await?;
    if [lines, events].iter().any(|count| i64::try_from(*count).ok() != Some(payout.commission_count)) {
        return Err(Error::internal(format!(
            "payout {} has {} lines, but {lines} lines and {events} events were released",
            payout.id, payout.commission_count
        )));
    }
    advance(db, before, Payout { released_at: Some(now), ..payout }, step, now, Some(reason)).await
}

/// Updates a payout with the status after the step, and records the step in its history.
pub(super) async fn advance(
    db: &mut Transaction,
    before: &Payout,
    payout: Payout,
    step: Step,
    at: DateTime<Utc>,
    reason: Option<&str>,
) -> Result<Authorized<Payout>> {
    // What staff had to look at is over with the step, unless that is what it is about.
    let attention = payout.attention.filter(|_| step.to() == PayoutStatus::Ready);
    let payout = Payout { status: step.to(), changed_at: at, attention, ..payout };
    store::update(db, payout.clone()).await?;
    Change { from: Some(step.from()), to: step.to(), at, reason }.of_payout(db, payout.id).await?;
    db.record_changed(before, &payout);
    published::changed(db, &payout, Some(step.from()));
    notification::changed(db, &payout, Some(step.from())).await?;
    if let Some(reason) = reason {
        db.record_reason(reason);
    }
    db.scope().authorize(payout)
}
