//! The rows whose every change leaves an entry in the audit trail: they must be as their last entries say.

pub mod baseline;
mod present;

use uuid::Uuid;

use self::present::{PresentRow, TABLES};
use crate::domain::audit::chain::{Chain, Finding, Findings, KnownHead};
use crate::domain::audit::verification::{self, RecordedRows};
use crate::domain::db::audited_row::RowKind;
use crate::domain::db::session::Session;
use crate::primitives::error::Result;

/// The result of verifying the audit trail of a tenant.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The number of entries.
    pub entries: u64,
    /// The last seal, as it is printed; `None` without seals.
    pub head: Option<String>,
    /// What does not agree; empty if the trail is intact.
    pub findings: Vec<Finding>,
}

impl From<Chain> for Verification {
    fn from(chain: Chain) -> Self {
        Self { entries: chain.entries(), head: chain.head_text(), findings: chain.findings.into_vec() }
    }
}

/// Verifies the audit trail of the tenant: every entry and seal, that the known head is one of them, and that the present
/// value of each audited field is that of its last entry. To be called in a snapshot.
pub async fn verify(db: &mut Session, head: Option<KnownHead>) -> Result<Verification> {
    let (mut chain, mut recorded) = verification::verify(db, head).await?;
    for (kind, table) in TABLES {
        let mut after = Uuid::nil();
        loop {
            let ids = present::ids_after(db, table, after, false).await?;
            let Some(last) = ids.last() else { break };
            after = *last;
            for row in present::rows(db, kind, &ids).await? {
                compare(&row, &mut recorded, &mut chain.findings);
            }
        }
    }
    for row in present::rows(db, RowKind::Tenant, &[]).await? {
        compare(&row, &mut recorded, &mut chain.findings);
    }
    let kinds: Vec<_> = TABLES.iter().map(|(kind, _)| format!("{kind}:")).collect();
    let is_compared = |row: &String| kinds.iter().any(|kind| row.starts_with(kind));
    let mut missing: Vec<_> = recorded.into_rest().filter(is_compared).collect();
    missing.sort();
    for row in missing {
        chain.findings.add(row, "is missing: there are entries about it, and it does not exist");
    }
    Ok(chain.into())
}

/// Compares a row with its last entries.
fn compare(row: &PresentRow, recorded: &mut RecordedRows, findings: &mut Findings) {
    let name = row.key.to_string();
    let Some(mut recorded) = recorded.take(&name) else {
        findings.add(name, "has no entry: it was inserted past the program");
        return;
    };
    for field in &row.fields {
        let last = recorded.take(&field.name);
        let present = field.recorded();
        if !field.is_compared {
            continue;
        }
        let (value, entry) = last.unwrap_or_default();
        if value != present {
            let text = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
            let by = if entry.is_empty() { "no entry".to_owned() } else { format!("entry {entry}") };
            let message = format!("{}: is {}; {} by {by}", field.name, text(present), text(value));
            findings.add(&name, message);
        }
    }
    // What an entry recorded and the row no longer has, such as a change of terms. A digest is no field of the row.
    let is_of_row = |field: &String| ["terms.", "legal."].iter().any(|prefix| field.starts_with(prefix));
    for field in recorded.into_rest().filter(is_of_row) {
        findings.add(&name, format!("{field}: is missing"));
    }
}
