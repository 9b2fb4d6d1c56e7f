//! How the money of invoices goes back: refunds, disputes, credit notes.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::amount::CurrencyUnsupported;
use super::api_key::ApiKey;
use super::client::{Call, StripeClient, id};
use super::failure::Failure;
use super::form::Form;
use super::invoice::money;
use super::object::{Page, reference, time};
use crate::primitives::money::Money;

/// A refund of a payment.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Refund {
    /// The id: `re_…`.
    pub id: String,
    /// The amount in Stripe's minor units of the currency.
    pub amount: i64,
    /// The currency: an ISO 4217 code in lower case.
    pub currency: String,
    /// The status, as in `succeeded`, `pending`, `failed`, `canceled`; `None` if Stripe does not say.
    #[serde(default)]
    pub status: Option<String>,
    /// The payment intent that it refunds: `pi_…`; `None` for payments without one.
    #[serde(default, deserialize_with = "reference")]
    pub payment_intent: Option<String>,
    /// The charge that it refunds: `ch_…`.
    #[serde(default, deserialize_with = "reference")]
    pub charge: Option<String>,
    /// When it was made, in seconds.
    #[serde(deserialize_with = "time")]
    pub created: DateTime<Utc>,
}

impl Refund {
    /// Returns whether the money has gone back.
    pub fn has_succeeded(&self) -> bool {
        self.status.as_deref() == Some("succeeded")
    }

    /// Returns whether the money has not gone back, and will not.
    pub fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }

    /// Returns the amount; fails if the currency is not supported.
    pub fn money(&self) -> Result<Money, CurrencyUnsupported> {
        money(self.amount, &self.currency)
    }
}

/// A credit note: it lowers what an invoice charges.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct CreditNote {
    /// The id: `cn_…`.
    pub id: String,
    /// The currency: an ISO 4217 code in lower case.
    pub currency: String,
    /// The invoice: `in_…`; `None` if Stripe does not say.
    #[serde(default, deserialize_with = "reference")]
    pub invoice: Option<String>,
    /// When it was made, in seconds.
    #[serde(deserialize_with = "time")]
    pub created: DateTime<Utc>,
    #[serde(default)]
    out_of_band_amount: Option<i64>,
}

impl CreditNote {
    /// Returns the part of it that was given back outside of Stripe; `None` if nothing was. The rest is not to be
    /// counted: its refunds are reported as such, and credit lowers what is paid later.
    pub fn out_of_band(&self) -> Result<Option<Money>, CurrencyUnsupported> {
        self.out_of_band_amount
            .filter(|amount| *amount > 0)
            .map(|amount| money(amount, &self.currency))
            .transpose()
    }
}

/// A dispute: the payer demands money back from the bank.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Dispute {
    /// The id: `dp_…`, or `du_…`.
    pub id: String,
    /// The amount in Stripe's minor units of the currency.
    pub amount: i64,
    /// The currency: an ISO 4217 code in lower case.
    pub currency: String,
    /// The status, as in `lost`, `won`, `under_review`.
    pub status: String,
    /// The payment intent that it is about: `pi_…`; `None` for payments without one.
    #[serde(default, deserialize_with = "reference")]
    pub payment_intent: Option<String>,
    /// The charge that it is about: `ch_…`.
    #[serde(default, deserialize_with = "reference")]
    pub charge: Option<String>,
    /// When it was made, in seconds.
    #[serde(deserialize_with = "time")]
    pub created: DateTime<Utc>,
}

impl Dispute {
    /// Returns whether the payer has got the money.
    pub fn is_lost(&self) -> bool {
        self.status == "lost"
    }

    /// Returns the amount; fails if the currency is not supported.
    pub fn money(&self) -> Result<Money, CurrencyUnsupported> {
        money(self.amount, &self.currency)
    }
}

/// A payment of an invoice.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct InvoicePayment {
    /// The id: `inpay_…`.
    pub id: String,
    /// The invoice: `in_…`; `None` if Stripe does not say.
    #[serde(default, deserialize_with = "reference")]
    pub invoice: Option<String>,
    /// The status, as in `paid`, `open`, `canceled`; `None` if Stripe does not say.
    #[serde(default)]
    pub status: Option<String>,
    /// The amount in Stripe's minor units of the currency of the invoice; `None` if nothing was paid.
    #[serde(default)]
    pub amount_paid: Option<i64>,
}

impl StripeClient {
    /// Returns a refund, as it is now.
    pub async fn retrieve_refund(&self, key: &ApiKey, refund: &str) -> Result<Refund, Failure> {
        self.send(key, Call::get(format!("/v1/refunds/{}", id(refund)?), Form::new())).await
    }

    /// Returns the payments of invoices that a payment intent made: no payment intent or charge names its invoice.
    /// Fails if there are more than 100.
    pub async fn invoice_payments_of_intent(
        &self,
        key: &ApiKey,
        payment_intent: &str,
    ) -> Result<Vec<InvoicePayment>, Failure> {
        let payment_intent = id(payment_intent)?;
        let form = Form::new()
            .with("payment[type]", "payment_intent")
            .with("payment[payment_intent]", payment_intent)
            .with("limit", "100");
        let page: Page<InvoicePayment> = self.send(key, Call::get("/v1/invoice_payments", form)).await?;
        if page.has_more {
            return Err(Failure::unknown(format!("{payment_intent} has paid too many invoices to be read")));
        }
        Ok(page.data)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::object::parse;
    use super::*;

    #[test]
    fn money_goes_back_by_refunds_disputes_and_credit_notes() {
        let common =
            json!({ "id": "re_1", "amount": 1_190, "currency": "usd", "created": 1, "status": "succeeded" });
        let with = |changes: Value| {
            let mut object = common.clone();
            object.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            object
        };
        let refund: Refund =
            parse(&with(json!({ "payment_intent": { "id": "pi_1" }, "charge": null }))).unwrap();
        assert_eq!((refund.payment_intent.as_deref(), refund.has_succeeded()), (Some("pi_1"), true));
        assert_eq!(refund.money().unwrap().to_string(), "11.90 USD");
        for status in [json!("pending"), json!("failed"), json!("requires_action"), json!(null)] {
            let refund: Refund = parse(&with(json!({ "status": status }))).unwrap();
            assert!(!refund.has_succeeded());
            assert_eq!(refund.has_failed(), status == "failed");
        }
        assert!(parse::<Dispute>(&with(json!({ "status": "lost" }))).unwrap().is_lost());
        assert!(!parse::<Dispute>(&with(json!({ "status": "warning_closed" }))).unwrap().is_lost());

        let note = |amount: Value| -> CreditNote {
            parse(&with(json!({ "invoice": "in_1", "out_of_band_amount": amount }))).unwrap()
        };
        assert_eq!(note(json!(500)).out_of_band().unwrap().unwrap().to_string(), "5.00 USD");
        assert_eq!(note(json!(0)).out_of_band(), Ok(None));
        assert_eq!(note(json!(null)).out_of_band(), Ok(None));
    }
}
