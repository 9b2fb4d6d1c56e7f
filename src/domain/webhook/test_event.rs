//! testWebhookEndpoint: sends an event of the type `webhook.test` to one endpoint.

use async_graphql::InputObject;
use serde_json::json;

use super::{WebhookDelivery, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::event_type::EventType;
use crate::primitives::id::{DomainEventId, WebhookDeliveryId, WebhookEndpointId};

/// A webhook endpoint to test.
#[derive(Clone, Debug, InputObject)]
pub struct TestWebhookEndpointInput {
    /// The id of the endpoint, enabled or disabled.
    pub id: WebhookEndpointId,
}

/// Creates an event of the type `webhook.test` and its delivery to the endpoint, which the worker sends at once.
pub async fn send(
    db: &mut Transaction,
    input: &TestWebhookEndpointInput,
) -> Result<Authorized<WebhookDelivery>> {
    let endpoint = store::lock(db, "id", input.id).await?;
    let data = json!({ "endpointId": endpoint.id.0 });
    let (event, delivery) = (DomainEventId::new(), WebhookDeliveryId::new());
    store::insert_event(db, event, EventType::WebhookTest, data).await?;
    store::insert_delivery(db, delivery, endpoint.id, event).await?;
    db.record_field(None, "endpoint", None, Some(endpoint.id.to_string()));
    store::delivery(db, delivery).await
}
