//! Decisions of staff on a list of commission events that are in no payout: all of them or none.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::audited_fields::record_changes;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::CommissionEventId;

/// The maximum number of ids in a list; a period is approved as a whole by approvePendingCommissionEvents.
const IDS_MAX: usize = 500;

/// A decision of staff on commission events that are in no payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Approve,
    Cancel,
    RevertApproval,
    /// Holds the events back, whatever their status.
    Hold,
    /// Releases events that are held back.
    ReleaseHold,
}

impl Decision {
    /// Returns one step for each status that an event may have before the decision; none if the status stays.
    fn steps(self) -> &'static [Step] {
        match self {
            Self::Approve => &[Step::APPROVE],
            Self::Cancel => &[Step::CANCEL_PENDING, Step::CANCEL_APPROVED],
            Self::RevertApproval => &[Step::REVERT_APPROVAL],
            Self::Hold | Self::ReleaseHold => &[],
        }
    }

    /// Returns the statuses that an event may have before the decision.
    fn statuses(self) -> Vec<CommissionStatus> {
        match self {
            Self::Approve | Self::Cancel | Self::RevertApproval => {
                self.steps().iter().map(|step| step.from()).collect()
            }
            Self::Hold | Self::ReleaseHold => vec![CommissionStatus::Pending, CommissionStatus::Approved],
        }
    }

    /// Returns what cannot be done to an event for which the decision is rejected.
    fn name(self) -> &'static str {
        match self {
            Self::Approve => "become APPROVED",
            Self::Cancel => "become CANCELLED",
            Self::RevertApproval => "become PENDING again",
            Self::Hold => "be held back",
            Self::ReleaseHold => "be released",
        }
    }
}

/// Applies a decision to all of the events and their reversals, or to none. Returns the events in the order of the ids.
pub(super) async fn decide(
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
    let not_applicable =
        |id: &CommissionEventId| reason_not_applicable(*id, ids, &events, &originals, decision);
    let errors: Vec<_> = ids.iter().filter_map(not_applicable).collect();
    if !errors.is_empty() {
        return Err(Error::UserErrors(errors));
    }
    let changed = match decision {
        Decision::Approve | Decision::Cancel | Decision::RevertApproval => {
            change_status(db, &events, decision.steps(), reason).await?
        }
        Decision::Hold => change_hold(db, &events, true, reason.unwrap_or_default()).await?,
        Decision::ReleaseHold => change_hold(db, &events, false, reason.unwrap_or_default()).await?,
    };
    record_changes(db, &events, &changed)?;
    if let Some(reason) = reason {
        db.record_reason(reason);
    }
    let mut changed: BTreeMap<_, _> = changed.into_iter().map(|event| (event.id, event)).collect();
    let missing = || Error::internal("a locked commission event was not changed");
    ids.iter().map(|id| changed.remove(id).ok_or_else(missing)).collect()
}

/// Moves each of the locked events by the step that its status permits; returns those that were moved.
async fn change_status(
    db: &mut Transaction,
    events: &[Authorized<CommissionEvent>],
    steps: &[Step],
    reason: Option<&str>,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let mut changed = Vec::new();
    for step in steps {
        let affected = events.iter().filter(|event| event.status == step.from());
        let affected: Vec<_> = affected.map(|event| event.id).collect();
        if !affected.is_empty() {
            changed.extend(store::advance(db, &affected, *step, reason).await?);
        }
    }
    Ok(changed)
}

/// Holds or releases those of the locked events that are in no payout and not final; returns them.
async fn change_hold(
    db: &mut Transaction,
    events: &[Authorized<CommissionEvent>],
    is_held: bool,
    reason: &str,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let mut changed = Vec::new();
    for status in [CommissionStatus::Pending, CommissionStatus::Approved] {
        let affected =
            events.iter().filter(|event| event.status == status && event.held_at.is_some() != is_held);
        let affected: Vec<_> = affected.map(|event| event.id).collect();
        if !affected.is_empty() {
            changed.extend(store::set_held(db, &affected, status, is_held, reason).await?);
        }
    }
    Ok(changed)
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
fn reason_not_applicable(
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
    if !decision.statuses().contains(&event.status) {
        let message = format!("the event is {} and cannot {}", event.status, decision.name());
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
    if matches!(decision, Decision::Cancel | Decision::RevertApproval) && events.iter().any(is_paid_reversal)
    {
        let message =
            format!("a reversal of the event is in a payout; the event can no longer {}", decision.name());
        return reject(UserErrorCode::InvalidState, &message);
    }
    let message = reason_of_event(event, decision)?;
    reject(UserErrorCode::InvalidState, message)
}

/// Returns why a reversal or reinstatement cannot change without the event that it amends; `None` if it can: only a
/// reinstatement of an event that is no longer PENDING, and it cannot be cancelled.
fn why_not_alone(
    event: &CommissionEvent,
    originals: &[Authorized<CommissionEvent>],
    decision: Decision,
) -> Option<&'static str> {
    let original = originals.iter().find(|original| event.reverses_id == Some(original.id));
    let stands_alone = event.event_type == CommissionEventType::Reinstatement
        && original.is_some_and(|original| original.status != CommissionStatus::Pending);
    if !stands_alone {
        let is_decided = original.is_some_and(|original| {
            !matches!(original.status, CommissionStatus::Pending | CommissionStatus::Approved)
        });
        return Some(match (is_decided, event.event_type) {
            (true, _) => "the event amends one that is paid or final; it cannot be changed by itself",
            (false, CommissionEventType::Reinstatement) => {
                "the event is a reinstatement, which changes only with its original; pass the id of the original"
            }
            (false, _) => {
                "the event is a reversal, which changes only with its original; pass the id of the original"
            }
        });
    }
    (decision == Decision::Cancel).then_some(
        "the event is a reinstatement, which follows from the refunds of its invoice and cannot be cancelled by \
         itself; deduct it by recordAdjustment",
    )
}

/// Returns why a decision cannot be applied to an event because of its amount or because it is held; `None` if it can.
fn reason_of_event(event: &CommissionEvent, decision: Decision) -> Option<&'static str> {
    let amount = event.commission().amount();
    let is_debt = event.event_type == CommissionEventType::Adjustment && amount < Decimal::ZERO;
    let is_held = event.held_at.is_some();
    match decision {
        Decision::Approve | Decision::Cancel => None,
        Decision::RevertApproval if is_debt || (amount.is_zero() && event.reverses_id.is_none()) => {
            Some("the event was recorded as APPROVED: it has never needed an approval that could be reverted")
        }
        Decision::RevertApproval => None,
        Decision::Hold if is_held => Some("the event is held already; release it first"),
        Decision::Hold if is_debt => {
            Some("the event is a debt: while it were held, payouts would pay the partner too much")
        }
        Decision::Hold => None,
        Decision::ReleaseHold if is_held => None,
        Decision::ReleaseHold => Some("the event is not held"),
    }
}
