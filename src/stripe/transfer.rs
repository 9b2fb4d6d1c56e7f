//! Transfers: money that goes from our balance at Stripe to an account.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;

use super::amount::{from_minor_units, parse_currency};
use super::api_key::ApiKey;
use super::client::{Call, StripeClient, id};
use super::failure::Failure;
use super::form::Form;
use super::object::{Metadata, Page, metadata, reference, time};
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;

/// The number of objects in a page: the largest that Stripe permits.
const PAGE_SIZE: &str = "100";
/// The largest number of pages that the transfers of a group are read from.
const GROUP_PAGES_MAX: usize = 10;

/// A transfer. The members that decide about money are required: without them, the answer cannot be read, and so the
/// outcome is unknown.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Transfer {
    /// The id: `tr_…`.
    pub id: String,
    /// The amount in Stripe's minor units of the currency.
    pub amount: i64,
    /// The part of it that was reversed, in the same units.
    pub amount_reversed: i64,
    /// Whether all of it was reversed.
    pub reversed: bool,
    /// The currency: an ISO 4217 code in lower case.
    pub currency: String,
    /// The account that it went to: `acct_…`; `None` if Stripe does not say.
    #[serde(default, deserialize_with = "reference")]
    pub destination: Option<String>,
    /// The group that it was made in.
    #[serde(default)]
    pub transfer_group: Option<String>,
    /// What was stored with it.
    #[serde(default, deserialize_with = "metadata")]
    pub metadata: Metadata,
    /// When it was made, in seconds.
    #[serde(deserialize_with = "time")]
    pub created: DateTime<Utc>,
    /// Whether it moved real money.
    pub livemode: bool,
}

impl Transfer {
    /// Returns the amount; `None` if the currency is not known.
    pub fn money(&self) -> Option<Money> {
        from_minor_units(self.amount, parse_currency(&self.currency)?)
    }

    /// Returns the part that was reversed; `None` if the currency is not known.
    pub fn money_reversed(&self) -> Option<Money> {
        from_minor_units(self.amount_reversed, parse_currency(&self.currency)?)
    }

    /// Returns the part that was reversed, if that is neither nothing nor all; `None` if the currency is not known.
    pub fn money_reversed_in_part(&self) -> Option<Money> {
        self.money_reversed().filter(|_| self.amount_reversed > 0 && !self.reversed)
    }
}

/// A transfer to be made.
#[derive(Clone, Debug)]
pub struct NewTransfer<'a> {
    /// The amount in Stripe's minor units of the currency: above zero.
    pub amount_minor: i64,
    /// The currency. Our balance must be in it.
    pub currency: Currency,
    /// The account that it goes to: `acct_…`.
    pub destination: &'a str,
    /// The group that it is made in, by which it is found again.
    pub transfer_group: &'a str,
    /// What the partner reads about it.
    pub description: &'a str,
    /// What to store with it: at most 50 keys of 40 characters, with values of 500.
    pub metadata: &'a [(&'a str, &'a str)],
}

/// The reversal of a transfer: its money came back to our balance.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct TransferReversal {
    /// The id: `trr_…`.
    pub id: String,
    /// The amount that came back, in Stripe's minor units of the currency.
    pub amount: i64,
    /// The currency: an ISO 4217 code in lower case.
    pub currency: String,
    /// The transfer: `tr_…`.
    #[serde(default, deserialize_with = "reference")]
    pub transfer: Option<String>,
}

impl StripeClient {
    /// Makes a transfer. The same key with the same data has the same result, for at least 24 hours.
    pub async fn create_transfer(
        &self,
        key: &ApiKey,
        transfer: &NewTransfer<'_>,
        idempotency_key: &str,
    ) -> Result<Transfer, Failure> {
        let form = Form::new()
            .with("amount", &transfer.amount_minor.to_string())
            .with("currency", &transfer.currency.code().to_ascii_lowercase())
            .with("destination", id(transfer.destination)?)
            .with("transfer_group", id(transfer.transfer_group)?)
            .with("description", transfer.description)
            .with_metadata(transfer.metadata);
        let path = "/v1/transfers".to_owned();
        self.send(key, Call { method: Method::POST, path, form, idempotency_key: Some(idempotency_key) })
            .await
    }

