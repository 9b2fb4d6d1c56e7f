//! recordInvoicePaid: account, rate, amount, exactly once.

use async_graphql::InputObject;
use chrono::TimeDelta;

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

/// How far another clock may be ahead of ours.
const FUTURE_MAX: TimeDelta = TimeDelta::hours(24);

/// A paid invoice.
#[derive(Clone, Debug, InputObject)]
pub struct RecordInvoicePaidInput {
    /// The invoice, as the billing system names it, 1 to 255 characters. Within the tenant it is recorded once,
    /// however often it is sent.
    pub invoice_id: String,
    /// The customer, as the billing system names it, 1 to 255 characters.
    pub customer_id: String,
    /// What the customer paid, taxes and shipping included; above zero.
    pub total_amount: MoneyInput,
    /// What of it commissions are earned on, net of taxes and shipping: above zero, at most the total, in its
    /// currency; default the total.
    pub commissionable_amount: Option<MoneyInput>,
    /// When the customer paid; at most 24 hours ahead of this server's clock.
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

/// Records the commission on a paid invoice, exactly once per tenant and invoice.
///
/// The receipt is the anchor: its primary key makes a concurrent twin wait and then see it. It is kept whatever
/// the outcome, so that a replay is known, and an invoice that earned nothing is judged anew.
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
    let mut is_new = true;
    if !invoice::store::insert_receipt(db, &receipt).await? {
        let recorded = invoice::store::lock_receipt(db, &receipt.invoice_id)
            .await?
            .ok_or(Error::SerializationFailure)?;
        if !receipt.has_same_data(&recorded) {
            let message = format!("invoice {} was recorded before with other data", receipt.invoice_id);
            return Err(Error::user_error(UserError::new(UserErrorCode::Conflict, message).at("invoiceId")));
        }
        if recorded.outcome == InvoicePaidOutcome::Recorded {
            let event = store::of_invoice(db, &receipt.invoice_id).await?;
            let outcome = InvoicePaidOutcome::AlreadyRecorded;
            return Ok(RecordedInvoice { outcome, commission_event: event });
        }
        is_new = false;
        invoice::store::update_receipt(db, &receipt).await?;
    }
    match assessment {
        Err(outcome) => Ok(RecordedInvoice { outcome, commission_event: None }),
        Ok(event) => {
            store::insert(db, &event).await?;
            let mut event = db.scope().authorize(event)?;
            if !is_new {
                event = refund::apply_earlier_refunds(db, &receipt, event).await?;
            }
            let outcome = InvoicePaidOutcome::Recorded;
            Ok(RecordedInvoice { outcome, commission_event: Some(event) })
        }
    }
}

/// The receipt of an invoice that can be right.
async fn validate(db: &mut Transaction, input: &RecordInvoicePaidInput) -> Result<InvoiceReceipt> {
    let invoice_id = text::required_text("invoiceId", &input.invoice_id)?;
    let customer_id = text::required_text("customerId", &input.customer_id)?;
    let total = input.total_amount.above_zero("totalAmount")?;
    let base = match &input.commissionable_amount {
        None => total,
        Some(base) => base.above_zero("commissionableAmount")?,
    };
    if base.currency() != total.currency() {
        return Err(Error::bad_input(
            "commissionableAmount",
            format!(
                "is in {}, the total in {}; both must be in one currency",
                base.currency(),
                total.currency()
            ),
        ));
    }
    if base.amount() > total.amount() {
        return Err(Error::bad_input(
            "commissionableAmount",
            format!("{base} is more than the total {total}"),
        ));
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

/// Refuses a moment that no clock can tell of yet.
pub(super) async fn reject_future(db: &mut Transaction, field: &'static str, at: Timestamp) -> Result<()> {
    if at.0 > db.clock_timestamp().await? + FUTURE_MAX {
        return Err(Error::bad_input(field, "lies more than 24 hours in the future"));
    }
    Ok(())
}

/// The event that an invoice makes, or why it makes none.
async fn assess(
    db: &mut Transaction,
    receipt: &InvoiceReceipt,
) -> Result<Result<CommissionEvent, InvoicePaidOutcome>> {
    let Some(account) = account::store::in_force(db, &receipt.customer_id, receipt.paid_at).await? else {
        return Ok(Err(InvoicePaidOutcome::NoManagedAccount));
    };
    let partner = partner::store::by_ids(db, &[account.partner_id])
        .await?
        .pop()
        .ok_or_else(|| Error::internal("an account has no partner"))?;
    if !partner.status.earns() {
        return Ok(Err(InvoicePaidOutcome::PartnerIneligible));
    }
    let own = account.custom_commission_rate.map(|rate| (rate, RateSource::ManagedAccount));
    let default = partner.default_commission_rate.map(|rate| (rate, RateSource::Partner));
    let Some((rate, source)) = own.or(default) else {
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
        rate_source: Some(source),
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
