//! The entry of a download: who has taken what out of the system.

use std::borrow::Cow;

use crate::auth::Caller;
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::mask;

/// The most characters of the parameters that an entry has.
const PARAMETERS_MAX: usize = 2_000;

/// A download that has ended, also one that was broken off.
#[derive(Clone, Debug)]
pub struct Download {
    /// The name of the file, e.g. `audit.jsonl`.
    pub file: String,
    /// The parameters as they were given, such as the filter; `None` without any.
    pub parameters: Option<String>,
    /// The number of rows that were sent.
    pub rows: u64,
}

/// Leaves an entry about a download.
pub async fn record(pool: &Pool, caller: &Caller, download: &Download) -> Result<()> {
    Transaction::run(pool, caller, Act::Download, write, download).await
}

/// Returns the first characters of a text with its quoted e-mail addresses masked: a filter may name a customer by one.
fn without_addresses(text: &str) -> String {
    let text: String = text.chars().take(PARAMETERS_MAX).collect();
    let parts = text.split('"').map(|part| {
        if mask::is_personal(part) { Cow::Owned(mask::email(part)) } else { Cow::Borrowed(part) }
    });
    parts.collect::<Vec<_>>().join("\"")
}

async fn write(db: &mut Transaction, download: &Download) -> Result<()> {
    db.record_field(None, "file", None, Some(download.file.clone()));
    db.record_field(None, "parameters", None, download.parameters.as_deref().map(without_addresses));
    db.record_field(None, "rows", None, Some(download.rows.to_string()));
    Ok(())
}
