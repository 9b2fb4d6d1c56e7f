//! `POST /webhooks/stripe/{tenant}`: the events that Stripe sends.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;

use super::media::Media;
use super::rejection::Rejection;
use super::state::AppState;
use super::token_lookups::PeerAddress;
use crate::auth::{Caller, Identity, Role};
use crate::domain::db::act::Act;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::{inbox, stripe_connection};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::stripe::event::Event;
use crate::stripe::signature::{WebhookSecret, verify};

/// The largest event, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// The name of Stripe in histories and in the audit trail.
const ACTOR: &str = "stripe";
const SIGNATURE: &str = "stripe-signature";

/// `POST`: keeps an event, and answers before it is handled. An event that comes again is answered in the same way.
///
/// Whatever is wrong with a signature, an unknown tenant included, the answer is the same, after the same work.
pub async fn receive(
    State(state): State<Arc<AppState>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let address = request.extensions().get::<PeerAddress>().copied();
    match kept(&state, tenant, request).await {
        Ok(true) => StatusCode::OK.into_response(),
        Ok(false) => {
            state.rejection_delay.wait(address).await;
            let message = "the signature is missing, invalid or too old";
            Rejection::request(StatusCode::UNAUTHORIZED, "signature", message).response(Media::Json, "")
        }
        Err(rejection) => rejection.response(Media::Json, ""),
    }
}

/// Returns whether the event of a request is kept; false if its signature is not one of Stripe.
async fn kept(
    state: &Arc<AppState>,
    tenant: String,
    request: Request,
) -> std::result::Result<bool, Rejection> {
    if state.in_flight.is_draining() {
        return Err(Rejection::stopping());
    }
    let _permit = state.events.try_acquire().map_err(|_| Rejection::from(Error::Unavailable))?;
    let header = request.headers().get(SIGNATURE).and_then(|header| header.to_str().ok());
    let header = header.unwrap_or_default().to_owned();
    let body = read(request.into_body()).await?;
    let identity = Identity::operator(TenantId(tenant), ACTOR, Role::Admin);
    // Without an admission: an unknown tenant must not be noticed.
    let caller = identity.with_links(HashMap::new())?;
    let secrets = secrets(state, &caller).await?;
    if !verify(&secrets, &header, &body, Utc::now()) {
        return Ok(false);
    }
    let Ok(event) = Event::parse(&body) else {
        let message = "the body is not an event of Stripe";
        return Err(Rejection::request(StatusCode::BAD_REQUEST, "body", message));
    };
    let pool = state.pool.clone();
    // A task of its own: it is committed or rolled back even if the client disconnects.
    let task = state.in_flight.spawn(async move {
        let kept = (&event, body.as_slice());
        Transaction::run(&pool, &caller, Act::ReceiveEvent, inbox::receive::receive, &kept).await
    });
    task.await.map_err(Error::internal)??;
    Ok(true)
}

async fn read(body: Body) -> std::result::Result<Vec<u8>, Rejection> {
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let message = "the body ended early, or has more than 262144 bytes";
        Rejection::request(StatusCode::PAYLOAD_TOO_LARGE, "body", message)
    })?;
    Ok(bytes.to_vec())
}

/// Returns the secrets that events of a tenant are signed with; none if it is not connected, or does not exist.
async fn secrets(state: &AppState, caller: &Caller) -> Result<Vec<WebhookSecret>> {
    let _permit = state.event_lookups.acquire().await.map_err(Error::internal)?;
    let mut db = Session::open(&state.pool, caller).await?;
    let connection = stripe_connection::store::own(&mut db).await?;
    drop(db);
    let Some((connection, keys)) = connection.zip(state.secret_keys.as_deref()) else {
        return Ok(Vec::new());
    };
    let secrets = connection.webhook_secrets(keys)?;
    Ok(secrets.into_iter().filter_map(|secret| secret.parse().ok()).collect())
}
