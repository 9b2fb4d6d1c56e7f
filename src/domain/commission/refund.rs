//! recordInvoiceRefunded: what a refund takes back, exactly once, without drift.

use async_graphql::InputObject;

use super::record::reject_future;
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

/// A refunded invoice.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoiceRefundedInput {
    /// The invoice, as recordInvoicePaid named it.
    pub invoice_id: String,
    /// The refund, as the billing system names it, 1 to 255 characters. Within the tenant it is recorded once, however
    /// often it is sent.
    pub refund_id: String,
    /// What the customer got back of the invoice's total: above zero, in the invoice's currency. All refunds of an invoice
    /// together are at most its total.
    pub amount: MoneyInput,
    /// When the customer got it back; at most 24 hours ahead of this server's clock.
    pub refunded_at: Timestamp,
    /// Why, at most 2,000 characters; kept in the history, and never shown to partner users.
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

/// Takes back what a refund is worth of the commission on its invoice, exactly once per tenant and refund.
///
/// The receipt of the invoice is locked first: refunds of one invoice come one after the other, and not between its
/// judgement and its event.
pub async fn record(db: &mut Transaction, input: &RecordInvoiceRefundedInput) -> Result<RecordedRefund> {
    db.mark_idempotent();
    let mut refund = validate(db, input).await?;
    let known = invoice::store::refund(db, &refund.refund_id).await?;
    let Some(receipt) = invoice::store::lock_receipt(db, &refund.invoice_id).await? else {
        return Err(known.map_or_else(|| unknown_invoice(&refund), |_| conflict(&refund)));
    };
    let same_currency = refund.currency == receipt.currency;
    if same_currency && refund.amount > receipt.total_amount {
        return Err(exceeds(&receipt, refund.money()));
    }
    // Once more under the lock: a twin may have come first.
    if let Some(known) = invoice::store::refund(db, &refund.refund_id).await? {
        return replay(db, &refund, &known).await;
    }
    if !same_currency {
        let message = format!("is in {}; the invoice is in {}", refund.currency, receipt.currency);
        return Err(Error::bad_input("amount", message));
    }
    let before = invoice::store::refunds(db, &refund.invoice_id).await?;
    let refunded = before.iter().try_fold(refund.money(), |sum, refund| sum.plus(refund.money()))?;
    if refunded.amount() > receipt.total_amount {
        return Err(exceeds(&receipt, refunded));
    }
    let live = live_event(db, &refund.invoice_id).await?;
    if live.is_none() {
        refund.outcome = InvoiceRefundedOutcome::NoCommission;
    }
    refund.received_at = db.clock_timestamp().await?;
    if !invoice::store::insert_refund(db, &refund).await? {
        // The same refund of another invoice came at the same time.
        return Err(Error::SerializationFailure);
    }
    match live {
        None => {
            let event = store::of_invoice(db, &refund.invoice_id).await?;
            Ok(RecordedRefund { outcome: refund.outcome, commission_event: event, clawback: None })
        }
        Some((event, lines)) => {
            let (event, clawback) = claw_back(db, &receipt, event, &lines, &refund, refunded).await?;
            Ok(RecordedRefund { outcome: refund.outcome, commission_event: Some(event), clawback })
        }
    }
}

/// Takes the refunds that came in before their invoice earned anything off the event that it makes now.
pub async fn apply_earlier_refunds(
    db: &mut Transaction,
    receipt: &InvoiceReceipt,
    event: Authorized<CommissionEvent>,
) -> Result<Authorized<CommissionEvent>> {
    let refunds = invoice::store::refunds(db, &receipt.invoice_id).await?;
    let (mut event, mut lines, mut refunded) = (event, Vec::new(), Money::zero(receipt.currency));
    for refund in &refunds {
        refunded = refunded.plus(refund.money())?;
        let (after, line) = claw_back(db, receipt, event, &lines, refund, refunded).await?;
        event = after;
        lines.extend(line);
    }
    if !refunds.is_empty() {
        invoice::store::update_refunds(db, &receipt.invoice_id, InvoiceRefundedOutcome::Recorded).await?;
    }
    Ok(event)
}

