//! approveCommissionEvents, cancelCommissionEvents, approvePendingCommissionEvents.

use std::collections::BTreeSet;

use async_graphql::InputObject;

use super::{CommissionEvent, CommissionStatus, Step, store};
use crate::access::Admitted;
use crate::currency::Currency;
use crate::domain::partner;
use crate::domain::session::Act;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::{CommissionEventId, PartnerId};
use crate::instant::Instant;
use crate::money::Money;
use crate::page::period;
use crate::text;

const EVENTS_MAX: usize = 500;

/// Commission events to approve, all or none.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveCommissionEventsInput {
    /// The events, each PENDING: 1 to 500, none of them twice.
    pub ids: Vec<CommissionEventId>,
}

/// Commission events to call off, all or none.
#[derive(Clone, Debug, InputObject)]
pub struct CancelCommissionEventsInput {
    /// The events, each PENDING or APPROVED and in no payout: 1 to 500, none of them twice.
    pub ids: Vec<CommissionEventId>,
    /// Why, 1 to 2,000 characters; kept in the history.
    pub reason: String,
}

/// Pending commission events to approve, by what they have in common; all conditions must hold.
#[derive(Clone, Debug, InputObject)]
pub struct ApprovePendingCommissionEventsInput {
    /// Only events of this partner; left out, of all partners.
    pub partner_id: Option<PartnerId>,
    /// Only events in this currency; left out, in all currencies.
    pub currency: Option<Currency>,
    /// Only events dated at this moment or later; left out, from the beginning.
    pub event_date_from: Option<Instant>,
    /// Only events dated before this moment.
    pub event_date_to: Instant,
}

/// Approves these events, or none.
pub async fn approve(
    db: &mut Act,
    input: &ApproveCommissionEventsInput,
) -> Result<Vec<Admitted<CommissionEvent>>> {
    advance(db, &input.ids, CommissionStatus::Approved, None).await
}

/// Calls these events off, or none.
pub async fn cancel(
    db: &mut Act,
    input: &CancelCommissionEventsInput,
) -> Result<Vec<Admitted<CommissionEvent>>> {
    let reason = text::reason("reason", &input.reason)?;
    advance(db, &input.ids, CommissionStatus::Cancelled, Some(&reason)).await
}

/// Approves all pending events that the input names; tells how many, and their sum in each currency.
pub async fn approve_pending(
    db: &mut Act,
    input: &ApprovePendingCommissionEventsInput,
) -> Result<(i64, Vec<Money>)> {
    period("eventDateTo", input.event_date_from, Some(input.event_date_to))?;
    let partners = match input.partner_id {
        Some(partner) => {
            partner::store::lock_named(db, "partnerId", partner).await?;
            vec![partner]
        }
        None => store::partners_with_pending(db, input).await?,
    };
    partner::store::lock(db, &partners).await?;
    let at = db.moment().await?;
    let approved = store::approve_pending(db, partners, input, at).await?;
    let events = approved.iter().map(|(events, _)| events).sum();
    Ok((events, approved.into_iter().map(|(_, total)| total).collect()))
}

/// Takes these events to a status, or none of them; each that cannot go there is named.
async fn advance(
    db: &mut Act,
    ids: &[CommissionEventId],
    to: CommissionStatus,
    reason: Option<&str>,
) -> Result<Vec<Admitted<CommissionEvent>>> {
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
    let events = store::lock(db, ids).await?;
    let steps = permitted(ids, &events, to)?;
    let mut changed = Vec::new();
    for from in [CommissionStatus::Pending, CommissionStatus::Approved] {
        if let Some(step) = steps.iter().map(|(_, step)| *step).find(|step| step.from() == from) {
            let ids: Vec<_> =
                steps.iter().filter(|(_, step)| step.from() == from).map(|(id, _)| *id).collect();
            changed.extend(store::advance(db, &ids, step, reason).await?);
        }
    }
    // In the order in which they were named.
    changed.sort_by_key(|event| ids.iter().position(|id| *id == event.id));
    Ok(changed)
}

/// The step that each event takes, or every reason why one cannot.
fn permitted(
    ids: &[CommissionEventId],
    events: &[Admitted<CommissionEvent>],
    to: CommissionStatus,
) -> Result<Vec<(CommissionEventId, Step)>> {
    let mut steps = Vec::new();
    let mut refusals = Vec::new();
    for id in ids {
        let refusal = match events.iter().find(|event| event.id == *id) {
            None => UserError::new(UserErrorCode::NotFound, "there is no such commission event"),
            Some(event) => match event.status.step(to) {
                Some(step) => {
                    steps.push((event.id, step));
                    continue;
                }
                None => {
                    let message = format!("the event is {} and cannot become {to}", event.status);
                    UserError::new(UserErrorCode::InvalidState, message)
                }
            },
        };
        refusals.push(refusal.at("ids").about(*id));
    }
    if refusals.is_empty() { Ok(steps) } else { Err(Error::Refused(refusals)) }
}
