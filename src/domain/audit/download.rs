//! The entry of a download: who has taken what out of the system.

use crate::auth::Caller;
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// A download that has ended, also one that was broken off.
#[derive(Clone, Debug)]
pub struct Download {
    /// The name of the file, e.g. `audit.jsonl`.
    pub file: String,
    /// The filter and the order, as they were given; `None` for all rows.
    pub filter: Option<String>,
    /// The number of rows that were sent.
    pub rows: u64,
}

/// Leaves an entry about a download.
pub async fn record(pool: &Pool, caller: &Caller, download: &Download) -> Result<()> {
    Transaction::run(pool, caller, Act::Download, write, download).await
}

async fn write(db: &mut Transaction, download: &Download) -> Result<()> {
    db.record_field(None, "file", None, Some(download.file.clone()));
    db.record_field(None, "filter", None, download.filter.clone());
    db.record_field(None, "rows", None, Some(download.rows.to_string()));
    Ok(())
}
