//! withdrawPayoutAttempt: keeps an attempt that waits from being sent.

use async_graphql::InputObject;

use super::{AttemptStatus, PayoutAttempt, store};
use crate::auth::Authorized;
use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{rail_step, settle};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PayoutAttemptId;
use crate::primitives::text;

/// An attempt to withdraw.
#[derive(Clone, Debug, InputObject)]
pub struct WithdrawPayoutAttemptInput {
    /// The id of a QUEUED attempt; INVALID_STATE in any other status.
    pub id: PayoutAttemptId,
    /// The reason, 1 to 2,000 characters, stored in the history of the payout.
    pub reason: String,
}

/// QUEUED -> WITHDRAWN: the payout is READY again.
pub async fn withdraw(
    db: &mut Transaction,
    input: &WithdrawPayoutAttemptInput,
) -> Result<Authorized<PayoutAttempt>> {
    let reason = text::required_note("reason", &input.reason)?;
    let found = store::by_id(db, input.id).await?;
    let (_, payout) = settle::lock(db, found.payout_id).await?;
    let before = store::lock(db, input.id).await?;
    // One in a payment file stays in it: only the whole file is withdrawn.
    if before.status != AttemptStatus::Queued {
        let message = format!("the attempt is {}; only a QUEUED attempt can be withdrawn", before.status);
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("id").about(before.id)));
    }
    let now = settle::now_for(db, &payout).await?;
    let withdrawn = PayoutAttempt {
        status: AttemptStatus::Withdrawn,
        ended_at: Some(now),
        ..PayoutAttempt::clone(&before)
    };
    store::update(db, &withdrawn).await?;
    db.record_changed(&*before, &withdrawn);
    rail_step::not_sent(db, &payout, now, &reason).await?;
    let unneeded = job::store::discard(db.scope().tenant(), Lane::Payout, withdrawn.id.0);
    db.execute_unaudited(unneeded).await?;
    db.scope().authorize(withdrawn)
}
