//! recordInvoiceRefunded: claws back the commission on what was refunded, exactly once and without rounding drift.

use async_graphql::InputObject;
use uuid::Uuid;

use super::event_date::{reject_before, reject_implausible};
use super::remaining_base::Remaining;
use super::standing::{Source, Standing};
use super::{CommissionEvent, CommissionEventType, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::{self, InvoiceRefund, InvoiceRefundedOutcome, InvoiceRevision, payment};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::InvoiceId;
use crate::primitives::money::{Money, MoneyInput};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// A refund of a paid invoice, as the billing system reports it.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoiceRefundedInput {
    /// The id of the invoice, as passed to recordInvoicePaid. An unknown invoice is NOT_FOUND: send the refund again
    /// once the invoice is recorded.
    pub invoice_id: String,
    /// The id of the refunded payment, as passed to recordInvoicePaid. Required if the invoice has several payments.
    pub payment_id: Option<String>,
    /// The refund id of the billing system, 1 to 255 characters. A refund is recorded once per tenant, however often it
    /// is sent; with other data it is a CONFLICT.
    pub refund_id: String,
    /// The refunded part of the invoice's total: above zero, in the invoice's currency. All refunds of an invoice
    /// together, without those that were reversed, are at most its total, else REFUND_EXCEEDS_INVOICE.
    pub amount: MoneyInput,
    /// The part of the invoice's commissionable amount that is refunded: from zero, at most the amount, and at most what
    /// is left of it, else REFUND_EXCEEDS_INVOICE; 0.00 for a refund of what earned nothing, such as shipping. Default
    /// the same proportion of what is left of it as of the total. Once the whole total is refunded, so is all of it.
    pub commissionable_amount: Option<MoneyInput>,
    /// The time at which the customer was refunded, from 24 hours before the payment to 24 hours in the future.
    pub refunded_at: Timestamp,
    /// The reason, at most 2,000 characters; stored in the history, and never shown to partner users. Not compared when
    /// the refund is sent again.
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

/// Claws back the commission on a refund, exactly once per tenant and refund.
///
/// The invoice is locked first, which serializes the refunds of the invoice, and its assessment with
/// them. An amount above the total of the invoice is rejected before the refund id is compared, because no refund can
/// have been recorded with it.
pub async fn record(db: &mut Transaction, input: &RecordInvoiceRefundedInput) -> Result<RecordedRefund> {
    db.mark_idempotent();
    let mut refund = validate(db, input).await?;
    let recorded = invoice::store::refund(db, &refund.refund_id).await?;
    let Some(receipt) = lock_payment(db, input, &refund, recorded.as_ref()).await? else {
        return Err(recorded.map_or_else(|| unknown_invoice(&refund), |_| conflict(&refund)));
    };
    (refund.invoice_row_id, refund.invoice_revision) = (receipt.id, receipt.revision);
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
    reject_before("refundedAt", refund.refunded_at, "the payment of the invoice", receipt.paid_at)?;
    let earlier = invoice::store::living_refunds(db, receipt.id).await?;
    let remaining = Remaining::after(receipt.total(), receipt.base(), &earlier)?;
    reject_excess(&receipt, &refund, &remaining)?;
    let remaining = remaining.less(&refund)?;
    let standing = Standing::lock(db, receipt.id).await?;
    if standing.is_none() {
        refund.outcome = InvoiceRefundedOutcome::NoCommission;
    }
    refund.received_at = db.clock_timestamp().await?;
    if !invoice::store::insert_refund(db, &refund).await? {
        // A concurrent request recorded the same refund id for another invoice.
        return Err(Error::SerializationFailure);
    }
    let outcome = refund.outcome;
    let Some(mut standing) = standing else {
        let commission_event = store::of_invoice(db, receipt.id).await?;
        return Ok(RecordedRefund { outcome, commission_event, clawback: None });
    };
    let clawback = claw_back(db, &mut standing, &refund, &remaining).await?;
    Ok(RecordedRefund { outcome, commission_event: Some(standing.event), clawback })
}

/// Applies the refunds that were received while the invoice earned nothing, and not reversed since, to its new event;
/// returns the event after them.
pub async fn apply_earlier_refunds(
    db: &mut Transaction,
    receipt: &InvoiceRevision,
    event: Authorized<CommissionEvent>,
) -> Result<Authorized<CommissionEvent>> {
    let refunds = invoice::store::living_refunds(db, receipt.id).await?;
    let mut standing = Standing::of(event);
    let mut remaining = Remaining::after(receipt.total(), receipt.base(), &[])?;
    for refund in &refunds {
        remaining = remaining.less(refund)?;
        claw_back(db, &mut standing, refund, &remaining).await?;
    }
    if !refunds.is_empty() {
        let ids = refunds.into_iter().map(|refund| refund.refund_id).collect();
        invoice::store::update_refunds(db, ids, InvoiceRefundedOutcome::Recorded).await?;
    }
    Ok(standing.event)
}

/// Claws back the commission on a refund, after which `remaining` is left of the invoice. Returns the reversal; `None` if
/// everything that stood became CLAWBACK.
async fn claw_back(
    db: &mut Transaction,
    standing: &mut Standing,
    refund: &InvoiceRefund,
    remaining: &Remaining,
) -> Result<Option<Authorized<CommissionEvent>>> {
    if remaining.is_nothing() && !standing.is_any_paid() {
        standing.claw_back(db, refund.reason.as_deref()).await?;
        return Ok(None);
    }
    let source = Source {
        event_type: CommissionEventType::Clawback,
        refund_id: &refund.refund_id,
        at: refund.refunded_at,
        reason: refund.reason.as_deref(),
    };
    standing.amend(db, remaining, &source).await.map(Some)
}

/// Rejects a refund of more than remains of the invoice or of its base.
fn reject_excess(receipt: &InvoiceRevision, refund: &InvoiceRefund, remaining: &Remaining) -> Result<()> {
    if refund.amount > remaining.total().amount() {
        let refunded = receipt.total().minus(remaining.total())?.plus(refund.money())?;
        return Err(exceeds_invoice(receipt, refunded));
    }
    let base = remaining.base().base()?;
    if let Some(part) = refund.base()
        && part.amount() > base.amount()
    {
        let message = format!(
            "the refund gives back {part} of the commissionable amount of invoice {}, of which {base} is left",
            receipt.invoice_id
        );
        let error = UserError::new(UserErrorCode::RefundExceedsInvoice, message);
        return Err(Error::user_error(error.at("commissionableAmount")));
    }
    Ok(())
}

/// Locks the invoice of a refund; returns the payment of it that was refunded.
async fn lock_payment(
    db: &mut Transaction,
    input: &RecordInvoiceRefundedInput,
    refund: &InvoiceRefund,
    recorded: Option<&InvoiceRefund>,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    let payment_id = text::optional_identifier_non_blank("paymentId", input.payment_id.as_deref())?;
    let Some(first) = payment::lock(db, &refund.invoice_id).await? else { return Ok(None) };
    let known = recorded.map(|recorded| recorded.invoice_row_id);
    payment::named(db, &first, payment_id.as_deref(), known).await
}

/// Returns the refund of a valid input; `record` sets its payment, its outcome and the time of its receipt.
async fn validate(db: &mut Transaction, input: &RecordInvoiceRefundedInput) -> Result<InvoiceRefund> {
    let invoice_id = text::identifier("invoiceId", &input.invoice_id)?;
    let refund_id = text::identifier("refundId", &input.refund_id)?;
    let amount = input.amount.above_zero("amount")?;
    let reason = text::optional_note("reason", input.reason.as_deref())?;
    let base = input.commissionable_amount.as_ref();
    let base = base.map(|base| base.not_negative("commissionableAmount")).transpose()?;
    if let Some(base) = base {
        reject_foreign_part(base, amount)?;
    }
    reject_implausible(db, "refundedAt", input.refunded_at).await?;
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
        commissionable_amount: base.map(Money::amount),
        invoice_row_id: InvoiceId(Uuid::nil()),
        invoice_revision: 1,
    })
}

/// Rejects a part of the base that is in another currency than the refund, or larger.
fn reject_foreign_part(base: Money, amount: Money) -> Result<()> {
    let message = if base.currency() != amount.currency() {
        format!("is in {}; must be in {} like the amount", base.currency(), amount.currency())
    } else if base.amount() > amount.amount() {
        format!("is {base}; must be at most the amount of {amount}")
    } else {
        return Ok(());
    };
    Err(Error::bad_input("commissionableAmount", message))
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
    let commission_event = store::of_invoice(db, refund.invoice_row_id).await?;
    let clawback = match &commission_event {
        Some(event) => store::of_refund(db, &refund.refund_id, event.id).await?,
        None => None,
    };
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

fn exceeds_invoice(receipt: &InvoiceRevision, refunded: Money) -> Error {
    let message = format!(
        "the refunds of invoice {} would be {refunded}, more than its total of {}",
        receipt.invoice_id,
        receipt.total()
    );
    Error::user_error(UserError::new(UserErrorCode::RefundExceedsInvoice, message).at("amount"))
}
