//! A partner's balance in one currency, as the API reports it.

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

    /// Returns a partner's balance in EUR, or nothing if no event in EUR counts towards it.
    pub async fn balance_if_any(&self, partner: &str) -> Option<Balance> {
        let data = self.admin().query_with(BALANCES, json!({ "partner": partner })).await.data();
        let balances = data["partner"]["balances"].as_array().expect("balances");
        balances.iter().find(|balance| balance["currency"] == "EUR").map(Balance::from_json)
    }
}
