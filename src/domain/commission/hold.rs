//! revertApproval, holdCommissionEvents and releaseCommissionEvents: corrections of staff before an event is paid.

use async_graphql::InputObject;

use super::CommissionEvent;
use super::decision::{Decision, decide};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::CommissionEventId;
use crate::primitives::text;

/// Commission events to correct, and the reason: all of them or, if one cannot be corrected, none.
#[derive(Clone, Debug, InputObject)]
pub struct CommissionEventsWithReasonInput {
    /// The ids of 1 to 500 events that are in no payout, each id once. A reversal is corrected together with the event
    /// that it reverses: the id of a reversal without the id of its original is rejected with INVALID_STATE.
    pub ids: Vec<CommissionEventId>,
    /// The reason, 1 to 2,000 characters, for staff only; stored in the history of each event.
    pub reason: String,
}

/// APPROVED -> PENDING: all of the events, or none.
pub async fn revert_approval(
    db: &mut Transaction,
    input: &CommissionEventsWithReasonInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let reason = text::required_note("reason", &input.reason)?;
    decide(db, &input.ids, Decision::RevertApproval, Some(&reason)).await
}

/// Holds all of the events back from payouts, or none. They keep their status.
pub async fn hold(
    db: &mut Transaction,
    input: &CommissionEventsWithReasonInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let reason = text::required_note("reason", &input.reason)?;
    decide(db, &input.ids, Decision::Hold, Some(&reason)).await
}

/// Releases all of the events that are held back, or none.
pub async fn release(
    db: &mut Transaction,
    input: &CommissionEventsWithReasonInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let reason = text::required_note("reason", &input.reason)?;
    decide(db, &input.ids, Decision::ReleaseHold, Some(&reason)).await
}
