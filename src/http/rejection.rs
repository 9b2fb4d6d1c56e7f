//! Rejections: requests that are not executed, and their error responses.

use std::time::Duration;

use axum::http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::media::Media;
use super::rate_limit::RateLimited;
use super::shares::Exceeded;
use crate::graphql::request::DocumentError;
use crate::primitives::error::Error;

/// The `Retry-After` of a request that another server, or this one a moment later, may accept.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The longest message, in characters: some quote what the client sent.
const MESSAGE_LENGTH_MAX: usize = 1_000;

/// Why a request is not executed.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The HTTP status. `None` for a well-formed request with an invalid document: then the media type decides.
    status: Option<StatusCode>,
    /// The value of `extensions.code`.
    pub code: &'static str,
    /// The value of the label `reason` of the metric `revshare_rejections`: the limit that was exceeded, or a word.
    pub reason: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
    /// The value of the header `Allow`.
    allow: Option<&'static str>,
    /// The value of the header `Retry-After`.
    retry_after: Option<Duration>,
}

impl Rejection {
    /// Rejects a request that is not a well-formed GraphQL-over-HTTP request.
    pub fn request(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        let (code, message) = ("BAD_USER_INPUT", shortened(message.into()));
        Self { status: Some(status), code, reason, message, allow: None, retry_after: None }
    }

    /// Rejects a body that is larger than allowed.
    pub fn too_large(message: String) -> Self {
        let rejection = Self::request(StatusCode::PAYLOAD_TOO_LARGE, "body bytes", message);
        Self { code: "LIMIT_EXCEEDED", ..rejection }
    }

    /// Rejects a body of more values than allowed.
    pub fn too_many_values(message: String) -> Self {
        Self { code: "LIMIT_EXCEEDED", ..Self::request(StatusCode::BAD_REQUEST, "values", message) }
    }

    /// Rejects a request that did not arrive in time.
    pub fn timed_out(message: String) -> Self {
        Self { code: "TIMEOUT", ..Self::request(StatusCode::REQUEST_TIMEOUT, "arrival seconds", message) }
    }

    /// Rejects a method, naming the ones that are allowed.
    pub fn method_not_allowed(allow: &'static str, message: &str) -> Self {
        Self { allow: Some(allow), ..Self::request(StatusCode::METHOD_NOT_ALLOWED, "method", message) }
    }

    /// Rejects a path that does not exist.
    pub fn not_found(message: &str) -> Self {
        Self { code: "NOT_FOUND", ..Self::request(StatusCode::NOT_FOUND, "address", message) }
    }

    /// Rejects a request to a server that is shutting down; another one may have taken over.
    pub fn stopping() -> Self {
        Self { reason: "stopping", ..Error::Unavailable.into() }
    }

    /// Rejects a request for which no place is left, or not within the share of its tenant.
    pub fn busy(exceeded: Exceeded) -> Self {
        let held = "are as many as may be executed at a time";
        Self::over_share(exceeded, "busy", "tenant requests", held)
    }

    /// Rejects a request for which no memory is left, or not within the share of its tenant or caller.
    pub fn out_of_memory(exceeded: Exceeded) -> Self {
        let held = "hold all the memory that they may (bodies, and responses that are not read yet)";
        Self::over_share(exceeded, "memory", "memory share", held)
    }

    /// Rejects a download beyond those that a tenant or a user may have at a time.
    pub fn too_many_downloads(exceeded: Exceeded) -> Self {
        let whose = match exceeded {
            Exceeded::Total => return Self { reason: "downloads", ..Error::Unavailable.into() },
            Exceeded::Tenant => "tenant",
            Exceeded::Caller => "user",
        };
        let message = format!(
            "this {whose} has as many downloads in progress as it may have; wait until one has ended"
        );
        let rejection = Self::request(StatusCode::TOO_MANY_REQUESTS, "downloads", message);
        Self { code: "LIMIT_EXCEEDED", retry_after: Some(RETRY_DELAY), ..rejection }
    }

