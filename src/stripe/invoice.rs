//! The invoices of Stripe Billing.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::amount::{CurrencyUnsupported, from_minor_units, parse_currency};
use super::object::{Metadata, metadata, optional_time, or_default, reference};
use crate::primitives::currency::Currency;
use crate::primitives::money::{Money, RemainingBase};

/// An invoice. Amounts are in Stripe's minor units of the currency.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Invoice {
    /// The id: `in_…`.
    pub id: String,
    /// The currency: an ISO 4217 code in lower case.
    pub currency: String,
    /// What was paid of it, by payments through Stripe and others: not what credit paid.
    pub amount_paid: i64,
    /// The total, with tax and after discounts; negative if it gives credit.
    pub total: i64,
    /// What was stored with it.
    #[serde(default, deserialize_with = "metadata")]
    pub metadata: Metadata,
    #[serde(default, deserialize_with = "reference")]
    customer: Option<String>,
    #[serde(default, deserialize_with = "reference")]
    customer_account: Option<String>,
    #[serde(default)]
    total_excluding_tax: Option<i64>,
    /// The taxes in versions since 2025-03-31.
    #[serde(default, deserialize_with = "or_default")]
    total_taxes: Vec<Tax>,
    /// The taxes in versions before.
    #[serde(default, deserialize_with = "or_default")]
    total_tax_amounts: Vec<Tax>,
    #[serde(default, deserialize_with = "or_default")]
    status_transitions: StatusTransitions,
    /// The subscription in versions since 2025-03-31.
    #[serde(default, deserialize_with = "or_default")]
    parent: Parent,
    /// The subscription in versions before.
    #[serde(default, deserialize_with = "or_default")]
    subscription_details: SubscriptionDetails,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Tax {
    amount: i64,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct StatusTransitions {
    #[serde(default, deserialize_with = "optional_time")]
    paid_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct Parent {
    #[serde(default, deserialize_with = "or_default")]
    subscription_details: SubscriptionDetails,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct SubscriptionDetails {
    #[serde(default, deserialize_with = "metadata")]
    metadata: Metadata,
}

/// What was paid of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidAmounts {
    /// The amount, with tax.
    pub total: Money,
    /// The part of it that is not tax.
    pub before_tax: Money,
}

impl Invoice {
    /// Returns the customer: `cus_…`, or the account that stands for one; `None` if Stripe does not say.
    pub fn customer(&self) -> Option<&str> {
        self.customer.as_deref().or(self.customer_account.as_deref())
    }

    /// Returns what was stored under a key with the invoice, or else with its subscription.
    pub fn metadata_value(&self, key: &str) -> Option<&str> {
        let places =
            [&self.metadata, &self.parent.subscription_details.metadata, &self.subscription_details.metadata];
        places.into_iter().find_map(|metadata| metadata.get(key)).map(String::as_str)
    }

    /// Returns when it was paid; `None` if it is not.
    pub fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.status_transitions.paid_at
    }

    /// Returns what was paid of the invoice, at most its total, and the same proportion of its amount before tax,
    /// rounded once; `None` if nothing was paid: credit has, or the invoice gives some.
    pub fn paid_amounts(&self) -> Result<Option<PaidAmounts>, CurrencyUnsupported> {
        let paid = self.amount_paid.min(self.total);
        if paid <= 0 {
            return Ok(None);
        }
        let (total, paid) = (self.money(self.total)?, self.money(paid)?);
        let before_tax = self.money(self.total_before_tax())?;
        let proportion = total
            .minus(paid)
            .and_then(|unpaid| RemainingBase::whole(before_tax).less_proportion(total, unpaid)?.base());
        let too_large =
            |_| CurrencyUnsupported(format!("the amounts of the invoice {} are too large", self.id));
        Ok(Some(PaidAmounts { total: paid, before_tax: proportion.map_err(too_large)? }))
    }

    fn total_before_tax(&self) -> i64 {
        let taxes = [&self.total_taxes, &self.total_tax_amounts].into_iter().find(|taxes| !taxes.is_empty());
        let tax = taxes.into_iter().flatten().fold(0_i64, |sum, tax| sum.saturating_add(tax.amount));
        self.total_excluding_tax.unwrap_or(self.total.saturating_sub(tax))
    }

    fn money(&self, units: i64) -> Result<Money, CurrencyUnsupported> {
        money(units, &self.currency)
    }
}

/// Returns an amount; fails if the currency is not supported.
pub(super) fn money(units: i64, code: &str) -> Result<Money, CurrencyUnsupported> {
    let currency: Option<Currency> = parse_currency(code);
    currency.and_then(|currency| from_minor_units(units, currency)).ok_or_else(|| {
        let code: String = code.chars().take(8).collect();
        CurrencyUnsupported(format!(
            "{units} minor units of {code:?} at Stripe are not known to be an amount"
        ))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::object::parse;
    use super::*;

    fn invoice(changes: Value) -> Invoice {
        let mut invoice = json!({
            "id": "in_1", "object": "invoice", "currency": "usd", "customer": "cus_1", "amount_paid": 11_900,
            "total": 11_900, "total_excluding_tax": 10_000, "status_transitions": { "paid_at": 1_796_000_000 },
        });
        invoice.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        parse(&invoice).unwrap()
    }

    fn paid(changes: Value) -> Option<(String, String)> {
        let amounts = invoice(changes).paid_amounts().unwrap();
        amounts.map(|amounts| (amounts.total.to_string(), amounts.before_tax.to_string()))
    }

    #[test]
    fn what_was_paid_is_at_most_the_total_and_divided_like_it() {
        let table = [
            (json!({}), "119.00 USD", "100.00 USD"),
            (json!({ "amount_paid": 5_950 }), "59.50 USD", "50.00 USD"),
            // Overpaid: the rest is credit.
            (json!({ "amount_paid": 20_000 }), "119.00 USD", "100.00 USD"),
            (json!({ "amount_paid": 1 }), "0.01 USD", "0.01 USD"),
            (json!({ "total_excluding_tax": null }), "119.00 USD", "119.00 USD"),
            (
                json!({ "total_excluding_tax": null, "total_taxes": [{ "amount": 900 }, { "amount": 1_000 }] }),
                "119.00 USD",
                "100.00 USD",
            ),
            (
                json!({ "total_excluding_tax": null, "total_taxes": null, "total_tax_amounts": [{ "amount": 1_900 }] }),
                "119.00 USD",
                "100.00 USD",
            ),
            (json!({ "currency": "jpy" }), "11900 JPY", "10000 JPY"),
        ];
        for (changes, total, before_tax) in table {
            assert_eq!(paid(changes.clone()), Some((total.to_owned(), before_tax.to_owned())), "{changes}");
        }
        for changes in [json!({ "amount_paid": 0 }), json!({ "total": 0 }), json!({ "total": -500 })] {
            assert_eq!(paid(changes.clone()), None, "{changes}");
        }
    }

    #[test]
    fn an_invoice_in_a_currency_that_is_not_supported_says_so() {
        for currency in ["ugx", "usdc", ""] {
            let CurrencyUnsupported(why) =
                invoice(json!({ "currency": currency })).paid_amounts().unwrap_err();
            assert!(why.contains(&format!("{currency:?}")), "{why}");
        }
    }

    #[test]
    fn the_customer_is_named_by_the_invoice_or_by_metadata() {
        assert_eq!(invoice(json!({})).customer(), Some("cus_1"));
        assert_eq!(invoice(json!({ "customer": { "id": "cus_2" } })).customer(), Some("cus_2"));
        assert_eq!(
            invoice(json!({ "customer": null, "customer_account": "acct_1" })).customer(),
            Some("acct_1")
        );
        assert_eq!(invoice(json!({ "customer": null })).customer(), None);

        let details = json!({ "metadata": { "crm": "2" }, "subscription": "sub_1" });
        let since = json!({ "parent": { "type": "subscription_details", "subscription_details": details } });
        assert_eq!(invoice(since.clone()).metadata_value("crm"), Some("2"));
        assert_eq!(invoice(json!({ "subscription_details": details })).metadata_value("crm"), Some("2"));
        let both = json!({ "metadata": { "crm": "1" }, "parent": since["parent"] });
        assert_eq!(invoice(both).metadata_value("crm"), Some("1"));
        let other = json!({ "parent": { "quote_details": {}, "subscription_details": null } });
        assert_eq!(invoice(other).metadata_value("crm"), None);
    }

    #[test]
    fn an_invoice_that_is_not_paid_has_no_time_of_payment() {
        assert_eq!(invoice(json!({})).paid_at().unwrap().timestamp(), 1_796_000_000);
        assert_eq!(invoice(json!({ "status_transitions": { "paid_at": null } })).paid_at(), None);
        assert_eq!(invoice(json!({ "status_transitions": null })).paid_at(), None);
    }
}
