//! approveCommissionEvents, cancelCommissionEvents and approvePendingCommissionEvents.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::InputObject;

use super::selection::{CountAndSum, PendingFilter};
use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{CommissionEventId, PartnerId};
use crate::primitives::money::Money;
use crate::primitives::pagination::period;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The maximum number of ids in a list; a period is approved as a whole by approvePendingCommissionEvents.
const IDS_MAX: usize = 500;

/// Commission events to approve: all of them or, if one cannot be approved, none.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveCommissionEventsInput {
    /// The ids of 1 to 500 PENDING events, each id once. A reversal is approved together with the event that it
    /// reverses; the id of a reversal without that of its original is rejected with INVALID_STATE. So is that of a
    /// reinstatement while its original is PENDING; afterwards it is approved by itself.
    pub ids: Vec<CommissionEventId>,
}

/// Commission events to cancel: all of them or, if one cannot be cancelled, none.
#[derive(Clone, Debug, InputObject)]
pub struct CancelCommissionEventsInput {
    /// The ids of 1 to 500 PENDING or APPROVED events, each id once. A reversal is cancelled together with the event
    /// that it reverses: the id of a reversal without the id of its original is rejected with INVALID_STATE. An event
    /// that has a reversal in a payout cannot be cancelled and is rejected with INVALID_STATE too.
    pub ids: Vec<CommissionEventId>,
    /// The reason, 1 to 2,000 characters; stored in the history of each event.
    pub reason: String,
}

/// Conditions on the PENDING commission events to approve; an event must meet all of them. A reversal is approved
/// together with the event that it reverses, and its own date is not considered.
#[derive(Clone, Debug, InputObject)]
pub struct ApprovePendingCommissionEventsInput {
    /// Only the events of this partner; default the events of all partners.
    pub partner_id: Option<PartnerId>,
    /// Only the events in this currency; default the events in all currencies.
    pub currency: Option<Currency>,
    /// The start of the period of event dates, inclusive; default no start.
    pub event_date_from: Option<Timestamp>,
    /// The end of the period of event dates, exclusive.
    pub event_date_to: Timestamp,
    /// Whether to return the number of events and their sums without approving them; default false.
    pub dry_run: Option<bool>,
}

/// The events that approvePendingCommissionEvents approved, or in a dry run would approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedPending {
    /// The number of events.
    pub count: i64,
    /// The sums of their commissions, one per currency, ordered by currency code.
    pub totals: Vec<Money>,
}

/// Approves all of the events, or none.
pub async fn approve(
    db: &mut Transaction,
    input: &ApproveCommissionEventsInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    decide(db, &input.ids, Decision::Approve, None).await
}

/// Cancels all of the events, or none.
pub async fn cancel(
    db: &mut Transaction,
    input: &CancelCommissionEventsInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let reason = text::required_note("reason", &input.reason)?;
    decide(db, &input.ids, Decision::Cancel, Some(&reason)).await
}

/// Approves all PENDING events that meet the conditions; in a dry run, only counts and sums them.
pub async fn approve_pending(
    db: &mut Transaction,
    input: &ApprovePendingCommissionEventsInput,
) -> Result<ApprovedPending> {
    period("eventDateTo", input.event_date_from, Some(input.event_date_to))?;
    let filter = PendingFilter::from(input);
    if input.dry_run == Some(true) {
        if let Some(partner) = input.partner_id {
            partner::store::by_id(db, "partnerId", partner).await?;
        }
        return Ok(ApprovedPending::from_sums(&store::pending(db, &filter).await?));
    }
    // The locked partners restrict the filter: events of another partner that were recorded meanwhile are not approved.
    let partners = match input.partner_id {
        Some(partner) => vec![partner::store::lock_by_id(db, "partnerId", partner).await?.id],
        None => {
            let partners = store::partners_with_pending(db, &filter).await?;
            partner::store::lock(db, &partners).await?;
            partners
        }
    };
    let approved_at = db.clock_timestamp().await?;
    db.discard_stale_plans(None).await?;
    let filter = PendingFilter { partners: Some(partners), ..filter };
    Ok(ApprovedPending::from_sums(&store::approve_pending(db, &filter, approved_at).await?))
}

impl From<&ApprovePendingCommissionEventsInput> for PendingFilter {
    fn from(input: &ApprovePendingCommissionEventsInput) -> Self {
        Self {
            partners: input.partner_id.map(|partner| vec![partner]),
            currency: input.currency,
            from: input.event_date_from.map(|from| from.0),
            to: input.event_date_to.0,
        }
    }
}

impl ApprovedPending {
    /// Returns the result from the number of events in each currency and their sum.
    fn from_sums(sums: &[CountAndSum]) -> Self {
        Self {
            count: sums.iter().map(|sum| sum.count).sum(),
            totals: sums.iter().map(|sum| sum.sum).collect(),
        }
    }
}

/// A decision of staff on commission events that are in no payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Approve,
    Cancel,
}

