//! recordInvoicePaid: accrues the commission on a paid invoice, exactly once.

use async_graphql::InputObject;
use chrono::TimeDelta;

use super::reported_invoice::{ReportedInvoice, set_received_at};
use super::{CommissionEvent, CommissionEventType, CommissionStatus, RateSource, refund, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::{self, InvoicePaidOutcome, InvoiceRevision, payment};
use crate::domain::{account, partner};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::CommissionEventId;
use crate::primitives::money::MoneyInput;
use crate::primitives::timestamp::Timestamp;

/// A paid invoice, as the billing system reports it.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoicePaidInput {
    /// The invoice id of the billing system, 1 to 255 characters. An invoice is recorded once per tenant, however often
    /// it is sent; with other data it is a CONFLICT.
    pub invoice_id: String,
    /// The customer id of the billing system, 1 to 255 characters.
    pub customer_id: String,
    /// The amount that the customer paid, including taxes and shipping, from zero. An invoice of zero is stored and
    /// earns nothing.
    pub total_amount: MoneyInput,
    /// The base amount of the commission, net of taxes and shipping: from zero, at most the total, in its currency;
    /// default the total.
    pub commissionable_amount: Option<MoneyInput>,
    /// The time at which the customer paid, from 2000-01-01 to 24 hours in the future. Decides which managed account,
    /// rate and status are in force, and dates the commission event.
    pub paid_at: Timestamp,
    /// The payment id of the billing system, 1 to 255 characters, for an invoice that is paid in parts: one call for
    /// each payment, with the amounts of that payment. The payments of an invoice are of one customer and currency.
    /// Default one payment of the whole invoice.
    pub payment_id: Option<String>,
}

/// The result of recording a paid invoice.
#[derive(Clone, Debug)]
pub struct RecordedInvoice {
    /// The outcome.
    pub outcome: InvoicePaidOutcome,
    /// The commission event of the invoice, if it earned a commission.
    pub commission_event: Option<Authorized<CommissionEvent>>,
}

/// The commission event that an invoice accrues, or the outcome if it earns nothing.
pub(super) type Assessment = Result<CommissionEvent, InvoicePaidOutcome>;

/// Records the commission on a paid invoice, exactly once per tenant, invoice and payment.
///
/// Unique indexes make concurrent requests for the same invoice wait for each other. The invoice is stored whatever the
/// outcome, so that a replay is recognized; an invoice that earned nothing is assessed again.
pub async fn record(db: &mut Transaction, input: &RecordInvoicePaidInput) -> Result<RecordedInvoice> {
    db.mark_idempotent();
    db.use_generic_plans();
    let reported = ReportedInvoice {
        invoice_id: &input.invoice_id,
        payment_id: input.payment_id.as_deref(),
        customer_id: &input.customer_id,
        total_amount: &input.total_amount,
        commissionable_amount: input.commissionable_amount.as_ref(),
        paid_at: input.paid_at,
    };
    let mut invoice = reported.validate(db.caller())?;
    let assessment = assess(db, &invoice).await?;
    let received_at = match &assessment {
        Ok(event) => event.recorded_at,
        Err(_) => db.clock_timestamp().await?,
    };
    set_received_at(&mut invoice, received_at)?;
    set_outcome(&mut invoice, &assessment);
    if !invoice::store::insert(db, &invoice).await?
        && let Some(present) = recorded_before(db, &invoice).await?
    {
        return record_again(db, &invoice, present).await;
    }
    match assessment {
        Ok(event) => {
            let commission_event = Some(insert_event(db, event).await?);
            Ok(RecordedInvoice { outcome: InvoicePaidOutcome::Recorded, commission_event })
        }
        Err(outcome) => Ok(RecordedInvoice { outcome, commission_event: None }),
    }
}

/// Stores in a revision what came of its assessment.
pub(super) fn set_outcome(invoice: &mut InvoiceRevision, assessment: &Assessment) {
    let (outcome, partner_id, commission_rate) = match assessment {
        Ok(event) => (InvoicePaidOutcome::Recorded, Some(event.partner_id), event.commission_rate),
        Err(outcome) => (*outcome, None, None),
    };
    (invoice.outcome, invoice.partner_id, invoice.commission_rate) = (outcome, partner_id, commission_rate);
}

/// Locks an invoice of which something was recorded before, and returns the present revision of this payment of it.
/// Inserts the payment and returns `None` if it is a further payment of the invoice.
async fn recorded_before(
    db: &mut Transaction,
    invoice: &InvoiceRevision,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    let first = payment::lock(db, &invoice.invoice_id).await?.ok_or(Error::SerializationFailure)?;
    if first.payment_id.is_some() != invoice.payment_id.is_some() {
        let message = if first.payment_id.is_some() {
            format!("invoice {} is paid in parts; pass the paymentId of this part", invoice.invoice_id)
        } else {
            format!("invoice {} was recorded without a paymentId, as one payment", invoice.invoice_id)
        };
        return Err(conflict("paymentId", message));
    }
    if let Some(recorded) = payment::named(db, &first, invoice.payment_id.as_deref(), None).await? {
        return Ok(Some(recorded));
    }
    if (&first.customer_id, first.currency) != (&invoice.customer_id, invoice.currency) {
        let message = format!(
            "invoice {} has a payment of another customer or in another currency; its payments are of one customer and \
             currency",
            invoice.invoice_id
        );
        return Err(conflict("invoiceId", message));
    }
    let further = InvoiceRevision { is_first_payment: false, ..invoice.clone() };
    if !invoice::store::insert(db, &further).await? {
        return Err(Error::SerializationFailure);
    }
    Ok(None)
}

