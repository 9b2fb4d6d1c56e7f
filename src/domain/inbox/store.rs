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
pub async fn insert(db: &mut Transaction, event: &InboxEvent, body: &[u8]) -> Result<bool> {
    let insert = diesel::insert_into(inbox_events::table)
        .values((event.clone(), inbox_events::body.eq(body.to_vec())))
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

/// Returns the body of an event, as it was signed; empty if there is no such event.
pub async fn body(db: &mut Session, id: InboxEventId) -> Result<Vec<u8>> {
    let query = inbox_events::table
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::id.eq(id))
        .select(inbox_events::body);
    Ok(db.aggregate::<Vec<u8>, _>(query).await?.pop().unwrap_or_default())
}

/// Returns the events with these ids, and locks them until the end of the transaction; unknown ids are left out.
pub async fn lock(db: &mut Transaction, ids: &[InboxEventId]) -> Result<Vec<Authorized<InboxEvent>>> {
    let query = inbox_events::table
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::id.eq_any(ids.to_vec()))
        .order(inbox_events::id)
        .select(InboxEvent::as_select())
        .for_update();
    db.load(query).await
}

/// Makes an event wait, or says why it still waits.
pub async fn wait(db: &mut Transaction, id: InboxEventId, message: Option<&str>) -> Result<()> {
    let update = diesel::update(inbox_events::table)
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::id.eq(id))
        .set((
            inbox_events::status.eq(InboxEventStatus::Pending),
            inbox_events::message.eq(message.map(str::to_owned)),
            inbox_events::handled_at.eq(None::<DateTime<Utc>>),
        ));
    db.execute_unaudited(update).await?;
    Ok(())
}

/// Deletes up to `limit` events that were handled before a time; returns how many.
pub async fn delete_before(db: &mut Transaction, before: DateTime<Utc>, limit: i64) -> Result<usize> {
    let old = inbox_events::table
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::handled_at.lt(before))
        .order(inbox_events::handled_at)
        .limit(limit)
        .select(inbox_events::id);
    let ids: Vec<InboxEventId> = db.aggregate(old).await?;
    let delete = diesel::delete(inbox_events::table)
        .filter(inbox_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(inbox_events::id.eq_any(ids));
    db.execute_unaudited(delete).await
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
