//! correctInvoice: replaces what is known of an invoice by a new revision, and what it earned by what it should have earned.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::record::{Assessment, accrue, assess, set_outcome};
use super::reported_invoice::{ReportedInvoice, set_received_at};
use super::reversal::reverse_all;
use super::{CommissionEvent, CommissionStatus, store};
use crate::auth::Authorized;
use crate::domain::db::audited_row::AuditedRow;
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::{self, InvoicePaidOutcome, InvoiceRefundedOutcome, InvoiceRevision, payment};
use crate::domain::{idempotency, partner};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::InvoiceId;
use crate::primitives::money::{Money, MoneyInput};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The correction of a recorded invoice: all of its data as it should have been reported, also what does not change.
#[derive(Clone, Debug, InputObject)]
pub struct CorrectInvoiceInput {
    /// The id of the invoice, as passed to recordInvoicePaid. An unknown invoice is NOT_FOUND.
    pub invoice_id: String,
    /// The id of the payment to correct, as passed to recordInvoicePaid. Required if the invoice has several payments.
    pub payment_id: Option<String>,
    /// The right customer id, 1 to 255 characters. The payments of an invoice are of one customer: another customer is
    /// corrected in all of them.
    pub customer_id: String,
    /// The right total, from zero, and at least what was refunded, else REFUND_EXCEEDS_INVOICE. Another currency is a
    /// CONFLICT if the invoice has refunds or several payments.
    pub total_amount: MoneyInput,
    /// The right base amount of the commission: from zero, at most the total, in its currency; default the total.
    pub commissionable_amount: Option<MoneyInput>,
    /// The right time of the payment, from 2000-01-01 to 24 hours in the future. The managed account, the rate and the
    /// status of the partner at this time decide what the invoice earns.
    pub paid_at: Timestamp,
    /// The reason, 1 to 2,000 characters; stored with the revision, and in the history of each event that changes.
    pub reason: String,
    /// A name for this request, 1 to 255 characters, unique within the tenant. Repeated with the same key and data, the
    /// request returns the result of the first time; with other data it is a CONFLICT.
    pub idempotency_key: String,
}

/// The result of a correction.
#[derive(Clone, Debug)]
pub struct CorrectedInvoice {
    /// The invoice, or the payment of it, after the correction.
    pub invoice: Authorized<InvoiceRevision>,
    /// The outcome of the corrected data; ALREADY_RECORDED if the correction changed nothing.
    pub outcome: InvoicePaidOutcome,
    /// The event of the corrected data, if it earned a commission.
    pub commission_event: Option<Authorized<CommissionEvent>>,
    /// The event that the correction replaced, if the invoice had earned one before.
    pub replaced: Option<Authorized<CommissionEvent>>,
}

/// Corrects an invoice, exactly once per key: reverses what it earned and assesses its new data, refunds included.
///
/// If the data and what it earns are as before, nothing changes. Locks the invoice first, then the partners that earned
/// and will earn, then the events.
pub async fn correct(db: &mut Transaction, input: &CorrectInvoiceInput) -> Result<CorrectedInvoice> {
    let reported = ReportedInvoice {
        invoice_id: &input.invoice_id,
        payment_id: input.payment_id.as_deref(),
        customer_id: &input.customer_id,
        total_amount: &input.total_amount,
        commissionable_amount: input.commissionable_amount.as_ref(),
        paid_at: input.paid_at,
    };
    let mut data = reported.validate(db.caller())?;
    let received_at = db.clock_timestamp().await?;
    set_received_at(&mut data, received_at)?;
    data.reason = Some(text::required_note("reason", &input.reason)?);
    data.idempotency_key = Some(text::identifier("idempotencyKey", &input.idempotency_key)?);
    let (key, corrected) =
        idempotency::reserve(db, Some(&input.idempotency_key), "correctInvoice", canonical(&data)).await?;
    if let Some(corrected) = corrected {
        return corrected_before(db, InvoiceId(corrected), &data).await;
    }
    let corrections = prepare_all(db, &data).await?;
    let earned = corrections.iter().filter_map(|correction| Some(correction.replaced.as_ref()?.partner_id));
    let earning = corrections.iter().filter_map(|correction| correction.next.partner_id);
    let partners: Vec<_> = earned.chain(earning).collect();
    partner::store::lock(db, &partners).await?;
    let revised_at = db.clock_timestamp().await?;
    let mut results = Vec::new();
    for correction in corrections {
        results.push(correction.apply(db, revised_at).await?);
    }
    let named = results.into_iter().next().ok_or_else(|| Error::internal("a correction of no invoice"))?;
    key.set_result(db, named.invoice.id.0).await?;
    Ok(named)
}

