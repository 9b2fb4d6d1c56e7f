//! What a transaction has changed so far, for its entry in the audit trail.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::audited_row::{AuditedRow, Field, RowKey};
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// The change of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// The value after the change, as it is recorded; `None` for none.
    pub after: Option<String>,
    /// The value before.
    pub before: Option<String>,
    /// The name of the field, or of a figure of a bulk change: `count`, `sum.EUR`, `idsSha256`.
    pub field: String,
    /// The row, as `Partner:<id>`, if it is not the subject of the entry.
    pub row: Option<String>,
}

/// The changes that a transaction has recorded.
#[derive(Default)]
pub(super) struct AuditLog {
    /// The changes with their rows; a figure of a bulk change has none.
    changes: Vec<(Option<RowKey>, FieldChange)>,
    partners: BTreeSet<Option<PartnerId>>,
    reason: Option<String>,
    is_recorded: bool,
    is_nothing: bool,
    has_changed_rows: bool,
}

/// The content of an entry.
pub(super) struct Content {
    pub subject: Option<RowKey>,
    pub partner: Option<PartnerId>,
    pub changes: Vec<FieldChange>,
    pub reason: Option<String>,
}

/// Selects the SHA-256 of the column `id` of what follows: of the ids, sorted, each followed by a line feed.
pub const IDS_SHA_256: &str =
    "SELECT encode(sha256(coalesce(string_agg(id || E'\n', '' ORDER BY id), '')::bytea), 'hex')";

/// What a bulk change did: to which rows, and to which amounts.
pub struct BulkChange {
    /// The number of rows.
    pub count: i64,
    /// The sums of their amounts, one per currency.
    pub sums: Vec<Money>,
    /// The SHA-256 of their ids, sorted, in lower case, each followed by a line feed; in hexadecimal.
    pub ids_sha_256: String,
}

impl BulkChange {
    /// Returns the bulk change of these rows.
    pub fn of(rows: impl IntoIterator<Item = (Uuid, Money)>) -> Result<Self> {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|(id, _)| *id);
        let mut hash = Sha256::new();
        for (id, _) in &rows {
            hash.update(format!("{id}\n"));
        }
        Ok(Self {
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            sums: Money::sums_by_currency(rows.into_iter().map(|(_, amount)| amount))?,
            ids_sha_256: hex(&hash.finalize()),
        })
    }
}

impl AuditLog {
    pub fn created(&mut self, row: &impl AuditedRow) {
        self.note(row);
        for field in row.fields() {
            self.field(Some(row.key()), &field.name, None, field.recorded());
        }
    }

    pub fn changed<R: AuditedRow>(&mut self, before: &R, after: &R) {
        self.note(after);
        let old = before.fields();
        for field in after.fields() {
            let before = old.iter().find(|old| old.name == field.name);
            if before.is_none_or(|before| !before.has_same_value(&field)) {
                let before = before.and_then(Field::recorded);
                self.field(Some(after.key()), &field.name, before, field.recorded());
            }
        }
    }

    pub fn field(&mut self, row: Option<RowKey>, field: &str, before: Option<String>, after: Option<String>) {
        self.is_recorded = true;
        if before.is_some() || after.is_some() {
            self.changes.push((row, FieldChange { after, before, field: field.to_owned(), row: None }));
        }
    }

    pub fn bulk(&mut self, change: BulkChange, partners: impl IntoIterator<Item = PartnerId>) {
        self.partners.extend(partners.into_iter().map(Some));
        self.field(None, "count", None, Some(change.count.to_string()));
        for sum in change.sums {
            let name = format!("sum.{}", sum.currency());
            self.field(None, &name, None, Some(sum.to_string()));
        }
        self.field(None, "idsSha256", None, Some(change.ids_sha_256));
    }

    fn note(&mut self, row: &impl AuditedRow) {
        self.is_recorded = true;
        self.partners.insert(row.owner());
    }

    pub fn reason(&mut self, reason: &str) {
        self.reason = Some(reason.to_owned());
    }

    /// Notes that the act has looked at everything and changes nothing.
    pub fn nothing(&mut self) {
        self.is_recorded = true;
        self.is_nothing = true;
    }

    pub fn rows_changed(&mut self, rows: usize) {
        self.has_changed_rows |= rows > 0;
    }

    /// Returns whether the act has neither recorded a change nor stated that it changes nothing, or stated so and yet
    /// changed rows.
    pub fn is_silent(&self) -> bool {
        !self.is_recorded || (self.is_nothing && self.has_changed_rows && self.changes.is_empty())
    }

    /// Returns whether nothing was recorded and no row was changed.
    pub fn is_empty(&self) -> bool {
        !self.is_recorded && !self.has_changed_rows
    }

    /// Returns the content of the entry; `None` if no field has another value. The subject is the row that was recorded
    /// first, unless figures of a bulk change were.
    pub fn into_content(mut self) -> Option<Content> {
        let subject = self.changes.first()?.0;
        // What the terms are now comes before the row that says so.
        self.changes.sort_by_key(|(_, change)| change.field.starts_with("terms."));
        let changes = self.changes.into_iter().map(|(row, change)| FieldChange {
            row: row.filter(|row| Some(*row) != subject).map(|row| row.to_string()),
            ..change
        });
        let partner = if self.partners.len() == 1 { self.partners.first().copied().flatten() } else { None };
        Some(Content { subject, partner, changes: changes.collect(), reason: self.reason })
    }
}

/// Returns bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
