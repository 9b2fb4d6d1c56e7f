//! What a request is answered with, and Stripe's shape of errors.

use serde_json::{Value, json};

/// What a request is answered with.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub content: Content,
    /// The id of the request that was executed, if it is an earlier one.
    pub replayed_of: Option<String>,
    /// Whether the answer is kept for the idempotency key: an endpoint has begun to execute the request.
    pub is_kept: bool,
}

/// What an answer contains.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Json(Value),
    Html(String),
    /// Sends the browser on.
    Location(String),
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, content: Content::Json(body), replayed_of: None, is_kept: true }
    }

    pub(crate) fn page(status: u16, html: String) -> Self {
        Self { status, content: Content::Html(html), replayed_of: None, is_kept: false }
    }

    pub(crate) fn see_other(url: String) -> Self {
        Self { status: 303, content: Content::Location(url), replayed_of: None, is_kept: false }
    }
}

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: u16,
    kind: &'static str,
    code: Option<String>,
    pub message: String,
    param: Option<String>,
    is_kept: bool,
}

impl Refusal {
    /// Returns a refusal by an endpoint that had begun to execute the request.
    pub(crate) fn executed(status: u16, code: &str, message: impl Into<String>) -> Self {
        let kind = if status == 402 { "card_error" } else { "invalid_request_error" };
        Self {
            status,
            kind,
            code: Some(code.to_owned()),
            message: message.into(),
            param: None,
            is_kept: true,
        }
    }

    /// Returns a refusal before an endpoint executes the request, so that no key keeps it.
    pub(crate) fn unexecuted(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { is_kept: false, ..Self::executed(status, code, message) }
    }

    /// Returns the refusal of a parameter by the validation that precedes every endpoint.
    pub(crate) fn invalid(param: &str, code: &str, message: impl Into<String>) -> Self {
        Self::unexecuted(400, code, message).about(param)
    }

    /// Returns the refusal of an id in the path that stands for no object.
    pub(crate) fn missing(kind: &str, id: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        Self::executed(404, "resource_missing", message).about("id")
    }

    /// Returns the error of a server that failed.
    pub(crate) fn server_error(is_kept: bool) -> Self {
        let message = "An unknown error occurred (let in by a test of the stand-in)";
        let error = Self::executed(500, "", message);
        Self { kind: "api_error", code: None, is_kept, ..error }
    }

    /// Returns the refusal of an idempotency key.
    pub(crate) fn idempotency(status: u16, code: Option<&str>, message: impl Into<String>) -> Self {
        let error = Self::unexecuted(status, "", message);
        Self { kind: "idempotency_error", code: code.map(str::to_owned), ..error }
    }

    /// Names the parameter that is wrong.
    pub(crate) fn about(self, param: &str) -> Self {
        Self { param: Some(param.to_owned()), ..self }
    }

    /// Drops the code: some of Stripe's errors have none.
    pub(crate) fn without_code(self) -> Self {
        Self { code: None, ..self }
    }

    /// Decides whether a key keeps this answer.
    pub(crate) fn kept(self, is_kept: bool) -> Self {
        Self { is_kept, ..self }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut error = json!({ "type": refusal.kind, "message": refusal.message });
        if let Some(code) = refusal.code {
            let page = code.replace('_', "-");
            error["doc_url"] = json!(format!("https://stripe.com/docs/error-codes/{page}"));
            error["code"] = json!(code);
        }
        if let Some(param) = refusal.param {
            error["param"] = json!(param);
        }
        let content = Content::Json(json!({ "error": error }));
        Self { status: refusal.status, content, replayed_of: None, is_kept: refusal.is_kept }
    }
}

impl From<Result<Value, Refusal>> for Answer {
    fn from(result: Result<Value, Refusal>) -> Self {
        match result {
            Ok(body) => Self::ok(body),
            Err(refusal) => refusal.into(),
        }
    }
}
