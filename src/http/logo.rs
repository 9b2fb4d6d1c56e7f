//! `GET /tenant-logo/…`: the logo of the caller's tenant.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::caller;
use super::handler::{REQUEST_ID, request_id};
use super::media::Media;
use super::rejection::Rejection;
use super::state::AppState;
use super::token_lookups::PeerAddress;
use crate::auth::Permission;
use crate::domain::tenant::branding::{self, Logo};

/// The headers of a logo. Its path contains its hash, so that it never changes; it is shown to users of one tenant only. A browser
/// that opens it by itself runs nothing.
const HEADERS: [(axum::http::HeaderName, &str); 5] = [
    (CACHE_CONTROL, "private, max-age=31536000, immutable"),
    (VARY, "authorization"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (REFERRER_POLICY, "no-referrer"),
];

/// The logo of the caller's tenant, by its SHA-256 in hexadecimal.
pub async fn logo(
    State(state): State<Arc<AppState>>,
    Path(sha256): Path<String>,
    request: Request,
) -> Response {
    let address = request.extensions().get::<PeerAddress>().copied();
    let id = request_id(request.headers());
    let mut response = match load(&state, &sha256, request.headers(), address).await {
        Ok(logo) => image(logo),
        Err(rejection) => {
            state.rejection_delay.wait(address).await;
            rejection.response(Media::Json, &id)
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn load(
    state: &AppState,
    sha256: &str,
    headers: &HeaderMap,
    address: Option<PeerAddress>,
) -> Result<Logo, Rejection> {
    let admission = caller::authenticate(state, headers, address.map(|address| address.0)).await?;
    admission.caller.require(Permission::ViewSelf)?;
    let logo = branding::logo(&state.pool, &admission.caller, sha256).await?;
    logo.ok_or_else(|| Rejection::not_found("this is not the present logo of the tenant: see logoPath"))
}

fn image(logo: Logo) -> Response {
    let mut response = Response::new(Body::from(logo.bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(logo.media_type));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
