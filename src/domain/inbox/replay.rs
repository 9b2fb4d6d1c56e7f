//! replayInboxEvents: has events handled again that were ignored or given up.

use async_graphql::InputObject;

use super::{InboxEvent, InboxEventStatus, store};
use crate::auth::Authorized;
use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::InboxEventId;

/// The most events that one call has handled again.
const EVENTS_MAX: usize = 100;

/// Events to handle again.
#[derive(Clone, Debug, InputObject)]
pub struct ReplayInboxEventsInput {
    /// The ids of the events, 1 to 100. HANDLED ones stay as they are, and those that are PENDING are handled at once.
    pub ids: Vec<InboxEventId>,
}

/// Makes IGNORED and DEAD events PENDING again, and has all PENDING ones of the input handled now. Handling an event twice
/// has the effect of once.
pub async fn replay(
    db: &mut Transaction,
    input: &ReplayInboxEventsInput,
) -> Result<Vec<Authorized<InboxEvent>>> {
    if !(1..=EVENTS_MAX).contains(&input.ids.len()) {
        let message = format!("has {} ids; pass 1 to {EVENTS_MAX}", input.ids.len());
        return Err(Error::bad_input("ids", message));
    }
    db.mark_idempotent();
    let mut events = store::lock(db, &input.ids).await?;
    if let Some(unknown) = input.ids.iter().find(|id| !events.iter().any(|event| event.id == **id)) {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such event");
        return Err(Error::user_error(error.at("ids").about(*unknown)));
    }
    let now = db.clock_timestamp().await?;
    let mut replayed = Vec::new();
    for event in &mut events {
        if event.status == InboxEventStatus::Handled {
            continue;
        }
        store::wait(db, event.id, None).await?;
        let job = job::store::schedule(db.scope().tenant(), Lane::Inbox, event.id.0, now);
        db.execute_unaudited(job).await?;
        if event.status != InboxEventStatus::Pending {
            replayed.push(event.event_id.clone());
        }
        let pending = InboxEvent {
            status: InboxEventStatus::Pending,
            message: None,
            handled_at: None,
            ..InboxEvent::clone(event)
        };
        *event = db.scope().authorize(pending)?;
    }
    if replayed.is_empty() {
        db.record_nothing();
    } else {
        db.record_field(None, "events", None, Some(replayed.join(" ")));
    }
    db.wake_worker();
    Ok(events)
}
