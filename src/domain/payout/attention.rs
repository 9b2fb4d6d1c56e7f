//! dismissPayoutAttention: staff have done what a payout needed.

use async_graphql::InputObject;

use super::{Payout, PayoutAttention, rail_step, settle, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PayoutId;
use crate::primitives::text;

/// A payout that staff need not look at any more.
#[derive(Clone, Debug, InputObject)]
pub struct DismissPayoutAttentionInput {
    /// The id of a payout with the attention RETURNED_IN_PART; INVALID_STATE with any other one.
    pub id: PayoutId,
    /// The act that settles it, such as the adjustment that was recorded, 1 to 2,000 characters, stored in the audit trail.
    pub reason: String,
}

/// Ends the attention RETURNED_IN_PART. Another part that comes back sets it again.
pub async fn dismiss(
    db: &mut Transaction,
    input: &DismissPayoutAttentionInput,
) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let (_, payout) = settle::lock(db, input.id).await?;
    if payout.attention != Some(PayoutAttention::ReturnedInPart) {
        let message = "only the attention RETURNED_IN_PART can be dismissed; every other one ends with what it asks for";
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("id").about(payout.id)));
    }
    rail_step::set_attention(db, &payout, None).await?;
    db.record_reason(&reason);
    store::by_id(db, payout.id).await
}
