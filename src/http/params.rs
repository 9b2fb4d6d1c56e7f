//! The parameters of a GraphQL request, from the body of a POST or the query string of a GET.

use async_graphql::Variables;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::BodyExt;
use mediatype::{MediaType, names};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::rejection::Rejection;
use super::shares::Reservation;
use crate::graphql::request::limits::Limits;
use crate::graphql::request::persisted_documents::PersistedQuery;

/// The most values in a body: each takes a hundred times the memory of its text once it is parsed. The largest input, a
/// list of 500 ids, has about a thousand.
const VALUES_MAX: usize = 20_000;
/// The steps in which the memory of a body grows, in bytes.
const BODY_STEP_BYTES: usize = 16 * 1024;
/// The memory of a parsed value, in bytes.
const VALUE_BYTES: usize = 200;
/// The longest name of an operation or a variable, in bytes.
const NAME_BYTES_MAX: usize = 255;

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

/// The encoded parameters of a request: the body of a POST, or nothing for a GET.
pub struct EncodedParams {
    parts: axum::http::request::Parts,
    body: Bytes,
}

impl EncodedParams {
    /// Reads the body of a request; its memory is reserved as it arrives.
    pub async fn read(
        request: Request,
        limits: &Limits,
        memory: &mut Reservation,
    ) -> Result<Self, Rejection> {
        let (parts, body) = request.into_parts();
        if parts.method == Method::GET {
            return Ok(Self { parts, body: Bytes::new() });
        }
        if !is_json(&parts.headers) {
            let advice = "send Content-Type: application/json";
            return Err(Rejection::request(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media type", advice));
        }
        let body = read_body(body, &parts.headers, limits, memory);
        let body = tokio::time::timeout(limits.arrival_timeout(), body).await.unwrap_or_else(|_| {
            let seconds = limits.limit_arrival_seconds;
            Err(Rejection::timed_out(format!("the body did not arrive within {seconds} seconds")))
        })?;
        Ok(Self { parts, body })
    }

    /// Returns the cost of parsing the parameters: one per KiB.
    pub fn cost(&self) -> u64 {
        u64::try_from(self.body.len() / 1_024).unwrap_or(u64::MAX)
    }

    /// Parses the parameters; rejects a request without a document.
    pub fn parse(self, memory: &mut Reservation) -> Result<Params, Rejection> {
        let params = if self.parts.method == Method::GET {
            Params::from_uri(&self.parts.uri).map_err(malformed)?
        } else {
            Params::from_body(&self.body, memory)?
        };
        if params.query.as_ref().is_some_and(|query| query.trim().is_empty()) {
            return Err(malformed("the query is empty; write a GraphQL document"));
        }
        let has_hash = params.document_id.is_some()
            || params.extensions.as_ref().is_some_and(|extensions| extensions.persisted_query.is_some());
        if params.query.is_none() && !has_hash {
            return Err(malformed("the query is missing; write a GraphQL document"));
        }
        let names = params.operation_name.iter().chain(params.variables.iter().flat_map(Map::keys));
        if let Some(name) = names.max_by_key(|name| name.len()).filter(|name| name.len() > NAME_BYTES_MAX) {
            let length = name.len();
            return Err(malformed(format!(
                "the name of the operation, or of a variable, has {length} bytes; at most {NAME_BYTES_MAX} are allowed"
            )));
        }
        Ok(params)
    }
}

/// Reads a body in parts; rejects it as soon as it is too large.
async fn read_body(
    mut body: Body,
    headers: &HeaderMap,
    limits: &Limits,
    memory: &mut Reservation,
) -> Result<Bytes, Rejection> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(length) = length
        .filter(|length: &u64| usize::try_from(*length).is_ok_and(|length| length > limits.limit_body_bytes))
    {
        return Err(too_large(&length.to_string(), limits));
    }
    let mut read = Vec::<u8>::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(malformed("the body ended before its Content-Length, or its encoding is invalid"));
        };
        let Ok(part) = frame.into_data() else { continue };
        if read.len() + part.len() > limits.limit_body_bytes {
            return Err(too_large(&format!("more than {}", limits.limit_body_bytes), limits));
        }
        if read.len() + part.len() > read.capacity() {
            // In steps: a vector that doubles would hold twice what is counted.
            let step = part.len().max(BODY_STEP_BYTES);
            memory.grow(step).map_err(Rejection::out_of_memory)?;
            read.reserve_exact(step);
        }
        read.extend_from_slice(&part);
    }
    Ok(read.into())
}

/// Returns an upper bound of the number of values in a JSON text: each but the first follows a bracket or a comma outside
/// of strings.
fn values_max(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

impl Params {
    /// Takes the hash of a persisted document, in the form of Apollo's clients.
    pub fn take_persisted_query(&mut self) -> Option<PersistedQuery> {
        self.extensions.as_mut()?.persisted_query.take()
    }

    /// Takes the variables.
    pub fn take_variables(&mut self) -> Variables {
        Variables::from_json(Value::Object(self.variables.take().unwrap_or_default()))
    }

    fn from_uri(uri: &Uri) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct QueryString {
            query: Option<String>,
            document_id: Option<String>,
            operation_name: Option<String>,
            variables: Option<String>,
            extensions: Option<String>,
        }
        let Query(sent) = Query::<QueryString>::try_from_uri(uri)
            .map_err(|error| format!("the query string must give a query: {}", error.body_text()))?;
        Ok(Self {
            query: sent.query,
            document_id: sent.document_id,
            operation_name: sent.operation_name.filter(|name| !name.is_empty()),
            variables: object("variables", sent.variables)?,
            extensions: object("extensions", sent.extensions)?,
        })
    }

    fn from_body(body: &[u8], memory: &mut Reservation) -> Result<Self, Rejection> {
        // A list is a batch, which is rejected; serde would take its items for the fields of the struct.
        if !body.trim_ascii_start().starts_with(b"{") {
            let message = "the body must be one JSON object with a query; lists of requests are rejected";
            return Err(malformed(message));
        }
        let values = values_max(body);
        if values > VALUES_MAX {
            let message = format!("the body has {values} values; at most {VALUES_MAX} are allowed");
            return Err(Rejection::too_many_values(message));
        }
        memory.grow(values * VALUE_BYTES).map_err(Rejection::out_of_memory)?;
        serde_json::from_slice(body)
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
