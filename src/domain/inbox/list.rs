//! Lists of events that were received: their filter and order.

use async_graphql::InputObject;
use diesel::prelude::*;

use super::{InboxEvent, InboxEventStatus};
use crate::domain::db::list_query::{Condition, Paginated, distinct};
use crate::domain::db::rail_schema::inbox_events;
use crate::domain::db::scope_filter::PartnerTable;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind, period};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The order of lists of events: latest first.
pub const BY_RECEPTION: Ordering =
    Ordering { column: "received_at", kind: SortKind::Timestamp, descending: true };

/// A filter on events that were received; an event must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct InboxEventFilter {
    /// Only the events with one of these statuses.
    pub status: Option<Vec<InboxEventStatus>>,
    /// Only the events of this type, in the words of the sender, as in `"invoice.paid"`.
    pub event_type: Option<String>,
    /// Only the events received at this time or later.
    pub from: Option<Timestamp>,
    /// Only the events received before this time.
    pub to: Option<Timestamp>,
}

impl Paginated for InboxEvent {
    type Filter = InboxEventFilter;
    // An event belongs to no partner. No event has the id of a partner, so that the list of a partner is empty.
    const TABLE: PartnerTable = PartnerTable { name: "inbox_events", partner_column: "id" };
    // Without the body, which may have 256 KiB.
    const STORED: &'static str = "tenant_id, id, source, event_id, event_type, account, is_live, status, message, received_at, \
         handled_at";

    fn conditions(filter: &InboxEventFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(statuses) = &filter.status {
            conditions.push(Box::new(inbox_events::status.eq_any(distinct(statuses))));
        }
        if let Some(event_type) = &filter.event_type {
            conditions.push(Box::new(inbox_events::event_type.eq(event_type.clone())));
        }
        if let Some(from) = filter.from {
            conditions.push(Box::new(inbox_events::received_at.ge(from.0)));
        }
        if let Some(to) = filter.to {
            conditions.push(Box::new(inbox_events::received_at.lt(to.0)));
        }
        conditions
    }

    fn validate(filter: InboxEventFilter) -> Result<InboxEventFilter> {
        period("to", filter.from, filter.to)?;
        let event_type =
            filter.event_type.map(|event_type| text::identifier("eventType", &event_type)).transpose()?;
        Ok(InboxEventFilter { event_type, ..filter })
    }

    fn partner_of(_: &InboxEventFilter) -> Option<PartnerId> {
        None
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.received_at), id: self.id.0 }
    }
}
