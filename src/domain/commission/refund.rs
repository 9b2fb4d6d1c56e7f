//! recordInvoiceRefunded: claws back the commission on what was refunded, exactly once and without rounding drift.

use async_graphql::InputObject;

use super::event_date::reject_future;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::{self, InvoiceReceipt, InvoiceRefund, InvoiceRefundedOutcome};
use crate::domain::partner;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::CommissionEventId;
use crate::primitives::money::{Money, MoneyInput};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// A refund of a paid invoice, as the billing system reports it.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoiceRefundedInput {
    /// The id of the invoice, as passed to recordInvoicePaid. An unknown invoice is NOT_FOUND: send the refund again
    /// once the invoice is recorded.
    pub invoice_id: String,
    /// The refund id of the billing system, 1 to 255 characters. A refund is recorded once per tenant, however often it
    /// is sent; with other data it is a CONFLICT.
    pub refund_id: String,
    /// The refunded part of the invoice's total: above zero, in the invoice's currency. All refunds of an invoice
    /// together are at most its total, else REFUND_EXCEEDS_INVOICE.
    pub amount: MoneyInput,
    /// The time at which the customer was refunded, at most 24 hours in the future.
    pub refunded_at: Timestamp,
    /// The reason, at most 2,000 characters; stored in the history, and never shown to partner users.
    pub reason: Option<String>,
}

/// The result of recording a refund.
#[derive(Clone, Debug)]
pub struct RecordedRefund {
    /// The outcome.
    pub outcome: InvoiceRefundedOutcome,
    /// The commission event of the invoice, if it earned a commission.
    pub commission_event: Option<Authorized<CommissionEvent>>,
    /// The reversal, unless the event itself became CLAWBACK or there was nothing to reverse.
    pub clawback: Option<Authorized<CommissionEvent>>,
}

/// The live commission event of an invoice, which is neither CANCELLED nor CLAWBACK, and its reversals.
struct EventWithReversals {
    event: Authorized<CommissionEvent>,
    reversals: Vec<Authorized<CommissionEvent>>,
}

/// The effect of one refund on the commission event of its invoice.
struct Clawback {
    /// The event after the refund.
    event: Authorized<CommissionEvent>,
    /// The reversal; `None` if the event itself became CLAWBACK.
    reversal: Option<Authorized<CommissionEvent>>,
}

/// Claws back the commission on a refund, exactly once per tenant and refund.
///
/// The receipt of the invoice is locked first, which serializes the refunds of the invoice, and its assessment with
/// them. An amount above the total of the invoice is rejected before the refund id is compared, because no refund can
/// have been recorded with it.
pub async fn record(db: &mut Transaction, input: &RecordInvoiceRefundedInput) -> Result<RecordedRefund> {
    db.mark_idempotent();
    let mut refund = validate(db, input).await?;
    let recorded = invoice::store::refund(db, &refund.refund_id).await?;
    let Some(receipt) = invoice::store::lock_receipt(db, &refund.invoice_id).await? else {
        return Err(recorded.map_or_else(|| unknown_invoice(&refund), |_| conflict(&refund)));
    };
    let is_same_currency = refund.currency == receipt.currency;
    if is_same_currency && refund.amount > receipt.total_amount {
        return Err(exceeds_invoice(&receipt, refund.money()));
    }
    // Read again under the lock, because the same request may have run meanwhile.
    if let Some(recorded) = invoice::store::refund(db, &refund.refund_id).await? {
        return replay(db, &refund, &recorded).await;
    }
    if !is_same_currency {
        let message = format!("is in {}; must be in {} like the invoice", refund.currency, receipt.currency);
        return Err(Error::bad_input("amount", message));
    }
    let earlier = invoice::store::refunds(db, &refund.invoice_id).await?;
    let refunded = earlier.iter().try_fold(refund.money(), |sum, refund| sum.plus(refund.money()))?;
    if refunded.amount() > receipt.total_amount {
        return Err(exceeds_invoice(&receipt, refunded));
    }
    let live = live_event(db, &refund.invoice_id).await?;
    if live.is_none() {
        refund.outcome = InvoiceRefundedOutcome::NoCommission;
    }
    refund.received_at = db.clock_timestamp().await?;
    if !invoice::store::insert_refund(db, &refund).await? {
        // A concurrent request recorded the same refund id for another invoice.
        return Err(Error::SerializationFailure);
    }
    let outcome = refund.outcome;
    let Some(live) = live else {
        let commission_event = store::of_invoice(db, &refund.invoice_id).await?;
        return Ok(RecordedRefund { outcome, commission_event, clawback: None });
    };
    let clawback = claw_back(db, &receipt, &live, &refund, refunded).await?;
    Ok(RecordedRefund { outcome, commission_event: Some(clawback.event), clawback: clawback.reversal })
}

