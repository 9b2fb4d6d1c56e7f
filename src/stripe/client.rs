//! One request to Stripe and its answer. The files of the nouns know which requests there are.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use reqwest::{Method, RequestBuilder, Response, Url, redirect, retry};
use serde::de::DeserializeOwned;
use url::Host;

use super::api_key::ApiKey;
use super::failure::Failure;
use super::form::Form;
use crate::primitives::error::{Error, Result};

/// The version of the API that requests are written for, and answers are in. The events that Stripe sends are in the
/// version of their endpoint.
pub const API_VERSION: &str = "2026-10-28.endive";
/// The time limit of a request by the worker.
pub const WORKER_TIMEOUT: Duration = Duration::from_secs(30);
/// The time limit of a request during a GraphQL request.
pub const INTERACTIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take to be made: DNS, TCP and TLS. Shorter than the limits of requests, so that a
/// connection that cannot be made is known as one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request. Short: a connection that the other side has closed meanwhile
/// fails in a way that leaves the outcome of the request in doubt.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes. A page of 100 transfers has about 150 KiB.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// The longest id, and the longest idempotency key, in characters.
const ID_MAX: usize = 255;
const DEFAULT_URL: &str = "https://api.stripe.com/";

/// Where Stripe is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeSettings {
    api_url: Url,
}

impl Default for StripeSettings {
    /// Returns the settings of Stripe itself.
    fn default() -> Self {
        Self { api_url: Url::parse(DEFAULT_URL).unwrap_or_else(|_| unreachable!("a constant URL")) }
    }
}

impl StripeSettings {
    /// Returns settings with the URL of a stand-in for Stripe's API; without one, with that of Stripe. A stand-in must
    /// be on this machine: everything else would receive the API keys of all tenants.
    pub fn new(api_url: Option<&str>) -> Result<Self> {
        let invalid = |why: &str| {
            Error::internal(format!(
                "STRIPE_API_URL {why}; it is for tests, as in http://127.0.0.1:12111; without it, requests go to \
                 {DEFAULT_URL}"
            ))
        };
        let url = Url::parse(api_url.unwrap_or(DEFAULT_URL))
            .map_err(|error| invalid(&format!("is not a URL: {error}")))?;
        if url.as_str() != DEFAULT_URL && !is_loopback(&url) {
            return Err(invalid("must lead to this machine: localhost, or a loopback address"));
        }
        if !["http", "https"].contains(&url.scheme()) {
            return Err(invalid("must start with http:// or https://"));
        }
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_bare || !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("must have a host and a port only"));
        }
        Ok(Self { api_url: url })
    }

    /// Returns the URL of the API: without a path.
    pub fn api_url(&self) -> &Url {
        &self.api_url
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Sends requests to Stripe. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct StripeClient {
    client: reqwest::Client,
    api_url: Url,
    timeout: Duration,
}

/// A request, without what all requests have in common.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// The path. Its segments are literals, or ids that `id` has checked.
    pub(super) path: String,
    pub(super) form: Form,
    /// The idempotency key; none for a GET, and for what may be made twice.
    pub(super) idempotency_key: Option<&'a str>,
}

impl Call<'_> {
    /// Returns a GET, with parameters in the query.
    pub(super) fn get(path: impl Into<String>, form: Form) -> Self {
        Self { method: Method::GET, path: path.into(), form, idempotency_key: None }
    }
}

impl StripeClient {
    /// Returns a client whose requests take at most [`WORKER_TIMEOUT`].
    pub fn new(settings: &StripeSettings) -> Result<Self> {
        Self::with_connect_timeout(settings, CONNECT_TIMEOUT)
    }

    pub(super) fn with_connect_timeout(settings: &StripeSettings, connect_timeout: Duration) -> Result<Self> {
        // Fails if it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            // What was sent is known to the caller only, who decides what to do next. hyper-util sends a request on
            // another connection if the kept one turns out to be closed before a byte of the request is written.
            .retry(retry::never())
            .https_only(settings.api_url.scheme() == "https")
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()
            .map_err(Error::internal)?;
        Ok(Self { client, api_url: settings.api_url.clone(), timeout: WORKER_TIMEOUT })
    }

