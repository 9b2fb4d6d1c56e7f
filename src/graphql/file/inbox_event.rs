//! The file of events that were received.

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use crate::domain::inbox::InboxEvent;
use crate::domain::inbox::list::BY_RECEPTION;
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for InboxEvent {
    const NAME: &'static str = "inbox-events";
    const FIELD: &'static str = "inboxEvents";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("inbox_event_id", |row, _| Cell::Id(row.id.0)),
        Column::new("source", |row, _| Cell::word(&row.source)),
        Column::new("event_id", |row, _| Cell::text(Some(&row.event_id))),
        Column::new("event_type", |row, _| Cell::text(Some(&row.event_type))),
        Column::new("account", |row, _| Cell::text(row.account.as_deref())),
        Column::new("is_live", |row, _| Cell::Flag(row.is_live)),
        Column::new("status", |row, _| Cell::word(&row.status)),
        Column::new("message", |row, _| Cell::text(row.message.as_deref())),
        Column::instant("received_at", |row, _| Cell::Instant(row.received_at)),
        Column::instant("handled_at", |row, _| Cell::instant(row.handled_at)),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_RECEPTION)
    }
}
