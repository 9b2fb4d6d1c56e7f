//! approveCommissionEvents, cancelCommissionEvents and approvePendingCommissionEvents.

use async_graphql::{InputObject, MaybeUndefined};

use super::decision::{Decision, decide};
use super::selection::{ApprovedGroup, CountAndSum, PendingFilter};
use super::{CommissionEvent, published, store};
use crate::auth::Authorized;
use crate::domain::db::audit_log::BulkChange;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner;
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::event_type::EventType;
use crate::primitives::id::{CommissionEventId, PartnerId};
use crate::primitives::money::Money;
use crate::primitives::nullable::not_null;
use crate::primitives::pagination::period;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

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
    /// Only the events of this partner; left out, the events of all partners. Null is BAD_USER_INPUT.
    pub partner_id: MaybeUndefined<PartnerId>,
    /// Only the events in this currency; left out, the events in all currencies. Null is BAD_USER_INPUT.
    pub currency: MaybeUndefined<Currency>,
    /// The start of the period of event dates, inclusive; left out, no start. Null is BAD_USER_INPUT.
    pub event_date_from: MaybeUndefined<Timestamp>,
    /// The end of the period of event dates, exclusive.
    pub event_date_to: Timestamp,
    /// Whether to return the number of events and their sums without approving them; left out, false. Null is
    /// BAD_USER_INPUT.
    pub dry_run: MaybeUndefined<bool>,
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
    let filter = pending_filter(input)?;
    let partner = not_null("partnerId", &input.partner_id)?.cloned();
    if not_null("dryRun", &input.dry_run)?.cloned() == Some(true) {
        if let Some(partner) = partner {
            partner::store::by_id(db, "partnerId", partner).await?;
        }
        db.record_nothing();
        return Ok(ApprovedPending::from_sums(&store::pending(db, &filter).await?));
    }
    // The locked partners restrict the filter: events of another partner that were recorded meanwhile are not approved.
    let partners = match partner {
        Some(partner) => vec![partner::store::lock_by_id(db, "partnerId", partner).await?.id],
        None => {
            let partners = store::partners_with_pending(db, &filter).await?;
            partner::store::lock(db, &partners).await?;
            partners
        }
    };
    let approved_at = db.clock_timestamp().await?;
    // The number of events is not known before the statement that approves them.
    db.discard_stale_plans(None).await?;
    let filter = PendingFilter { partners: Some(partners.clone()), ..filter };
    let is_published = db.caller().has_subscribers(EventType::CommissionApproved);
    let (groups, ids_sha_256) = store::approve_pending(db, &filter, approved_at, is_published).await?;
    let approved = ApprovedPending::from_groups(&groups)?;
    published::approved(db, &groups);
    if approved.count == 0 {
        db.record_nothing();
    } else {
        let change = BulkChange { count: approved.count, sums: approved.totals.clone(), ids_sha_256 };
        db.record_bulk(change, partners);
    }
    Ok(approved)
}

/// Returns the filter of a valid input.
fn pending_filter(input: &ApprovePendingCommissionEventsInput) -> Result<PendingFilter> {
    let from = not_null("eventDateFrom", &input.event_date_from)?.cloned();
    period("eventDateTo", from, Some(input.event_date_to))?;
    Ok(PendingFilter {
        partners: not_null("partnerId", &input.partner_id)?.cloned().map(|partner| vec![partner]),
        currency: not_null("currency", &input.currency)?.cloned(),
        from: from.map(|from| from.0),
        to: input.event_date_to.0,
    })
}

impl ApprovedPending {
    /// Returns the result from the events of each partner, ordered by currency.
    fn from_groups(groups: &[ApprovedGroup]) -> Result<Self> {
        let mut sums: Vec<CountAndSum> = Vec::new();
        for ApprovedGroup { approved, .. } in groups {
            match sums.last_mut().filter(|last| last.sum.currency() == approved.sum.currency()) {
                Some(last) => {
                    *last =
                        CountAndSum { count: last.count + approved.count, sum: last.sum.plus(approved.sum)? };
                }
                None => sums.push(*approved),
            }
        }
        Ok(Self::from_sums(&sums))
    }

    /// Returns the result from the number of events in each currency and their sum.
    fn from_sums(sums: &[CountAndSum]) -> Self {
        Self {
            count: sums.iter().map(|sum| sum.count).sum(),
            totals: sums.iter().map(|sum| sum.sum).collect(),
        }
    }
}
