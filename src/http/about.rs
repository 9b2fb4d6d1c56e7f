//! What is told of a request, in the log and in the figures: its operation, what it cost and what came of it. Never its
//! variables, nor who was asked for.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;

use super::refused::Refused;
use crate::access::Role;
use crate::id::TenantId;
use crate::metrics::{Metrics, Outcome, Request};

/// From how long on a request is worth a warning.
const SLOW: Duration = Duration::from_secs(1);

/// What is known of a request.
#[derive(Debug)]
pub struct About {
    /// The name of a trusted document's operation.
    pub trusted: Option<Arc<str>>,
    /// The name that the document gives the operation.
    pub name: Option<String>,
    /// The SHA-256 of the document.
    pub hash: Option<String>,
    /// "query" or "mutation", or "none" if it did not come to that.
    pub kind: &'static str,
    /// The tenant and the role of whoever asks, if that was found out.
    pub caller: Option<(TenantId, Role)>,
    /// What it costs, if that was found out.
    pub cost: Option<u64>,
    /// Why it was not executed, if it was not.
    pub refusal: Option<&'static str>,
    /// What came of it.
    pub outcome: Outcome,
    /// The codes of the errors that the client is told of.
    pub errors: Vec<String>,
}

impl Default for About {
    fn default() -> Self {
        Self {
            trusted: None,
            name: None,
            hash: None,
            kind: "none",
            caller: None,
            cost: None,
            refusal: None,
            outcome: Outcome::Ok,
            errors: Vec::new(),
        }
    }
}

impl About {
    /// It was refused.
    pub fn refused(&mut self, refused: &Refused) {
        self.refusal = Some(refused.reason);
        self.outcome = if refused.is_our_fault() { Outcome::ServerError } else { Outcome::ClientError };
        self.errors = vec![refused.code.to_owned()];
    }

    /// The client is told of an error with this code.
    pub fn error(&mut self, code: String) {
        let is_our_fault = ["INTERNAL_ERROR", "TIMEOUT", "UNAVAILABLE"].contains(&code.as_str());
        self.outcome = match self.outcome {
            Outcome::ServerError => Outcome::ServerError,
            Outcome::Ok | Outcome::UserError | Outcome::ClientError if is_our_fault => Outcome::ServerError,
            Outcome::Ok | Outcome::UserError | Outcome::ClientError => Outcome::ClientError,
        };
        self.errors.push(code);
    }

    /// Tells it, when the request has ended.
    pub fn tell(self, metrics: &Metrics, (took, statements): (Duration, u64), status: StatusCode) {
        let Self { trusted, name, hash, kind, caller, cost, refusal, outcome, errors } = self;
        let (tenant, role) = caller.map(|(tenant, role)| (tenant.0, role.to_string())).unzip();
        let status = status.as_u16();
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let error_codes = (!errors.is_empty()).then(|| errors.join(","));
        let (operation, outcome_word) = (trusted.as_deref().or(name.as_deref()), outcome.as_str());
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
            outcome = outcome_word,
            refusal,
            error_codes,
            "request"
        );
        if took >= SLOW {
            tracing::warn!(operation, hash, milliseconds, "slow request");
        }
        super::trace::record(operation, kind, status);
        if let Some(reason) = refusal {
            metrics.refused(reason);
        }
        errors.iter().for_each(|code| metrics.error(code));
        let operation = trusted.unwrap_or_else(|| Arc::from(if hash.is_some() { "other" } else { "none" }));
        metrics.ended(&Request { operation, kind, outcome, took, cost, statements });
    }
}
