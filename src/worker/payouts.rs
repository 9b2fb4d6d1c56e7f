//! The jobs that send payouts by Stripe, and those that ask for the money back.
//!
//! Each asks Stripe between two transactions. The first commits that Stripe will be asked, the second what is known afterwards.
//! A worker that dies in between has told nothing; the next one looks for the transfer before it asks for it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::give_back;
use crate::auth::Caller;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::act::Act;
use crate::domain::db::job::{ClaimedJob, LEASE};
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout_account;
use crate::domain::payout_account::refresh::AccountState;
use crate::domain::payout_attempt::begin::{self, Begun};
use crate::domain::payout_attempt::check;
use crate::domain::payout_attempt::recall::{self, Recalled};
use crate::domain::payout_attempt::record::{self, Finding, Transferred};
use crate::domain::payout_attempt::{Order, PayoutAttempt};
use crate::domain::transfer_audit::comparison::difference;
use crate::primitives::error::{Error, Result};
use crate::stripe::amount::minor_units;
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;
use crate::stripe::failure::Failure;
use crate::stripe::transfer::{NewTransfer, Transfer};

/// One job of a payout.
pub struct PayoutJob {
    pub pool: Pool,
    pub stripe: StripeClient,
    pub keys: Option<Arc<SecretKeys>>,
    pub caller: Caller,
    pub job: ClaimedJob,
}

impl PayoutJob {
    /// Sends the money of a payout, or looks for its transfer.
    pub async fn send(self) {
        if let Err(error) = self.attempt().await {
            give_back(&self.pool, &self.caller, &self.job, &error).await;
        }
    }

    /// Asks for the money of a payout back.
    pub async fn recall(self) {
        if let Err(error) = self.attempt_recall().await {
            give_back(&self.pool, &self.caller, &self.job, &error).await;
        }
    }

    async fn attempt(&self) -> Result<()> {
        let began = Utc::now();
        let begun = Transaction::run(&self.pool, &self.caller, Act::AttemptPayout, begin::begin, &self.job);
        let (order, finding) = match begun.await? {
            Begun::Nothing => return Ok(()),
            Begun::Check(order) => return self.check(&order).await,
            Begun::Look(order) => {
                let found = self.look(&order).await;
                (order, found.unwrap_or(Finding::NotFound))
            }
            Begun::Send(order) => {
                let finding = match self.look(&order).await {
                    Some(finding) => finding,
                    None => self.transfer(&order, began).await?,
                };
                (order, finding)
            }
        };
        let recorded = (&self.job, &*order, &finding);
        Transaction::run(&self.pool, &self.caller, Act::AttemptPayout, record::record, &recorded).await?;
        Ok(())
    }

    /// Reads the transfer of an attempt that has completed its payout.
    async fn check(&self, order: &Order) -> Result<()> {
        let (key, attempt) = (self.key(order)?, &order.attempt);
        let reference = attempt.reference.as_deref().unwrap_or_default();
        let found = match self.stripe.retrieve_transfer(&key, reference).await {
            Ok(transfer) => Some(transferred(&transfer, attempt)),
            Err(Failure::Refused { .. }) => None,
            Err(failure) => return Err(Error::internal(failure.describe())),
        };
        let recorded = (&self.job, order, &found);
        Transaction::run(&self.pool, &self.caller, Act::AttemptPayout, check::record, &recorded).await
    }

    fn key(&self, order: &Order) -> Result<ApiKey> {
        let keys = self.keys.as_deref();
        let keys = keys.ok_or_else(|| Error::internal("SECRETS_KEY is not set: no key can be opened"))?;
        let unreadable = |_| Error::internal("the key of a connection to Stripe is not one of Stripe");
        order.connection.key(keys)?.parse().map_err(unreadable)
    }

    /// Looks for the transfers of the payout; returns `None` if there are none.
    async fn look(&self, order: &Order) -> Option<Finding> {
        let key = match self.key(order) {
            Ok(key) => key,
            Err(error) => return Some(Finding::NotAsked(error.message())),
        };
        let transfers = match self.stripe.transfers_of_group(&key, &group(&order.attempt)).await {
            Ok(transfers) => transfers,
            // Nothing was asked for that moves money.
            Err(Failure::Unauthorized { message }) => return Some(Finding::Unauthorized(message)),
            Err(failure) => return Some(Finding::NotAsked(failure.describe())),
        };
        if let Some(own) = transfers.iter().find(|transfer| is_of(transfer, &order.attempt)) {
            return Some(Finding::Transferred(transferred(own, &order.attempt)));
        }
        let other = transfers.into_iter().find(|transfer| !transfer.reversed);
        other.map(|other| Finding::OtherTransfer(other.id))
    }