impl Decision {
    /// Returns the status of the events after the decision.
    fn status(self) -> CommissionStatus {
        match self {
            Self::Approve => CommissionStatus::Approved,
            Self::Cancel => CommissionStatus::Cancelled,
        }
    }

    /// Returns one step for each status that an event may have before the decision.
    fn steps(self) -> &'static [Step] {
        match self {
            Self::Approve => &[Step::APPROVE],
            Self::Cancel => &[Step::CANCEL_PENDING, Step::CANCEL_APPROVED],
        }
    }
}

/// Applies a decision to all of the events and their reversals, or to none. Returns the events in the order of the ids.
async fn decide(
    db: &mut Transaction,
    ids: &[CommissionEventId],
    decision: Decision,
    reason: Option<&str>,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    validate_ids(ids)?;
    let partners: BTreeSet<_> = store::by_ids(db, ids).await?.iter().map(|event| event.partner_id).collect();
    partner::store::lock(db, &Vec::from_iter(partners)).await?;
    let events = store::lock_with_reversals(db, ids).await?;
    // The locked partners keep the status of these originals from changing.
    let originals: BTreeSet<_> = events.iter().filter_map(|event| event.reverses_id).collect();
    let originals: Vec<_> = originals.into_iter().filter(|original| !ids.contains(original)).collect();
    let originals = if originals.is_empty() { Vec::new() } else { store::by_ids(db, &originals).await? };
    let errors: Vec<_> =
        ids.iter().filter_map(|id| user_error(*id, ids, &events, &originals, decision)).collect();
    if !errors.is_empty() {
        return Err(Error::UserErrors(errors));
    }
    let mut changed = BTreeMap::new();
    for step in decision.steps() {
        let affected = events.iter().filter(|event| event.status == step.from());
        let affected: Vec<_> = affected.map(|event| event.id).collect();
        if !affected.is_empty() {
            let advanced = store::advance(db, &affected, *step, reason).await?;
            changed.extend(advanced.into_iter().map(|event| (event.id, event)));
        }
    }
    let missing = || Error::internal("a locked commission event was not changed");
    ids.iter().map(|id| changed.remove(id).ok_or_else(missing)).collect()
}

fn validate_ids(ids: &[CommissionEventId]) -> Result<()> {
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(Error::bad_input("ids", format!("has {} ids; pass 1 to {IDS_MAX}", ids.len())));
    }
    if BTreeSet::from_iter(ids).len() < ids.len() {
        return Err(Error::bad_input("ids", "contains an id twice; pass each id once"));
    }
    Ok(())
}

/// Returns why a decision cannot be applied to an event; `None` if it can.
fn user_error(
    id: CommissionEventId,
    ids: &[CommissionEventId],
    events: &[Authorized<CommissionEvent>],
    originals: &[Authorized<CommissionEvent>],
    decision: Decision,
) -> Option<UserError> {
    let reject = |code, message: &str| Some(UserError::new(code, message).at("ids").about(id));
    let Some(event) = events.iter().find(|event| event.id == id) else {
        return reject(UserErrorCode::NotFound, "there is no such commission event");
    };
    if !decision.steps().iter().any(|step| step.from() == event.status) {
        let message = format!("the event is {} and cannot become {}", event.status, decision.status());
        return reject(UserErrorCode::InvalidState, &message);
    }
    if event.reverses_id.is_some_and(|original| !ids.contains(&original))
        && let Some(message) = why_not_alone(event, originals, decision)
    {
        return reject(UserErrorCode::InvalidState, message);
    }
    let is_paid_reversal = |other: &Authorized<CommissionEvent>| {
        other.reverses_id == Some(id) && other.status == CommissionStatus::Paid
    };
    if decision == Decision::Cancel && events.iter().any(is_paid_reversal) {
        let message =
            "a reversal of the event is in a payout; the event can no longer be cancelled, only paid";
        return reject(UserErrorCode::InvalidState, message);
    }
    None
}

/// Returns why a reversal or reinstatement cannot change without the event that it amends; `None` if it can: only a
/// reinstatement of an event that is no longer PENDING, and only by approval.
fn why_not_alone(
    event: &CommissionEvent,
    originals: &[Authorized<CommissionEvent>],
    decision: Decision,
) -> Option<&'static str> {
    let original = originals.iter().find(|original| event.reverses_id == Some(original.id));
    let stands_alone = event.event_type == CommissionEventType::Reinstatement
        && original.is_some_and(|original| original.status != CommissionStatus::Pending);
    match (stands_alone, decision) {
        (true, Decision::Approve) => None,
        (true, Decision::Cancel) => Some(
            "the event is a reinstatement, which follows from the refunds of its invoice and cannot be cancelled by \
             itself; deduct it by recordAdjustment",
        ),
        (false, Decision::Approve | Decision::Cancel) => {
            Some("the event is a reversal, which changes only with its original; pass the id of the original")
        }
    }
}
