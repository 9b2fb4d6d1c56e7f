//! The file of mails.

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use crate::domain::mail::Mail;
use crate::domain::mail::list::BY_CREATION;
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for Mail {
    const NAME: &'static str = "mails";
    const FIELD: &'static str = "mails";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("mail_id", |row, _| Cell::Id(row.id.0)),
        Column::new("kind", |row, _| Cell::word(&row.kind)),
        Column::new("address", |row, _| Cell::text(Some(&row.address))),
        Column::new("subject", |row, _| Cell::text(row.subject.as_deref())),
        Column::new("status", |row, _| Cell::word(&row.status)),
        Column::new("attempts", |row, _| Cell::Count(row.attempts.into())),
        Column::new("code", |row, _| row.code.map_or(Cell::Empty, |code| Cell::Count(code.into()))),
        Column::new("last_error", |row, _| Cell::text(row.last_error.as_deref())),
        Column::instant("created_at", |row, _| Cell::Instant(row.created_at)),
        Column::instant("attempted_at", |row, _| Cell::instant(row.attempted_at)),
        Column::instant("sent_at", |row, _| Cell::instant(row.sent_at)),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_CREATION)
    }
}
