//! The end of an audit, and what keeps it from going on.

use chrono::TimeDelta;

use super::page::{compare_all, finding, keep};
use super::schedule::{at, tonight};
use super::{FindingKind, TransferAudit, store};
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout_attempt::{self, PayoutAttempt};
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::primitives::error::Result;
use crate::stripe::transfer::Transfer;

/// For how long back transfers are audited.
pub const WINDOW: TimeDelta = TimeDelta::days(35);
/// Payouts that were settled this long before an audit began must be among the transfers that it has read.
const MARGIN: TimeDelta = TimeDelta::minutes(10);
/// How many attempts whose transfers were not read are looked up at a time.
const MISSING_MAX: i64 = 10;
/// When an audit goes on that could not read the rail.
const PAUSE: TimeDelta = TimeDelta::hours(1);

/// An attempt whose transfer was not among those that were read, and what the rail says about it.
#[derive(Clone, Debug)]
pub struct LookedUp {
    /// The attempt.
    pub attempt: PayoutAttempt,
    /// Its transfer; `None` if the rail has none of that name.
    pub transfer: Option<Transfer>,
}

/// Returns settled attempts whose transfers an audit has not found, some of them at a time.
pub async fn missing(db: &mut Transaction, audit: &TransferAudit) -> Result<Vec<PayoutAttempt>> {
    db.mark_idempotent();
    db.record_nothing();
    let settled = (audit.began_at - WINDOW + TimeDelta::days(1), audit.began_at - MARGIN);
    let account = (audit.rail_account.clone(), audit.is_live);
    let missing = payout_attempt::store::not_found(db, account, settled, audit.began_at, MISSING_MAX).await?;
    Ok(missing.iter().map(|attempt| PayoutAttempt::clone(attempt)).collect())
}

/// Records what the rail says about attempts whose transfers were not read; returns whether there may be more of them. Without
/// the lease, another worker goes on.
pub async fn record_looked_up(
    db: &mut Transaction,
    (job, audit, looked_up): &(&ClaimedJob, &TransferAudit, &[LookedUp]),
) -> Result<bool> {
    db.mark_idempotent();
    db.record_nothing();
    if !job::lease::is_valid(db, job).await? {
        return Ok(false);
    }
    let now = db.clock_timestamp().await?;
    let transfers: Vec<_> = looked_up.iter().filter_map(|looked_up| looked_up.transfer.clone()).collect();
    let mut is_all = compare_all(db, audit, &transfers).await?;
    let missing = looked_up.iter().filter(|looked_up| looked_up.transfer.is_none());
    let missing: Vec<_> = missing.map(|looked_up| &looked_up.attempt).collect();
    let findings = missing.iter().map(|attempt| {
        let reference = attempt.reference.as_deref().unwrap_or_default();
        let message = "Stripe has no transfer of this name".to_owned();
        finding(audit, (FindingKind::Missing, message), reference, Some(attempt.payout_id), now)
    });
    is_all &= keep(db, audit, findings.collect()).await?;
    // They are not looked up again by this audit.
    payout_attempt::store::mark_found(
        db,
        looked_up.iter().map(|looked_up| looked_up.attempt.id).collect(),
        now,
    )
    .await?;
    if !is_all {
        store::put(db, &TransferAudit { is_complete: false, ..TransferAudit::clone(audit) }).await?;
    }
    Ok(is_all)
}

/// Ends an audit: the findings of the one before are deleted, and the next is in the next night.
pub async fn end(db: &mut Transaction, (job, audit): &(&ClaimedJob, &TransferAudit)) -> Result<()> {
    db.mark_idempotent();
    db.record_nothing();
    if !job::lease::is_valid(db, job).await? {
        return Ok(());
    }
    let Some(present) = store::own(db).await? else { return Ok(()) };
    let now = db.clock_timestamp().await?;
    store::delete_before(db, audit.began_at).await?;
    let is_complete = audit.is_complete && present.is_complete;
    let ended = TransferAudit {
        ended_at: Some(now),
        is_complete,
        failed_at: None,
        failure: None,
        ..TransferAudit::clone(&present)
    };
    store::put(db, &ended).await?;
    tonight(db, job.lane).await
}

/// Lets an audit go on at once, in a job that has a lease of its own.
pub async fn go_on(db: &mut Transaction, job: &ClaimedJob) -> Result<()> {
    db.mark_idempotent();
    db.record_nothing();
    if job::lease::is_valid(db, job).await? {
        let now = db.clock_timestamp().await?;
        at(db, job.lane, now).await?;
        db.wake_worker();
    }
    Ok(())
}

/// What kept an audit from reading the rail.
#[derive(Clone, Debug)]
pub struct Interruption<'a> {
    /// The connection that it read by.
    pub connection: &'a StripeConnection,
    /// Why, in words.
    pub failure: String,
    /// Whether the rail does not accept the key.
    pub is_broken: bool,
}

/// Records that the rail could not be read: the audit goes on in an hour, or when Stripe is connected again.
pub async fn interrupt(
    db: &mut Transaction,
    (job, interruption): &(&ClaimedJob, &Interruption<'_>),
) -> Result<()> {
    db.mark_idempotent();
    db.record_nothing();
    let now = db.clock_timestamp().await?;
    if interruption.is_broken {
        let (connection, failure) = (interruption.connection, &interruption.failure);
        stripe_connection::store::mark_broken(db, connection, failure, now).await?;
    }
    if !job::lease::is_valid(db, job).await? {
        return Ok(());
    }
    if let Some(audit) = store::own(db).await? {
        let failure = Some(interruption.failure.clone());
        store::put(db, &TransferAudit { failed_at: Some(now), failure, ..TransferAudit::clone(&audit) })
            .await?;
    }
    at(db, job.lane, now + PAUSE).await
}