/// Returns the event of an invoice that was recorded before. If it earned nothing, its present data is assessed again.
/// Rejects data that no revision of the invoice has.
async fn record_again(
    db: &mut Transaction,
    invoice: &InvoiceRevision,
    present: Authorized<InvoiceRevision>,
) -> Result<RecordedInvoice> {
    let is_known = present.has_same_data(invoice)
        || present.revision > 1
            && invoice::store::revisions(db, &[present.id])
                .await?
                .iter()
                .any(|revision| revision.has_same_data(invoice));
    if !is_known {
        let message = format!(
            "invoice {} was recorded before with other data; to correct what is known of it, send correctInvoice",
            invoice.invoice_id
        );
        return Err(conflict("invoiceId", message));
    }
    if present.outcome == InvoicePaidOutcome::Recorded {
        let commission_event = store::of_invoice(db, present.id).await?;
        return Ok(RecordedInvoice { outcome: InvoicePaidOutcome::AlreadyRecorded, commission_event });
    }
    let (present, commission_event) = assess_again(db, &present).await?;
    Ok(RecordedInvoice { outcome: present.outcome, commission_event })
}

/// Assesses a locked invoice that earned nothing again, by the terms that are now known to have been in force when it was
/// paid; returns it with its new outcome, and its event if it earns one.
pub(super) async fn assess_again(
    db: &mut Transaction,
    present: &InvoiceRevision,
) -> Result<(InvoiceRevision, Option<Authorized<CommissionEvent>>)> {
    let mut present = present.clone();
    let assessment = assess(db, &present).await?;
    set_outcome(&mut present, &assessment);
    invoice::store::update_outcome(db, &present).await?;
    let commission_event = accrue(db, &present, assessment).await?;
    Ok((present, commission_event))
}

/// Inserts the event that a locked invoice earned, if any, and applies the refunds of the invoice to it; returns the
/// event after them.
pub(super) async fn accrue(
    db: &mut Transaction,
    invoice: &InvoiceRevision,
    assessment: Assessment,
) -> Result<Option<Authorized<CommissionEvent>>> {
    let Ok(event) = assessment else { return Ok(None) };
    let event = insert_event(db, event).await?;
    refund::apply_earlier_refunds(db, invoice, event).await.map(Some)
}

/// Inserts the event of an invoice.
async fn insert_event(
    db: &mut Transaction,
    mut event: CommissionEvent,
) -> Result<Authorized<CommissionEvent>> {
    if event.status == CommissionStatus::Approved {
        // Without the lock, a concurrent batch could pay the event without counting it, or before it was recorded.
        partner::store::lock(db, &[event.partner_id]).await?;
        event.recorded_at = db.clock_timestamp().await?.max(event.recorded_at);
        event.changed_at = event.recorded_at;
    }
    store::insert(db, &event).await?;
    db.scope().authorize(event)
}

/// Determines the account, the rate and the commission of an invoice, by the terms in force when it was paid.
pub(super) async fn assess(db: &mut Transaction, receipt: &InvoiceRevision) -> Result<Assessment> {
    if receipt.commissionable_amount.is_zero() {
        return Ok(Err(InvoicePaidOutcome::ZeroAmount));
    }
    let earning = account::store::lock_earning(db, &receipt.customer_id, receipt.paid_at).await?;
    let Some(terms) = earning else { return Ok(Err(InvoicePaidOutcome::NoManagedAccount)) };
    if !terms.status.earns() {
        return Ok(Err(InvoicePaidOutcome::PartnerIneligible));
    }
    let account_rate = terms.custom_commission_rate.map(|rate| (rate, RateSource::ManagedAccount));
    let partner_rate = terms.default_commission_rate.map(|rate| (rate, RateSource::Partner));
    let Some((rate, rate_source)) = account_rate.or(partner_rate) else {
        return Ok(Err(InvoicePaidOutcome::NoRate));
    };
    let commission = receipt.base().share(rate)?;
    // There is nothing to approve in a commission of zero.
    let status =
        if commission.amount().is_zero() { CommissionStatus::Approved } else { CommissionStatus::Pending };
    // After the terms by which it earns, as the reconciliation expects, also if the clock was set back since.
    let recorded_at = terms.read_at.max(terms.changed_at);
    Ok(Ok(CommissionEvent {
        tenant_id: receipt.tenant_id.clone(),
        id: CommissionEventId::new(),
        partner_id: terms.partner_id,
        managed_account_id: Some(terms.managed_account_id),
        event_type: CommissionEventType::InvoicePaid,
        status,
        invoice_id: Some(receipt.invoice_id.clone()),
        refund_id: None,
        customer_id: Some(receipt.customer_id.clone()),
        currency: receipt.currency,
        base_amount: Some(receipt.commissionable_amount),
        commission_rate: Some(rate),
        rate_source: Some(rate_source),
        commission_amount: commission.amount(),
        event_date: receipt.paid_at,
        recorded_at,
        payable_at: receipt.paid_at + TimeDelta::days(terms.hold_days.into()),
        payout_id: None,
        paid_at: None,
        reverses_id: None,
        notes: None,
        reversed_refund_id: None,
        invoice_row_id: Some(receipt.id),
        invoice_revision: Some(receipt.revision),
        replaced_at: None,
        held_at: None,
        partner_note: None,
        changed_at: recorded_at,
    }))
}

fn conflict(field: &str, message: String) -> Error {
    Error::user_error(UserError::new(UserErrorCode::Conflict, message).at(field))
}
