//! The pages: the portal and GraphiQL, as built by `portal/`. A release build embeds them; a debug build reads them from
//! the folder.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::RustEmbed;

use super::rejection::not_found;
use super::state::AppState;

/// The content security policy of every page: its own scripts, and requests to this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; font-src 'self' data:; img-src 'self' data:; \
    worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>revshare</title>\
    <p>This page is not built. <code>make run</code> builds it and starts the server; so does \
    <code>npm ci &amp;&amp; npm run build</code> in <code>portal/</code>, with Node 20.19 or later.</p>\
    <p>The API is at <code>/graphql</code>.</p></html>";

#[derive(RustEmbed)]
#[folder = "portal/dist/"]
#[allow_missing = true]
struct Files;

/// The portal, at each of its paths. Its policy admits requests to the identity provider as well.
pub async fn portal(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let provider = state.identity_provider.as_ref().map(|provider| provider.origin.as_str());
    let policy = format!("{POLICY}; style-src 'self'; connect-src 'self' {}", provider.unwrap_or_default());
    page("index.html", policy.trim_end(), &headers)
}

/// `GET /graphiql`: GraphiQL, for staff. Its editor sets inline styles from scripts.
pub async fn graphiql(headers: HeaderMap) -> Response {
    let policy = format!("{POLICY}; style-src 'self' 'unsafe-inline'; connect-src 'self'");
    page("graphiql/index.html", &policy, &headers)
}

fn page(path: &str, policy: &str, headers: &HeaderMap) -> Response {
    let page = file(path, headers, "no-cache");
    let mut page = page.unwrap_or_else(|| (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response());
    if let Ok(policy) = HeaderValue::from_str(policy) {
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// `GET /assets/…`: the files of the pages. Their names contain a hash of the content, so that they never change.
pub async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    // A debug build reads from the folder, where `..` would lead out of it.
    let is_name = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    let file =
        is_name.then(|| file(&format!("assets/{path}"), &headers, "public, max-age=31536000, immutable"));
    file.flatten().unwrap_or_else(not_found)
}

/// Returns a file of the pages, or 304 if the client has it; `None` if there is no such file.
fn file(path: &str, headers: &HeaderMap, cache: &'static str) -> Option<Response> {
    let file = Files::get(path)?;
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let is_unchanged = headers.get(IF_NONE_MATCH).is_some_and(|known| known == etag.as_str());
    let mut response = if is_unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(file.data.into_owned()));
        let mime = HeaderValue::from_str(file.metadata.mimetype()).ok()?;
        response.headers_mut().insert(CONTENT_TYPE, mime);
        response
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&etag).ok()?);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(response)
}
