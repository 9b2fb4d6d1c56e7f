//! What a company that bills with Stripe has there: invoices with their payments, refunds, credit notes, disputes. Only
//! tests put them in.

use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::api::Context;
use crate::error::{Error, Result};
use crate::shape::{self, merge};
use crate::state::{State, now, text};

/// A paid invoice. All amounts are in Stripe's minor units.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// The customer, `cus_…`.
    pub customer: String,
    /// In lower case.
    pub currency: String,
    /// The total, including taxes.
    pub total: i64,
    /// The taxes in the total.
    pub tax: i64,
    /// What was paid: less than the total if credit of the customer's balance paid the rest.
    pub amount_paid: i64,
    /// When it was paid, in seconds since 1970; now, if `None`.
    pub paid_at: Option<u64>,
    /// The subscription that it is for, `sub_…`.
    pub subscription: Option<String>,
    /// The metadata of that subscription: a JSON object.
    pub subscription_metadata: Value,
    /// Fields that are to have other values, such as `{"id": "in_7", "metadata": {"customer": "c-1"}}`; objects are
    /// merged.
    pub fields: Value,
}

impl Invoice {
    /// Returns an invoice of which everything was paid now, without taxes.
    pub fn paid(customer: &str, currency: &str, total: i64) -> Self {
        Self {
            customer: customer.to_owned(),
            currency: currency.to_owned(),
            total,
            tax: 0,
            amount_paid: total,
            paid_at: None,
            subscription: None,
            subscription_metadata: json!({}),
            fields: json!({}),
        }
    }
}

/// A refund of the payment of an invoice.
#[derive(Clone, Debug)]
pub struct Refund {
    /// The invoice, whose payment and currency it has.
    pub invoice: String,
    /// In Stripe's minor units.
    pub amount: i64,
    /// `succeeded`, `pending`, `requires_action`, `failed` or `canceled`.
    pub status: String,
    /// Fields that are to have other values; objects are merged.
    pub fields: Value,
}

impl Refund {
    /// Returns a refund that has succeeded.
    pub fn succeeded(invoice: &str, amount: i64) -> Self {
        Self { invoice: invoice.to_owned(), amount, status: "succeeded".to_owned(), fields: json!({}) }
    }
}

/// A credit note for a paid invoice.
#[derive(Clone, Debug)]
pub struct CreditNote {
    /// The invoice, whose customer and currency it has.
    pub invoice: String,
    /// In Stripe's minor units.
    pub amount: i64,
    /// How much of it was given back outside of Stripe.
    pub out_of_band_amount: Option<i64>,
    /// Fields that are to have other values; objects are merged.
    pub fields: Value,
}

impl CreditNote {
    /// Returns a credit note whose whole amount was given back outside of Stripe.
    pub fn out_of_band(invoice: &str, amount: i64) -> Self {
        Self { invoice: invoice.to_owned(), amount, out_of_band_amount: Some(amount), fields: json!({}) }
    }
}

/// A dispute about the payment of an invoice.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// The invoice, whose payment and currency it has.
    pub invoice: String,
    /// In Stripe's minor units.
    pub amount: i64,
    /// The status, such as `lost`, `won` or `needs_response`.
    pub status: String,
    /// Fields that are to have other values; objects are merged.
    pub fields: Value,
}

impl Dispute {
    /// Returns a dispute that the customer has won: the amount went back.
    pub fn lost(invoice: &str, amount: i64) -> Self {
        Self { invoice: invoice.to_owned(), amount, status: "lost".to_owned(), fields: json!({}) }
    }
}

/// Adds an invoice with its charge and its payment, and returns its id.
pub(crate) fn add_invoice(state: &mut State, platform: &str, invoice: &Invoice) -> String {
    let id = invoice.fields["id"].as_str().map_or_else(|| state.new_id("in"), str::to_owned);
    let paid_at = invoice.paid_at.unwrap_or_else(now);
    let mut object = invoice_object(invoice, &id, paid_at);
    object["livemode"] = json!(state.book(platform).livemode);
    merge(&mut object, invoice.fields.clone());
    state.book(platform).put(object.clone());
    if invoice.amount_paid > 0 {
        add_payment(state, platform, &object, invoice.amount_paid, paid_at);
    }
    state.emit(platform, None, "invoice.paid", json!({ "object": object }));
    id
}

