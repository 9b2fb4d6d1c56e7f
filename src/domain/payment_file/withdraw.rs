//! withdrawPaymentFile: a file that was never downloaded pays nothing.

use async_graphql::InputObject;

use super::{PaymentFile, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{PayoutAttention, PayoutStatus, rail_step, settle};
use crate::domain::payout_attempt::{self, AttemptStatus};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PaymentFileId;
use crate::primitives::text;

/// A payment file to withdraw.
#[derive(Clone, Debug, InputObject)]
pub struct WithdrawPaymentFileInput {
    /// The id of a file that was never downloaded; INVALID_STATE once it was. Withdrawing it again has no further
    /// effect.
    pub id: PaymentFileId,
    /// The reason, 1 to 2,000 characters, stored in the history of its payouts.
    pub reason: String,
}

/// Withdraws a file: its payouts are READY again.
pub async fn withdraw(
    db: &mut Transaction,
    input: &WithdrawPaymentFileInput,
) -> Result<Authorized<PaymentFile>> {
    db.mark_idempotent();
    let reason = text::required_note("reason", &input.reason)?;
    let file = store::lock(db, input.id).await?;
    if file.withdrawn_at.is_some() {
        db.record_nothing();
        return Ok(file);
    }
    if file.downloaded_at.is_some() {
        let message = "the payment file was downloaded, and the bank may have it: record what came of its payouts instead";
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("id").about(file.id)));
    }
    let attempts = payout_attempt::store::of_file(db, file.id).await?;
    let payouts: Vec<_> = attempts.iter().map(|attempt| attempt.payout_id).collect();
    let (_, payouts) = settle::lock_all(db, &payouts).await?;
    let at = rail_step::advance_all(
        db,
        &payouts,
        PayoutStatus::Ready,
        Some(PayoutAttention::NotSent),
        Some(&reason),
    )
    .await?;
    let ended = payout_attempt::store::withdraw_file(db, file.id, at).await?;
    if ended != attempts.len() {
        return Err(Error::internal(format!(
            "{} of {} attempts of payment file {} were withdrawn",
            ended,
            attempts.len(),
            file.id
        )));
    }
    for before in &attempts {
        db.record_changed(&**before, &before.ended(AttemptStatus::Withdrawn, at));
    }
    let withdrawn = PaymentFile { withdrawn_at: Some(at), ..PaymentFile::clone(&file) };
    store::update(db, &withdrawn).await?;
    db.record_changed(&*file, &withdrawn);
    db.record_reason(&reason);
    db.scope().authorize(withdrawn)
}
