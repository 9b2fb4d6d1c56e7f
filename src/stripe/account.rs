//! Accounts: our own, and those that transfers go to.

use std::fmt;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;

use super::api_key::ApiKey;
use super::client::{Call, StripeClient, id};
use super::failure::Failure;
use super::form::Form;
use super::object::{Metadata, metadata, or_default, texts, time};

/// The account that an API key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAccount {
    /// The id: `acct_…`.
    pub id: String,
    /// Whether the key moves real money. The account itself has both modes.
    pub livemode: bool,
    /// The country, as an ISO 3166 code of two letters; `None` if Stripe does not say.
    pub country: Option<String>,
}

/// An account that transfers go to.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Account {
    /// The id: `acct_…`.
    pub id: String,
    /// The country, as an ISO 3166 code of two letters; `None` if Stripe does not say.
    #[serde(default)]
    pub country: Option<String>,
    /// Whether the account was deleted at Stripe.
    #[serde(default)]
    pub deleted: bool,
    /// What was stored with it.
    #[serde(default, deserialize_with = "metadata")]
    pub metadata: Metadata,
    #[serde(default, deserialize_with = "or_default")]
    capabilities: Capabilities,
    #[serde(default, deserialize_with = "or_default")]
    requirements: Requirements,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct Capabilities {
    #[serde(default)]
    transfers: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct Requirements {
    #[serde(default, deserialize_with = "texts")]
    currently_due: Vec<String>,
    #[serde(default)]
    disabled_reason: Option<String>,
}

impl Account {
    /// Returns whether transfers can be sent to the account now.
    pub fn can_receive_transfers(&self) -> bool {
        !self.deleted && self.capabilities.transfers.as_deref() == Some("active")
    }

    /// Returns the status of the capability `transfers`, as in `active`, `inactive`, `pending`; `None` if it was not
    /// requested.
    pub fn transfers_status(&self) -> Option<&str> {
        self.capabilities.transfers.as_deref()
    }

    /// Returns what the holder must give to Stripe now, as in `individual.verification.document`: at most 100 names.
    pub fn currently_due(&self) -> &[String] {
        &self.requirements.currently_due
    }

    /// Returns why the account is disabled, as in `requirements.past_due`; `None` if it is not.
    pub fn disabled_reason(&self) -> Option<&str> {
        self.requirements.disabled_reason.as_deref()
    }
}

/// An account to be made: with Stripe's Express dashboard. Stripe collects what it must know of the holder; we bear the
/// fees and the losses. Stripe pays out its balance by itself: with a manual schedule, money would stay there.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// The country, as an ISO 3166 code of two letters. It cannot be changed later.
    pub country: &'a str,
    /// The e-mail address of the holder, if it is to be filled in.
    pub email: Option<&'a str>,
    /// Whether the holder agrees with Stripe to receive money only, which is required if the country is not ours.
    pub service_agreement_recipient: bool,
    /// What to store with it: at most 50 keys of 40 characters, with values of 500.
    pub metadata: &'a [(&'a str, &'a str)],
}

/// A link to the pages on which the holder of an account gives Stripe what it must know. It works once, for some
/// minutes, and whoever has it sees data of the holder: it is neither stored nor logged.
#[derive(Clone, Deserialize, PartialEq, Eq)]
pub struct AccountLink {
    /// The URL.
    pub url: String,
    /// When it stops working.
    #[serde(deserialize_with = "time")]
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for AccountLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl StripeClient {
    /// Returns the account that the key belongs to.
    pub async fn account(&self, key: &ApiKey) -> Result<OwnAccount, Failure> {
        let account: Account = self.send(key, Call::get("/v1/account", Form::new())).await?;
        Ok(OwnAccount { id: account.id, livemode: key.livemode(), country: account.country })
    }

    /// Makes an account that transfers can go to as soon as its holder has been identified.
    pub async fn create_account(
        &self,
        key: &ApiKey,
        account: &NewAccount<'_>,
        idempotency_key: &str,
    ) -> Result<Account, Failure> {
        let agreement = account.service_agreement_recipient.then_some("recipient");
        let form = Form::new()
            .with("country", account.country)
            .with_optional("email", account.email)
            .with("controller[stripe_dashboard][type]", "express")
            .with("controller[fees][payer]", "application")
            .with("controller[losses][payments]", "application")
            .with("controller[requirement_collection]", "stripe")
            .with("capabilities[transfers][requested]", "true")
            .with_optional("tos_acceptance[service_agreement]", agreement)
            .with_metadata(account.metadata);
        let path = "/v1/accounts".to_owned();
        self.send(key, Call { method: Method::POST, path, form, idempotency_key: Some(idempotency_key) })
            .await
    }

    /// Returns the account with an id. It is refused with `account_invalid` if the key has no access to it any more.
    pub async fn retrieve_account(&self, key: &ApiKey, account: &str) -> Result<Account, Failure> {
        self.send(key, Call::get(format!("/v1/accounts/{}", id(account)?), Form::new())).await
    }

    /// Makes a link for the holder of an account, who returns to `return_url`; if it has expired, the browser goes to
    /// `refresh_url` for another one. Without an idempotency key: each call makes a link.
    pub async fn account_link(
        &self,
        key: &ApiKey,
        account: &str,
        refresh_url: &str,
        return_url: &str,
    ) -> Result<AccountLink, Failure> {
        let form = Form::new()
            .with("account", id(account)?)
            .with("type", "account_onboarding")
            .with("refresh_url", refresh_url)
            .with("return_url", return_url);
        let path = "/v1/account_links".to_owned();
        self.send(key, Call { method: Method::POST, path, form, idempotency_key: None }).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::object::parse;
    use super::*;

    #[test]
    fn an_account_can_receive_transfers_if_the_capability_is_active() {
        let account = |transfers: serde_json::Value| -> Account {
            parse(&json!({ "id": "acct_1", "object": "account", "capabilities": { "transfers": transfers } }))
                .unwrap()
        };
        assert!(account(json!("active")).can_receive_transfers());
        for other in [json!("inactive"), json!("pending"), json!("new_value"), json!(null)] {
            assert!(!account(other.clone()).can_receive_transfers(), "{other}");
        }
        let deleted = json!({ "id": "acct_1", "object": "account", "deleted": true });
        let deleted: Account = parse(&deleted).unwrap();
        assert!(deleted.deleted && !deleted.can_receive_transfers());
        assert_eq!(deleted.transfers_status(), None);
    }

    #[test]
    fn an_account_says_what_is_due() {
        let account: Account = parse(&json!({
            "id": "acct_1", "country": "DE", "charges_enabled": false, "metadata": { "partner": "p1" },
            "capabilities": null,
            "requirements": {
                "currently_due": ["external_account"], "disabled_reason": "requirements.past_due", "errors": [],
            },
        }))
        .unwrap();
        assert_eq!(account.currently_due(), ["external_account"]);
        assert_eq!(account.disabled_reason(), Some("requirements.past_due"));
        assert_eq!(account.country.as_deref(), Some("DE"));
        let bare: Account = parse(&json!({ "id": "acct_1", "requirements": null })).unwrap();
        assert_eq!((bare.currently_due().len(), bare.disabled_reason()), (0, None));
    }

    #[test]
    fn a_link_is_not_shown() {
        let link: AccountLink =
            parse(&json!({ "url": "https://connect.stripe.com/x/secret", "expires_at": 1 })).unwrap();
        assert!(!format!("{link:?}").contains("secret"));
    }
}
