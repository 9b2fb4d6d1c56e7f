//! recordAdjustment: records a correction by staff as a commission event of its own.

use async_graphql::InputObject;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::event_date::reject_implausible;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, adjustment_request, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::{idempotency, partner, tenant};
use crate::primitives::error::Result;
use crate::primitives::id::{CommissionEventId, PartnerId};
use crate::primitives::money::MoneyInput;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// An adjustment of what a partner is owed, entered by staff.
#[derive(Clone, Debug, InputObject)]
pub struct RecordAdjustmentInput {
    /// The partner whose balance is adjusted, in any status.
    pub partner_id: PartnerId,
    /// The amount, not zero. A positive amount is earned by the partner; a negative one is a debt of the partner.
    pub amount: MoneyInput,
    /// The reason, 1 to 2,000 characters, for staff only; stored as the notes of the event and in its history.
    pub reason: String,
    /// A note for the partner, at most 2,000 characters; default none. Unlike the reason, partner users see it.
    pub partner_note: Option<String>,
    /// The date of the event, from 2000-01-01 to 24 hours in the future; default now.
    pub event_date: Option<Timestamp>,
    /// A name for this request, 1 to 255 characters, unique within the tenant. Repeated with the same key and data, the
    /// request returns the event of the first time; with other data it is a CONFLICT.
    pub idempotency_key: String,
}

impl RecordAdjustmentInput {
    /// Returns the canonical form of the request, by which repetitions are recognized.
    fn canonical(&self) -> Value {
        let mut request = json!({
            "partnerId": self.partner_id.0,
            "amount": self.amount.amount.0.normalize().to_string(),
            "currency": self.amount.currency.to_string(),
            "reason": text::nfc(&self.reason),
            "eventDate": self.event_date.map(|at| at.0.to_rfc3339()),
        });
        // Left out if there is none, like in the requests that were stored before there were notes for partners.
        if let Some(note) = text::nfc_non_blank(self.partner_note.as_deref()) {
            request["partnerNote"] = note.into();
        }
        request
    }
}

/// Records an adjustment. A positive one must be approved and is held like a commission; a negative one is APPROVED at
/// once, without a hold, and deducted from the partner's next payout in its currency.
pub async fn adjust(
    db: &mut Transaction,
    input: &RecordAdjustmentInput,
) -> Result<Authorized<CommissionEvent>> {
    let amount = input.amount.not_zero("amount")?;
    let reason = text::required_note("reason", &input.reason)?;
    let partner_note = text::optional_note("partnerNote", input.partner_note.as_deref())?;
    if let Some(event_date) = input.event_date {
        reject_implausible(db, "eventDate", event_date).await?;
    }
    let (key, recorded) =
        idempotency::reserve(db, Some(&input.idempotency_key), "recordAdjustment", input.canonical()).await?;
    if let Some(recorded) = recorded {
        return store::by_id(db, CommissionEventId(recorded)).await;
    }
    // A negative adjustment is APPROVED at once: without the lock, a concurrent batch could pay it without counting it.
    let partner = partner::store::lock_by_id(db, "partnerId", input.partner_id).await?;
    let recorded_at = db.clock_timestamp().await?;
    let event_date = input.event_date.map_or(recorded_at, |date| date.0);
    let (status, hold_days) = if amount.amount() > Decimal::ZERO {
        (CommissionStatus::Pending, tenant::settings(db).await?.tenant.hold_days)
    } else {
        (CommissionStatus::Approved, 0)
    };
    let event = CommissionEvent {
        tenant_id: partner.tenant_id.clone(),
        id: CommissionEventId::new(),
        partner_id: partner.id,
        managed_account_id: None,
        event_type: CommissionEventType::Adjustment,
        status,
        invoice_id: None,
        refund_id: None,
        customer_id: None,
        currency: amount.currency(),
        base_amount: None,
        commission_rate: None,
        rate_source: None,
        commission_amount: amount.amount(),
        event_date,
        recorded_at,
        payable_at: event_date + TimeDelta::days(hold_days.into()),
        payout_id: None,
        paid_at: None,
        reverses_id: None,
        notes: Some(reason),
        reversed_refund_id: None,
        invoice_row_id: None,
        invoice_revision: None,
        replaced_at: None,
        held_at: None,
        partner_note,
        changed_at: recorded_at,
    };
    store::insert(db, &event).await?;
    adjustment_request::store::insert(db, event.id, input.partner_id, amount).await?;
    db.record_created(&event);
    db.record_reason(event.notes.as_deref().unwrap_or_default());
    key.set_result(db, event.id.0).await?;
    db.scope().authorize(event)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn request(amount: &str, currency: &str, reason: &str) -> RecordAdjustmentInput {
        let parsed = (amount.parse().ok(), currency.parse().ok());
        let (Some(amount), Some(currency)) = parsed else { panic!("{amount} {currency}") };
        RecordAdjustmentInput {
            partner_id: PartnerId(Uuid::nil()),
            amount: MoneyInput { amount, currency },
            reason: reason.to_owned(),
            partner_note: None,
            event_date: None,
            idempotency_key: "k".to_owned(),
        }
    }

    #[test]
    fn a_request_is_the_same_however_it_is_written() {
        let canonical = request("5.00", "EUR", "caf\u{e9}").canonical();
        let other_key =
            RecordAdjustmentInput { idempotency_key: "l".to_owned(), ..request("5", "EUR", " cafe\u{301} ") };
        assert_eq!(other_key.canonical(), canonical);
    }

    #[test]
    fn every_field_makes_another_request() {
        let one = request("5.00", "EUR", "r");
        let dated = RecordAdjustmentInput {
            event_date: Some(Timestamp(chrono::DateTime::UNIX_EPOCH)),
            ..one.clone()
        };
        let explained = RecordAdjustmentInput { partner_note: Some("a bonus".to_owned()), ..one.clone() };
        let of_other = RecordAdjustmentInput { partner_id: PartnerId(Uuid::max()), ..one.clone() };
        let others = [
            request("5.01", "EUR", "r"),
            request("-5", "EUR", "r"),
            request("5", "USD", "r"),
            request("5", "EUR", "s"),
        ];
        for other in others.into_iter().chain([dated, explained, of_other]) {
            assert_ne!(other.canonical(), one.canonical(), "{other:?}");
        }
    }
}
