//! The parameters of a GraphQL request, from the body of a POST or the query string of a GET.

use async_graphql::Variables;
use axum::body::to_bytes;
use axum::extract::{Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use mediatype::{MediaType, names};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::rejection::Rejection;
use crate::graphql::request::limits::Limits;
use crate::graphql::request::persisted_documents::PersistedQuery;

/// The parameters (GraphQL over HTTP, "Request parameters"). Unknown ones are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    /// The text of the document.
    #[serde(default)]
    pub query: Option<String>,
    /// The hash of a persisted document: `sha256:<hash>`.
    #[serde(default)]
    pub document_id: Option<String>,
    /// The operation to execute; optional if the document has one only.
    #[serde(default)]
    pub operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    extensions: Option<Extensions>,
}

/// The extensions of the request. Unknown ones are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    persisted_query: Option<PersistedQuery>,
}

fn malformed(message: impl Into<String>) -> Rejection {
    Rejection::request(StatusCode::BAD_REQUEST, "malformed", message)
}

fn too_large(found: &str, limits: &Limits) -> Rejection {
    let message = format!("the body has {found} bytes; at most {} are allowed", limits.limit_body_bytes);
    Rejection::too_large(message)
}

impl Params {
    /// Reads the parameters of a request; rejects one without a document.
    pub async fn read(request: Request, limits: &Limits) -> Result<Self, Rejection> {
        let params = if request.method() == Method::GET {
            Self::from_url(&request).map_err(malformed)?
        } else {
            Self::from_body(request, limits).await?
        };
        if params.query.as_ref().is_some_and(|query| query.trim().is_empty()) {
            return Err(malformed("the query is empty; write a GraphQL document"));
        }
        let has_hash = params.document_id.is_some()
            || params.extensions.as_ref().is_some_and(|extensions| extensions.persisted_query.is_some());
        if params.query.is_none() && !has_hash {
            return Err(malformed("the query is missing; write a GraphQL document"));
        }
        Ok(params)
    }

    /// Takes the hash of a persisted document, in the form of Apollo's clients.
    pub fn take_persisted_query(&mut self) -> Option<PersistedQuery> {
        self.extensions.as_mut()?.persisted_query.take()
    }

    /// Takes the variables.
    pub fn take_variables(&mut self) -> Variables {
        Variables::from_json(Value::Object(self.variables.take().unwrap_or_default()))
    }

    fn from_url(request: &Request) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct QueryString {
            query: Option<String>,
            document_id: Option<String>,
            operation_name: Option<String>,
            variables: Option<String>,
            extensions: Option<String>,
        }
        let Query(sent) = Query::<QueryString>::try_from_uri(request.uri())
            .map_err(|error| format!("the query string must give a query: {}", error.body_text()))?;
        Ok(Self {
            query: sent.query,
            document_id: sent.document_id,
            operation_name: sent.operation_name.filter(|name| !name.is_empty()),
            variables: object("variables", sent.variables)?,
            extensions: object("extensions", sent.extensions)?,
        })
    }

    async fn from_body(request: Request, limits: &Limits) -> Result<Self, Rejection> {
        if !is_json(request.headers()) {
            let advice = "send Content-Type: application/json";
            return Err(Rejection::request(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media type", advice));
        }
        let content_length =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if let Some(length) = content_length.filter(|length: &u64| {
            usize::try_from(*length).is_ok_and(|length| length > limits.limit_body_bytes)
        }) {
            return Err(too_large(&length.to_string(), limits));
        }
        let body = to_bytes(request.into_body(), limits.limit_body_bytes);
        let body = match tokio::time::timeout(limits.arrival_timeout(), body).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) if content_length.is_some() => {
                return Err(malformed("the body ended before its Content-Length"));
            }
            Ok(Err(_)) => {
                let found = format!("more than {}", limits.limit_body_bytes);
                return Err(too_large(&found, limits));
            }
            Err(_) => {
                let seconds = limits.limit_arrival_seconds;
                return Err(Rejection::timed_out(format!(
                    "the body did not arrive within {seconds} seconds"
                )));
            }
        };
        // A list is a batch, which is rejected; serde would take its items for the fields of the struct.
        if !body.trim_ascii_start().starts_with(b"{") {
            let message = "the body must be one JSON object with a query; lists of requests are rejected";
            return Err(malformed(message));
        }
        serde_json::from_slice(&body)
            .map_err(|reason| malformed(format!("the body must be one JSON object with a query: {reason}")))
    }
}

/// Parses a JSON object of the query string; an empty value counts as absent.
fn object<T: serde::de::DeserializeOwned>(name: &str, text: Option<String>) -> Result<Option<T>, String> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if !text.trim_start().starts_with('{') {
        return Err(format!("{name} must be a JSON object, URL-encoded"));
    }
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|reason| format!("{name} must be a JSON object, URL-encoded: {reason}"))
}

/// Returns whether the Content-Type is JSON in UTF-8.
///
/// No other type is accepted: those that a page of another site can send without a preflight are not JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(parsed) = sent.and_then(|text| MediaType::parse(text).ok()) else { return false };
    let charset = mediatype::ReadParams::get_param(&parsed, names::CHARSET);
    parsed.essence() == MediaType::new(names::APPLICATION, names::JSON)
        && charset.is_none_or(|charset| charset.unquoted_str().eq_ignore_ascii_case("utf-8"))
}
