//! approveCommissionEvents, cancelCommissionEvents, approvePendingCommissionEvents.

use std::collections::BTreeSet;

use async_graphql::InputObject;

use super::{CommissionEvent, CommissionStatus, Step, store};
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

const EVENTS_MAX: usize = 500;

/// Commission events to approve, all or none.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveCommissionEventsInput {
    /// The events, each PENDING: 1 to 500, none of them twice. CLAWBACK lines go with the event they reverse; one that is
    /// named without it is refused.
    pub ids: Vec<CommissionEventId>,
}

/// Commission events to call off, all or none.
#[derive(Clone, Debug, InputObject)]
pub struct CancelCommissionEventsInput {
    /// The events, each PENDING or APPROVED and in no payout: 1 to 500, none of them twice. CLAWBACK lines go with the
    /// event they reverse; one that is named without it is refused, and so is an event with a line that was paid.
    pub ids: Vec<CommissionEventId>,
    /// Why, 1 to 2,000 characters; kept in the history.
    pub reason: String,
}

/// Pending commission events to approve, by what they have in common; all conditions must hold. CLAWBACK lines go with
/// the event they reverse, whatever their own dates.
#[derive(Clone, Debug, InputObject)]
pub struct ApprovePendingCommissionEventsInput {
    /// Only events of this partner; left out, of all partners.
    pub partner_id: Option<PartnerId>,
    /// Only events in this currency; left out, in all currencies.
    pub currency: Option<Currency>,
    /// Only events dated at this moment or later; left out, from the beginning.
    pub event_date_from: Option<Timestamp>,
    /// Only events dated before this moment.
    pub event_date_to: Timestamp,
    /// Whether to answer how many events that is, and their sum, without changing anything.
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

/// Approves commission events, all or none.
pub async fn approve(
    db: &mut Transaction,
    input: &ApproveCommissionEventsInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    advance(db, &input.ids, &[Step::APPROVE], None).await
}

/// Calls these events off, or none.
pub async fn cancel(
    db: &mut Transaction,
    input: &CancelCommissionEventsInput,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let reason = text::required_note("reason", &input.reason)?;
    advance(db, &input.ids, &[Step::CANCEL_PENDING, Step::CANCEL_APPROVED], Some(&reason)).await
}

/// Approves all pending events that the input names; tells how many, and their sum in each currency. A dry run only tells.
pub async fn approve_pending(
    db: &mut Transaction,
    input: &ApprovePendingCommissionEventsInput,
) -> Result<ApprovedPending> {
    period("eventDateTo", input.event_date_from, Some(input.event_date_to))?;
    if input.dry_run == Some(true) {
        if let Some(partner) = input.partner_id {
            partner::store::named(db, "partnerId", partner).await?;
        }
        return Ok(ApprovedPending::of(store::pending(db, input).await?));
    }
    let partners = match input.partner_id {
        Some(partner) => vec![partner::store::lock_named(db, "partnerId", partner).await?.id],
        None => {
            let partners = store::partners_with_pending(db, input).await?;
            partner::store::lock(db, &partners).await?;
            partners
        }
    };
    let at = db.clock_timestamp().await?;
    db.discard_stale_plans(None).await?;
    Ok(ApprovedPending::of(store::approve_pending(db, partners, input, at).await?))
}

impl ApprovedPending {
    fn of(by_currency: Vec<(i64, Money)>) -> Self {
        let count = by_currency.iter().map(|(events, _)| events).sum();
        Self { count, totals: by_currency.into_iter().map(|(_, total)| total).collect() }
    }
}

/// Takes each of these events one of some steps, or none of them; each that stands at the start of none is named.
///
/// The lines that take back part of an event take the step with it.
async fn advance(
    db: &mut Transaction,
    ids: &[CommissionEventId],
    steps: &[Step],
    reason: Option<&str>,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let named: BTreeSet<_> = ids.iter().copied().collect();
    if ids.is_empty() || ids.len() > EVENTS_MAX {
        return Err(Error::bad_input(
            "ids",
            format!("names {} events; it must name 1 to {EVENTS_MAX}", ids.len()),
        ));
    }
    if named.len() < ids.len() {
        return Err(Error::bad_input("ids", "names an event twice"));
    }
    let partners: BTreeSet<_> = store::by_ids(db, ids).await?.iter().map(|event| event.partner_id).collect();
    partner::store::lock(db, &Vec::from_iter(partners)).await?;
    let events = store::lock_with_lines(db, ids).await?;
    let refusals: Vec<_> = ids.iter().filter_map(|id| refusal(*id, &named, &events, steps)).collect();
    if !refusals.is_empty() {
        return Err(Error::UserErrors(refusals));
    }
    let mut changed = Vec::new();
    for step in steps {
        let at_its_start = events.iter().filter(|event| event.status == step.from());
        let ids: Vec<_> = at_its_start.map(|event| event.id).collect();
        if !ids.is_empty() {
            changed.extend(store::advance(db, &ids, *step, reason).await?);
        }
    }
    // What was named, in the order in which it was.
    changed.retain(|event| named.contains(&event.id));
    changed.sort_by_key(|event| ids.iter().position(|id| *id == event.id));
    Ok(changed)
}

/// Why an event can take none of some steps, if it cannot.
fn refusal(
    id: CommissionEventId,
    named: &BTreeSet<CommissionEventId>,
    events: &[Authorized<CommissionEvent>],
    steps: &[Step],
) -> Option<UserError> {
    let to = steps.first().map(|step| step.to().to_string()).unwrap_or_default();
    let cancels = steps.iter().all(|step| step.to() == CommissionStatus::Cancelled);
    let line_is_paid = |event: &Authorized<CommissionEvent>| {
        event.reverses_id == Some(id) && event.status == CommissionStatus::Paid
    };
    let refused = |code, message| Some(UserError::new(code, message).at("ids").about(id));
    match events.iter().find(|event| event.id == id) {
        None => refused(UserErrorCode::NotFound, "there is no such commission event".to_owned()),
        Some(event) if !steps.iter().any(|step| step.from() == event.status) => refused(
            UserErrorCode::InvalidState,
            format!("the event is {} and cannot become {to}", event.status),
        ),
        Some(event) if event.reverses_id.is_some_and(|original| !named.contains(&original)) => refused(
            UserErrorCode::InvalidState,
            "the event takes back part of another and goes wherever that one goes; name that one".to_owned(),
        ),
        Some(_) if cancels && events.iter().any(line_is_paid) => refused(
            UserErrorCode::InvalidState,
            "a refund of the event is in a payout already; the event can only be paid".to_owned(),
        ),
        Some(_) => None,
    }
}
