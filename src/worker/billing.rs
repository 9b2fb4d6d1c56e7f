//! What the events of Stripe Billing report: paid invoices, and their money that went back.

use crate::domain::commission::record::RecordInvoicePaidInput;
use crate::domain::commission::refund::RecordInvoiceRefundedInput;
use crate::domain::commission::reinstate::RecordRefundReversedInput;
use crate::domain::inbox::handle::Known;
use crate::domain::inbox::invoices::Report;
use crate::domain::stripe_connection::StripeConnection;
use crate::primitives::decimal::DecimalText;
use crate::primitives::money::{Money, MoneyInput};
use crate::primitives::timestamp::Timestamp;
use crate::stripe::amount::CurrencyUnsupported;
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;
use crate::stripe::event::Event;
use crate::stripe::failure::Failure;
use crate::stripe::invoice::Invoice;
use crate::stripe::object::parse;
use crate::stripe::refund::{CreditNote, Dispute, Refund};

/// The events that report something. `invoice.payment_succeeded` is of the same invoices as `invoice.paid`, and
/// `charge.refunded` has sums of several refunds.
const KINDS: [&str; 6] = [
    "invoice.paid",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "credit_note.created",
    "charge.dispute.closed",
];

/// Returns whether events of this type report something about invoices.
pub fn reports(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Returns why an event is not taken, if it is not.
pub fn reason_not_taken(event: &Event, connection: &StripeConnection) -> Option<&'static str> {
    if event.account.is_some() {
        return Some("it is of the invoices of a partner, not of the tenant");
    }
    (!connection.takes_invoices).then_some("Stripe Billing is not the billing service of this tenant")
}

/// Returns what an event reports, or what is known if that is nothing that can be recorded.
pub async fn read(
    stripe: &StripeClient,
    key: &ApiKey,
    event: &Event,
    connection: &StripeConnection,
) -> Result<Report, Known> {
    match event.kind.as_str() {
        "invoice.paid" => paid(&parsed(event)?, event, connection.customer_metadata_key.as_deref()),
        "credit_note.created" => out_of_band(&parsed(event)?),
        "charge.dispute.closed" => lost(stripe, key, &parsed(event)?).await,
        _ => refund(stripe, key, event).await,
    }
}

fn parsed<T: serde::de::DeserializeOwned>(event: &Event) -> Result<T, Known> {
    parse(event.object()).map_err(|why| Known::Dead(format!("its {} cannot be read: {why}", event.kind)))
}

/// Returns a paid invoice. What credit has paid is not counted: it was paid, and counted, before.
fn paid(invoice: &Invoice, event: &Event, metadata_key: Option<&str>) -> Result<Report, Known> {
    let Some(amounts) = invoice.paid_amounts().map_err(unsupported)? else {
        return Err(Known::Nothing("nothing was paid: the invoice is zero, or credit has paid it"));
    };
    let customer = match metadata_key {
        Some(metadata_key) => invoice.metadata_value(metadata_key).ok_or_else(|| {
            Known::Dead(format!(
                "neither the invoice {} nor its subscription has the metadata {metadata_key:?}, which is to name the \
                 customer; record it by recordInvoicePaid",
                invoice.id
            ))
        })?,
        None => invoice.customer().ok_or_else(|| {
            Known::Dead(format!("the invoice {} has no customer; record it by recordInvoicePaid", invoice.id))
        })?,
    };
    Ok(Report::Paid(RecordInvoicePaidInput {
        invoice_id: invoice.id.clone(),
        customer_id: customer.to_owned(),
        total_amount: input(amounts.total),
        commissionable_amount: Some(input(amounts.before_tax)),
        paid_at: Timestamp(invoice.paid_at().unwrap_or(event.created)),
        payment_id: None,
    }))
}

