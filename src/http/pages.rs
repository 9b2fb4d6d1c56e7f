//! The pages that are part of the program: GraphiQL, as `portal/` builds it. A release has them within; a debug build reads
//! them from the folder.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

use super::App;

/// What a page may do: nothing but run its own scripts and ask this server. Styles may be written by scripts, because
/// GraphiQL's editor does.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
    img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>revshare</title>\
    <p>This page is not built. <code>make run</code> builds it and starts the server; so does \
    <code>npm ci &amp;&amp; npm run build</code> in <code>portal/</code>, with Node 20.19 or later.</p>\
    <p>The API is at <code>/graphql</code>.</p></html>";

#[derive(RustEmbed)]
#[folder = "portal/dist/"]
#[allow_missing = true]
struct Files;

/// GET /graphiql: a page to try queries on, for staff.
pub async fn graphiql(headers: HeaderMap) -> Response {
    let page = file("graphiql/index.html", &headers, "no-cache");
    let mut page = page.unwrap_or_else(|| (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response());
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    page
}

/// GET /assets/…: what pages load. Named by their contents, they never change.
pub async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    // A debug build reads from a folder, in which names can lead up again.
    let is_name = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    let file =
        is_name.then(|| file(&format!("assets/{path}"), &headers, "public, max-age=31536000, immutable"));
    file.flatten().unwrap_or_else(super::nothing_here)
}

/// GET /demo-tokens: a token for each of the demo's personas, on a server that anybody at the machine may try.
pub async fn demo_tokens(State(app): State<App>, headers: HeaderMap) -> Response {
    // A name that a page of somebody else's has pointed at this machine is no name of this machine.
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_ours = ["localhost", "127.0.0.1", "[::1]"].contains(&name);
    if app.demo.is_empty() || !is_ours {
        return super::nothing_here();
    }
    let tokens: Vec<Value> = app.demo.iter().filter_map(|persona| {
        let token = app.tokens.mint(&persona.identity, persona.good_for).ok()?;
        let identity = &persona.identity;
        Some(json!({ "what": persona.what, "user": identity.user(), "role": identity.role().to_string(), "token": token }))
    }).collect();
    ([(CACHE_CONTROL, "no-store")], Json(tokens)).into_response()
}

/// A file of the pages.
fn file(path: &str, headers: &HeaderMap, cache: &'static str) -> Option<Response> {
    let file = Files::get(path)?;
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let has_it = headers.get(IF_NONE_MATCH).is_some_and(|known| known == etag.as_str());
    let mut response = if has_it {
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
