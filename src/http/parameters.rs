//! The parameters of a GraphQL request, from the body of a POST or the query string of a GET.

use std::time::Duration;

use async_graphql::Variables;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use mediatype::{MediaType, names};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::media::Media;
use super::problem;

/// How large the body of a request may be.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// What is asked for (GraphQL over HTTP, "Request parameters"). Others are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// The document.
    pub query: String,
    /// Which operation of it; may be left out when it has one.
    #[serde(default)]
    pub operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    #[expect(dead_code, reason = "must be an object, and says nothing to this server")]
    extensions: Option<Map<String, Value>>,
}

impl Parameters {
    /// Reads the parameters of a request.
    pub async fn read(request: Request, media: Media) -> Result<Self, Response> {
        let read = if request.method() == Method::GET {
            Self::of_url(&request)
        } else {
            Self::of_body(request, media).await?
        };
        let malformed = |message: &str| problem(media, StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message);
        let parameters = read.map_err(|message| malformed(&message))?;
        if parameters.query.trim().is_empty() {
            return Err(malformed("the query is empty; write a GraphQL document"));
        }
        Ok(parameters)
    }

    /// The variables.
    pub fn variables(&mut self) -> Variables {
        Variables::from_json(Value::Object(self.variables.take().unwrap_or_default()))
    }

    fn of_url(request: &Request) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct InUrl {
            query: String,
            operation_name: Option<String>,
            variables: Option<String>,
            extensions: Option<String>,
        }
        let Query(sent) = Query::<InUrl>::try_from_uri(request.uri())
            .map_err(|error| format!("the query string must give a query: {}", error.body_text()))?;
        let object = |name: &str, text: Option<String>| match text.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => serde_json::from_str(&text)
                .map_err(|reason| format!("{name} must be a JSON object, URL-encoded: {reason}")),
        };
        Ok(Self {
            query: sent.query,
            operation_name: sent.operation_name.filter(|name| !name.is_empty()),
            variables: object("variables", sent.variables)?,
            extensions: object("extensions", sent.extensions)?,
        })
    }

    async fn of_body(request: Request, media: Media) -> Result<Result<Self, String>, Response> {
        if !is_json(request.headers()) {
            let message = "send Content-Type: application/json";
            return Err(problem(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_USER_INPUT", message));
        }
        let body = tokio::time::timeout(BODY_WITHIN, to_bytes(request.into_body(), BODY_BYTES_MAX)).await;
        let body: Bytes = match body {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => {
                let message = format!("the body is larger than {BODY_BYTES_MAX} bytes, or broke off");
                return Err(problem(media, StatusCode::PAYLOAD_TOO_LARGE, "LIMIT_EXCEEDED", &message));
            }
            Err(_) => {
                let message = format!("the body did not arrive within {} seconds", BODY_WITHIN.as_secs());
                return Err(problem(media, StatusCode::REQUEST_TIMEOUT, "TIMEOUT", &message));
            }
        };
        // A list is a batch, which is refused; its reader would take its items for the members of an object.
        if !body.trim_ascii_start().starts_with(b"{") {
            let message = "the body must be one JSON object with a query; lists of requests are refused";
            return Ok(Err(message.to_owned()));
        }
        let malformed = |reason| format!("the body must be one JSON object with a query: {reason}");
        Ok(serde_json::from_slice(&body).map_err(malformed))
    }
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