fn invoice_object(invoice: &Invoice, id: &str, paid_at: u64) -> Value {
    let net = invoice.total - invoice.tax;
    let taxes = json!([{
        "amount": invoice.tax,
        "tax_behavior": "exclusive",
        "tax_rate_details": { "tax_rate": "txr_1" },
        "taxability_reason": "standard_rated",
        "taxable_amount": net,
        "type": "tax_rate_details",
    }]);
    let parent = invoice.subscription.as_ref().map(|subscription| {
        json!({
            "quote_details": null,
            "subscription_details": {
                "metadata": invoice.subscription_metadata,
                "subscription": subscription,
            },
            "type": "subscription_details",
        })
    });
    let billing_reason = if parent.is_some() { "subscription_cycle" } else { "manual" };
    let fields = json!({
        "id": id,
        "amount_due": invoice.amount_paid,
        "amount_paid": invoice.amount_paid,
        "amount_remaining": 0,
        "billing_reason": billing_reason,
        "created": paid_at,
        "currency": invoice.currency,
        "customer": invoice.customer,
        "effective_at": paid_at,
        "lines": { "url": format!("/v1/invoices/{id}/lines") },
        "number": format!("STAND-IN-{id}"),
        "parent": parent,
        "period_end": paid_at,
        "period_start": paid_at,
        "starting_balance": invoice.amount_paid - invoice.total,
        "status_transitions": { "finalized_at": paid_at, "paid_at": paid_at },
        "subtotal": net,
        "subtotal_excluding_tax": net,
        "total": invoice.total,
        "total_excluding_tax": net,
        "total_taxes": if invoice.tax == 0 { json!([]) } else { taxes },
    });
    shape::with(shape::INVOICE, fields)
}

/// Adds what paid an invoice: a payment intent with its charge.
fn add_payment(state: &mut State, platform: &str, invoice: &Value, paid: i64, paid_at: u64) {
    let intent = state.new_id("pi");
    let charge = state.new_id("ch");
    let livemode = invoice["livemode"].clone();
    let fields = json!({
        "id": charge,
        "amount": paid,
        "amount_captured": paid,
        "created": paid_at,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "livemode": livemode,
        "payment_intent": intent,
    });
    let charge = shape::with(shape::CHARGE, fields);
    let fields = json!({
        "id": state.new_id("inpay"),
        "amount_paid": paid,
        "amount_requested": paid,
        "created": paid_at,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "livemode": livemode,
        "payment": { "payment_intent": intent, "type": "payment_intent" },
        "status_transitions": { "paid_at": paid_at },
    });
    let book = state.book(platform);
    book.put(charge);
    book.put(shape::with(shape::INVOICE_PAYMENT, fields));
}

/// Returns an invoice, and the ids of what paid it: of its payment intent and of the charge.
fn paid_invoice(state: &mut State, platform: &str, id: &str) -> Result<(Value, Value, Value)> {
    let book = state.book(platform);
    let invoice = book.find("invoice", id).ok_or_else(|| Error::missing("invoice", id))?;
    let payment = book.all("invoice_payment").iter().find(|payment| payment["invoice"] == invoice["id"]);
    let intent = payment.map_or(Value::Null, |payment| payment["payment"]["payment_intent"].clone());
    let charge =
        book.all("charge").iter().find(|charge| !intent.is_null() && charge["payment_intent"] == intent);
    let charge = charge.map_or(Value::Null, |charge| charge["id"].clone());
    Ok((invoice.clone(), intent, charge))
}

/// Adds a refund, and returns its id.
pub(crate) fn add_refund(state: &mut State, platform: &str, refund: &Refund) -> Result<String> {
    let (invoice, intent, charge) = paid_invoice(state, platform, &refund.invoice)?;
    let fields = json!({
        "id": state.new_id("re"),
        "amount": refund.amount,
        "charge": charge,
        "created": now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "payment_intent": intent,
        "status": refund.status,
    });
    let refund = put(state, platform, shape::with(shape::REFUND, fields), &refund.fields);
    state.emit(platform, None, "refund.created", json!({ "object": refund }));
    Ok(text(&refund, "id").to_owned())
}

/// Sets the status of a refund.
pub(crate) fn update_refund(state: &mut State, platform: &str, id: &str, status: &str) -> Result<()> {
    let found = state.book(platform).find_mut("refund", id);
    let refund = found.ok_or_else(|| Error::missing("refund", id))?;
    let previous = json!({ "status": refund["status"] });
    refund["status"] = json!(status);
    let refund = refund.clone();
    let data = json!({ "object": refund, "previous_attributes": previous });
    state.emit(platform, None, "refund.updated", data);
    if status == "failed" {
        state.emit(platform, None, "refund.failed", json!({ "object": refund }));
    }
    Ok(())
}