/// Takes back what `refunded`, all refunds with this one, are worth and earlier ones did not take back.
///
/// Computed from all of them, so that it never drifts: what is to stand, less what stands.
async fn claw_back(
    db: &mut Transaction,
    receipt: &InvoiceReceipt,
    event: Authorized<CommissionEvent>,
    lines: &[Authorized<CommissionEvent>],
    refund: &InvoiceRefund,
    refunded: Money,
) -> Result<(Authorized<CommissionEvent>, Option<Authorized<CommissionEvent>>)> {
    let paid = |event: &CommissionEvent| event.status == CommissionStatus::Paid;
    let everything_is_unpaid = !paid(&event) && !lines.iter().any(|line| paid(line));
    if refunded == receipt.total() && everything_is_unpaid {
        let ids: Vec<_> = [event.id].into_iter().chain(lines.iter().map(|line| line.id)).collect();
        let step = Step::claw_back(event.status)
            .ok_or_else(|| Error::internal(format!("a refund met an event that is {}", event.status)))?;
        let changed = store::advance(db, &ids, step, refund.reason.as_deref()).await?;
        let event = changed.into_iter().find(|changed| changed.id == event.id).unwrap_or(event);
        return Ok((event, None));
    }
    let incomplete = || Error::internal("a commission event of an invoice has no base or rate");
    let (base, rate) = event.base().zip(event.commission_rate).ok_or_else(incomplete)?;
    let remaining = base.remaining(receipt.total(), refunded)?;
    let (mut commission, mut base) =
        (remaining.share(rate)?.minus(event.commission())?, remaining.base()?.minus(base)?);
    for line in lines {
        commission = commission.minus(line.commission())?;
        base = base.minus(line.base().ok_or_else(incomplete)?)?;
    }
    let line = CommissionEvent {
        id: CommissionEventId::new(),
        event_type: CommissionEventType::Clawback,
        // It goes wherever the event goes; of one that is in a payout already, nobody has to approve it.
        status: if paid(&event) { CommissionStatus::Approved } else { event.status },
        refund_id: Some(refund.refund_id.clone()),
        base_amount: Some(base.amount()),
        commission_amount: commission.amount(),
        event_date: refund.refunded_at,
        recorded_at: db.clock_timestamp().await?,
        // No hold of its own.
        payable_at: refund.refunded_at,
        payout_id: None,
        paid_at: None,
        reverses_id: Some(event.id),
        notes: refund.reason.clone(),
        ..CommissionEvent::clone(&event)
    };
    store::insert(db, &line).await?;
    Ok((event, Some(db.scope().authorize(line)?)))
}

type WithLines = (Authorized<CommissionEvent>, Vec<Authorized<CommissionEvent>>);

/// The event of an invoice with the lines that take back part of it, if it earns something; locked.
async fn live_event(db: &mut Transaction, invoice_id: &str) -> Result<Option<WithLines>> {
    let Some(event) = store::of_invoice(db, invoice_id).await? else { return Ok(None) };
    partner::store::lock(db, &[event.partner_id]).await?;
    let (events, lines): (Vec<_>, Vec<_>) =
        store::lock_with_lines(db, &[event.id]).await?.into_iter().partition(|row| row.id == event.id);
    let ended = |event: &CommissionEvent| {
        matches!(event.status, CommissionStatus::Cancelled | CommissionStatus::Clawback)
    };
    Ok(events.into_iter().next().filter(|event| !ended(event)).map(|event| (event, lines)))
}

/// A refund that can be right.
async fn validate(db: &mut Transaction, input: &RecordInvoiceRefundedInput) -> Result<InvoiceRefund> {
    let invoice_id = text::required_text("invoiceId", &input.invoice_id)?;
    let refund_id = text::required_text("refundId", &input.refund_id)?;
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

/// What a refund that is known took back.
async fn replay(
    db: &mut Transaction,
    refund: &InvoiceRefund,
    known: &InvoiceRefund,
) -> Result<RecordedRefund> {
    if !refund.has_same_data(known) {
        return Err(conflict(refund));
    }
    let event = store::of_invoice(db, &refund.invoice_id).await?;
    let clawback = store::of_refund(db, &refund.refund_id).await?;
    let outcome = InvoiceRefundedOutcome::AlreadyRecorded;
    Ok(RecordedRefund { outcome, commission_event: event, clawback })
}

fn unknown_invoice(refund: &InvoiceRefund) -> Error {
    let message = format!("invoice {} is not known; send the refund again after it", refund.invoice_id);
    Error::user_error(UserError::new(UserErrorCode::NotFound, message).at("invoiceId"))
}

fn conflict(refund: &InvoiceRefund) -> Error {
    let message = format!("refund {} was recorded before with other data", refund.refund_id);
    Error::user_error(UserError::new(UserErrorCode::Conflict, message).at("refundId"))
}

fn exceeds(receipt: &InvoiceReceipt, refunded: Money) -> Error {
    let message = format!(
        "the refunds of invoice {} would be {refunded}, more than its total of {}",
        receipt.invoice_id,
        receipt.total()
    );
    Error::user_error(UserError::new(UserErrorCode::RefundExceedsInvoice, message).at("amount"))
}
