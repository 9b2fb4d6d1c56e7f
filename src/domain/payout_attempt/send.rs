//! sendPayouts: queues an attempt for each payout, each in a transaction of its own.

use std::collections::BTreeSet;

use async_graphql::InputObject;

use super::{PayoutAttempt, PayoutRail, store};
use crate::auth::{Authorized, Caller};
use crate::domain::db::act::Act;
use crate::domain::db::job::{self, Lane};
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::transaction_series::TransactionSeries;
use crate::domain::payout::batch::reason_partner_not_payable;
use crate::domain::payout::{Payout, PayoutStatus, rail_step, settle};
use crate::domain::payout_account::{self, PayoutAccount, PayoutAccountStatus};
use crate::domain::stripe_connection;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PayoutId;
use crate::stripe::amount::minor_units;

/// The most payouts that one call sends.
const IDS_MAX: usize = 500;

/// The payouts that are to be sent.
#[derive(Clone, Debug, InputObject)]
pub struct SendPayoutsInput {
    /// The ids of 1 to 500 READY payouts, each once.
    pub ids: Vec<PayoutId>,
}

/// A payout that was not sent.
#[derive(Clone, Debug)]
pub struct UnsentPayout {
    /// The id.
    pub id: PayoutId,
    /// Why.
    pub error: UserError,
}

/// What became of the payouts.
#[derive(Clone, Debug, Default)]
pub struct SendReport {
    /// The payouts that are being sent.
    pub sent: Vec<Authorized<Payout>>,
    /// The payouts that are not.
    pub skipped: Vec<UnsentPayout>,
}

/// Queues an attempt for each payout. No payout keeps another one from being sent.
pub async fn send_all(pool: &Pool, caller: &Caller, input: &SendPayoutsInput) -> Result<SendReport> {
    require_ids("ids", &input.ids)?;
    let mut report = SendReport::default();
    let mut series = TransactionSeries::new(pool, caller);
    for id in &input.ids {
        match series.run(&format!("sending of payout {id}"), Act::SendPayouts, queue, id).await {
            Ok(payout) => report.sent.push(payout),
            Err(Error::UserErrors(errors)) => {
                let error = errors.into_iter().next();
                let error = error.ok_or_else(|| Error::internal("a rejection without a reason"))?;
                report.skipped.push(UnsentPayout { id: *id, error });
            }
            Err(error) => {
                let message = if matches!(error, Error::CommitOutcomeUnknown) {
                    "it is not known whether the payout is being sent: try again, which sends it once at most"
                } else {
                    "the payout could not be sent now; nothing of it has changed: try again"
                };
                let error = UserError::new(error.failure_code(), message).about(*id);
                report.skipped.push(UnsentPayout { id: *id, error });
            }
        }
    }
    Ok(report)
}

/// Rejects too few ids, too many, and one that occurs twice.
pub(in crate::domain) fn require_ids(field: &'static str, ids: &[PayoutId]) -> Result<()> {
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(Error::bad_input(field, format!("has {} ids; pass 1 to {IDS_MAX}", ids.len())));
    }
    if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
        return Err(Error::bad_input(field, "contains an id twice"));
    }
    Ok(())
}

/// Queues an attempt for a payout: READY -> PROCESSING.
async fn queue(db: &mut Transaction, id: &PayoutId) -> Result<Authorized<Payout>> {
    let (partner, payout) = settle::lock(db, *id).await?;
    if payout.status != PayoutStatus::Ready {
        let message = format!("the payout is {}; only READY payouts can be sent", payout.status);
        return Err(rejected(UserErrorCode::InvalidState, message, &payout));
    }
    if let Some(reason) = reason_partner_not_payable(&partner) {
        return Err(Error::user_error(reason.at("ids")));
    }
    let account = destination(db, &payout).await?;
    let now = settle::now_for(db, &payout).await?;
    let attempt = PayoutAttempt::new(&payout, &account, (db.caller().identity().user().to_owned(), now));
    store::insert(db, &attempt).await?;
    db.record_created(&attempt);
    rail_step::queued(db, &payout, now).await?;
    let job = job::store::schedule(db.scope().tenant(), Lane::Payout, attempt.id.0, now);
    db.execute_unaudited(job).await?;
    db.wake_worker();
    crate::domain::payout::store::by_id(db, *id).await
}

/// Returns the account that the money of a payout goes to; rejects what the rail cannot send.
async fn destination(db: &mut Transaction, payout: &Payout) -> Result<Authorized<PayoutAccount>> {
    let connection = stripe_connection::store::own(db).await?;
    let Some(connection) = connection.filter(|connection| connection.broken_at.is_none()) else {
        let message = "Stripe is not connected, or does not accept the key: connect it in the settings";
        return Err(rejected(UserErrorCode::RailNotConnected, message, payout));
    };
    let account = payout_account::store::living(db, payout.partner_id, PayoutRail::Stripe).await?;
    let is_usable = |account: &PayoutAccount| {
        account.status == PayoutAccountStatus::Ready
            && account.rail_account == connection.account
            && account.is_live == connection.is_live
    };
    let Some(account) = account.filter(|account| is_usable(account)) else {
        let message = "the partner has no account at Stripe that can receive transfers; let it complete one";
        return Err(rejected(UserErrorCode::AccountNotReady, message, payout));
    };
    if let Err(unsupported) = minor_units(payout.total()) {
        return Err(rejected(UserErrorCode::CurrencyUnsupported, unsupported.0, payout));
    }
    Ok(account)
}

fn rejected(code: UserErrorCode, message: impl Into<String>, payout: &Payout) -> Error {
    Error::user_error(UserError::new(code, message.into()).at("ids").about(payout.id))
}
