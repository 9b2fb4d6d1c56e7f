//! The ways to sign in to the portal: a pasted token, a demo user, or an identity provider.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HOST, HeaderName, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

use super::options::DemoUser;
use super::state::AppState;

/// The names of this machine that no other machine and no other site can have.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Headers that proxies add to a request: their names, and the beginnings, parts and ends of their names. There is no list
/// of all of them, so that the patterns are wide; browsers and command-line clients send none of these.
const PROXY_NAMES: [&str; 6] =
    ["via", "cdn-loop", "front-end-https", "x-scheme", "x-host", "x-request-start"];
const PROXY_PREFIXES: [&str; 15] = [
    "akamai-",
    "cf-",
    "fastly-",
    "fly-",
    "ngrok-",
    "tailscale-",
    "x-amz",
    "x-appengine-",
    "x-arr-",
    "x-azure-",
    "x-envoy-",
    "x-ms-",
    "x-nf-",
    "x-vercel-",
    "x-b3-",
];
const PROXY_PARTS: [&str; 9] =
    ["client-ip", "connecting", "forward", "original", "originating", "proxy", "real-ip", "remote", "tunnel"];

/// `GET /sign-in/options`: the ways to sign in to this server.
pub async fn options(State(state): State<Arc<AppState>>, uri: Uri, headers: HeaderMap) -> Response {
    let provider = state.identity_provider.as_ref();
    let oidc = provider.map_or(Value::Null, |provider| provider.settings.clone());
    let demo = if is_local(&uri, &headers) { demo_tokens(&state) } else { Vec::new() };
    ([(CACHE_CONTROL, "no-store")], Json(json!({ "oidc": oidc, "demo": demo }))).into_response()
}

/// Returns a token for each demo user.
fn demo_tokens(state: &AppState) -> Vec<Value> {
    let user = |user: &DemoUser| {
        let token = state.keys.sign(&user.identity, user.token_ttl).ok()?;
        let (identity, what) = (&user.identity, user.description);
        Some(
            json!({ "what": what, "user": identity.user(), "role": identity.role().to_string(), "token": token }),
        )
    };
    state.demo_users.iter().filter_map(user).collect()
}

/// Returns whether a request comes from this machine, and from a page of this server if it comes from a page.
///
/// The client must address the machine by a loopback name, because a page of another site may have rebound its own name to
/// this machine's address. Behind a proxy, the request of another machine can have that name too, and the
/// headers of a browser state which site a request comes from.
fn is_local(uri: &Uri, headers: &HeaderMap) -> bool {
    is_local_from(&["same-origin"], uri, headers)
}

/// Returns the same of a page, which can also be opened by its address: that comes from no site.
pub(super) fn is_local_page(uri: &Uri, headers: &HeaderMap) -> bool {
    is_local_from(&["same-origin", "none"], uri, headers)
}

fn is_local_from(sites: &[&str], uri: &Uri, headers: &HeaderMap) -> bool {
    let fetch_site = HeaderName::from_static("sec-fetch-site");
    let mut fetch_sites = headers.get_all(fetch_site).iter();
    loopback_host(uri, headers).is_some_and(|host| {
        fetch_sites.all(|site| sites.iter().any(|allowed| site == *allowed))
            && headers.get_all(ORIGIN).iter().all(|origin| {
                let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
                origin == format!("http://{host}") || origin == format!("https://{host}")
            })
            && !headers.keys().any(|name| is_of_proxy(name.as_str()))
    })
}

/// Returns the host and port that a client addresses, in lower case; `None` if it is not a loopback name.
///
/// HTTP/1.1 has it in the header Host, HTTP/2 in the URI. If a request has several, all must be the same.
fn loopback_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let in_headers = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let mut hosts = uri.authority().map(Authority::as_str).into_iter().chain(in_headers);
    let host = hosts.next()?.to_ascii_lowercase();
    let authority: Authority = host.parse().ok()?;
    let is_loopback = LOOPBACK_NAMES.contains(&authority.host()) && !host.contains('@');
    (is_loopback && hosts.all(|other| other.eq_ignore_ascii_case(&host))).then_some(host)
}

/// Returns whether a proxy has added a header with this name, in lower case.
fn is_of_proxy(name: &str) -> bool {
    PROXY_NAMES.contains(&name)
        || PROXY_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || PROXY_PARTS.iter().any(|part| name.contains(part))
        || name.ends_with("-ip")
}
