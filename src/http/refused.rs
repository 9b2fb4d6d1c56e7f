//! Requests that are not executed: why, and how their client is told.

use std::time::Duration;

use axum::http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::limits::Excess;
use super::media::Media;
use super::rate::TooMuch;
use crate::error::Error;

/// When a request may be tried again that another server, or this one in a moment, may answer.
const WAIT: Duration = Duration::from_secs(1);

/// Why a request is not executed.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The status that says so; none if the request is well formed, and its document is what is wrong. Then the media type
    /// decides.
    status: Option<StatusCode>,
    /// The code for `extensions.code`.
    pub code: &'static str,
    /// The reason for the figures: the limit that it goes over, or a word.
    pub reason: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
    /// The methods that are allowed.
    allow: Option<&'static str>,
    /// When it may be tried again.
    wait: Option<Duration>,
}

impl Refused {
    /// A request that is none.
    pub fn request(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: Some(status), ..Self::document("BAD_USER_INPUT", reason, message) }
    }

    /// A request whose document cannot be executed.
    pub fn document(code: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: None, code, reason, message: message.into(), allow: None, wait: None }
    }

    /// A request that is larger than allowed.
    pub fn too_large(excess: Excess) -> Self {
        Self { status: Some(StatusCode::PAYLOAD_TOO_LARGE), ..excess.into() }
    }

    /// A request that did not arrive in time.
    pub fn late(message: String) -> Self {
        Self { code: "TIMEOUT", ..Self::request(StatusCode::REQUEST_TIMEOUT, "arrival seconds", message) }
    }

    /// A request by a method that does not go with it.
    pub fn method(allow: &'static str, message: &str) -> Self {
        Self { allow: Some(allow), ..Self::request(StatusCode::METHOD_NOT_ALLOWED, "method", message) }
    }

    /// A request to an address where there is nothing.
    pub fn address(message: &str) -> Self {
        Self { code: "NOT_FOUND", ..Self::request(StatusCode::NOT_FOUND, "address", message) }
    }

    /// A request to a server that is about to end: another one may be there already.
    pub fn stopping() -> Self {
        Self { reason: "stopping", ..Error::Unavailable.into() }
    }

    /// A request to a server that has as many in hand as it can answer in time.
    pub fn busy() -> Self {
        Self { reason: "busy", ..Error::Unavailable.into() }
    }

    /// Whether the fault is ours, or the database's.
    pub fn is_our_fault(&self) -> bool {
        self.status.is_some_and(|status| status.is_server_error())
    }

    /// How the client is told.
    pub fn response(&self, media: Media, id: &str) -> Response {
        let mut extensions = json!({ "code": self.code });
        if self.code == "INTERNAL_ERROR" {
            extensions["requestId"] = json!(id);
        }
        if self.code == "UNAVAILABLE" {
            extensions["retryable"] = json!(true);
        }
        let error = json!({ "message": self.message, "extensions": extensions });
        let mut response = match self.status {
            Some(status) => media.refused(status, &error),
            None => media.rejected(&[error]),
        };
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        if self.reason == "stopping" {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == Some(StatusCode::UNAUTHORIZED) {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Excess> for Refused {
    fn from(excess: Excess) -> Self {
        Self::document("LIMIT_EXCEEDED", excess.limit, excess.message)
    }
}

impl From<TooMuch> for Refused {
    fn from(too_much: TooMuch) -> Self {
        let refused = Self::request(StatusCode::TOO_MANY_REQUESTS, "rate", too_much.message);
        Self { code: "LIMIT_EXCEEDED", wait: Some(too_much.wait), ..refused }
    }
}

/// Nobody who may ask, or nobody who can be asked.
impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let (status, reason) = match error {
            Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Error::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Error::BadInput { .. } => (StatusCode::BAD_REQUEST, "malformed"),
            Error::Timeout | Error::Unavailable | Error::Overtaken | Error::Lost | Error::InDoubt => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Error::Refused(_) | Error::Constraint(_) | Error::Internal(_) => {
                error.log();
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        let wait = error.is_retryable().then_some(WAIT);
        Self { code: error.code(), wait, ..Self::request(status, reason, error.message()) }
    }
}