/// Returns the canonical form of the request, by which repetitions are recognized.
fn canonical(data: &InvoiceRevision) -> Value {
    json!({
        "invoiceId": data.invoice_id,
        "paymentId": data.payment_id,
        "customerId": data.customer_id,
        "totalAmount": data.total().to_string(),
        "commissionableAmount": data.base().to_string(),
        "paidAt": data.paid_at.to_rfc3339(),
        "reason": data.reason,
    })
}

/// Locks the invoice and prepares the corrections of the payment that is named, and of the others if the customer is
/// another one.
async fn prepare_all(db: &mut Transaction, data: &InvoiceRevision) -> Result<Vec<Correction>> {
    let first = payment::lock(db, &data.invoice_id).await?.ok_or_else(|| unknown_invoice(data))?;
    let named = payment::named(db, &first, data.payment_id.as_deref(), None).await?;
    let named = named.ok_or_else(|| unknown_invoice(data))?;
    let mut others = payment::all(db, &first).await?;
    others.retain(|other| other.id != named.id);
    if !others.is_empty() && data.currency != named.currency {
        let message = format!("the other payments of the invoice are in {}", named.currency);
        return Err(rejection(UserErrorCode::Conflict, message));
    }
    let is_of_other_customer = data.customer_id != named.customer_id;
    let mut corrections = vec![Correction::prepare(db, named, data.clone()).await?];
    if is_of_other_customer {
        for other in others {
            let data = InvoiceRevision {
                customer_id: data.customer_id.clone(),
                reason: data.reason.clone(),
                idempotency_key: data.idempotency_key.clone(),
                recorded_by: data.recorded_by.clone(),
                ..InvoiceRevision::clone(&other)
            };
            corrections.push(Correction::prepare(db, other, data).await?);
        }
    }
    Ok(corrections)
}

/// The correction of one payment of a locked invoice.
struct Correction {
    present: Authorized<InvoiceRevision>,
    next: InvoiceRevision,
    assessment: Assessment,
    replaced: Option<Authorized<CommissionEvent>>,
}

impl Correction {
    /// Assesses the new data of an invoice; rejects data that does not agree with its refunds.
    async fn prepare(
        db: &mut Transaction,
        present: Authorized<InvoiceRevision>,
        data: InvoiceRevision,
    ) -> Result<Self> {
        let mut next = InvoiceRevision {
            id: present.id,
            revision: present.revision + 1,
            payment_id: present.payment_id.clone(),
            is_first_payment: present.is_first_payment,
            received_at: present.received_at,
            ..data
        };
        reject_contradiction_to_refunds(db, &next).await?;
        let assessment = assess(db, &next).await?;
        set_outcome(&mut next, &assessment);
        let replaced = store::of_invoice(db, present.id).await?;
        Ok(Self { present, next, assessment, replaced })
    }

    /// Returns whether the data is as before, and earns what it earned before.
    fn changes_nothing(&self) -> bool {
        let earns_the_same = match (&self.assessment, &self.replaced) {
            (Ok(next), Some(before)) => {
                let terms = |event: &CommissionEvent| {
                    (event.partner_id, event.managed_account_id, event.commission_rate, event.rate_source)
                };
                before.status != CommissionStatus::Cancelled && terms(before) == terms(next)
            }
            (Err(outcome), None) => self.present.outcome == *outcome,
            (Ok(_), None) | (Err(_), Some(_)) => false,
        };
        earns_the_same && self.present.has_same_data(&self.next)
    }

