//! returnPayout: the money of a completed payout came back.

use async_graphql::InputObject;

use super::settle::{lock, now_for, release, step_to};
use super::{Payout, PayoutStatus};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout_attempt::store as attempt;
use crate::domain::statement::credit_note;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PayoutId;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// A completed payout whose money came back.
#[derive(Clone, Debug, InputObject)]
pub struct ReturnPayoutInput {
    /// The id of a COMPLETED payout; INVALID_STATE in any other status.
    pub id: PayoutId,
    /// The reason why the money came back, 1 to 2,000 characters, shown to the partner.
    pub reason: String,
    /// The time at which the money was back, between the completion of the payout and now; default now.
    pub returned_at: Option<Timestamp>,
}

/// COMPLETED -> RETURNED: its events are released, a credit note to its statement is issued, and the attempt that sent it is
/// over.
pub async fn return_payout(db: &mut Transaction, input: &ReturnPayoutInput) -> Result<Authorized<Payout>> {
    let reason = text::required_note("reason", &input.reason)?;
    let (partner, payout) = lock(db, input.id).await?;
    let step = step_to(&payout, PayoutStatus::Returned)?;
    let now = now_for(db, &payout).await?;
    let returned_at = input.returned_at.map_or(now, |timestamp| timestamp.0);
    if payout.completed_at.is_some_and(|completed_at| returned_at < completed_at) || now < returned_at {
        return Err(Error::bad_input("returnedAt", "must lie between the completion of the payout and now"));
    }
    let returned = Payout {
        returned_at: Some(returned_at),
        return_reason: Some(reason.clone()),
        ..Payout::clone(&payout)
    };
    let returned = release(db, &payout, returned, step, &reason).await?;
    end_attempt(db, &returned).await?;
    credit_note::issue(db, &partner, &returned).await?;
    Ok(returned)
}

/// Ends the attempt by which a rail had sent a returned payout, if one had.
async fn end_attempt(db: &mut Transaction, returned: &Payout) -> Result<()> {
    let Some(before) = attempt::settled(db, returned.id).await? else { return Ok(()) };
    let after = before.returned(returned.changed_at);
    attempt::update(db, &after).await?;
    db.record_changed(&*before, &after);
    Ok(())
}
