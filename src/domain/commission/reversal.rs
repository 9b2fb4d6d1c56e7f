//! The reversal of everything that an invoice earned, when a correction replaces its event.

use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step, store};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::CommissionEventId;
use crate::primitives::money::Money;

/// Reverses an event with its lines, so that those that are neither CANCELLED nor CLAWBACK add up to zero.
///
/// If none of them is in a payout, they are cancelled. Otherwise, those in a payout stay as they are, and one line reverses
/// all that stands: it is APPROVED if the event is in a payout, and follows the event if only a line of it is. The row of
/// the partner must be locked.
pub(super) async fn reverse_all(db: &mut Transaction, id: CommissionEventId, reason: &str) -> Result<()> {
    let rows = store::lock_with_reversals(db, &[id]).await?;
    let event = rows.iter().find(|row| row.id == id);
    let event = event.ok_or_else(|| Error::internal("a commission event does not exist"))?;
    let standing: Vec<&CommissionEvent> = rows.iter().map(|row| &**row).filter(|row| is_live(row)).collect();
    if standing.iter().any(|row| row.status == CommissionStatus::Paid) {
        return insert_reversal(db, event, &standing, reason).await;
    }
    for step in [Step::CANCEL_PENDING, Step::CANCEL_APPROVED] {
        let ids: Vec<_> = standing.iter().filter(|row| row.status == step.from()).map(|row| row.id).collect();
        if !ids.is_empty() {
            store::advance(db, &ids, step, Some(reason)).await?;
        }
    }
    Ok(())
}

async fn insert_reversal(
    db: &mut Transaction,
    event: &CommissionEvent,
    standing: &[&CommissionEvent],
    reason: &str,
) -> Result<()> {
    let mut base = Money::zero(event.currency);
    let mut commission = base;
    for row in standing {
        base = base.minus(row.base().ok_or_else(|| Error::internal("an event has no base amount"))?)?;
        commission = commission.minus(row.commission())?;
    }
    let recorded_at = db.clock_timestamp().await?;
    // An event may be dated up to 24 hours ahead.
    let event_date = recorded_at.max(event.event_date);
    let follows_event = matches!(event.status, CommissionStatus::Pending | CommissionStatus::Approved);
    let reversal = CommissionEvent {
        id: CommissionEventId::new(),
        event_type: CommissionEventType::Clawback,
        status: if follows_event { event.status } else { CommissionStatus::Approved },
        refund_id: None,
        base_amount: Some(base.amount()),
        commission_amount: commission.amount(),
        event_date,
        recorded_at,
        payable_at: event_date,
        payout_id: None,
        paid_at: None,
        reverses_id: Some(event.id),
        notes: Some(reason.to_owned()),
        replaced_at: None,
        held_at: event.held_at.filter(|_| follows_event).map(|_| recorded_at),
        changed_at: recorded_at,
        ..event.clone()
    };
    store::insert(db, &reversal).await
}

/// Returns whether an event counts toward what its partner earned.
fn is_live(event: &CommissionEvent) -> bool {
    !matches!(event.status, CommissionStatus::Cancelled | CommissionStatus::Clawback)
}