    /// Reverses what the invoice earned, and records the new revision with what it earns.
    async fn apply(self, db: &mut Transaction, revised_at: DateTime<Utc>) -> Result<CorrectedInvoice> {
        if self.changes_nothing() {
            db.record_nothing();
            return Ok(unchanged(self.present, self.replaced));
        }
        let Self { present, mut next, mut assessment, mut replaced } = self;
        let reason = next.reason.clone().unwrap_or_default();
        if let Some(event) = &replaced {
            reverse_all(db, event.id, &reason).await?;
            store::mark_replaced(db, event.id, revised_at).await?;
            replaced = Some(store::by_id(db, event.id).await?);
        }
        next.revised_at = Some(revised_at);
        next.superseded_at = None;
        invoice::store::supersede(db, &present, &next, revised_at).await?;
        match &mut assessment {
            Ok(event) => event.notes = Some(reason.clone()),
            Err(_) => {
                let refunds = invoice::store::living_refunds(db, next.id).await?;
                let ids = refunds.into_iter().map(|refund| refund.refund_id).collect();
                invoice::store::update_refunds(db, ids, InvoiceRefundedOutcome::NoCommission).await?;
            }
        }
        let commission_event = accrue(db, &next, assessment).await?;
        db.record_changed(&*present, &next);
        db.record_reason(&reason);
        let id =
            |event: &Option<Authorized<CommissionEvent>>| event.as_ref().map(|event| event.id.to_string());
        db.record_field(Some(next.key()), "commissionEvent", id(&replaced), id(&commission_event));
        let outcome = next.outcome;
        Ok(CorrectedInvoice { invoice: db.scope().authorize(next)?, outcome, commission_event, replaced })
    }
}

/// Returns the result of a correction that changes nothing.
fn unchanged(
    present: Authorized<InvoiceRevision>,
    commission_event: Option<Authorized<CommissionEvent>>,
) -> CorrectedInvoice {
    let earned = present.outcome == InvoicePaidOutcome::Recorded;
    let outcome = if earned { InvoicePaidOutcome::AlreadyRecorded } else { present.outcome };
    CorrectedInvoice { invoice: present, outcome, commission_event, replaced: None }
}

/// Returns the result of a correction that was made before with the same key.
async fn corrected_before(
    db: &mut Transaction,
    id: InvoiceId,
    data: &InvoiceRevision,
) -> Result<CorrectedInvoice> {
    let invoice = invoice::store::present_by_id(db, id).await?;
    let revisions = invoice::store::revisions(db, &[id]).await?;
    let Some(revision) = revisions.iter().find(|revision| revision.idempotency_key == data.idempotency_key)
    else {
        let commission_event = store::of_invoice(db, id).await?;
        return Ok(unchanged(invoice, commission_event));
    };
    let events = store::of_invoices(db, &[id]).await?;
    let find = |is_found: &dyn Fn(&CommissionEvent) -> bool| events.iter().find(|event| is_found(event));
    let commission_event = find(&|event| event.invoice_revision == Some(revision.revision)).cloned();
    let replaced = find(&|event| event.replaced_at == revision.revised_at).cloned();
    Ok(CorrectedInvoice { invoice, outcome: revision.outcome, commission_event, replaced })
}

/// Rejects a total below what was refunded, and another currency than that of the refunds.
async fn reject_contradiction_to_refunds(db: &mut Transaction, next: &InvoiceRevision) -> Result<()> {
    let refunds = invoice::store::living_refunds(db, next.id).await?;
    if let Some(refund) = refunds.iter().find(|refund| refund.currency != next.currency) {
        let message = format!("the invoice has refunds in {}; its currency cannot change", refund.currency);
        return Err(rejection(UserErrorCode::Conflict, message));
    }
    let refunded =
        refunds.iter().try_fold(Money::zero(next.currency), |sum, refund| sum.plus(refund.money()))?;
    if refunded.amount() > next.total_amount {
        let message =
            format!("the refunds of the invoice are {refunded}, more than the new total of {}", next.total());
        return Err(rejection(UserErrorCode::RefundExceedsInvoice, message));
    }
    Ok(())
}

fn rejection(code: UserErrorCode, message: String) -> Error {
    Error::user_error(UserError::new(code, message).at("totalAmount"))
}

fn unknown_invoice(data: &InvoiceRevision) -> Error {
    let (field, message) = match &data.payment_id {
        None => ("invoiceId", format!("invoice {} was not recorded", data.invoice_id)),
        Some(payment) => {
            ("paymentId", format!("payment {payment} of invoice {} was not recorded", data.invoice_id))
        }
    };
    let message = format!("{message}; send it by recordInvoicePaid");
    Error::user_error(UserError::new(UserErrorCode::NotFound, message).at(field))
}
