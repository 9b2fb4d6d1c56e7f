//! Sealing: takes the committed entries that no seal has into the next one.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AuditSeal, NO_HASH, store};
use crate::auth::Caller;
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// The most entries of a seal; more of them become several seals.
const ENTRIES_MAX: i64 = 10_000;

/// An entry is committed at most as long after it was written as a statement may take. Entries are searched that far before
/// the last seal, and by far more.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// How far back entries of no seal are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// An hour before the newest seal: what was committed since, and what took long.
    Recent,
    /// All entries: also those of an hour in which the clock of the database was wrong.
    All,
}

/// Seals all committed entries of the tenant that no seal has; returns the new seals. Two servers may do so at the same time:
/// the one that comes second leaves the entries to the first.
pub async fn seal(pool: &Pool, caller: &Caller, reach: Reach) -> Result<Vec<AuditSeal>> {
    let mut seals = Vec::new();
    // Most tenants have changed nothing since the last minute: they cost two statements and no transaction.
    while has_unsealed(pool, caller, reach).await? {
        match Transaction::run(pool, caller, Act::Seal, seal_once, &reach).await? {
            Some(seal) => seals.push(seal),
            None => break,
        }
    }
    Ok(seals)
}

async fn has_unsealed(pool: &Pool, caller: &Caller, reach: Reach) -> Result<bool> {
    let mut db = Session::open(pool, caller).await?;
    let head = store::head(&mut db).await?;
    Ok(!store::unsealed_hashes(&mut db, since(head.as_ref(), reach), 1).await?.is_empty())
}

fn since(head: Option<&AuditSeal>, reach: Reach) -> DateTime<Utc> {
    match (head, reach) {
        (Some(head), Reach::Recent) => head.sealed_at - WINDOW,
        (None, Reach::Recent) | (_, Reach::All) => DateTime::UNIX_EPOCH,
    }
}

/// Adds a seal; `None` if there is nothing to seal, or if another server has added the next seal meanwhile.
async fn seal_once(db: &mut Transaction, reach: &Reach) -> Result<Option<AuditSeal>> {
    // Repeated, it finds what is left to seal.
    db.mark_idempotent();
    let head = store::head(db).await?;
    let mut entries = store::unsealed_hashes(db, since(head.as_ref(), *reach), ENTRIES_MAX).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    entries.sort_by_key(|(id, _)| *id);
    let now = db.clock_timestamp().await?;
    let (number, previous_hash, sealed_at) = match head {
        Some(head) => (head.number + 1, head.hash, now.max(head.sealed_at)),
        None => (1, NO_HASH.to_vec(), now),
    };
    let count = i32::try_from(entries.len()).unwrap_or(i32::MAX);
    let mut seal = AuditSeal { number, sealed_at, entries: count, previous_hash, hash: Vec::new() };
    let (ids, hashes): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
    seal.hash = seal.computed_hash(&seal.previous_hash, &hashes.concat());
    Ok(store::insert(db, &seal, &ids).await?.then_some(seal))
}
