//! createWebhookEndpoint, updateWebhookEndpoint, rotateWebhookSecret and deleteWebhookEndpoint.

use std::collections::BTreeSet;

use async_graphql::{InputObject, MaybeUndefined};
use chrono::TimeDelta;

use super::{EndpointStatus, PAYLOAD_VERSION, WebhookEndpoint, store};
use crate::auth::Authorized;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::transaction::Transaction;
use crate::domain::tenant;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::event_type::EventType;
use crate::primitives::id::WebhookEndpointId;
use crate::primitives::nullable::not_null;
use crate::primitives::text;

/// The most endpoints of a tenant that are not deleted.
pub const ENDPOINTS_MAX: usize = 20;
/// For how long the secret before a rotation still signs, by default, in hours.
const OVERLAP_HOURS_DEFAULT: i32 = 24;
const OVERLAP_HOURS_MAX: i32 = 7 * 24;
/// The number of bytes of a secret.
const SECRET_BYTES: usize = 32;

/// A webhook endpoint to create.
#[derive(Clone, Debug, InputObject)]
pub struct CreateWebhookEndpointInput {
    /// The URL that events are sent to by POST: https, on the public internet, without user name, password and fragment,
    /// at most 2,000 characters; else ADDRESS_REFUSED.
    pub url: String,
    /// A description of its purpose, at most 255 characters; default none.
    pub description: Option<String>,
    /// The types of events to send, 1 or more, each once.
    pub event_types: Vec<EventType>,
}

/// Changes of a webhook endpoint; omitted fields stay as they are, and only the description can be null.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateWebhookEndpointInput {
    /// The id of the endpoint.
    pub id: WebhookEndpointId,
    /// The new URL, as in createWebhookEndpoint.
    pub url: MaybeUndefined<String>,
    /// A description of its purpose, at most 255 characters; null for none.
    pub description: MaybeUndefined<String>,
    /// The types of events to send from now on, 1 or more, each once.
    pub event_types: MaybeUndefined<Vec<EventType>>,
    /// Whether events are sent to it. Enabling an endpoint forgets its failures; what it missed can be replayed.
    pub is_enabled: MaybeUndefined<bool>,
}

/// A rotation of the secret of a webhook endpoint.
#[derive(Clone, Debug, InputObject)]
pub struct RotateWebhookSecretInput {
    /// The id of the endpoint.
    pub id: WebhookEndpointId,
    /// For how many hours the secret before signs as well, 0 to 168: until every receiver has the new one. Default 24.
    pub overlap_hours: Option<i32>,
}

/// A webhook endpoint to delete.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteWebhookEndpointInput {
    /// The id of the endpoint. Deliveries that wait are abandoned.
    pub id: WebhookEndpointId,
}

/// A new endpoint, or one with a new secret. The secret is stored sealed, and cannot be shown again.
#[derive(Clone, Debug)]
pub struct EndpointWithSecret {
    /// The endpoint.
    pub endpoint: Authorized<WebhookEndpoint>,
    /// The secret.
    pub secret: Vec<u8>,
}

/// Creates an endpoint. Its URL must have been checked against the policy of addresses before.
pub async fn create(
    db: &mut Transaction,
    (input, keys): &(&CreateWebhookEndpointInput, &SecretKeys),
) -> Result<EndpointWithSecret> {
    let description = text::optional_text("description", input.description.as_deref())?;
    let event_types = distinct(&input.event_types)?;
    // Serializes concurrent calls, so that the second one counts the endpoint of the first.
    let tenant = tenant::store::lock_own(db).await?;
    if store::living(db).await?.len() >= ENDPOINTS_MAX {
        let message = format!("the tenant has {ENDPOINTS_MAX} webhook endpoints, the most; delete one first");
        return Err(Error::user_error(UserError::new(UserErrorCode::InvalidState, message)));
    }
    let secret = keys.random::<SECRET_BYTES>()?.to_vec();
    let mut endpoint = WebhookEndpoint {
        tenant_id: tenant.tenant_id,
        id: WebhookEndpointId::new(),
        url: input.url.clone(),
        description,
        event_types,
        status: EndpointStatus::Enabled,
        payload_version: PAYLOAD_VERSION,
        sealed_secret: Vec::new(),
        sealed_previous_secret: None,
        previous_secret_until: None,
        failing_since: None,
        failure_count: 0,
        disabled_at: None,
        disabled_reason: None,
        created_at: db.clock_timestamp().await?,
        deleted_at: None,
        failing_announced_at: None,
    };
    endpoint.sealed_secret = endpoint.sealed(keys, &secret)?;
    store::insert(db, &endpoint).await?;
    db.record_created(&endpoint);
    Ok(EndpointWithSecret { endpoint: db.scope().authorize(endpoint)?, secret })
}

