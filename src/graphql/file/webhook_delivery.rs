//! The file of webhook deliveries.

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use crate::domain::webhook::WebhookDelivery;
use crate::domain::webhook::list::BY_CREATION;
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for WebhookDelivery {
    const NAME: &'static str = "webhook-deliveries";
    const FIELD: &'static str = "webhookDeliveries";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("webhook_delivery_id", |row, _| Cell::Id(row.id.0)),
        Column::new("webhook_endpoint_id", |row, _| Cell::Id(row.endpoint_id.0)),
        Column::new("event_id", |row, _| Cell::Id(row.domain_event_id.0)),
        Column::new("replay", |row, _| Cell::Count(row.replay.into())),
        Column::new("status", |row, _| Cell::word(&row.status)),
        Column::new("attempts", |row, _| Cell::Count(row.attempts.into())),
        Column::new("last_status", |row, _| {
            row.last_status.map_or(Cell::Empty, |status| Cell::Count(status.into()))
        }),
        Column::new("last_error", |row, _| Cell::text(row.last_error.as_deref())),
        Column::new("last_milliseconds", |row, _| {
            row.last_ms.map_or(Cell::Empty, |milliseconds| Cell::Count(milliseconds.into()))
        }),
        Column::instant("created_at", |row, _| Cell::Instant(row.created_at)),
        Column::instant("attempted_at", |row, _| Cell::instant(row.attempted_at)),
        Column::instant("ended_at", |row, _| Cell::instant(row.ended_at)),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_CREATION)
    }
}