/// Applies the refunds that were received while the invoice earned nothing to its new event; returns the event after
/// them.
pub async fn apply_earlier_refunds(
    db: &mut Transaction,
    receipt: &InvoiceReceipt,
    event: Authorized<CommissionEvent>,
) -> Result<Authorized<CommissionEvent>> {
    let refunds = invoice::store::refunds(db, &receipt.invoice_id).await?;
    let mut live = EventWithReversals { event, reversals: Vec::new() };
    let mut refunded = Money::zero(receipt.currency);
    for refund in &refunds {
        refunded = refunded.plus(refund.money())?;
        let clawback = claw_back(db, receipt, &live, refund, refunded).await?;
        live.event = clawback.event;
        live.reversals.extend(clawback.reversal);
    }
    if !refunds.is_empty() {
        invoice::store::update_refunds(db, &receipt.invoice_id, InvoiceRefundedOutcome::Recorded).await?;
    }
    Ok(live.event)
}

/// Claws back the commission on a refund; `refunded` is the sum of this refund and all earlier ones.
async fn claw_back(
    db: &mut Transaction,
    receipt: &InvoiceReceipt,
    live: &EventWithReversals,
    refund: &InvoiceRefund,
    refunded: Money,
) -> Result<Clawback> {
    let event = live.event.clone();
    if refunded == receipt.total() && !live.is_any_paid() {
        let reversals = live.reversals.iter().map(|reversal| reversal.id);
        let ids: Vec<_> = [event.id].into_iter().chain(reversals).collect();
        let step = Step::claw_back(event.status).ok_or_else(|| {
            Error::internal(format!("an event that is {} cannot be clawed back", event.status))
        })?;
        let changed = store::advance(db, &ids, step, refund.reason.as_deref()).await?;
        let event = changed.into_iter().find(|changed| changed.id == event.id).unwrap_or(event);
        return Ok(Clawback { event, reversal: None });
    }
    let amounts = live.reversal_amounts(receipt, refunded)?;
    let reversal = CommissionEvent {
        id: CommissionEventId::new(),
        event_type: CommissionEventType::Clawback,
        // A reversal follows its original. If the original is in a payout, there is nothing left to approve.
        status: if is_paid(&event) { CommissionStatus::Approved } else { event.status },
        refund_id: Some(refund.refund_id.clone()),
        base_amount: Some(amounts.base.amount()),
        commission_amount: amounts.commission.amount(),
        event_date: refund.refunded_at,
        recorded_at: db.clock_timestamp().await?,
        // A reversal has no hold.
        payable_at: refund.refunded_at,
        payout_id: None,
        paid_at: None,
        reverses_id: Some(event.id),
        notes: refund.reason.clone(),
        ..CommissionEvent::clone(&event)
    };
    store::insert(db, &reversal).await?;
    Ok(Clawback { event, reversal: Some(db.scope().authorize(reversal)?) })
}

/// The amounts of a reversal; neither is above zero.
struct ReversalAmounts {
    base: Money,
    commission: Money,
}

impl EventWithReversals {
    fn is_any_paid(&self) -> bool {
        is_paid(&self.event) || self.reversals.iter().any(|reversal| is_paid(reversal))
    }