    /// Returns the same client with another time limit, from connecting to the last byte of the answer.
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// Sends a request once, and reads its answer.
    pub(super) async fn send<T: DeserializeOwned>(&self, key: &ApiKey, call: Call<'_>) -> Result<T, Failure> {
        let request = self.request(key, call)?;
        let response = request.send().await.map_err(|error| Failure::of_error(&error))?;
        let status = response.status();
        let body = read(response).await;
        if status.is_success() {
            let body = body.map_err(|what| {
                Failure::unknown(format!("Stripe answered {}, and {what}", status.as_u16()))
            })?;
            let unreadable =
                || format!("Stripe answered {} with a body that cannot be read", status.as_u16());
            return serde_json::from_slice(&body).map_err(|_| Failure::unknown(unreadable()));
        }
        // Of an answer that has no body, the status still counts.
        Err(Failure::of_answer(status, &body.unwrap_or_default()))
    }

    fn request(&self, key: &ApiKey, call: Call<'_>) -> Result<RequestBuilder, Failure> {
        let mut url = self.api_url.clone();
        url.set_path(&call.path);
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| Failure::invalid_request("the API key cannot be sent"))?;
        authorization.set_sensitive(true);
        let is_get = call.method == Method::GET;
        let form = call.form.encode();
        if is_get && !form.is_empty() {
            url.set_query(Some(&form));
        }
        let mut request = self
            .client
            .request(call.method, url)
            .timeout(self.timeout)
            .header(AUTHORIZATION, authorization)
            .header(USER_AGENT, concat!("revshare/", env!("CARGO_PKG_VERSION")))
            .header("Stripe-Version", API_VERSION);
        if let Some(idempotency_key) = call.idempotency_key {
            if !is_identifier(idempotency_key) {
                return Err(Failure::invalid_request("the idempotency key is invalid"));
            }
            request = request.header("Idempotency-Key", idempotency_key);
        }
        if !is_get {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        }
        Ok(request)
    }
}

/// Reads the body of an answer; fails with what went wrong, as in "its body broke off".
async fn read(mut response: Response) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_BYTES_MAX => {
                return Err("its body is too long");
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) if error.is_timeout() => return Err("its body did not arrive in time"),
            Err(_) => return Err("its body broke off"),
        }
    }
}

fn is_identifier(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=ID_MAX).contains(&text.len()) && text.bytes().all(is_part)
}

/// Returns an id that becomes part of a path or a filter; refuses one that could mean something else there: nothing, or
/// all rows.
pub(super) fn id(text: &str) -> Result<&str, Failure> {
    if is_identifier(text) {
        Ok(text)
    } else {
        Err(Failure::invalid_request(
            "this is not an id of Stripe: it has letters, digits and underscores only",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_on_this_machine() {
        for url in [
            "http://127.0.0.1:12111",
            "http://localhost:1/",
            "https://127.9.9.9",
            "http://[::1]:80",
            "http://[::ffff:127.0.0.1]",
            "https://api.stripe.com",
        ] {
            assert!(StripeSettings::new(Some(url)).is_ok(), "{url}");
        }
        let default = StripeSettings::new(None).unwrap();
        assert_eq!(default.api_url().as_str(), "https://api.stripe.com/");
        for url in [
            "",
            "127.0.0.1:80",
            "https://api.stripe.com.example.com",
            "http://api.stripe.com",
            "https://example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://user@127.0.0.1",
            "http://127.0.0.1/v1",
            "http://127.0.0.1?x",
            "ftp://127.0.0.1",
            "unix:/tmp/socket",
        ] {
            let why = StripeSettings::new(Some(url)).unwrap_err().describe();
            assert!(why.starts_with("STRIPE_API_URL "), "{url}: {why}");
        }
    }
}