    /// Returns all transfers of a group. Fails if there are more than 1,000 of them: whether one is missing decides
    /// whether money is sent again.
    pub async fn transfers_of_group(&self, key: &ApiKey, group: &str) -> Result<Vec<Transfer>, Failure> {
        let group = id(group)?;
        let mut transfers: Vec<Transfer> = Vec::new();
        for _ in 0..GROUP_PAGES_MAX {
            let form = Form::new()
                .with("transfer_group", group)
                .with("limit", PAGE_SIZE)
                .with_optional("starting_after", transfers.last().map(|last| last.id.as_str()));
            let page: Page<Transfer> = self.send(key, Call::get("/v1/transfers", form)).await?;
            let is_stuck = page.data.is_empty();
            transfers.extend(page.data);
            if !page.has_more {
                return Ok(transfers);
            }
            if is_stuck {
                break;
            }
        }
        Err(Failure::unknown(format!("not all transfers of the group {group} can be read")))
    }

    /// Returns a page of the transfers that were made at a time or later, the latest first: those after the one with
    /// the id `after`, or the first ones.
    pub async fn transfers_since(
        &self,
        key: &ApiKey,
        created_gte: DateTime<Utc>,
        after: Option<&str>,
    ) -> Result<Page<Transfer>, Failure> {
        let form = Form::new()
            .with("created[gte]", &created_gte.timestamp().to_string())
            .with("limit", PAGE_SIZE)
            .with_optional("starting_after", after.map(id).transpose()?);
        self.send(key, Call::get("/v1/transfers", form)).await
    }

    /// Returns the transfer with an id.
    pub async fn retrieve_transfer(&self, key: &ApiKey, transfer: &str) -> Result<Transfer, Failure> {
        self.send(key, Call::get(format!("/v1/transfers/{}", id(transfer)?), Form::new())).await
    }

    /// Reverses all of a transfer that is not reversed yet. It is refused if the balance of the account is too small. A
    /// refusal does not say that the transfer stands: somebody else may have reversed it.
    pub async fn reverse_transfer(
        &self,
        key: &ApiKey,
        transfer: &str,
        idempotency_key: &str,
    ) -> Result<TransferReversal, Failure> {
        let path = format!("/v1/transfers/{}/reversals", id(transfer)?);
        let call =
            Call { method: Method::POST, path, form: Form::new(), idempotency_key: Some(idempotency_key) };
        self.send(key, call).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::object::parse;
    use super::*;

    fn transfer() -> Value {
        json!({
            "id": "tr_1", "object": "transfer", "amount": 15_000, "amount_reversed": 5_000, "reversed": false,
            "currency": "usd", "destination": "acct_1", "transfer_group": "rvs_1", "livemode": false,
            "created": 1_796_000_000, "metadata": { "attempt": "a1" }, "reversals": { "data": [] },
        })
    }

    #[test]
    fn a_transfer_is_read_with_an_expanded_destination_as_well() {
        let plain: Transfer = parse(&transfer()).unwrap();
        let mut expanded = transfer();
        expanded["destination"] = json!({ "id": "acct_1", "object": "account" });
        assert_eq!(parse::<Transfer>(&expanded), Ok(plain.clone()));
        assert_eq!(plain.destination.as_deref(), Some("acct_1"));
        assert_eq!(plain.metadata.get("attempt").map(String::as_str), Some("a1"));
        assert_eq!(plain.money().unwrap().to_string(), "150.00 USD");
        assert_eq!(plain.money_reversed().unwrap().to_string(), "50.00 USD");
    }

    #[test]
    fn a_transfer_without_what_decides_about_money_cannot_be_read() {
        for member in ["id", "amount", "amount_reversed", "reversed", "currency", "livemode", "created"] {
            let mut partial = transfer();
            partial.as_object_mut().unwrap().remove(member);
            assert_eq!(parse::<Transfer>(&partial), Err(format!("missing field `{member}`")));
        }
        let mut other = transfer();
        other["amount"] = json!("15000");
        assert!(parse::<Transfer>(&other).is_err());
    }
}
