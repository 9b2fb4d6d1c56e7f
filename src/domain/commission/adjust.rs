//! recordAdjustment: what staff put right by hand, by a line of its own.

use async_graphql::InputObject;
use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::record::reject_future;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::{idempotency, partner, tenant};
use crate::primitives::error::Result;
use crate::primitives::id::{CommissionEventId, PartnerId};
use crate::primitives::money::MoneyInput;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// An amount to give to a partner or to take from it.
#[derive(Clone, Debug, InputObject)]
pub struct RecordAdjustmentInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// The amount, with its sign: above zero it is earned, below zero it is owed; not zero.
    pub amount: MoneyInput,
    /// Why, 1 to 2,000 characters; kept as the event's notes and in its history.
    pub reason: String,
    /// The moment it is dated at, at most 24 hours ahead of this server's clock; default now.
    pub event_date: Option<Timestamp>,
    /// Up to 255 characters that name this request. Sent again with the same key, it answers the event that it made the
    /// first time.
    pub idempotency_key: String,
}

/// Records an adjustment. Above zero it waits for approval and its hold like any other event; below zero it is approved
/// at once, without a hold, and the partner's next payout in its currency nets it.
pub async fn adjust(
    db: &mut Transaction,
    input: &RecordAdjustmentInput,
) -> Result<Authorized<CommissionEvent>> {
    let amount = input.amount.not_zero("amount")?;
    let reason = text::required_note("reason", &input.reason)?;
    if let Some(event_date) = input.event_date {
        reject_future(db, "eventDate", event_date).await?;
    }
    let (key, before) =
        idempotency::take(db, Some(&input.idempotency_key), "recordAdjustment", input).await?;
    if let Some(before) = before {
        return store::named(db, CommissionEventId(before)).await;
    }
    // Approved at once, it must not come in between what a batch counts and what it pays.
    let partner = partner::store::lock_named(db, "partnerId", input.partner_id).await?;
    let recorded_at = db.clock_timestamp().await?;
    let event_date = input.event_date.map_or(recorded_at, |at| at.0);
    let (status, hold_days) = if amount.amount() > Decimal::ZERO {
        (CommissionStatus::Pending, tenant::current(db).await?.hold_days)
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
    };
    store::insert(db, &event).await?;
    key.made(db, event.id.0).await?;
    db.scope().authorize(event)
}
