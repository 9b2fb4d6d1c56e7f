//! The media type of a response, and the HTTP status that it determines (GraphQL over HTTP, "Media types").

use async_graphql_axum::GraphQLResponse;
use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use headers_accept::Accept;
use mediatype::MediaType;
use serde::Serialize;
use serde_json::json;

const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";

/// The media type of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`, the default: a document that cannot be executed gets status 200 and errors, as legacy
    /// clients expect.
    Json,
    /// `application/graphql-response+json`: a document that cannot be executed gets status 400.
    GraphqlResponse,
}

impl Media {
    /// Returns the media type that the client prefers; `None` if it accepts neither.
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let sent: Vec<_> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let Ok(accept) = sent.join(",").parse::<Accept>() else { return Some(Self::Json) };
        if accept.media_types().next().is_none() {
            return Some(Self::Json);
        }
        // With and without the charset: a client that names the charset accepts no other.
        let available = [
            (Self::Json, "application/json"),
            (Self::Json, JSON),
            (Self::GraphqlResponse, "application/graphql-response+json"),
            (Self::GraphqlResponse, GRAPHQL),
        ]
        .map(|(media, text)| MediaType::parse(text).ok().map(|parsed| (media, parsed)));
        let parsed: Vec<_> = available.into_iter().flatten().collect();
        let chosen = accept.negotiate(parsed.iter().map(|(_, parsed)| parsed))?;
        parsed.iter().find(|(_, parsed)| parsed == chosen).map(|(media, _)| *media)
    }

    /// Returns the response to a document that was executed.
    pub fn executed(self, response: async_graphql::Response) -> Response {
        self.with_content_type(GraphQLResponse::from(response).into_response())
    }

    /// Returns the response to a well-formed request whose document cannot be executed.
    pub fn not_executed(self, errors: &[impl Serialize]) -> Response {
        let status = match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
        };
        // No `data` entry, not even null: nothing was executed.
        self.json(status, &json!({ "errors": errors }))
    }

    /// Returns the response to a request that is rejected with an HTTP status.
    pub fn rejected(self, status: StatusCode, error: &impl Serialize) -> Response {
        self.json(status, &json!({ "errors": [error] }))
    }

    fn json(self, status: StatusCode, body: &impl Serialize) -> Response {
        let (status, body) = match serde_json::to_vec(body) {
            Ok(body) => (status, Body::from(body)),
            Err(error) => {
                tracing::error!(%error, "cannot serialize a response");
                (StatusCode::INTERNAL_SERVER_ERROR, Body::empty())
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        self.with_content_type(response)
    }

    fn with_content_type(self, mut response: Response) -> Response {
        let content_type = match self {
            Self::Json => JSON,
            Self::GraphqlResponse => GRAPHQL,
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &[&'static str]) -> Option<Media> {
        let mut headers = HeaderMap::new();
        for accept in accept {
            headers.append(ACCEPT, HeaderValue::from_static(accept));
        }
        Media::negotiate(&headers)
    }

    #[test]
    fn the_media_type_is_the_one_that_the_client_prefers() {
        let (json, graphql) = (Some(Media::Json), Some(Media::GraphqlResponse));
        for (accept, media) in [
            (&[][..], json),
            (&["*/*"], json),
            (&["application/*"], json),
            (&["application/json"], json),
            (&["application/graphql-response+json"], graphql),
            (&["application/graphql-response+json, application/json;q=0.9"], graphql),
            (&["application/graphql-response+json;q=0.5, application/json"], json),
            (&["application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"], graphql),
            (&["text/event-stream, multipart/mixed", "application/graphql-response+json"], graphql),
            (&["text/html,application/xhtml+xml,*/*;q=0.8"], json),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&[";;;"], json),
        ] {
            assert_eq!(negotiated(accept), media, "{accept:?}");
        }
    }
}
