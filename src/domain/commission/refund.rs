//! recordInvoiceRefunded: what a refund takes back, exactly once, without drift.

use async_graphql::InputObject;

use super::record::must_not_be_ahead;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, Step, store};
use crate::access::Admitted;
use crate::domain::invoice::{self, InvoiceReceipt, InvoiceRefund, InvoiceRefundedOutcome};
use crate::domain::partner;
use crate::domain::session::Act;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::id::CommissionEventId;
use crate::instant::Instant;
use crate::money::{Money, MoneyInput};
use crate::text;

/// A refunded invoice.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoiceRefundedInput {
    /// The invoice, as recordInvoicePaid named it.
    pub invoice_id: String,
    /// The refund, as the billing system names it, 1 to 255 characters. Within the tenant it is taken down once, however
    /// often it is sent.
    pub refund_id: String,
    /// What the customer got back of the invoice's total: above zero, in the invoice's currency. All refunds of an invoice
    /// together are at most its total.
    pub amount: MoneyInput,
    /// When the customer got it back; at most 24 hours ahead of this server's clock.
    pub refunded_at: Instant,
    /// Why, at most 2,000 characters; kept in the history, and never shown to partner users.
    pub reason: Option<String>,
}

/// What came of a refund, the event of the invoice, and the line that takes part of it back.
pub type Refunded =
    (InvoiceRefundedOutcome, Option<Admitted<CommissionEvent>>, Option<Admitted<CommissionEvent>>);

/// Takes back what a refund is worth of the commission on its invoice, exactly once per tenant and refund.
///
/// The receipt of the invoice is locked first: refunds of one invoice come one after the other, and not between its
/// judgement and its event.
pub async fn record(db: &mut Act, input: &RecordInvoiceRefundedInput) -> Result<Refunded> {
    db.may_be_repeated();
    let mut refund = checked(db, input).await?;
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
        return known_before(db, &refund, &known).await;
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
    let living = living(db, &refund.invoice_id).await?;
    if living.is_none() {
        refund.outcome = InvoiceRefundedOutcome::NoCommission;
    }
    refund.received_at = db.moment().await?;
    if !invoice::store::insert_refund(db, &refund).await? {
        // The same refund of another invoice came at the same time.
        return Err(Error::Overtaken);
    }
    match living {
        None => {
            let event = store::of_invoice(db, &refund.invoice_id).await?;
            Ok((refund.outcome, event, None))
        }
        Some((event, lines)) => {
            let (event, line) = take_back(db, &receipt, event, &lines, &refund, refunded).await?;
            Ok((refund.outcome, Some(event), line))
        }
    }
}

/// Takes the refunds that came in before their invoice earned anything off the event that it makes now.
pub async fn catch_up(
    db: &mut Act,
    receipt: &InvoiceReceipt,
    event: Admitted<CommissionEvent>,
) -> Result<Admitted<CommissionEvent>> {
    let refunds = invoice::store::refunds(db, &receipt.invoice_id).await?;
    let (mut event, mut lines, mut refunded) = (event, Vec::new(), Money::zero(receipt.currency));
    for refund in &refunds {
        refunded = refunded.plus(refund.money())?;
        let (after, line) = take_back(db, receipt, event, &lines, refund, refunded).await?;
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
async fn take_back(
    db: &mut Act,
    receipt: &InvoiceReceipt,
    event: Admitted<CommissionEvent>,
    lines: &[Admitted<CommissionEvent>],
    refund: &InvoiceRefund,
    refunded: Money,
) -> Result<(Admitted<CommissionEvent>, Option<Admitted<CommissionEvent>>)> {
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
        recorded_at: db.moment().await?,
        // No hold of its own.
        payable_at: refund.refunded_at,
        payout_id: None,
        paid_at: None,
        reverses_id: Some(event.id),
        notes: refund.reason.clone(),
        ..CommissionEvent::clone(&event)
    };
    store::insert(db, &line).await?;
    Ok((event, Some(db.scope().admit(line)?)))
}

type WithLines = (Admitted<CommissionEvent>, Vec<Admitted<CommissionEvent>>);

/// The event of an invoice with the lines that take back part of it, if it earns something; locked.
async fn living(db: &mut Act, invoice_id: &str) -> Result<Option<WithLines>> {
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
async fn checked(db: &mut Act, input: &RecordInvoiceRefundedInput) -> Result<InvoiceRefund> {
    let invoice_id = text::line("invoiceId", &input.invoice_id)?;
    let refund_id = text::line("refundId", &input.refund_id)?;
    let amount = input.amount.above_zero("amount")?;
    let reason = text::optional_note("reason", input.reason.as_deref())?;
    must_not_be_ahead(db, "refundedAt", input.refunded_at).await?;
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
async fn known_before(db: &mut Act, refund: &InvoiceRefund, known: &InvoiceRefund) -> Result<Refunded> {
    if !refund.says_the_same_as(known) {
        return Err(conflict(refund));
    }
    let event = store::of_invoice(db, &refund.invoice_id).await?;
    let line = store::of_refund(db, &refund.refund_id).await?;
    Ok((InvoiceRefundedOutcome::AlreadyRecorded, event, line))
}

fn unknown_invoice(refund: &InvoiceRefund) -> Error {
    let message = format!("invoice {} is not known; send the refund again after it", refund.invoice_id);
    Error::refused(UserError::new(UserErrorCode::NotFound, message).at("invoiceId"))
}

fn conflict(refund: &InvoiceRefund) -> Error {
    let message = format!("refund {} was recorded before, with other data", refund.refund_id);
    Error::refused(UserError::new(UserErrorCode::Conflict, message).at("refundId"))
}

fn exceeds(receipt: &InvoiceReceipt, refunded: Money) -> Error {
    let message = format!(
        "the refunds of invoice {} would be {refunded}, more than its total of {}",
        receipt.invoice_id,
        receipt.total()
    );
    Error::refused(UserError::new(UserErrorCode::RefundExceedsInvoice, message).at("amount"))
}
