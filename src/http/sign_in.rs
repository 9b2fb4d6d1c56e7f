//! The ways to sign in to the portal: a pasted token, a demo user, or an identity provider.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

use super::options::DemoUser;
use super::state::AppState;

/// `GET /sign-in/options`: the ways to sign in to this server.
pub async fn options(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let provider = state.identity_provider.as_ref();
    let oidc = provider.map_or(Value::Null, |provider| provider.settings.clone());
    let body = json!({ "oidc": oidc, "demo": demo_tokens(&state, &headers) });
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Returns a token for each demo user.
///
/// Only if the browser addresses this machine by a loopback name: a page of another site may have rebound its own name
/// to this machine's address.
fn demo_tokens(state: &AppState, headers: &HeaderMap) -> Vec<Value> {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        return Vec::new();
    }
    let user = |user: &DemoUser| {
        let token = state.keys.sign(&user.identity, user.token_ttl).ok()?;
        let (identity, what) = (&user.identity, user.description);
        Some(
            json!({ "what": what, "user": identity.user(), "role": identity.role().to_string(), "token": token }),
        )
    };
    state.demo_users.iter().filter_map(user).collect()
}
