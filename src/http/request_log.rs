//! The log line and the metrics of a request: its operation, cost and outcome. Never its variables, token or user.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;

use super::rejection::Rejection;
use crate::auth::Role;
use crate::metrics::{EndedRequest, Metrics, Outcome};
use crate::primitives::id::TenantId;

/// A request that takes this long is logged as a warning.
const SLOW: Duration = Duration::from_secs(1);

/// The properties of a request that are known so far.
#[derive(Debug)]
pub struct RequestLog {
    /// The name of the operation, if its document is a trusted one.
    pub trusted_operation: Option<Arc<str>>,
    /// The name of the operation in the document.
    pub operation_name: Option<String>,
    /// The SHA-256 of the document, in hexadecimal.
    pub hash: Option<String>,
    /// `query`, `mutation`, `download`, or `none` if the request was rejected before its document was read.
    pub kind: &'static str,
    /// The tenant and the role of the caller, once authenticated.
    pub caller: Option<(TenantId, Role)>,
    /// The cost of the operation, once computed.
    pub cost: Option<u64>,
    /// Why the request was not executed.
    pub rejection: Option<&'static str>,
    /// The outcome.
    pub outcome: Outcome,
    /// The codes of the top-level errors of the response.
    pub error_codes: Vec<String>,
    /// What was sent of a file.
    pub download: Option<DownloadEnd>,
}

/// What was sent of a file.
#[derive(Clone, Copy, Debug)]
pub struct DownloadEnd {
    /// How the download ended: `complete`, or why before its end.
    pub ended: &'static str,
    /// The number of rows.
    pub rows: u64,
    /// The number of bytes.
    pub bytes: u64,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self {
            trusted_operation: None,
            operation_name: None,
            hash: None,
            kind: "none",
            caller: None,
            cost: None,
            rejection: None,
            outcome: Outcome::Ok,
            error_codes: Vec::new(),
            download: None,
        }
    }
}

impl RequestLog {
    /// Records that the request was rejected.
    pub fn record_rejection(&mut self, rejection: &Rejection) {
        self.rejection = Some(rejection.reason);
        self.outcome = if rejection.is_server_error() { Outcome::ServerError } else { Outcome::ClientError };
        self.error_codes = vec![rejection.code.to_owned()];
    }

    /// Records a top-level error of the response by its code.
    pub fn record_error(&mut self, code: String) {
        let is_server_error = ["INTERNAL_ERROR", "TIMEOUT", "UNAVAILABLE"].contains(&code.as_str());
        self.outcome = match self.outcome {
            Outcome::ServerError => Outcome::ServerError,
            Outcome::Ok | Outcome::UserError | Outcome::ClientError if is_server_error => {
                Outcome::ServerError
            }
            Outcome::Ok | Outcome::UserError | Outcome::ClientError => Outcome::ClientError,
        };
        self.error_codes.push(code);
    }

    /// Writes the log line and updates the metrics, when the request has ended.
    pub fn emit(self, metrics: &Metrics, duration: Duration, statements: u64, status: StatusCode) {
        let Self {
            trusted_operation,
            operation_name,
            hash,
            kind,
            caller,
            cost,
            rejection,
            outcome,
            error_codes,
            download,
        } = self;
        let (tenant, role) = caller.map(|(tenant, role)| (tenant.0, role.to_string())).unzip();
        let status = status.as_u16();
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let joined_codes = (!error_codes.is_empty()).then(|| error_codes.join(","));
        let operation = trusted_operation.as_deref().or(operation_name.as_deref());
        tracing::info!(
            tenant,
            role,
            operation,
            hash,
            kind,
            cost,
            statements,
            milliseconds,
            status,
            outcome = outcome.as_str(),
            rejection,
            error_codes = joined_codes,
            ended = download.map(|download| download.ended),
            rows = download.map(|download| download.rows),
            bytes = download.map(|download| download.bytes),
            "request"
        );
        if duration >= SLOW && download.is_none() {
            tracing::warn!(operation, hash, milliseconds, "slow request");
        }
        super::trace::record(operation, kind, status);
        if let Some(reason) = rejection {
            metrics.rejected(reason);
        }
        error_codes.iter().for_each(|code| metrics.error(code));
        let unknown = if hash.is_some() { "other" } else { "none" };
        let operation = trusted_operation.unwrap_or_else(|| Arc::from(unknown));
        metrics.request_ended(&EndedRequest { operation, kind, outcome, duration, cost, statements });
    }
}
