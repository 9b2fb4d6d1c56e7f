//! recordInvoicePaid: accrues the commission on a paid invoice, exactly once.

use async_graphql::InputObject;
use chrono::TimeDelta;

use super::event_date::reject_future;
use super::{CommissionEvent, CommissionEventType, CommissionStatus, RateSource, refund, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::{self, InvoicePaidOutcome, InvoiceReceipt};
use crate::domain::{account, partner, tenant};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::CommissionEventId;
use crate::primitives::money::MoneyInput;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// A paid invoice, as the billing system reports it.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoicePaidInput {
    /// The invoice id of the billing system, 1 to 255 characters. An invoice is recorded once per tenant, however often
    /// it is sent; with other data it is a CONFLICT.
    pub invoice_id: String,
    /// The customer id of the billing system, 1 to 255 characters.
    pub customer_id: String,
    /// The amount that the customer paid, including taxes and shipping; above zero.
    pub total_amount: MoneyInput,
    /// The base amount of the commission, net of taxes and shipping: above zero, at most the total, in its currency;
    /// default the total.
    pub commissionable_amount: Option<MoneyInput>,
    /// The time at which the customer paid, at most 24 hours in the future. Decides which managed account is in force,
    /// and dates the commission event.
    pub paid_at: Timestamp,
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
type Assessment = Result<CommissionEvent, InvoicePaidOutcome>;

/// Records the commission on a paid invoice, exactly once per tenant and invoice.
///
/// The primary key of the receipts makes concurrent requests for the same invoice wait for each other. The receipt is
/// stored whatever the outcome, so that a replay is recognized; an invoice that earned nothing is assessed again.
pub async fn record(db: &mut Transaction, input: &RecordInvoicePaidInput) -> Result<RecordedInvoice> {
    db.mark_idempotent();
    let mut receipt = validate(db, input).await?;
    let assessment = assess(db, &receipt).await?;
    match &assessment {
        Ok(event) => {
            receipt.partner_id = Some(event.partner_id);
            receipt.commission_rate = event.commission_rate;
        }
        Err(outcome) => receipt.outcome = *outcome,
    }
    let is_first = invoice::store::insert_receipt(db, &receipt).await?;
    if !is_first {
        let recorded = invoice::store::lock_receipt(db, &receipt.invoice_id)
            .await?
            .ok_or(Error::SerializationFailure)?;
        if !receipt.has_same_data(&recorded) {
            return Err(conflict(&receipt));
        }
        if recorded.outcome == InvoicePaidOutcome::Recorded {
            let commission_event = store::of_invoice(db, &receipt.invoice_id).await?;
            return Ok(RecordedInvoice { outcome: InvoicePaidOutcome::AlreadyRecorded, commission_event });
        }
        invoice::store::update_receipt(db, &receipt).await?;
    }
    let event = match assessment {
        Ok(event) => event,
        Err(outcome) => return Ok(RecordedInvoice { outcome, commission_event: None }),
    };
    store::insert(db, &event).await?;
    let mut event = db.scope().authorize(event)?;
    if !is_first {
        event = refund::apply_earlier_refunds(db, &receipt, event).await?;
    }
    Ok(RecordedInvoice { outcome: InvoicePaidOutcome::Recorded, commission_event: Some(event) })
}

/// Returns the receipt of a valid input; its outcome is not decided yet.
async fn validate(db: &mut Transaction, input: &RecordInvoicePaidInput) -> Result<InvoiceReceipt> {
    let invoice_id = text::identifier("invoiceId", &input.invoice_id)?;
    let customer_id = text::identifier("customerId", &input.customer_id)?;
    let total = input.total_amount.above_zero("totalAmount")?;
    let base = match &input.commissionable_amount {
        None => total,
        Some(base) => base.above_zero("commissionableAmount")?,
    };
    if base.currency() != total.currency() {
        let message = format!("is in {}; must be in {} like the total", base.currency(), total.currency());
        return Err(Error::bad_input("commissionableAmount", message));
    }
    if base.amount() > total.amount() {
        let message = format!("is {base}; must be at most the total of {total}");
        return Err(Error::bad_input("commissionableAmount", message));
    }
    reject_future(db, "paidAt", input.paid_at).await?;
    Ok(InvoiceReceipt {
        tenant_id: db.scope().tenant().clone(),
        invoice_id,
        customer_id,
        currency: total.currency(),
        total_amount: total.amount(),
        commissionable_amount: base.amount(),
        paid_at: input.paid_at.0,
        outcome: InvoicePaidOutcome::Recorded,
        partner_id: None,
        commission_rate: None,
    })
}

/// Determines the account, the rate and the commission of an invoice.
async fn assess(db: &mut Transaction, receipt: &InvoiceReceipt) -> Result<Assessment> {
    let Some(account) = account::store::in_force(db, &receipt.customer_id, receipt.paid_at).await? else {
        return Ok(Err(InvoicePaidOutcome::NoManagedAccount));
    };
    let partner = partner::store::by_ids(db, &[account.partner_id])
        .await?
        .pop()
        .ok_or_else(|| Error::internal("the partner of a managed account was not found"))?;
    if !partner.status.earns() {
        return Ok(Err(InvoicePaidOutcome::PartnerIneligible));
    }
    let account_rate = account.custom_commission_rate.map(|rate| (rate, RateSource::ManagedAccount));
    let partner_rate = partner.default_commission_rate.map(|rate| (rate, RateSource::Partner));
    let Some((rate, rate_source)) = account_rate.or(partner_rate) else {
        return Ok(Err(InvoicePaidOutcome::NoRate));
    };
    let hold = TimeDelta::days(tenant::current(db).await?.hold_days.into());
    let commission = receipt.base().share(rate)?;
    Ok(Ok(CommissionEvent {
        tenant_id: receipt.tenant_id.clone(),
        id: CommissionEventId::new(),
        partner_id: partner.id,
        managed_account_id: Some(account.id),
        event_type: CommissionEventType::InvoicePaid,
        status: CommissionStatus::Pending,
        invoice_id: Some(receipt.invoice_id.clone()),
        refund_id: None,
        customer_id: Some(receipt.customer_id.clone()),
        currency: receipt.currency,
        base_amount: Some(receipt.commissionable_amount),
        commission_rate: Some(rate),
        rate_source: Some(rate_source),
        commission_amount: commission.amount(),
        event_date: receipt.paid_at,
        recorded_at: db.clock_timestamp().await?,
        payable_at: receipt.paid_at + hold,
        payout_id: None,
        paid_at: None,
        reverses_id: None,
        notes: None,
    }))
}

fn conflict(receipt: &InvoiceReceipt) -> Error {
    let message = format!("invoice {} was recorded before with other data", receipt.invoice_id);
    Error::user_error(UserError::new(UserErrorCode::Conflict, message).at("invoiceId"))
}
