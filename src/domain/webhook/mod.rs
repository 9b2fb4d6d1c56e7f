//! Webhooks: the endpoints of a tenant, the deliveries of domain events to them, and what becomes of each attempt.

mod audited_fields;
pub mod body;
pub mod deliver;
pub mod endpoint;
pub mod failure;
pub mod fan_out;
pub mod list;
mod notification;
pub mod replay;
pub mod store;
pub mod sweep;
pub mod test_event;

use async_graphql::Enum;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use uuid::Uuid;

use crate::auth::PartnerOwned;
use crate::auth::secrets::{SecretKeys, SecretPlace};
use crate::domain::db::webhook_schema::{domain_events, webhook_deliveries, webhook_endpoints};
use crate::primitives::error::Result;
use crate::primitives::event_type::EventType;
use crate::primitives::id::{DomainEventId, PartnerId, TenantId, WebhookDeliveryId, WebhookEndpointId};
use crate::primitives::text_enum::text_enum;

/// The newest version of the bodies of webhooks. An endpoint keeps the version that it was created with.
pub const PAYLOAD_VERSION: NaiveDate = match NaiveDate::from_ymd_opt(2026, 12, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// The status of a webhook endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[graphql(name = "WebhookEndpointStatus")]
pub enum EndpointStatus {
    /// Events are sent to it.
    Enabled,
    /// Nothing is sent to it: staff disabled it, it answered 410, or it failed for five days. Events are kept meanwhile,
    /// and can be replayed.
    Disabled,
    /// Deleted. Its deliveries stay in the log.
    Deleted,
}

text_enum!(EndpointStatus);

/// The status of a webhook delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[graphql(name = "WebhookDeliveryStatus")]
pub enum DeliveryStatus {
    /// Waiting for its next attempt.
    Pending,
    /// The endpoint answered with a status from 200 to 299.
    Delivered,
    /// All attempts failed, or the endpoint answered 410.
    Failed,
    /// The endpoint was disabled or deleted before it was delivered.
    Abandoned,
}

text_enum!(DeliveryStatus);

/// A URL of another system that domain events are sent to.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_endpoints, check_for_backend(diesel::pg::Pg))]
pub struct WebhookEndpoint {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: WebhookEndpointId,
    /// The URL.
    pub url: String,
    /// What it is for, in the tenant's own words.
    pub description: Option<String>,
    /// The names of the types that it subscribes to.
    pub event_types: Vec<EventType>,
    /// The status.
    pub status: EndpointStatus,
    /// The version of the bodies.
    pub payload_version: NaiveDate,
    /// The secret that bodies are signed with, sealed.
    pub sealed_secret: Vec<u8>,
    /// The secret before, with which bodies are signed as well during a rotation, sealed.
    pub sealed_previous_secret: Option<Vec<u8>>,
    /// When the secret before ends (exclusive).
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// When the first of the present failures happened; `None` if the last attempt succeeded.
    pub failing_since: Option<DateTime<Utc>>,
    /// The number of attempts that failed since then.
    pub failure_count: i32,
    /// When it was disabled or deleted.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why it was disabled.
    pub disabled_reason: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When it was last announced that it keeps failing; of an earlier failure if before `failing_since`.
    pub failing_announced_at: Option<DateTime<Utc>>,
}

impl WebhookEndpoint {
    fn place<'t>(&'t self, column: &'static str) -> SecretPlace<'t> {
        SecretPlace { tenant: &self.tenant_id.0, column, row: self.id.0 }
    }

    /// Seals a secret as the current one of this endpoint.
    fn sealed(&self, keys: &SecretKeys, secret: &[u8]) -> Result<Vec<u8>> {
        keys.seal(secret, self.place("webhook_endpoints.sealed_secret"))
    }

    /// Returns the secrets that bodies are signed with at an instant: two during a rotation.
    pub(crate) fn secrets(&self, keys: &SecretKeys, now: DateTime<Utc>) -> Result<Vec<Vec<u8>>> {
        let place = self.place("webhook_endpoints.sealed_secret");
        let mut secrets = vec![keys.open(&self.sealed_secret, place)?];
        if let (Some(previous), Some(until)) = (&self.sealed_previous_secret, self.previous_secret_until)
            && now < until
        {
            secrets.push(keys.open(previous, place)?);
        }
        Ok(secrets)
    }
}

impl PartnerOwned for WebhookEndpoint {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: an endpoint is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}

/// A domain event that is sent, or was sent, to an endpoint.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = webhook_deliveries, check_for_backend(diesel::pg::Pg))]
pub struct WebhookDelivery {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: WebhookDeliveryId,
    /// The endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The domain event.
    pub domain_event_id: DomainEventId,
    /// 0 for the first delivery; how often the event was replayed to the endpoint before, and this time.
    pub replay: i32,
    /// The status.
    pub status: DeliveryStatus,
    /// The number of attempts.
    pub attempts: i32,
    /// The status code of the last response.
    pub last_status: Option<i32>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub last_ms: Option<i32>,
    /// When the last attempt was made.
    pub attempted_at: Option<DateTime<Utc>>,
    /// When the next attempt is due.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was delivered, or given up.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

impl PartnerOwned for WebhookDelivery {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a delivery is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}

/// A domain event, as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = domain_events, check_for_backend(diesel::pg::Pg))]
pub struct DomainEvent {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The partner that it is about, if it is one.
    pub partner_id: Option<PartnerId>,
    /// The id, which receivers recognize repetitions by.
    pub id: DomainEventId,
    /// The type.
    pub event_type: EventType,
    /// What happened.
    pub data: Value,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

impl PartnerOwned for DomainEvent {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns the partner, or none: then the event is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        self.partner_id.unwrap_or(PartnerId(Uuid::nil()))
    }
}

/// A delivery with everything that an attempt needs.
#[derive(Clone, Debug, Queryable)]
pub struct DueDelivery {
    /// The delivery.
    pub delivery: WebhookDelivery,
    /// The endpoint.
    pub endpoint: WebhookEndpoint,
    /// The event.
    pub event: DomainEvent,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// Why it failed; `None` if it succeeded.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: i32,
    /// When the receiver wants the next one at the earliest.
    pub retry_after: Option<TimeDelta>,
}

impl PartnerOwned for DueDelivery {
    fn tenant_id(&self) -> &TenantId {
        &self.delivery.tenant_id
    }

    /// Returns no partner: a delivery is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        self.delivery.partner_id()
    }
}
