//! replayWebhooks: delivers events again, or those that an endpoint has missed.

use async_graphql::InputObject;

use super::{EndpointStatus, store};
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{WebhookDeliveryId, WebhookEndpointId};
use crate::primitives::timestamp::Timestamp;

/// The most events that one call replays.
pub const EVENTS_MAX: i64 = 10_000;

/// Webhooks to deliver again; either `deliveryId` or `since`.
#[derive(Clone, Debug, InputObject)]
pub struct ReplayWebhooksInput {
    /// The id of the endpoint, which must be enabled; else INVALID_STATE.
    pub endpoint_id: WebhookEndpointId,
    /// The delivery to repeat, whatever became of it.
    pub delivery_id: Option<WebhookDeliveryId>,
    /// Every event since then to whose type the endpoint subscribes and that was never delivered to it, at most 10,000,
    /// the oldest first; call it again for the rest.
    pub since: Option<Timestamp>,
}

/// Creates the deliveries, with their jobs; returns how many. Each has the id of its event, as the first delivery had.
pub async fn replay(db: &mut Transaction, input: &ReplayWebhooksInput) -> Result<i64> {
    let endpoint = store::lock(db, "endpointId", input.endpoint_id).await?;
    if endpoint.status != EndpointStatus::Enabled {
        let message = "the endpoint is disabled; enable it first with updateWebhookEndpoint";
        let error = UserError::new(UserErrorCode::InvalidState, message);
        return Err(Error::user_error(error.at("endpointId").about(endpoint.id)));
    }
    let count = match (input.delivery_id, input.since) {
        (Some(delivery), None) => store::replay_delivery(db, &endpoint, delivery).await?,
        (None, Some(since)) => store::replay_since(db, &endpoint, since.0, EVENTS_MAX).await?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(Error::bad_input("deliveryId", "pass either deliveryId or since"));
        }
    };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if input.delivery_id.is_some() && count == 0 {
        let message =
            "the endpoint has no such delivery, or the event was delivered again and that is not over";
        return Err(Error::user_error(UserError::new(UserErrorCode::NotFound, message).at("deliveryId")));
    }
    if count == 0 {
        db.record_nothing();
    } else {
        db.record_field(None, "endpoint", None, Some(endpoint.id.to_string()));
        db.record_field(None, "count", None, Some(count.to_string()));
    }
    Ok(count)
}
