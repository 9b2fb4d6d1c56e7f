//! One attempt to deliver a webhook.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::redirect;

use super::address::{AddressPolicy, NOT_PUBLIC, PolicyResolver, Refused};
use super::signature::signatures;
use crate::primitives::error::{Error, Result};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an attempt may take.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest `Retry-After` that is respected.
const RETRY_AFTER_MAX: TimeDelta = TimeDelta::days(1);

/// A request to an endpoint.
#[derive(Clone, Debug)]
pub struct Message {
    /// The URL.
    pub url: String,
    /// The id of the domain event: the same at every attempt and replay.
    pub id: String,
    /// The body: JSON.
    pub body: String,
    /// The secrets that sign it: one, or two during a rotation.
    pub secrets: Vec<Vec<u8>>,
}

/// What came of an attempt. Nothing of the body of the response is kept.
#[derive(Clone, Debug)]
pub struct AttemptResult {
    /// The status of the response; `None` if there was none.
    pub status: Option<u16>,
    /// Why the attempt failed; `None` if it succeeded.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: i32,
    /// When the receiver wants the next attempt at the earliest.
    pub retry_after: Option<TimeDelta>,
}

impl AttemptResult {
    /// Returns whether the endpoint said that it is gone (410).
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    fn failed(why: impl Into<String>) -> Self {
        Self { status: None, error: Some(why.into()), milliseconds: 0, retry_after: None }
    }
}

/// Sends webhooks.
#[derive(Clone)]
pub struct Sender {
    client: reqwest::Client,
    policy: Arc<AddressPolicy>,
}

impl Sender {
    /// Returns a sender under a policy of addresses.
    pub fn new(policy: Arc<AddressPolicy>) -> Result<Self> {
        // Fails if it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .dns_resolver(Arc::new(PolicyResolver(Arc::clone(&policy))))
            .build()
            .map_err(Error::internal)?;
        Ok(Self { client, policy })
    }

    /// Returns the policy of addresses.
    pub fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    /// Sends a message once.
    pub async fn send(&self, message: &Message, now: DateTime<Utc>) -> AttemptResult {
        let url = match self.policy.parse(&message.url) {
            Ok(url) => url,
            Err(Refused(why)) => return AttemptResult::failed(format!("the URL {why}")),
        };
        let timestamp = now.timestamp();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("revshare/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(&message.secrets, &message.id, timestamp, &message.body))
            .body(message.body.clone());
        let started = Instant::now();
        let answer = request.send().await;
        let milliseconds = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
        let result = match answer {
            Ok(response) => {
                let status = response.status();
                let error = (!status.is_success()).then(|| match status.as_u16() {
                    410 => "the endpoint is gone (410)".to_owned(),
                    code if status.is_redirection() => {
                        format!("answered {code}; redirects are not followed, change the URL")
                    }
                    code => format!("answered {code}"),
                });
                let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let retry_after = retry_after.and_then(|value| parse_retry_after(value, now));
                AttemptResult { status: Some(status.as_u16()), error, milliseconds, retry_after }
            }
            Err(error) => AttemptResult::failed(describe(&error)),
        };
        AttemptResult { milliseconds, ..result }
    }
}

/// Returns the class of an error, without what the client or the resolver knows of the network.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} seconds", ATTEMPT_TIMEOUT.as_secs());
    }
    if !error.is_connect() {
        return "the connection broke before an answer".to_owned();
    }
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let refused = causes.map(ToString::to_string).find(|cause| cause.ends_with(NOT_PUBLIC));
    refused.map_or_else(
        || {
            "cannot connect: the name, the port or the certificate is wrong, or the receiver is down"
                .to_owned()
        },
        |why| format!("the URL {why}"),
    )
}

/// Parses `Retry-After`: seconds, or an HTTP date; at most a day.
fn parse_retry_after(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let wait = match text.trim().parse::<u32>() {
        Ok(seconds) => TimeDelta::seconds(seconds.into()),
        Err(_) => DateTime::parse_from_rfc2822(text.trim()).ok()?.with_timezone(&Utc) - now,
    };
    (wait > TimeDelta::zero()).then(|| wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_at_most_a_day() {
        let now = DateTime::from_timestamp(1_784_000_000, 0).unwrap_or_default();
        assert_eq!(parse_retry_after("120", now), Some(TimeDelta::seconds(120)));
        assert_eq!(parse_retry_after("999999", now), Some(TimeDelta::days(1)));
        let later = (now + TimeDelta::minutes(5)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert_eq!(parse_retry_after(&later, now), Some(TimeDelta::minutes(5)));
        for text in ["", "soon", "-5", "0"] {
            assert_eq!(parse_retry_after(text, now), None, "{text}");
        }
    }
}
