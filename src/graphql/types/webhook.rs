//! The object types of webhooks: endpoints, deliveries, and the events that they deliver.

use async_graphql::{Context, ID, Object};

use crate::auth::Authorized;
use crate::domain::webhook::{self, DeliveryStatus, EndpointStatus, body};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::request;
use crate::graphql::loader::Loader;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::{Reference, Referenced};
use crate::primitives::event_type::EventType;
use crate::primitives::id::{DomainEventId, WebhookEndpointId};
use crate::primitives::timestamp::Timestamp;

/// A webhook endpoint of the caller's tenant.
pub struct WebhookEndpoint(pub Authorized<webhook::WebhookEndpoint>);

impl From<Authorized<webhook::WebhookEndpoint>> for WebhookEndpoint {
    fn from(row: Authorized<webhook::WebhookEndpoint>) -> Self {
        Self(row)
    }
}

impl Referenced for WebhookEndpoint {
    type Key = WebhookEndpointId;
    type Row = webhook::WebhookEndpoint;

    fn loader(loaders: &Loaders) -> &Loader<Self::Key, Authorized<Self::Row>> {
        &loaders.webhook_endpoint
    }
}

/// A URL of another system that events are sent to as they happen, signed by Standard Webhooks 1.0. Its secret was shown when
/// it was created, or rotated, and cannot be shown again. For staff.
#[Object]
impl WebhookEndpoint {
    /// The id of the endpoint: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The URL that events are sent to.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// A description of its purpose, in the tenant's own words; null for none.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The types of events that are sent.
    async fn event_types(&self) -> &[EventType] {
        &self.0.event_types
    }

    /// The status. An endpoint is disabled by staff, when it answers 410, and when no attempt has succeeded for five days.
    async fn status(&self) -> EndpointStatus {
        self.0.status
    }

    /// The version of the bodies, a date, as in `"2026-12-01"`: that of the day when the endpoint was created, so that
    /// bodies keep their shape.
    async fn payload_version(&self) -> String {
        self.0.payload_version.to_string()
    }

    /// The instant until which the secret before the last rotation signs as well (exclusive); null if no secret was rotated.
    async fn previous_secret_until(&self) -> Option<Timestamp> {
        self.0.previous_secret_until.map(Timestamp::from)
    }

    /// The instant of the first of the attempts that have failed since the last success; null if the last one succeeded.
    async fn failing_since(&self) -> Option<Timestamp> {
        self.0.failing_since.map(Timestamp::from)
    }

    /// The number of attempts that have failed since the last success.
    async fn failure_count(&self) -> i32 {
        self.0.failure_count
    }

    /// The instant at which it was disabled; null if it is enabled.
    async fn disabled_at(&self) -> Option<Timestamp> {
        self.0.disabled_at.map(Timestamp::from)
    }

    /// The reason why it was disabled, as a sentence in English; null if it is enabled.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_reason.as_deref()
    }

    /// The instant of its creation.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }
}

/// A webhook delivery of the caller's tenant.
pub struct WebhookDelivery(pub Authorized<webhook::WebhookDelivery>);

impl From<Authorized<webhook::WebhookDelivery>> for WebhookDelivery {
    fn from(row: Authorized<webhook::WebhookDelivery>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for WebhookDelivery {
    type Row = webhook::WebhookDelivery;
    const CONNECTION: &'static str = "WebhookDeliveryConnection";
    const EDGE: &'static str = "WebhookDeliveryEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// An event that is sent, or was sent, to an endpoint, and what came of the last attempt. What the endpoint answered is not
/// kept, except for its status code. For staff.
#[Object]
impl WebhookDelivery {
    /// The id of the delivery: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The endpoint that the event is sent to.
    async fn endpoint(&self) -> Reference<WebhookEndpoint> {
        Reference::new(self.0.endpoint_id)
    }

    /// The event that is delivered.
    async fn event(&self) -> Reference<WebhookEvent> {
        Reference::new(self.0.domain_event_id)
    }

    /// The number of deliveries of the event to the endpoint before this one: 0 unless it was replayed.
    async fn replay(&self) -> i32 {
        self.0.replay
    }

    /// The status of the delivery.
    async fn status(&self) -> DeliveryStatus {
        self.0.status
    }

    /// The number of attempts so far, at most 10.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The HTTP status code of the last answer; null before the first attempt, and if there was no answer.
    async fn last_status(&self) -> Option<i32> {
        self.0.last_status
    }

    /// The reason why the last attempt failed, as a phrase in English; null if it succeeded, and before the first attempt.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// The duration of the last attempt, in milliseconds; null before the first attempt.
    async fn last_milliseconds(&self) -> Option<i32> {
        self.0.last_ms
    }

    /// The instant of the last attempt; null before the first attempt.
    async fn attempted_at(&self) -> Option<Timestamp> {
        self.0.attempted_at.map(Timestamp::from)
    }

    /// The instant at which the next attempt is due; null if there is none.
    async fn next_attempt_at(&self) -> Option<Timestamp> {
        self.0.next_attempt_at.map(Timestamp::from)
    }

    /// The instant at which it was delivered or given up; null before.
    async fn ended_at(&self) -> Option<Timestamp> {
        self.0.ended_at.map(Timestamp::from)
    }

    /// The instant of its creation.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }
}

/// A domain event of the caller's tenant.
pub struct WebhookEvent(pub Authorized<webhook::DomainEvent>);

impl From<Authorized<webhook::DomainEvent>> for WebhookEvent {
    fn from(row: Authorized<webhook::DomainEvent>) -> Self {
        Self(row)
    }
}

impl Referenced for WebhookEvent {
    type Key = DomainEventId;
    type Row = webhook::DomainEvent;

    fn loader(loaders: &Loaders) -> &Loader<Self::Key, Authorized<Self::Row>> {
        &loaders.domain_event
    }
}

/// Something that happened, and that was sent to the webhook endpoints that subscribe to its type. For staff.
#[Object]
impl WebhookEvent {
    /// The id of the event, as in the header `webhook-id`: the same at every attempt and replay.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The type of the event.
    async fn event_type(&self) -> EventType {
        self.0.event_type
    }

    /// The instant at which it happened, by the clock of the database.
    async fn occurred_at(&self) -> Timestamp {
        self.0.occurred_at.into()
    }

    /// The body in the newest version: JSON, as text.
    async fn body(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let body = body::body(&self.0, webhook::PAYLOAD_VERSION);
        request(ctx)?.work().count_text(Some(&body))?;
        Ok(body)
    }
}
