//! The jobs that handle events of Stripe. An event is a hint: what decides is read from Stripe, so that their order does not matter.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{billing, give_back};
use crate::auth::secrets::SecretKeys;
use crate::auth::{Caller, Role};
use crate::domain::admission;
use crate::domain::db::act::Act;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::inbox::handle::{self, Known, KnownTransfer};
use crate::domain::inbox::invoices::{self, Outcome, Report};
use crate::domain::payout_account::refresh::AccountState;
use crate::metrics::Metrics;
use crate::primitives::error::{Error, Result, UserErrorCode};
use crate::primitives::id::PayoutAttemptId;
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;
use crate::stripe::event::Event;
use crate::stripe::failure::Failure;

/// The name in histories of what Stripe Billing has reported.
const BILLING_ACTOR: &str = "stripe";

/// One event to handle.
pub struct InboxJob {
    pub pool: Pool,
    pub metrics: Arc<Metrics>,
    pub stripe: StripeClient,
    pub keys: Option<Arc<SecretKeys>>,
    pub caller: Caller,
    pub job: ClaimedJob,
}

/// What was found out about an event.
enum Finding {
    /// What Stripe Billing reports.
    Report(Report),
    /// Anything else.
    Known(Known),
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
        let finding = match due {
            Some(due) => self.find(&due).await?,
            None => Finding::Known(Known::Nothing("it was handled before")),
        };
        let known = match finding {
            Finding::Known(known) => known,
            Finding::Report(report) => match self.record(&report).await? {
                Some(known) => known,
                None => return Ok(()),
            },
        };
        let handled = (&self.job, &known);
        Transaction::run(&self.pool, &self.caller, Act::HandleEvent, handle::handle, &handled).await
    }

    /// Returns what an event reports, or what Stripe says now about what it is about.
    async fn find(&self, due: &handle::DueEvent) -> Result<Finding> {
        let nothing = |why| Ok(Finding::Known(Known::Nothing(why)));
        let Some(connection) = &due.connection else {
            return nothing("Stripe is not connected any more");
        };
        if connection.is_live != due.event.is_live {
            return nothing("it is of the other mode: live or test");
        }
        let Ok(event) = Event::parse(&due.body) else { return nothing("it cannot be read") };
        let keys = self.keys.as_deref().ok_or_else(|| Error::internal("SECRETS_KEY is not set"))?;
        let key: ApiKey = connection
            .key(keys)?
            .parse()
            .map_err(|_| Error::internal("the key of a connection to Stripe is not one of Stripe"))?;
        if billing::reports(&event.kind) {
            return Ok(match billing::reason_not_taken(&event, connection) {
                Some(why) => Finding::Known(Known::Nothing(why)),
                None => match billing::read(&self.stripe, &key, &event, connection).await {
                    Ok(report) => Finding::Report(report),
                    Err(known) => Finding::Known(known),
                },
            });
        }
        Ok(Finding::Known(self.known(&key, event).await?))
    }

    /// Returns what Stripe says now about the account or the transfer that an event is about.
    async fn known(&self, key: &ApiKey, event: Event) -> Result<Known> {
        match event.kind.as_str() {
            "account.updated" | "capability.updated" => match account_of(&event) {
                Some(account) => self.account(key, account).await,
                None => Ok(Known::Nothing("it names no account")),
            },
            "account.application.deauthorized" => match event.account {
                Some(account) => {
                    Ok(Known::Account(account, AccountState { is_gone: true, ..AccountState::default() }))
                }
                None => Ok(Known::Nothing("it names no account")),
            },
            "transfer.created" | "transfer.updated" | "transfer.reversed" => match id_of(event.object()) {
                Some(transfer) => self.transfer(key, &transfer).await,
                None => Ok(Known::Nothing("it names no transfer")),
            },
            _ => Ok(Known::Nothing("its type is of no interest")),
        }
    }

    /// Records what Stripe Billing reports, and ends the event. Returns what is known instead if it cannot be recorded.
    async fn record(&self, report: &Report) -> Result<Option<Known>> {
        let tenant = self.caller.identity().tenant().clone();
        let caller = admission::operator(&self.pool, tenant, BILLING_ACTOR, Role::Billing).await?;
        let recorded = (&self.job, report);
        match Transaction::run(&self.pool, &caller, report.act(), invoices::record, &recorded).await {
            Ok(outcome) => {
                count(&self.metrics, outcome);
                Ok(None)
            }
            Err(Error::UserErrors(errors)) => {
                let first = errors.into_iter().next();
                let (code, message) = first.map_or((UserErrorCode::InternalError, String::new()), |error| {
                    (error.code, error.message)
                });
                Ok(Some(match (report, code) {
                    // The events of an invoice arrive in any order.
                    (Report::Refunded(_), UserErrorCode::NotFound) => Known::NotYet(message),
                    (Report::RefundFailed(_), UserErrorCode::NotFound) => {
                        Known::Nothing("the refund was never recorded")
                    }
                    // Several events report the same failure, each with a time of its own.
                    (Report::RefundFailed(_), UserErrorCode::Conflict) => {
                        Known::Nothing("the failure of the refund was recorded before")
                    }
                    _ => Known::Dead(message),
                }))
            }
            Err(error @ Error::BadInput { .. }) => Ok(Some(Known::Dead(error.message()))),
            Err(error) => Err(error),
        }
    }

    async fn account(&self, key: &ApiKey, account: String) -> Result<Known> {
        match self.stripe.retrieve_account(key, &account).await {
            Ok(found) => Ok(Known::Account(account, AccountState::of(&found))),
            Err(Failure::Refused { .. }) => Ok(Known::Nothing("Stripe does not know the account")),
            Err(failure) => Ok(Known::NotYet(failure.describe())),
        }
    }

    async fn transfer(&self, key: &ApiKey, id: &str) -> Result<Known> {
        match self.stripe.retrieve_transfer(key, id).await {
            Ok(transfer) => Ok(Known::Transfer(KnownTransfer {
                reference: transfer.id,
                attempt: transfer
                    .metadata
                    .get("attempt")
                    .and_then(|id| Uuid::parse_str(id).ok())
                    .map(PayoutAttemptId),
                is_reversed: transfer.reversed,
                is_reversed_in_part: transfer.amount_reversed > 0 && !transfer.reversed,
            })),
            Err(Failure::Refused { .. }) => Ok(Known::Nothing("Stripe does not know the transfer")),
            Err(failure) => Ok(Known::NotYet(failure.describe())),
        }
    }
}

fn count(metrics: &Metrics, outcome: Outcome) {
    match outcome {
        Outcome::Paid(outcome) => metrics.invoice("paid", outcome.to_string()),
        Outcome::Refunded(outcome) => metrics.invoice("refunded", outcome.to_string()),
        Outcome::RefundFailed(outcome) => metrics.invoice("refund_reversed", outcome.to_string()),
        Outcome::Nothing => {}
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