/// Adds a credit note, and returns its id.
pub(crate) fn add_credit_note(state: &mut State, platform: &str, note: &CreditNote) -> Result<String> {
    let (invoice, _, _) = paid_invoice(state, platform, &note.invoice)?;
    let id = state.new_id("cn");
    let fields = json!({
        "id": id,
        "amount": note.amount,
        "created": now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "invoice": invoice["id"],
        "lines": { "url": format!("/v1/credit_notes/{id}/lines") },
        "livemode": invoice["livemode"],
        "number": format!("{}-CN-{id}", text(&invoice, "number")),
        "out_of_band_amount": note.out_of_band_amount,
        "post_payment_amount": note.amount,
        "subtotal": note.amount,
        "subtotal_excluding_tax": note.amount,
        "total": note.amount,
        "total_excluding_tax": note.amount,
    });
    let note = put(state, platform, shape::with(shape::CREDIT_NOTE, fields), &note.fields);
    state.emit(platform, None, "credit_note.created", json!({ "object": note }));
    Ok(text(&note, "id").to_owned())
}

/// Adds a dispute, and returns its id.
pub(crate) fn add_dispute(state: &mut State, platform: &str, dispute: &Dispute) -> Result<String> {
    let (invoice, intent, charge) = paid_invoice(state, platform, &dispute.invoice)?;
    let fields = json!({
        "id": state.new_id("dp"),
        "amount": dispute.amount,
        "charge": charge,
        "created": now(),
        "currency": invoice["currency"],
        "livemode": invoice["livemode"],
        "payment_intent": intent,
        "status": dispute.status,
    });
    let dispute = put(state, platform, shape::with(shape::DISPUTE, fields), &dispute.fields);
    let is_closed = ["lost", "warning_closed", "won"].contains(&text(&dispute, "status"));
    let kind = if is_closed { "charge.dispute.closed" } else { "charge.dispute.created" };
    state.emit(platform, None, kind, json!({ "object": dispute }));
    Ok(text(&dispute, "id").to_owned())
}

/// Adds an object with some other values, and returns it.
fn put(state: &mut State, platform: &str, mut object: Value, fields: &Value) -> Value {
    merge(&mut object, fields.clone());
    state.book(platform).put(object.clone());
    object
}

pub(crate) fn retrieve_invoice(context: &mut Context, id: &str) -> std::result::Result<Value, Refusal> {
    let parameters = &context.call.parameters;
    parameters.known(&["expand"])?;
    let expanded = parameters.pairs().iter().map(|(_, value)| value.as_str());
    if let Some(other) = expanded.clone().find(|value| *value != "payments") {
        let message = format!("The stand-in expands the payments of an invoice only, not {other}.");
        return Err(Refusal::invalid("expand", "", message).without_code());
    }
    let has_payments = expanded.count() > 0;
    let book = context.state.book(&context.platform.account);
    let mut invoice = book.find("invoice", id).cloned().ok_or_else(|| Refusal::missing("invoice", id))?;
    if has_payments {
        let payments = book.all("invoice_payment").iter().rev();
        let own: Vec<_> = payments.filter(|payment| payment["invoice"] == invoice["id"]).collect();
        invoice["payments"] = json!({
            "object": "list", "data": own, "has_more": false, "url": format!("/v1/invoice_payments?invoice={id}"),
        });
    }
    Ok(invoice)
}

pub(crate) fn list_invoice_payments(context: &mut Context) -> std::result::Result<Value, Refusal> {
    let parameters = &context.call.parameters;
    parameters.known(&[
        "created",
        "ending_before",
        "invoice",
        "limit",
        "payment",
        "starting_after",
        "status",
    ])?;
    let has_payment = parameters.pairs().iter().any(|(name, _)| name.starts_with("payment["));
    if has_payment {
        parameters.require("payment[type]")?;
    }
    let wanted = |name: &str| parameters.get(name).map(str::to_owned);
    let (kind, intent) = (wanted("payment[type]"), wanted("payment[payment_intent]"));
    let (invoice, status) = (context.is_equal("invoice", "invoice"), context.is_equal("status", "status"));
    context.list("invoice_payment", "/v1/invoice_payments", |payment| {
        let of = &payment["payment"];
        invoice(payment)
            && status(payment)
            && kind.as_deref().is_none_or(|kind| text(of, "type") == kind)
            && intent.as_deref().is_none_or(|intent| text(of, "payment_intent") == intent)
    })
}