    /// Rejects a request for what is not to be had in its present state.
    pub fn conflict(message: String) -> Self {
        Self { code: "INVALID_STATE", ..Self::request(StatusCode::CONFLICT, "state", message) }
    }

    /// Rejects a request with an error that executing a document would result in, by its code.
    pub fn of_code(code: &str, message: String) -> Self {
        let (code, status, reason) = match code {
            "UNAUTHENTICATED" => ("UNAUTHENTICATED", StatusCode::UNAUTHORIZED, "unauthenticated"),
            "FORBIDDEN" => ("FORBIDDEN", StatusCode::FORBIDDEN, "forbidden"),
            "LIMIT_EXCEEDED" => ("LIMIT_EXCEEDED", StatusCode::BAD_REQUEST, "limit"),
            "TIMEOUT" => ("TIMEOUT", StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            "UNAVAILABLE" => ("UNAVAILABLE", StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            "BAD_USER_INPUT" => ("BAD_USER_INPUT", StatusCode::BAD_REQUEST, "malformed"),
            _ => ("INTERNAL_ERROR", StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self { code, ..Self::request(status, reason, message) }
    }

    /// Returns the HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn over_share(exceeded: Exceeded, total: &'static str, share: &'static str, held: &str) -> Self {
        let whose = match exceeded {
            Exceeded::Total => return Self { reason: total, ..Error::Unavailable.into() },
            Exceeded::Tenant => "tenant",
            Exceeded::Caller => "user",
        };
        let message = format!("the requests in progress of this {whose} {held}; wait until one has ended");
        let rejection = Self::request(StatusCode::TOO_MANY_REQUESTS, share, message);
        Self { code: "LIMIT_EXCEEDED", retry_after: Some(RETRY_DELAY), ..rejection }
    }

    /// Rejects a service token that is not known yet, because too many others that are not are being looked up.
    pub fn too_many_unknown_tokens() -> Self {
        Self { reason: "unknown tokens", ..Error::Unavailable.into() }
    }

    /// Returns whether the server or its database is at fault.
    pub fn is_server_error(&self) -> bool {
        self.status.is_some_and(|status| status.is_server_error())
    }

    /// Returns the response; `id` is the request id, which an internal error shows.
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
            Some(status) => media.rejected(status, &error),
            None => media.not_executed(&[error]),
        };
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(delay) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(delay.as_secs()));
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

impl From<DocumentError> for Rejection {
    fn from(error: DocumentError) -> Self {
        let DocumentError { code, reason, message } = error;
        let message = shortened(message);
        Self { status: None, code, reason, message, allow: None, retry_after: None }
    }
}

impl From<RateLimited> for Rejection {
    fn from(limited: RateLimited) -> Self {
        let rejection = Self::request(StatusCode::TOO_MANY_REQUESTS, "rate", limited.message);
        Self { code: "LIMIT_EXCEEDED", retry_after: Some(limited.retry_after), ..rejection }
    }
}

/// An error before the document is read: the caller cannot be authenticated, or the database cannot be reached.
impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        let (status, reason) = match error {
            Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Error::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Error::BadInput { .. } => (StatusCode::BAD_REQUEST, "malformed"),
            Error::LimitExceeded(_) => (StatusCode::TOO_MANY_REQUESTS, "limit"),
            Error::Timeout
            | Error::Unavailable
            | Error::Busy(_)
            | Error::SerializationFailure
            | Error::ConnectionLost
            | Error::CommitOutcomeUnknown => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Error::UserErrors(_) | Error::Constraint(_) | Error::Internal(_) => {
                error.log();
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        let retry_after = error.is_retryable().then_some(RETRY_DELAY);
        Self { code: error.code(), retry_after, ..Self::request(status, reason, error.message()) }
    }
}

/// Shortens a message for a client.
pub fn shortened(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_LENGTH_MAX) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// Returns the response for an unknown path.
pub fn not_found() -> Response {
    Rejection::not_found("there is nothing at this path").response(Media::Json, "")
}
