//! correctPaymentReference: replaces a payment reference that was entered wrongly.

use async_graphql::InputObject;

use super::{Payout, PayoutStatus, settle, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::{Correction, StatusChangeKind};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PayoutId;
use crate::primitives::text;

/// A completed payout whose payment reference is wrong.
#[derive(Clone, Debug, InputObject)]
pub struct CorrectPaymentReferenceInput {
    /// The id of a COMPLETED payout; INVALID_STATE in any other status.
    pub id: PayoutId,
    /// The right reference, 1 to 255 characters. A payout that has it already is returned unchanged.
    pub payment_reference: String,
    /// The reason, 1 to 2,000 characters, for staff only; stored in the history with both references.
    pub reason: String,
}

/// Replaces the payment reference of a COMPLETED payout; the history keeps both.
pub async fn correct_reference(
    db: &mut Transaction,
    input: &CorrectPaymentReferenceInput,
) -> Result<Authorized<Payout>> {
    let reference = text::identifier("paymentReference", &input.payment_reference)?;
    let reason = text::required_note("reason", &input.reason)?;
    let (_, payout) = settle::lock(db, input.id).await?;
    let Some(replaced) =
        payout.payment_reference.clone().filter(|_| payout.status == PayoutStatus::Completed)
    else {
        let message = format!(
            "the payout is {}; only a COMPLETED payout has a payment reference to correct",
            payout.status
        );
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("id").about(payout.id)));
    };
    if replaced == reference {
        db.record_nothing();
        return Ok(payout);
    }
    let at = settle::now_for(db, &payout).await?;
    db.record_reason(&reason);
    let reason = format!("payment reference {replaced} corrected to {reference}: {reason}");
    let corrected = Payout { payment_reference: Some(reference), changed_at: at, ..Payout::clone(&payout) };
    store::update(db, corrected.clone()).await?;
    Correction { kind: StatusChangeKind::PaymentReference, status: corrected.status, at, reason: &reason }
        .of_reference(db, corrected.id, &replaced)
        .await?;
    db.record_changed(&*payout, &corrected);
    db.scope().authorize(corrected)
}
