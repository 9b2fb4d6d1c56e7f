//! Reads and writes of the table `inbox_events`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{InboxEvent, InboxEventStatus};
use crate::auth::Authorized;
use crate::domain::db::rail_schema::inbox_events;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::InboxEventId;

/// Inserts an event unless its sender has sent it before; returns whether it did.
pub async fn insert(db: &mut Transaction, event: &InboxEvent) -> Result<bool> {
    let insert = diesel::insert_into(inbox_events::table)
        .values(event.clone())
        .on_conflict((inbox_events::tenant_id, inbox_events::source, inbox_events::event_id))
        .do_nothing();
    Ok(db.execute_unaudited(insert).await? == 1)
}

/// Returns an event.
pub async fn by_id(db: &mut Session, id: InboxEventId) -> Result<Option<Authorized<InboxEvent>>> {
    let query = inbox_events::table
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::id.eq(id))
        .select(InboxEvent::as_select());
    db.load_one(query).await
}

/// Records what became of an event.
pub async fn end(
    db: &mut Transaction,
    id: InboxEventId,
    status: InboxEventStatus,
    message: Option<&str>,
    at: DateTime<Utc>,
) -> Result<()> {
    let update = diesel::update(inbox_events::table)
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::id.eq(id))
        .set((
            inbox_events::status.eq(status),
            inbox_events::message.eq(message.map(str::to_owned)),
            inbox_events::handled_at.eq(Some(at)),
        ));
    db.execute_unaudited(update).await?;
    Ok(())
}