    /// Asks for the transfer of an attempt that was not found.
    async fn transfer(&self, order: &Order, began: DateTime<Utc>) -> Result<Finding> {
        let (attempt, key) = (&order.attempt, self.key(order)?);
        match self.check_account(order, &key).await? {
            None => {}
            // Says nothing of an earlier request, which may still be executed.
            Some(Finding::Refused(_, why)) if attempt.is_in_doubt => return Ok(Finding::NotAsked(why)),
            Some(finding) => return Ok(finding),
        }
        let amount_minor = match minor_units(attempt.amount()) {
            Ok(amount) => amount,
            Err(unsupported) => {
                return Ok(Finding::Refused("currency_unsupported".to_owned(), unsupported.0));
            }
        };
        let (payout, id) = (attempt.payout_id.to_string(), attempt.id.to_string());
        let transfer = NewTransfer {
            amount_minor,
            currency: attempt.amount().currency(),
            destination: &attempt.destination,
            transfer_group: &group(attempt),
            description: &format!("Payout {payout}"),
            metadata: &[("tenant", &attempt.tenant_id.0), ("payout", &payout), ("attempt", &id)],
        };
        if Utc::now() - began >= LEASE {
            // Another worker has gone on meanwhile, and staff may have resolved what came of it.
            return Ok(Finding::NotAsked("the worker was stopped for longer than its lease".to_owned()));
        }
        let asked = self.stripe.create_transfer(&key, &transfer, &format!("rvs-{id}")).await;
        Ok(match asked {
            Ok(transfer) => Finding::Transferred(transferred(&transfer, attempt)),
            // A refusal says nothing of an earlier request that was not answered.
            Err(Failure::Refused { code, message }) if attempt.is_in_doubt => {
                self.look(order).await.unwrap_or(Finding::Refused(code, message))
            }
            Err(Failure::Refused { code, message }) => Finding::Refused(code, message),
            Err(Failure::NotExecuted { what }) => Finding::NotAsked(what),
            Err(Failure::Unauthorized { message }) => Finding::Unauthorized(message),
            Err(Failure::InUse) => Finding::InProgress,
            Err(Failure::KeyReused { message }) => Finding::KeyReused(message),
            Err(Failure::Unknown { what }) => Finding::Unknown(what),
        })
    }

    /// Reads the account of the partner before money is sent to it; returns why none is sent.
    async fn check_account(&self, order: &Order, key: &ApiKey) -> Result<Option<Finding>> {
        let attempt = &order.attempt;
        let state = match self.stripe.retrieve_account(key, &attempt.destination).await {
            Ok(account) => AccountState::of(&account),
            Err(Failure::Refused { code, .. }) if code == "resource_missing" || code == "account_invalid" => {
                AccountState { is_gone: true, ..AccountState::default() }
            }
            Err(Failure::Unauthorized { message }) => return Ok(Some(Finding::Unauthorized(message))),
            Err(failure) => return Ok(Some(Finding::NotAsked(failure.describe()))),
        };
        let told = (attempt.payout_account_id, &state);
        let refresh = payout_account::refresh::refresh;
        Transaction::run(&self.pool, &self.caller, Act::CheckPayoutAccount, refresh, &told).await?;
        let why = || "the partner's account at Stripe cannot receive transfers now".to_owned();
        Ok((!state.can_receive).then(|| Finding::Refused("account_not_ready".to_owned(), why())))
    }

    /// Has the money of a transfer taken back, unless that has happened already. A failure leaves it open: it is asked again.
    async fn take_back(&self, order: &Order, key: &ApiKey) -> std::result::Result<Recalled, Failure> {
        let attempt = &order.attempt;
        let reference = attempt.reference.as_deref().unwrap_or_default();
        if self.stripe.retrieve_transfer(key, reference).await?.reversed {
            return Ok(Recalled::Returned);
        }
        // Of each recall by staff, since Stripe repeats a refusal. A transfer can be reversed once, whatever the key is.
        let time = attempt.recalled_at.map_or(0, |at| at.timestamp_micros());
        let idempotency_key = format!("rvs-{}-recall-{time}", attempt.id);
        match self.stripe.reverse_transfer(key, reference, &idempotency_key).await {
            Ok(_) => Ok(Recalled::Returned),
            // An earlier request may have been executed without being answered.
            Err(Failure::Refused { code, message }) => {
                let is_back = self.stripe.retrieve_transfer(key, reference).await?.reversed;
                Ok(if is_back { Recalled::Returned } else { Recalled::Refused(code, message) })
            }
            Err(failure) => Err(failure),
        }
    }

    async fn attempt_recall(&self) -> Result<()> {
        let begun = Transaction::run(&self.pool, &self.caller, Act::AttemptRecall, recall::begin, &self.job);
        let Some(order) = begun.await? else { return Ok(()) };
        let key = self.key(&order)?;
        let recalled =
            self.take_back(&order, &key).await.map_err(|failure| Error::internal(failure.describe()))?;
        let recorded = (&self.job, &order, &recalled);
        Transaction::run(&self.pool, &self.caller, Act::AttemptRecall, recall::record, &recorded).await
    }
}

/// Returns the name that all transfers of a payout have in common at Stripe.
fn group(attempt: &PayoutAttempt) -> String {
    format!("rvs_{}", attempt.payout_id)
}

fn is_of(transfer: &Transfer, attempt: &PayoutAttempt) -> bool {
    transfer.metadata.get("attempt").is_some_and(|id| *id == attempt.id.to_string())
}

/// Returns what a transfer says about its attempt.
fn transferred(transfer: &Transfer, attempt: &PayoutAttempt) -> Transferred {
    let unnamed = || (!is_of(transfer, attempt)).then(|| "it does not name the attempt".to_owned());
    let difference = difference(transfer, attempt).or_else(unnamed);
    Transferred {
        reference: transfer.id.clone(),
        difference,
        is_reversed: transfer.reversed,
        returned: transfer.money_reversed_in_part(),
    }
}
