//! The domain events of payouts.

use serde_json::{Value, json};

use super::{Payout, PayoutStatus};
use crate::domain::db::event_data::{instant, money, text};
use crate::domain::db::transaction::Transaction;
use crate::primitives::event_type::EventType;

/// Publishes that a payout has a new status; `from` is the one before, `None` if it was created.
pub fn changed(db: &mut Transaction, payout: &Payout, from: Option<PayoutStatus>) {
    let event_type = match payout.status {
        // Never stored: a payout is READY once its transaction ends.
        PayoutStatus::Pending => return,
        PayoutStatus::Ready if from.is_some() => EventType::PayoutAttention,
        PayoutStatus::Ready => EventType::PayoutCreated,
        PayoutStatus::Processing => EventType::PayoutProcessing,
        PayoutStatus::Completed => EventType::PayoutCompleted,
        PayoutStatus::Failed => EventType::PayoutFailed,
        PayoutStatus::Cancelled => EventType::PayoutCancelled,
        PayoutStatus::Returned => EventType::PayoutReturned,
    };
    db.publish(event_type, Some(payout.partner_id), || json!({ "payout": data(payout) }));
}

/// Publishes that staff must look at a payout.
pub fn attention(db: &mut Transaction, payout: &Payout) {
    db.publish(EventType::PayoutAttention, Some(payout.partner_id), || json!({ "payout": data(payout) }));
}

/// Returns the data of a payout: no notes, and not the reason of a failure, which may name persons and banks.
fn data(payout: &Payout) -> Value {
    json!({
        "id": payout.id.0,
        "partnerId": payout.partner_id.0,
        "status": payout.status.to_string(),
        "totalAmount": money(payout.total()),
        "commissionCount": payout.commission_count,
        "paymentMethod": payout.payment_method,
        "attention": text(payout.attention.map(|attention| attention.to_string()).as_ref()),
        "paymentReference": text(payout.payment_reference.as_ref()),
        "payoutDate": instant(payout.payout_date),
        "periodStart": instant(payout.period_start),
        "periodEnd": instant(payout.period_end),
        "createdAt": instant(payout.created_at),
        "completedAt": payout.completed_at.map_or(Value::Null, instant),
        "returnedAt": payout.returned_at.map_or(Value::Null, instant),
    })
}