/// Changes an endpoint. A new URL must have been checked against the policy of addresses before.
pub async fn update(
    db: &mut Transaction,
    input: &UpdateWebhookEndpointInput,
) -> Result<Authorized<WebhookEndpoint>> {
    let before = store::lock(db, "id", input.id).await?;
    let mut endpoint = WebhookEndpoint::clone(&before);
    if let Some(url) = not_null("url", &input.url)? {
        endpoint.url.clone_from(url);
    }
    match &input.description {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => endpoint.description = None,
        MaybeUndefined::Value(text) => endpoint.description = text::optional_text("description", Some(text))?,
    }
    if let Some(event_types) = not_null("eventTypes", &input.event_types)? {
        endpoint.event_types = distinct(event_types)?;
    }
    match not_null("isEnabled", &input.is_enabled)?.copied() {
        Some(true) if endpoint.status != EndpointStatus::Enabled => {
            endpoint.status = EndpointStatus::Enabled;
            (endpoint.disabled_at, endpoint.disabled_reason) = (None, None);
            (endpoint.failing_since, endpoint.failure_count) = (None, 0);
        }
        Some(false) if endpoint.status == EndpointStatus::Enabled => {
            endpoint.status = EndpointStatus::Disabled;
            endpoint.disabled_at = Some(db.clock_timestamp().await?);
            endpoint.disabled_reason = Some("disabled by staff".to_owned());
        }
        Some(_) | None => {}
    }
    store::update(db, &endpoint).await?;
    db.record_changed(&*before, &endpoint);
    db.scope().authorize(endpoint)
}

/// Gives an endpoint a new secret; the one before signs as well for some hours.
pub async fn rotate(
    db: &mut Transaction,
    (input, keys): &(&RotateWebhookSecretInput, &SecretKeys),
) -> Result<EndpointWithSecret> {
    let hours = input.overlap_hours.unwrap_or(OVERLAP_HOURS_DEFAULT);
    if !(0..=OVERLAP_HOURS_MAX).contains(&hours) {
        let message = format!("is {hours}; must be from 0 to {OVERLAP_HOURS_MAX}");
        return Err(Error::bad_input("overlapHours", message));
    }
    let before = store::lock(db, "id", input.id).await?;
    let now = db.clock_timestamp().await?;
    let secret = keys.random::<SECRET_BYTES>()?.to_vec();
    let mut endpoint = WebhookEndpoint::clone(&before);
    endpoint.sealed_previous_secret = Some(before.sealed_secret.clone());
    endpoint.previous_secret_until = Some(now + TimeDelta::hours(hours.into()));
    endpoint.sealed_secret = endpoint.sealed(keys, &secret)?;
    store::update(db, &endpoint).await?;
    db.record_changed(&*before, &endpoint);
    Ok(EndpointWithSecret { endpoint: db.scope().authorize(endpoint)?, secret })
}

/// Deletes an endpoint; its deliveries stay in the log.
pub async fn delete(
    db: &mut Transaction,
    input: &DeleteWebhookEndpointInput,
) -> Result<Authorized<WebhookEndpoint>> {
    let before = store::lock(db, "id", input.id).await?;
    let now = db.clock_timestamp().await?;
    let endpoint = WebhookEndpoint {
        status: EndpointStatus::Deleted,
        disabled_at: before.disabled_at.or(Some(now)),
        deleted_at: Some(now),
        ..WebhookEndpoint::clone(&before)
    };
    store::update(db, &endpoint).await?;
    db.record_changed(&*before, &endpoint);
    db.scope().authorize(endpoint)
}

/// Returns the types in their order; rejects none, a type twice, and the type of tests, which needs no subscription.
fn distinct(event_types: &[EventType]) -> Result<Vec<EventType>> {
    let reject = |message: &str| Err(Error::bad_input("eventTypes", message));
    if event_types.is_empty() {
        return reject("is empty; name at least one type of event");
    }
    if event_types.contains(&EventType::WebhookTest) {
        return reject("contains WEBHOOK_TEST, which every endpoint gets when it is tested; leave it out");
    }
    let distinct: BTreeSet<_> = event_types.iter().copied().collect();
    if distinct.len() < event_types.len() {
        return reject("contains a type twice; name each type once");
    }
    Ok(distinct.into_iter().collect())
}
