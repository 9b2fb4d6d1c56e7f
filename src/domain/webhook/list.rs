//! Lists of webhook deliveries: their filter and order.

use async_graphql::InputObject;
use diesel::prelude::*;

use super::{DeliveryStatus, WebhookDelivery};
use crate::domain::db::list_query::{Condition, Paginated, distinct};
use crate::domain::db::scope_filter::PartnerTable;
use crate::domain::db::webhook_schema::webhook_deliveries;
use crate::primitives::error::Result;
use crate::primitives::id::{DomainEventId, PartnerId, WebhookEndpointId};
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind, period};
use crate::primitives::timestamp::Timestamp;

/// The order of lists of deliveries: latest first.
pub const BY_CREATION: Ordering =
    Ordering { column: "created_at", kind: SortKind::Timestamp, descending: true };

/// A filter on webhook deliveries; a delivery must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct WebhookDeliveryFilter {
    /// Only the deliveries to this endpoint.
    pub endpoint_id: Option<WebhookEndpointId>,
    /// Only the deliveries of the event with this id, as in the header `webhook-id`.
    pub event_id: Option<DomainEventId>,
    /// Only the deliveries with one of these statuses.
    pub status: Option<Vec<DeliveryStatus>>,
    /// Only the deliveries created at this time or later.
    pub from: Option<Timestamp>,
    /// Only the deliveries created before this time.
    pub to: Option<Timestamp>,
}

impl Paginated for WebhookDelivery {
    type Filter = WebhookDeliveryFilter;
    // A delivery belongs to no partner. No endpoint has the id of a partner, so that the list of a partner is empty.
    const TABLE: PartnerTable = PartnerTable { name: "webhook_deliveries", partner_column: "endpoint_id" };

    fn conditions(filter: &WebhookDeliveryFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(endpoint) = filter.endpoint_id {
            conditions.push(Box::new(webhook_deliveries::endpoint_id.eq(endpoint)));
        }
        if let Some(event) = filter.event_id {
            conditions.push(Box::new(webhook_deliveries::domain_event_id.eq(event)));
        }
        if let Some(statuses) = &filter.status {
            conditions.push(Box::new(webhook_deliveries::status.eq_any(distinct(statuses))));
        }
        if let Some(from) = filter.from {
            conditions.push(Box::new(webhook_deliveries::created_at.ge(from.0)));
        }
        if let Some(to) = filter.to {
            conditions.push(Box::new(webhook_deliveries::created_at.lt(to.0)));
        }
        conditions
    }

    fn validate(filter: WebhookDeliveryFilter) -> Result<WebhookDeliveryFilter> {
        period("to", filter.from, filter.to)?;
        Ok(filter)
    }

    fn partner_of(_: &WebhookDeliveryFilter) -> Option<PartnerId> {
        None
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.created_at), id: self.id.0 }
    }
}