/// Returns the part of a credit note that was given back outside of Stripe. What else it gives back is reported as
/// refunds, or lowers what is paid later.
fn out_of_band(note: &CreditNote) -> Result<Report, Known> {
    let Some(amount) = note.out_of_band().map_err(unsupported)? else {
        return Err(Known::Nothing("nothing was given back outside of Stripe"));
    };
    let invoice = note
        .invoice
        .as_ref()
        .ok_or_else(|| Known::Dead(format!("the credit note {} names no invoice", note.id)))?;
    Ok(Report::Refunded(RecordInvoiceRefundedInput {
        invoice_id: invoice.clone(),
        payment_id: None,
        refund_id: note.id.clone(),
        amount: input(amount),
        commissionable_amount: None,
        refunded_at: Timestamp(note.created),
        reason: Some("a credit note, given back outside of Stripe".to_owned()),
    }))
}

/// Returns what a lost dispute has taken back.
async fn lost(stripe: &StripeClient, key: &ApiKey, dispute: &Dispute) -> Result<Report, Known> {
    if !dispute.is_lost() {
        return Err(Known::Nothing("the dispute was not lost"));
    }
    let invoice = invoice_of(stripe, key, dispute.payment_intent.as_deref()).await?;
    Ok(Report::Refunded(RecordInvoiceRefundedInput {
        invoice_id: invoice,
        payment_id: None,
        refund_id: dispute.id.clone(),
        amount: input(dispute.money().map_err(unsupported)?),
        commissionable_amount: None,
        refunded_at: Timestamp(dispute.created),
        reason: Some("a lost dispute at Stripe".to_owned()),
    }))
}

/// Returns a refund, or its failure. It is read from Stripe: the events of a refund come in any order.
async fn refund(stripe: &StripeClient, key: &ApiKey, event: &Event) -> Result<Report, Known> {
    let sent: Refund = parsed(event)?;
    let refund = stripe.retrieve_refund(key, &sent.id).await.map_err(|failure| unknown(&failure))?;
    if refund.has_failed() {
        return Ok(Report::RefundFailed(RecordRefundReversedInput {
            refund_id: refund.id,
            reversed_at: Timestamp(event.created),
            reason: "the refund failed at Stripe".to_owned(),
        }));
    }
    if !refund.has_succeeded() {
        return Err(Known::Nothing("the refund has not succeeded; Stripe reports it once it has"));
    }
    let invoice = invoice_of(stripe, key, refund.payment_intent.as_deref()).await?;
    Ok(Report::Refunded(RecordInvoiceRefundedInput {
        invoice_id: invoice,
        payment_id: None,
        amount: input(refund.money().map_err(unsupported)?),
        refund_id: refund.id,
        commissionable_amount: None,
        refunded_at: Timestamp(refund.created),
        reason: Some("a refund at Stripe".to_owned()),
    }))
}

/// Returns the invoice that a payment intent has paid.
async fn invoice_of(stripe: &StripeClient, key: &ApiKey, intent: Option<&str>) -> Result<String, Known> {
    let Some(intent) = intent else { return Err(Known::Nothing("the payment is not of an invoice")) };
    let payments =
        stripe.invoice_payments_of_intent(key, intent).await.map_err(|failure| unknown(&failure))?;
    let is_canceled = |status: Option<&str>| status == Some("canceled");
    let paid = payments.into_iter().filter(|payment| !is_canceled(payment.status.as_deref()));
    let mut invoices: Vec<_> = paid.filter_map(|payment| payment.invoice).collect();
    invoices.dedup();
    match invoices.len() {
        0 => Err(Known::Nothing("the payment is not of an invoice")),
        1 => Ok(invoices.remove(0)),
        _ => Err(Known::Dead(format!(
            "the payment {intent} has paid several invoices: {}; record what went back of each by recordInvoiceRefunded",
            invoices.join(", ")
        ))),
    }
}

fn unsupported(CurrencyUnsupported(why): CurrencyUnsupported) -> Known {
    Known::Dead(why)
}

/// Returns what is known after Stripe could not be asked.
fn unknown(failure: &Failure) -> Known {
    let why = format!("Stripe could not be asked: {}", failure.describe());
    let is_refused = matches!(failure, Failure::Refused { .. });
    if is_refused { Known::Dead(why) } else { Known::NotYet(why) }
}

fn input(money: Money) -> MoneyInput {
    MoneyInput { amount: DecimalText(money.amount()), currency: money.currency() }
}
