//! The daily check: accounts that the rail has told nothing of for a day are read from it.

use chrono::TimeDelta;

use super::{PayoutAccount, store};
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::transaction::Transaction;
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::domain::transfer_audit::schedule::{at, tonight};
use crate::primitives::error::Result;
use crate::primitives::id::PayoutAccountId;

/// How long the status of an account counts as known.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(23);
/// The most accounts that one job reads.
const ACCOUNTS_MAX: i64 = 50;
/// When accounts are read again that could not be read.
const PAUSE: TimeDelta = TimeDelta::hours(1);

/// Returns the accounts that are to be read, and the connection; `None` if nothing is to be done now.
pub async fn due(
    db: &mut Transaction,
    job: &ClaimedJob,
) -> Result<Option<(StripeConnection, Vec<PayoutAccount>)>> {
    db.mark_idempotent();
    db.record_nothing();
    let Some(connection) = stripe_connection::store::own(db).await? else {
        job.finish(db).await?;
        return Ok(None);
    };
    let before = db.clock_timestamp().await? - KNOWN_FOR;
    let accounts =
        store::not_checked(db, (&connection.account, connection.is_live), before, ACCOUNTS_MAX).await?;
    if accounts.is_empty() || connection.broken_at.is_some() {
        tonight(db, job.lane).await?;
        return Ok(None);
    }
    let accounts = accounts.iter().map(|account| PayoutAccount::clone(account)).collect();
    Ok(Some((StripeConnection::clone(&connection), accounts)))
}

/// Records that the rail refuses to tell of an account: it is not asked again before tomorrow.
pub async fn skip(db: &mut Transaction, id: &PayoutAccountId) -> Result<()> {
    db.mark_idempotent();
    db.record_nothing();
    let account = store::by_id(db, *id).await?;
    let checked_at = db.clock_timestamp().await?;
    store::update(db, &PayoutAccount { checked_at, ..PayoutAccount::clone(&account) }).await
}

/// Schedules the next job: at once for those that are left, and later if Stripe could not be read.
pub async fn schedule(db: &mut Transaction, (job, is_interrupted): &(&ClaimedJob, &bool)) -> Result<()> {
    db.mark_idempotent();
    db.record_nothing();
    if !job::lease::is_valid(db, job).await? {
        return Ok(());
    }
    let now = db.clock_timestamp().await?;
    at(db, job.lane, if **is_interrupted { now + PAUSE } else { now }).await
}
