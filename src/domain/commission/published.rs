//! The domain events of commission events.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::selection::ApprovedGroup;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step};
use crate::domain::db::event_data::{instant, money, text};
use crate::domain::db::transaction::Transaction;
use crate::primitives::event_type::EventType;
use crate::primitives::money::Money;

/// The most ids that one domain event lists.
const IDS_MAX: usize = 500;

/// Publishes that an event was recorded.
pub fn recorded(db: &mut Transaction, event: &CommissionEvent) {
    let event_type = match event.event_type {
        CommissionEventType::InvoicePaid => EventType::CommissionRecorded,
        CommissionEventType::Clawback => EventType::CommissionReversed,
        CommissionEventType::Adjustment => EventType::CommissionAdjusted,
        CommissionEventType::Reinstatement => EventType::CommissionReinstated,
    };
    db.publish(event_type, Some(event.partner_id), || json!({ "commissionEvent": data(event) }));
}

/// Publishes a step that events have taken: one domain event for each partner and currency, or for each event that was taken
/// back because of a refund. Payments are published as those of the payout.
pub fn advanced<'e>(db: &mut Transaction, step: Step, events: impl IntoIterator<Item = &'e CommissionEvent>) {
    let event_type = match (step.from(), step.to()) {
        (_, CommissionStatus::Clawback) => EventType::CommissionReversed,
        (CommissionStatus::Pending, CommissionStatus::Approved) => EventType::CommissionApproved,
        (_, CommissionStatus::Pending) => EventType::CommissionApprovalReverted,
        (_, CommissionStatus::Cancelled) => EventType::CommissionCancelled,
        (_, CommissionStatus::Approved | CommissionStatus::Paid) => return,
    };
    if !db.caller().has_subscribers(event_type) {
        return;
    }
    if event_type == EventType::CommissionReversed {
        for event in events {
            db.publish(event_type, Some(event.partner_id), || json!({ "commissionEvent": data(event) }));
        }
        return;
    }
    let mut groups = BTreeMap::<_, Vec<&CommissionEvent>>::new();
    for event in events {
        groups.entry((event.partner_id, event.currency.to_string())).or_default().push(event);
    }
    for ((partner, _), events) in groups {
        let total: Decimal = events.iter().map(|event| event.commission_amount).sum();
        let Some(first) = events.first() else { continue };
        let total = Money::stored(total, first.currency);
        let ids = events.iter().map(|event| event.id.to_string()).collect();
        db.publish(event_type, Some(partner), || {
            group(&partner.to_string(), total, events.len().try_into().unwrap_or(i64::MAX), ids)
        });
    }
}

/// Publishes that all events which a filter matched were approved.
pub fn approved(db: &mut Transaction, groups: &[ApprovedGroup]) {
    for ApprovedGroup { partner, approved, ids } in groups {
        db.publish(EventType::CommissionApproved, Some(*partner), || {
            let ids = ids.iter().map(ToString::to_string).collect();
            group(&partner.to_string(), approved.sum, approved.count, ids)
        });
    }
}

/// Returns the data of events of one partner and currency.
fn group(partner: &str, total: Money, count: i64, mut ids: Vec<String>) -> Value {
    let has_more = ids.len() > IDS_MAX || usize::try_from(count).is_ok_and(|count| count > ids.len());
    ids.truncate(IDS_MAX);
    json!({
        "partnerId": partner,
        "count": count,
        "total": money(total),
        "commissionEventIds": ids,
        "hasMore": has_more,
    })
}

/// Returns the data of an event: no names, and no notes.
fn data(event: &CommissionEvent) -> Value {
    json!({
        "id": event.id.0,
        "partnerId": event.partner_id.0,
        "managedAccountId": text(event.managed_account_id),
        "eventType": event.event_type.to_string(),
        "status": event.status.to_string(),
        "invoiceId": text(event.invoice_id.as_ref()),
        "refundId": text(event.refund_id.as_ref()),
        "customerId": text(event.customer_id.as_ref()),
        "baseAmount": event.base().map_or(Value::Null, money),
        "commissionRate": text(event.commission_rate),
        "commissionAmount": money(event.commission()),
        "eventDate": instant(event.event_date),
        "recordedAt": instant(event.recorded_at),
        "payableAt": instant(event.payable_at),
        "reversesId": text(event.reverses_id),
    })
}
