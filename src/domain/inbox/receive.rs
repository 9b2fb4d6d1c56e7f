//! Keeps an event whose signature was verified, with the job that handles it. Events that come again change nothing.

use super::{InboxEvent, InboxEventStatus, InboxSource, store};
use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::InboxEventId;
use crate::stripe::event::Event;

/// Keeps an event of Stripe.
pub async fn receive(db: &mut Transaction, (event, body): &(&Event, &[u8])) -> Result<()> {
    db.mark_idempotent();
    let received_at = db.clock_timestamp().await?;
    let row = InboxEvent {
        tenant_id: db.scope().tenant().clone(),
        id: InboxEventId::new(),
        source: InboxSource::Stripe,
        event_id: event.id.clone(),
        event_type: event.kind.clone(),
        account: event.account.clone(),
        is_live: event.livemode,
        status: InboxEventStatus::Pending,
        message: None,
        received_at,
        handled_at: None,
    };
    if store::insert(db, &row, body).await? {
        let job = job::store::schedule(db.scope().tenant(), Lane::Inbox, row.id.0, received_at);
        db.execute_unaudited(job).await?;
        db.wake_worker();
    }
    Ok(())
}
