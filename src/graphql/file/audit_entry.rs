//! The file of the entries of the audit trail, for people; `audit.jsonl` is the one that can be verified.

use std::borrow::Cow;

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use super::references::Referred;
use crate::domain::audit::list::BY_TIME;
use crate::domain::audit::{AuditEntry, hex};
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for AuditEntry {
    const NAME: &'static str = "audit";
    const FIELD: &'static str = "auditEntries";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("audit_entry_id", |row, _| Cell::Id(row.id.0)),
        Column::instant("at", |row, _| Cell::Instant(row.at)),
        Column::new("actor", |row, _| Cell::text(Some(&row.actor))),
        Column::new("actor_role", |row, _| Cell::word(&row.actor_role)),
        Column::new("act", |row, _| Cell::word(&row.act)),
        Column::new("subject_type", |row, _| row.subject_type.as_ref().map_or(Cell::Empty, Cell::word)),
        Column::new("subject_id", |row, _| Cell::id(row.subject_id)),
        Column::new("partner_number", |row, context| {
            row.partner_id.map_or(Cell::Empty, |partner| context.partner_number(partner))
        }),
        // A list in JSON, as in audit.jsonl.
        Column::new("changes", |row, _| Cell::Text(Cow::Owned(row.changes.to_string()))),
        Column::new("reason", |row, _| Cell::text(row.reason.as_deref())),
        Column::new("request_id", |row, _| Cell::text(Some(&row.request_id))),
        Column::new("hash", |row, _| Cell::Word(Cow::Owned(hex(&row.hash)))),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_TIME)
    }

    fn referred(&self) -> Referred {
        Referred { partner: self.partner_id, ..Referred::default() }
    }
}