    /// Returns the amounts of the next reversal: those that remain after all refunds, less those that still stand.
    ///
    /// Computed from the sum of all refunds and not from each refund, so that rounding differences do not accumulate.
    fn reversal_amounts(&self, receipt: &InvoiceReceipt, refunded: Money) -> Result<ReversalAmounts> {
        let incomplete = || Error::internal("a commission event of an invoice has no base amount or rate");
        let (event_base, rate) = self.event.base().zip(self.event.commission_rate).ok_or_else(incomplete)?;
        let remaining = event_base.remaining(receipt.total(), refunded)?;
        let mut base = remaining.base()?.minus(event_base)?;
        let mut commission = remaining.share(rate)?.minus(self.event.commission())?;
        for reversal in &self.reversals {
            base = base.minus(reversal.base().ok_or_else(incomplete)?)?;
            commission = commission.minus(reversal.commission())?;
        }
        Ok(ReversalAmounts { base, commission })
    }
}

fn is_paid(event: &CommissionEvent) -> bool {
    event.status == CommissionStatus::Paid
}

/// Locks and returns the commission event of an invoice with its reversals; `None` if there is none, or if it is
/// CANCELLED or CLAWBACK.
async fn live_event(db: &mut Transaction, invoice_id: &str) -> Result<Option<EventWithReversals>> {
    let Some(event) = store::of_invoice(db, invoice_id).await? else { return Ok(None) };
    partner::store::lock(db, &[event.partner_id]).await?;
    let (events, reversals): (Vec<_>, Vec<_>) =
        store::lock_with_reversals(db, &[event.id]).await?.into_iter().partition(|row| row.id == event.id);
    let is_final = |event: &CommissionEvent| {
        matches!(event.status, CommissionStatus::Cancelled | CommissionStatus::Clawback)
    };
    let event = events.into_iter().find(|event| !is_final(event));
    Ok(event.map(|event| EventWithReversals { event, reversals }))
}

/// Returns the refund of a valid input; `record` sets its outcome and the time of its receipt.
async fn validate(db: &mut Transaction, input: &RecordInvoiceRefundedInput) -> Result<InvoiceRefund> {
    let invoice_id = text::identifier("invoiceId", &input.invoice_id)?;
    let refund_id = text::identifier("refundId", &input.refund_id)?;
    let amount = input.amount.above_zero("amount")?;
    let reason = text::optional_note("reason", input.reason.as_deref())?;
    reject_future(db, "refundedAt", input.refunded_at).await?;
    Ok(InvoiceRefund {
        tenant_id: db.scope().tenant().clone(),
        refund_id,
        invoice_id,
        currency: amount.currency(),
        amount: amount.amount(),
        refunded_at: input.refunded_at.0,
        reason,
        outcome: InvoiceRefundedOutcome::Recorded,
        received_at: input.refunded_at.0,
    })
}

/// Returns the result of a refund that was recorded before; rejects other data.
async fn replay(
    db: &mut Transaction,
    refund: &InvoiceRefund,
    recorded: &InvoiceRefund,
) -> Result<RecordedRefund> {
    if !refund.has_same_data(recorded) {
        return Err(conflict(refund));
    }
    let commission_event = store::of_invoice(db, &refund.invoice_id).await?;
    let clawback = store::of_refund(db, &refund.refund_id).await?;
    Ok(RecordedRefund { outcome: InvoiceRefundedOutcome::AlreadyRecorded, commission_event, clawback })
}

fn unknown_invoice(refund: &InvoiceRefund) -> Error {
    let message = format!(
        "invoice {} is unknown; send the refund again once the invoice is recorded",
        refund.invoice_id
    );
    Error::user_error(UserError::new(UserErrorCode::NotFound, message).at("invoiceId"))
}

fn conflict(refund: &InvoiceRefund) -> Error {
    let message = format!("refund {} was recorded before with other data", refund.refund_id);
    Error::user_error(UserError::new(UserErrorCode::Conflict, message).at("refundId"))
}

fn exceeds_invoice(receipt: &InvoiceReceipt, refunded: Money) -> Error {
    let message = format!(
        "the refunds of invoice {} would be {refunded}, more than its total of {}",
        receipt.invoice_id,
        receipt.total()
    );
    Error::user_error(UserError::new(UserErrorCode::RefundExceedsInvoice, message).at("amount"))
}
