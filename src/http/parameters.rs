//! The parameters of a GraphQL request, from the body of a POST or the query string of a GET.

use async_graphql::Variables;
use axum::body::to_bytes;
use axum::extract::{Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use mediatype::{MediaType, names};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::limits::{Excess, Limits};
use super::refused::Refused;

/// What is asked for (GraphQL over HTTP, "Request parameters"). Others are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// The document.
    #[serde(default)]
    pub query: Option<String>,
    /// The document by its hash: `sha256:<hash>`.
    #[serde(default)]
    pub document_id: Option<String>,
    /// Which operation of it; may be left out when it has one.
    #[serde(default)]
    pub operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    extensions: Option<Extensions>,
}

/// What a client would like beside what is asked for. Others are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    persisted_query: Option<PersistedQuery>,
}

/// A document by its hash, as Apollo's clients name it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersistedQuery {
    /// Of the protocol: 1.
    pub version: u64,
    /// The SHA-256 of the document, in hexadecimal.
    pub sha256_hash: String,
}

impl PersistedQuery {
    /// The hash, if it can be one.
    pub fn hash(&self) -> Result<String, &'static str> {
        let hash = self.sha256_hash.to_ascii_lowercase();
        if self.version != 1 || hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("a persistedQuery has the version 1 and a sha256Hash of 64 hexadecimal digits");
        }
        Ok(hash)
    }
}

fn malformed(message: impl Into<String>) -> Refused {
    Refused::request(StatusCode::BAD_REQUEST, "malformed", message)
}

fn too_large(found: &str, limits: &Limits) -> Refused {
    let message = format!("the body has {found} bytes; at most {} are allowed", limits.limit_body_bytes);
    Refused::too_large(Excess { limit: "body bytes", message })
}

impl Parameters {
    /// Reads the parameters of a request.
    pub async fn read(request: Request, limits: &Limits) -> Result<Self, Refused> {
        let parameters = if request.method() == Method::GET {
            Self::of_url(&request).map_err(malformed)?
        } else {
            Self::of_body(request, limits).await?
        };
        if parameters.query.as_ref().is_some_and(|query| query.trim().is_empty()) {
            return Err(malformed("the query is empty; write a GraphQL document"));
        }
        let names_one = parameters.document_id.is_some() || parameters.persisted_query().is_some();
        if parameters.query.is_none() && !names_one {
            return Err(malformed("the query is missing; write a GraphQL document"));
        }
        Ok(parameters)
    }

    /// The document by its hash, as Apollo's clients name it.
    pub fn persisted_query(&self) -> Option<&PersistedQuery> {
        self.extensions.as_ref()?.persisted_query.as_ref()
    }

    /// The variables.
    pub fn variables(&mut self) -> Variables {
        Variables::from_json(Value::Object(self.variables.take().unwrap_or_default()))
    }

    fn of_url(request: &Request) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct InUrl {
            query: Option<String>,
            document_id: Option<String>,
            operation_name: Option<String>,
            variables: Option<String>,
            extensions: Option<String>,
        }
        let Query(sent) = Query::<InUrl>::try_from_uri(request.uri())
            .map_err(|error| format!("the query string must give a query: {}", error.body_text()))?;
        Ok(Self {
            query: sent.query,
            document_id: sent.document_id,
            operation_name: sent.operation_name.filter(|name| !name.is_empty()),
            variables: object("variables", sent.variables)?,
            extensions: object("extensions", sent.extensions)?,
        })
    }

    async fn of_body(request: Request, limits: &Limits) -> Result<Self, Refused> {
        if !is_json(request.headers()) {
            let advice = "send Content-Type: application/json";
            return Err(Refused::request(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media type", advice));
        }
        let said =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if let Some(length) = said.filter(|length: &u64| {
            usize::try_from(*length).is_ok_and(|length| length > limits.limit_body_bytes)
        }) {
            return Err(too_large(&length.to_string(), limits));
        }
        let body = to_bytes(request.into_body(), limits.limit_body_bytes);
        let body = match tokio::time::timeout(limits.arrival(), body).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) if said.is_some() => return Err(malformed("the body broke off")),
            Ok(Err(_)) => {
                let found = format!("more than {}", limits.limit_body_bytes);
                return Err(too_large(&found, limits));
            }
            Err(_) => {
                let seconds = limits.limit_arrival_seconds;
                return Err(Refused::late(format!("the body did not arrive within {seconds} seconds")));
            }
        };
        // A list is a batch, which is refused; its reader would take its items for the members of an object.
        if !body.trim_ascii_start().starts_with(b"{") {
            let message = "the body must be one JSON object with a query; lists of requests are refused";
            return Err(malformed(message));
        }
        serde_json::from_slice(&body)
            .map_err(|reason| malformed(format!("the body must be one JSON object with a query: {reason}")))
    }
}

/// A JSON object of the query string; an empty one is none.
fn object<T: serde::de::DeserializeOwned>(name: &str, text: Option<String>) -> Result<Option<T>, String> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if !text.trim_start().starts_with('{') {
        return Err(format!("{name} must be a JSON object, URL-encoded"));
    }
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|reason| format!("{name} must be a JSON object, URL-encoded: {reason}"))
}

/// Whether a body is said to be JSON in UTF-8.
///
/// Nothing else is read: what a page of another site can send without being asked first is no JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(parsed) = sent.and_then(|text| MediaType::parse(text).ok()) else { return false };
    let charset = mediatype::ReadParams::get_param(&parsed, names::CHARSET);
    parsed.essence() == MediaType::new(names::APPLICATION, names::JSON)
        && charset.is_none_or(|charset| charset.unquoted_str().eq_ignore_ascii_case("utf-8"))
}
