//! In which of two media types an answer is written, and what status goes with it.

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

/// A media type for answers (GraphQL over HTTP, "Media types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`, what clients that know nothing better are sent: a request that cannot be executed is
    /// answered with 200 and errors, as they expect.
    Json,
    /// `application/graphql-response+json`: a request that cannot be executed is answered with 400.
    GraphqlResponse,
}

impl Media {
    /// What a client wants to read; none if it is nothing that can be written.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let sent: Vec<_> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let Ok(accept) = sent.join(",").parse::<Accept>() else { return Some(Self::Json) };
        if accept.media_types().next().is_none() {
            return Some(Self::Json);
        }
        // With and without the charset: who names it wants no other.
        let available = [
            (Self::Json, "application/json"),
            (Self::Json, JSON),
            (Self::GraphqlResponse, "application/graphql-response+json"),
            (Self::GraphqlResponse, GRAPHQL),
        ]
        .map(|(media, text)| MediaType::parse(text).ok().map(|parsed| (media, parsed)));
        let known: Vec<_> = available.into_iter().flatten().collect();
        let chosen = accept.negotiate(known.iter().map(|(_, parsed)| parsed))?;
        known.iter().find(|(_, parsed)| parsed == chosen).map(|(media, _)| *media)
    }

    /// The answer to a request that was executed.
    pub fn executed(self, response: async_graphql::Response) -> Response {
        self.labelled(GraphQLResponse::from(response).into_response())
    }

    /// The answer to a request that is one, and cannot be executed.
    pub fn rejected(self, errors: &[impl Serialize]) -> Response {
        let status = match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
        };
        // Not even a null for data: nothing was executed.
        self.answer(status, &json!({ "errors": errors }))
    }

    /// The answer to what is no request, or from nobody who may ask.
    pub fn refused(self, status: StatusCode, error: &impl Serialize) -> Response {
        self.answer(status, &json!({ "errors": [error] }))
    }

    fn answer(self, status: StatusCode, body: &impl Serialize) -> Response {
        let (status, body) = match serde_json::to_vec(body) {
            Ok(body) => (status, Body::from(body)),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written");
                (StatusCode::INTERNAL_SERVER_ERROR, Body::empty())
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        self.labelled(response)
    }

    fn labelled(self, mut response: Response) -> Response {
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

    fn wanted(accept: &[&'static str]) -> Option<Media> {
        let mut headers = HeaderMap::new();
        for accept in accept {
            headers.append(ACCEPT, HeaderValue::from_static(accept));
        }
        Media::wanted(&headers)
    }

    #[test]
    fn a_client_is_answered_in_what_it_likes_best() {
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
            assert_eq!(wanted(accept), media, "{accept:?}");
        }
    }
}
