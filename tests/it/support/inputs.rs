//! Inputs of mutations, and the values they are made of.

use std::sync::LazyLock;

use chrono::{SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

/// An id that no row has.
pub const UNKNOWN_ID: &str = "00000000-0000-7000-8000-000000000000";

/// The timestamp this many days from now; negative for the past.
pub fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A `MoneyInput`.
pub fn money(amount: &str, currency: &str) -> Value {
    json!({ "amount": amount, "currency": currency })
}

/// A `MoneyInput` in EUR.
pub fn euros(amount: &str) -> Value {
    money(amount, "EUR")
}

/// The input of `recordInvoicePaid`.
pub fn invoice_input(customer: &str, invoice: &str, amount: &str, currency: &str, paid_at: &str) -> Value {
    json!({
        "invoiceId": invoice,
        "customerId": customer,
        "totalAmount": money(amount, currency),
        "paidAt": paid_at,
    })
}

/// The time of all refunds that state no other: the same in each call, so that a refund can be sent again.
static REFUNDED_AT: LazyLock<String> = LazyLock::new(|| in_days(0));

/// The input of `recordInvoiceRefunded`: an amount in EUR, refunded today.
pub fn refund_input(invoice: &str, refund: &str, amount: &str) -> Value {
    json!({
        "invoiceId": invoice,
        "refundId": refund,
        "amount": euros(amount),
        "refundedAt": *REFUNDED_AT,
    })
}

/// The input of `recordRefundReversed`: reversed at the time of all refunds.
pub fn reversal_input(refund: &str) -> Value {
    json!({ "refundId": refund, "reversedAt": *REFUNDED_AT, "reason": "dispute won" })
}

/// The input of `createPayoutBatch` for everything payable to a partner.
pub fn batch_input(partner: &str) -> Value {
    with_fields(run_input(), json!({ "partnerId": partner }))
}

/// The input of `runPayouts` for everything payable.
pub fn run_input() -> Value {
    json!({ "periodStart": in_days(-1000), "periodEnd": in_days(1000) })
}

/// Returns the input with these fields added or replaced.
pub fn with_fields(mut input: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("an object") {
        input[name] = value.clone();
    }
    input
}
