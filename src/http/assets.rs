//! The pages: the portal and GraphiQL, as built and compressed by `portal/`. A release build embeds them; a debug build
//! reads them from the folder.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::rejection::not_found;
use super::state::AppState;

/// The content security policy of every page: its own scripts, and requests to this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; font-src 'self' data:; img-src 'self' data:; \
    worker-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The content codings in which the build stores files, the best first, and the extensions of their names.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>revshare</title>\
    <p>This page is not built. <code>make run</code> builds it and starts the server; so does \
    <code>npm ci &amp;&amp; npm run build</code> in <code>portal/</code>, with Node 20.19 or later.</p>\
    <p>The API is at <code>/graphql</code>.</p></html>";

#[derive(RustEmbed)]
#[folder = "portal/dist/"]
#[allow_missing = true]
struct Files;

/// The portal, at each of its paths. Its policy admits requests to the identity provider as well, and forms to this server
/// whose response is a file, or an error in a frame.
pub async fn portal(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let provider = state.identity_provider.as_ref().map(|provider| provider.origin.as_str());
    let policy = format!(
        "{POLICY}; form-action 'self'; frame-src 'self'; style-src 'self'; connect-src 'self' {}",
        provider.unwrap_or_default()
    );
    page("index.html", policy.trim_end(), &headers)
}

/// `GET /graphiql`: GraphiQL, for staff. Its editor sets inline styles from scripts.
pub async fn graphiql(headers: HeaderMap) -> Response {
    let policy =
        format!("{POLICY}; form-action 'none'; style-src 'self' 'unsafe-inline'; connect-src 'self'");
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
    let is_name = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
        && !ENCODINGS.iter().any(|(_, extension)| path.ends_with(extension));
    let file =
        is_name.then(|| file(&format!("assets/{path}"), &headers, "public, max-age=31536000, immutable"));
    file.flatten().unwrap_or_else(not_found)
}

/// Returns a file of the pages in the best encoding that the client accepts, or 304 if the client has it; `None` if there
/// is no such file.
fn file(path: &str, headers: &HeaderMap, cache: &'static str) -> Option<Response> {
    let plain = Files::get(path)?;
    let mime = HeaderValue::from_str(plain.metadata.mimetype()).ok()?;
    let (file, encoding) = match encoded(path, headers) {
        Some((file, encoding)) => (file, Some(encoding)),
        None => (plain, None),
    };
    // Of the encoded bytes: the encodings of a file have different tags.
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let mut response = if is_known(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(match file.data {
            Cow::Borrowed(embedded) => Body::from(embedded),
            Cow::Owned(read) => Body::from(read),
        });
        response.headers_mut().insert(CONTENT_TYPE, mime);
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&etag).ok()?);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(response)
}

/// Returns a file as the build compressed it, in the best encoding that the client accepts; `None` if there is none.
fn encoded(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, &'static str)> {
    let accepted = ENCODINGS.into_iter().filter(|(encoding, _)| accepts(headers, encoding));
    accepted
        .filter_map(|(encoding, extension)| Some((Files::get(&format!("{path}{extension}"))?, encoding)))
        .next()
}

/// Returns whether a request accepts a content coding: named, or by `*`, with a weight above zero (RFC 9110, 12.5.3).
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut by_wildcard = false;
    for item in values.flat_map(|value| value.split(',')) {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().to_ascii_lowercase().replace(' ', "");
        let is_refused =
            weight.strip_prefix("q=0").is_some_and(|rest| rest.trim_matches(['.', '0']).is_empty());
        if name.trim().eq_ignore_ascii_case(encoding) {
            return !is_refused;
        }
        by_wildcard |= name.trim() == "*" && !is_refused;
    }
    by_wildcard
}

/// Returns whether the client has the response with this tag. A proxy may have made the tag a weak one.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = values.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}
