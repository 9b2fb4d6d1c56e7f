//! The verification of the trail in the database, and the value of each field by its last entry.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::AuditEntry;
use super::chain::{Chain, KnownHead};
use super::walk::{Item, Walk};
use crate::domain::db::session::Session;
use crate::primitives::error::Result;

/// An entry is sealed within about a minute; one that is not for this long shows that no server seals.
const UNSEALED_MAX: TimeDelta = TimeDelta::minutes(10);

/// A value by the last entry that recorded it.
struct RecordedValue {
    /// When, by the number of the seal first: what was sealed later was written later, for one row.
    written: (i64, DateTime<Utc>),
    value: Option<String>,
    entry: String,
}

/// The values of the fields of rows by their last entries.
#[derive(Default)]
pub struct RecordedRows(HashMap<String, HashMap<String, RecordedValue>>);

/// The values of the fields of a row by their last entries.
#[derive(Default)]
pub struct RecordedRow(HashMap<String, RecordedValue>);

impl RecordedRows {
    fn add(&mut self, seal: i64, entry: &AuditEntry) -> Result<()> {
        let subject = match (&entry.subject_type, entry.subject_id) {
            (Some(kind), Some(id)) => Some(format!("{kind}:{id}")),
            (Some(kind), None) => Some(kind.clone()),
            (None, _) => None,
        };
        for change in entry.field_changes()? {
            let Some(row) = change.row.or_else(|| subject.clone()) else { continue };
            let written = (seal, entry.at);
            let fields = self.0.entry(row).or_default();
            if fields.get(&change.field).is_none_or(|last| last.written <= written) {
                let value = RecordedValue { written, value: change.after, entry: entry.id.to_string() };
                fields.insert(change.field, value);
            }
        }
        Ok(())
    }

    /// Takes the values of a row; `None` if no entry is about it.
    pub fn take(&mut self, row: &str) -> Option<RecordedRow> {
        self.0.remove(row).map(RecordedRow)
    }

    /// Returns the rows that were not taken.
    pub fn into_rest(self) -> impl Iterator<Item = String> {
        self.0.into_keys()
    }
}

impl RecordedRow {
    /// Takes the last recorded value of a field, and the id of its entry.
    pub fn take(&mut self, field: &str) -> Option<(Option<String>, String)> {
        self.0.remove(field).map(|last| (last.value, last.entry))
    }

    /// Returns the fields that were not taken and have a value.
    pub fn into_rest(self) -> impl Iterator<Item = String> {
        self.0.into_iter().filter(|(_, last)| last.value.is_some()).map(|(field, _)| field)
    }
}

/// Verifies every entry and every seal of the tenant, and returns the values that the entries recorded last. To be called in
/// a snapshot.
pub async fn verify(db: &mut Session, head: Option<KnownHead>) -> Result<(Chain, RecordedRows)> {
    let now = db.clock_timestamp().await?;
    let (mut chain, mut rows, mut walk) = (Chain::new(head), RecordedRows::default(), Walk::default());
    while let Some(items) = walk.next_page(db).await? {
        for item in items {
            match item {
                Item::Entry(seal, entry) => add(&mut chain, &mut rows, seal, &entry)?,
                Item::MissingEntry(seal, id) => {
                    chain.findings.add(format!("entry {id}"), format!("of seal {seal} is missing"));
                }
                Item::Seal(seal) => chain.seal(&seal),
                Item::MissingSeal(number) => chain.missing_seal(number),
                Item::Unsealed(entry) => {
                    add(&mut chain, &mut rows, i64::MAX, &entry)?;
                    if entry.at < now - UNSEALED_MAX {
                        let message =
                            "is of no seal after ten minutes: no server seals, or its seal was changed";
                        chain.findings.add(format!("entry {}", entry.id), message);
                    }
                }
            }
        }
    }
    chain.finish();
    Ok((chain, rows))
}

fn add(chain: &mut Chain, rows: &mut RecordedRows, seal: i64, entry: &AuditEntry) -> Result<()> {
    chain.entry(&entry.id.to_string(), &entry.hash, &entry.computed_hash()?);
    if rows.add(seal, entry).is_err() {
        chain.findings.add(format!("entry {}", entry.id), "has changes that no program has written");
    }
    Ok(())
}
