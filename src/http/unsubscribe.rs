//! `/unsubscribe/…`: the links in mails that end notifications of a kind (RFC 8058). POST ends it, also that of a mail program
//! on behalf of its user; GET shows a button only, because scanners follow the links in mails.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::rejection::Rejection;
use super::state::AppState;
use super::token_lookups::PeerAddress;
use crate::auth::{Identity, Role};
use crate::domain::person::unsubscribe::unsubscribe;
use crate::mail::notification::NotificationKind;
use crate::mail::unsubscribe::Subscription;
use crate::primitives::error::Error;

/// The headers of the page. Its URL is the right to end notifications, so that no other site may learn it.
const HEADERS: [(HeaderName, &str); 4] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// The page, in English.
#[derive(Template)]
#[template(path = "en/unsubscribe.html")]
struct Page {
    state: PageState,
}

enum PageState {
    /// The button that ends notifications of the kind.
    Button(NotificationKind),
    /// They have ended.
    Ended(NotificationKind),
    /// The link ends nothing.
    Invalid,
    /// They could not be ended now.
    Failed(String),
}

/// `GET`: shows what the link ends, and a button. Changes nothing.
pub async fn show(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let address = request.extensions().get::<PeerAddress>().copied();
    match subscription(&state, &token) {
        Some(subscription) => page(StatusCode::OK, PageState::Button(subscription.kind)),
        None => invalid(&state, address).await,
    }
}

/// `POST`: ends notifications of the kind. The body is not read: that of RFC 8058 says nothing more.
pub async fn end(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let address = request.extensions().get::<PeerAddress>().copied();
    let Some(subscription) = subscription(&state, &token) else { return invalid(&state, address).await };
    let kind = subscription.kind;
    match ended(&state, subscription).await {
        Ok(()) => page(StatusCode::OK, PageState::Ended(kind)),
        Err(rejection) => page(rejection.status(), PageState::Failed(rejection.message)),
    }
}

fn subscription(state: &AppState, token: &str) -> Option<Subscription> {
    Subscription::of_token(token, state.secret_keys.as_deref()?)
}

async fn ended(state: &Arc<AppState>, subscription: Subscription) -> Result<(), Rejection> {
    if state.in_flight.is_draining() {
        return Err(Rejection::stopping());
    }
    // The user is not known before the database is asked; the link stands for it.
    let link = subscription.partner_user.to_string();
    let identity = Identity::operator(subscription.tenant.clone(), link, Role::Partner);
    state.rate_limiter.admit(&identity)?;
    let slot = state.acquire_slot(&identity)?;
    let memory = state.reserve_memory(&identity)?;
    let pool = state.pool.clone();
    // A task of its own: it is committed or rolled back even if the client disconnects.
    let task = state.in_flight.spawn(async move {
        let _held = (slot, memory);
        unsubscribe(&pool, &subscription).await
    });
    Ok(task.await.map_err(Error::internal)??)
}

/// Returns the same answer for every token that ends nothing; a client that tries many waits.
async fn invalid(state: &AppState, address: Option<PeerAddress>) -> Response {
    state.rejection_delay.wait(address).await;
    page(StatusCode::NOT_FOUND, PageState::Invalid)
}

fn page(status: StatusCode, state: PageState) -> Response {
    let Ok(html) = (Page { state }).render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, Html(html)).into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
