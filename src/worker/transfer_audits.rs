//! The jobs that audit the transfers at Stripe, and those that read the accounts of partners once a day.
//!
//! A job reads for as long as its lease surely lasts; what is left is done by the next one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::give_back;
use crate::auth::Caller;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::act::Act;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout_account::check;
use crate::domain::payout_account::refresh::{self, AccountState};
use crate::domain::payout_attempt::PayoutAttempt;
use crate::domain::stripe_connection::StripeConnection;
use crate::domain::transfer_audit::TransferAudit;
use crate::domain::transfer_audit::begin::{self, DueAudit};
use crate::domain::transfer_audit::end::{self, Interruption, LookedUp};
use crate::domain::transfer_audit::page::{self, ReadPage};
use crate::primitives::error::{Error, Result};
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;
use crate::stripe::failure::Failure;

/// For how long one job reads. A request takes up to 30 seconds more, and the lease is of two minutes.
const READING_MAX: Duration = Duration::from_secs(45);

/// One job of an audit.
pub struct AuditJob {
    pub pool: Pool,
    pub stripe: StripeClient,
    pub keys: Option<Arc<SecretKeys>>,
    pub caller: Caller,
    pub job: ClaimedJob,
}

/// Why a job does not go on.
enum Stop {
    /// Stripe could not be read.
    Stripe(Failure),
    /// Something here failed.
    Own(Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Stripe(failure)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

impl AuditJob {
    /// Audits the transfers of the tenant.
    pub async fn audit_transfers(self) {
        if let Err(error) = self.attempt_audit().await {
            give_back(&self.pool, &self.caller, &self.job, &error).await;
        }
    }

    /// Reads the accounts of partners that were not read for a day.
    pub async fn check_accounts(self) {
        if let Err(error) = self.attempt_check().await {
            give_back(&self.pool, &self.caller, &self.job, &error).await;
        }
    }

    async fn attempt_audit(&self) -> Result<()> {
        let act = Act::AuditTransfers;
        let due = Transaction::run(&self.pool, &self.caller, act, begin::begin, &self.job).await?;
        let Some(DueAudit { audit, connection }) = due else { return Ok(()) };
        match self.read(audit, &connection).await {
            Ok(()) => Ok(()),
            Err(Stop::Own(error)) => Err(error),
            Err(Stop::Stripe(failure)) => self.interrupt(&connection, &failure).await,
        }
    }

    /// Reads what is left, for as long as this job may.
    async fn read(
        &self,
        mut audit: TransferAudit,
        connection: &StripeConnection,
    ) -> std::result::Result<(), Stop> {
        let (began, key, act) = (Instant::now(), self.key(connection)?, Act::AuditTransfers);
        while !audit.is_read {
            if began.elapsed() >= READING_MAX {
                return Ok(Transaction::run(&self.pool, &self.caller, act, end::go_on, &self.job).await?);
            }
            let since = audit.began_at - end::WINDOW;
            let read = self.stripe.transfers_since(&key, since, audit.last_read.as_deref()).await?;
            let read = ReadPage { transfers: &read.data, has_more: read.has_more };
            let compared = (&self.job, &audit, &read);
            let compare = page::compare_page;
            match Transaction::run(&self.pool, &self.caller, act, compare, &compared).await? {
                Some(after) => audit = after,
                None => return Ok(()),
            }
        }
        // After an audit that could not read everything, a transfer that was not read is not missing.
        let is_over = !audit.is_complete || self.look_for_missing(&key, &audit, began).await?;
        let over = (&self.job, &audit);
        let done = if is_over {
            Transaction::run(&self.pool, &self.caller, act, end::end, &over).await
        } else {
            Transaction::run(&self.pool, &self.caller, act, end::go_on, &self.job).await
        };
        Ok(done?)
    }

    /// Looks up the transfers that were not read, for as long as this job may; returns whether there are no more of them.
    async fn look_for_missing(
        &self,
        key: &ApiKey,
        audit: &TransferAudit,
        began: Instant,
    ) -> std::result::Result<bool, Stop> {
        let act = Act::AuditTransfers;
        loop {
            let missing = Transaction::run(&self.pool, &self.caller, act, end::missing, audit).await?;
            if missing.is_empty() {
                return Ok(true);
            }
            if began.elapsed() >= READING_MAX {
                return Ok(false);
            }
            let looked_up = self.look_up(key, missing, began).await?;
            let recorded = (&self.job, audit, looked_up.as_slice());
            if !Transaction::run(&self.pool, &self.caller, act, end::record_looked_up, &recorded).await? {
                return Ok(true);
            }
        }
    }

    /// Looks up the transfers of attempts by their references.
    async fn look_up(
        &self,
        key: &ApiKey,
        attempts: Vec<PayoutAttempt>,
        began: Instant,
    ) -> std::result::Result<Vec<LookedUp>, Failure> {
        let mut looked_up = Vec::new();
        for attempt in attempts {
            if began.elapsed() >= READING_MAX && !looked_up.is_empty() {
                break;
            }
            let reference = attempt.reference.as_deref().unwrap_or_default();
            let transfer = match self.stripe.retrieve_transfer(key, reference).await {
                Ok(transfer) => Some(transfer),
                // Also a reference that cannot be one of Stripe: staff have entered it.
                Err(Failure::Refused { .. }) => None,
                Err(failure) => return Err(failure),
            };
            looked_up.push(LookedUp { attempt, transfer });
        }
        Ok(looked_up)
    }

    async fn interrupt(&self, connection: &StripeConnection, failure: &Failure) -> Result<()> {
        let is_broken = matches!(failure, Failure::Unauthorized { .. });
        let interruption = Interruption { connection, failure: failure.describe(), is_broken };
        let interrupted = (&self.job, &interruption);
        Transaction::run(&self.pool, &self.caller, Act::AuditTransfers, end::interrupt, &interrupted).await
    }

    fn key(&self, connection: &StripeConnection) -> Result<ApiKey> {
        let keys = self.keys.as_deref();
        let keys = keys.ok_or_else(|| Error::internal("SECRETS_KEY is not set: no key can be opened"))?;
        let unreadable = |_| Error::internal("the key of a connection to Stripe is not one of Stripe");
        connection.key(keys)?.parse().map_err(unreadable)
    }

    async fn attempt_check(&self) -> Result<()> {
        let (began, act) = (Instant::now(), Act::CheckPayoutAccount);
        let due = Transaction::run(&self.pool, &self.caller, act, check::due, &self.job).await?;
        let Some((connection, accounts)) = due else { return Ok(()) };
        let key = self.key(&connection)?;
        let mut is_interrupted = false;
        for account in accounts {
            let state = match self.stripe.retrieve_account(&key, &account.destination).await {
                Ok(account) => AccountState::of(&account),
                Err(Failure::Refused { code, .. })
                    if code == "resource_missing" || code == "account_invalid" =>
                {
                    AccountState { is_gone: true, ..AccountState::default() }
                }
                Err(failure @ Failure::Refused { .. }) => {
                    tracing::warn!(
                        cause = failure.describe(),
                        "Stripe does not tell of the account of a partner"
                    );
                    Transaction::run(&self.pool, &self.caller, act, check::skip, &account.id).await?;
                    continue;
                }
                Err(failure) => {
                    tracing::warn!(cause = failure.describe(), "the accounts of partners cannot be read now");
                    is_interrupted = true;
                    break;
                }
            };
            let told = (account.id, &state);
            Transaction::run(&self.pool, &self.caller, act, refresh::refresh, &told).await?;
            if began.elapsed() >= READING_MAX {
                break;
            }
        }
        let scheduled = (&self.job, &is_interrupted);
        Transaction::run(&self.pool, &self.caller, act, check::schedule, &scheduled).await
    }
}
