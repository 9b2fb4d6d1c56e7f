//! The jobs that handle events of Stripe. An event is a hint: what decides is read from Stripe, so that their order does not matter.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::give_back;
use crate::auth::Caller;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::act::Act;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::inbox::handle::{self, Known, KnownTransfer};
use crate::domain::payout_account::refresh::AccountState;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PayoutAttemptId;
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;
use crate::stripe::event::Event;
use crate::stripe::failure::Failure;

/// One event to handle.
pub struct InboxJob {
    pub pool: Pool,
    pub stripe: StripeClient,
    pub keys: Option<Arc<SecretKeys>>,
    pub caller: Caller,
    pub job: ClaimedJob,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl InboxJob {
    /// Handles the event. After an error, it is handled again later.
    pub async fn run(self) {
        if let Err(error) = self.handle().await {
            give_back(&self.pool, &self.caller, &self.job, &error).await;
        }
    }

    async fn handle(&self) -> Result<()> {
        let due = handle::due(&mut Session::open(&self.pool, &self.caller).await?, &self.job).await?;
        let known = match due {
            Some(due) => self.known(&due).await?,
            None => Known::Nothing("it was handled before"),
        };
        let handled = (&self.job, &known);
        Transaction::run(&self.pool, &self.caller, Act::HandleEvent, handle::handle, &handled).await
    }

    /// Returns what Stripe says now about what an event is about.
    async fn known(&self, due: &handle::DueEvent) -> Result<Known> {
        let Some(connection) = &due.connection else {
            return Ok(Known::Nothing("Stripe is not connected any more"));
        };
        if connection.is_live != due.event.is_live {
            return Ok(Known::Nothing("it is of the other mode: live or test"));
        }
        let event = match Event::parse(&due.event.body) {
            Ok(event) => event,
            Err(_) => return Ok(Known::Nothing("it cannot be read")),
        };
        let keys = self.keys.as_deref().ok_or_else(|| Error::internal("SECRETS_KEY is not set"))?;
        let key: ApiKey = connection
            .key(keys)?
            .parse()
            .map_err(|_| Error::internal("the key of a connection to Stripe is not one of Stripe"))?;
        match event.kind.as_str() {
            "account.updated" | "capability.updated" => match account_of(&event) {
                Some(account) => self.account(&key, account).await,
                None => Ok(Known::Nothing("it names no account")),
            },
            "account.application.deauthorized" => match event.account {
                Some(account) => {
                    Ok(Known::Account(account, AccountState { is_gone: true, ..AccountState::default() }))
                }
                None => Ok(Known::Nothing("it names no account")),
            },
            "transfer.created" | "transfer.updated" | "transfer.reversed" => match id_of(event.object()) {
                Some(transfer) => self.transfer(&key, &transfer).await,
                None => Ok(Known::Nothing("it names no transfer")),
            },
            _ => Ok(Known::Nothing("its type is of no interest")),
        }
    }

    async fn account(&self, key: &ApiKey, account: String) -> Result<Known> {
        match self.stripe.retrieve_account(key, &account).await {
            Ok(found) => Ok(Known::Account(account, AccountState::of(&found))),
            Err(Failure::Refused { .. }) => Ok(Known::Nothing("Stripe does not know the account")),
            Err(failure) => Err(Error::internal(super::payouts::words(&failure))),
        }
    }

    async fn transfer(&self, key: &ApiKey, id: &str) -> Result<Known> {
        match self.stripe.retrieve_transfer(key, id).await {
            Ok(transfer) => Ok(Known::Transfer(KnownTransfer {
                returned_in_part: transfer.money_reversed_in_part(),
                reference: transfer.id,
                attempt: transfer
                    .metadata
                    .get("attempt")
                    .and_then(|id| Uuid::parse_str(id).ok())
                    .map(PayoutAttemptId),
                is_reversed: transfer.reversed,
            })),
            Err(Failure::Refused { .. }) => Ok(Known::Nothing("Stripe does not know the transfer")),
            Err(failure) => Err(Error::internal(super::payouts::words(&failure))),
        }
    }
}

/// Returns the account of a partner that an event is about: the sender names it, or it is the object itself.
fn account_of(event: &Event) -> Option<String> {
    let of_object = event.object().get("account").and_then(Value::as_str).map(str::to_owned);
    event.account.clone().or(of_object).or_else(|| id_of(event.object()))
}

fn id_of(object: &Value) -> Option<String> {
    Identified::deserialize(object).ok().map(|object| object.id)
}
