//! What tests read back through the API: balances, the events of an invoice, the reconciliation.

use revshare::auth::Role;
use serde_json::{Value, json};

use super::fixtures::TestTenant;

const BALANCES: &str = "query($partner: ID!) {
    partner(id: $partner) {
        balances {
            currency
            pending { amount } approved { amount } inTransit { amount } settled { amount }
            earned { amount } paid { amount } outstanding { amount }
        }
    }
}";

const EVENTS_OF_INVOICE: &str = "query($invoice: String!) {
    commissionEvents(filter: { invoiceId: $invoice }, orderBy: { field: EVENT_DATE, direction: ASC }) {
        nodes { status commissionAmount { amount } }
    }
}";

const DIFFERENCES: &str = "query {
    reconciliation {
        balanced
        differences { partner { id } currency expected { amount } actual { amount } rule ids }
    }
}";

/// The amounts of a balance, as decimals in the scale of its currency.
#[derive(Debug, PartialEq, Eq)]
pub struct Balance {
    pub pending: String,
    pub approved: String,
    pub in_transit: String,
    pub settled: String,
    pub earned: String,
    pub paid: String,
    pub outstanding: String,
}

impl Balance {
    fn from_json(balance: &Value) -> Self {
        let amount = |field: &str| balance[field]["amount"].as_str().expect("an amount").to_owned();
        Self {
            pending: amount("pending"),
            approved: amount("approved"),
            in_transit: amount("inTransit"),
            settled: amount("settled"),
            earned: amount("earned"),
            paid: amount("paid"),
            outstanding: amount("outstanding"),
        }
    }
}

impl TestTenant {
    /// Returns a partner's balance in EUR; fails the test if the partner has none.
    pub async fn balance(&self, partner: &str) -> Balance {
        self.balance_if_any(partner).await.expect("a balance in EUR")
    }

    /// Returns a partner's balance in EUR, or `None` if no event in EUR counts towards it.
    pub async fn balance_if_any(&self, partner: &str) -> Option<Balance> {
        let data = self.admin().query_with(BALANCES, json!({ "partner": partner })).await.data();
        let balances = data["partner"]["balances"].as_array().expect("balances");
        balances.iter().find(|balance| balance["currency"] == "EUR").map(Balance::from_json)
    }

    /// Returns the status and the amount of every event of an invoice, oldest first: the original, then its reversals.
    pub async fn events_of_invoice(&self, invoice: &str) -> Vec<String> {
        let data = self.admin().query_with(EVENTS_OF_INVOICE, json!({ "invoice": invoice })).await.data();
        let events = data["commissionEvents"]["nodes"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let event = |event: &Value| {
            format!("{} {}", text(&event["status"]), text(&event["commissionAmount"]["amount"]))
        };
        events.iter().map(event).collect()
    }

    /// Returns the differences that the reconciliation finds, an empty list if the books balance.
    pub async fn reconciliation_differences(&self) -> Value {
        let data = self.client("a", Role::Auditor).query(DIFFERENCES).await.data();
        let report = &data["reconciliation"];
        assert_eq!(report["balanced"], json!(report["differences"] == json!([])));
        report["differences"].clone()
    }

    /// Fails the test if the reconciliation finds a difference.
    pub async fn assert_reconciled(&self) {
        assert_eq!(self.reconciliation_differences().await, json!([]));
    }
}
