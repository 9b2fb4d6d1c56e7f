//! POST /graphql: from bytes to a caller, a request and an answer.

use async_graphql::ServerError;
use async_graphql_axum::GraphQLRequest;
use async_graphql_axum::rejection::GraphQLRejection;
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::task::unconstrained;
use tracing::Instrument;
use uuid::Uuid;

use super::{App, document, problem};
use crate::access::Caller;
use crate::domain::tenant;
use crate::error::{Error, Result};
use crate::graphql;

const BODY_BYTES_MAX: usize = 256 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one GraphQL request.
pub async fn answer(State(app): State<App>, request: Request) -> Response {
    let id = request_id(request.headers());
    // At the level of errors, so that no filter takes the id away from what is logged within.
    let span = tracing::error_span!("request", id);
    // A task of its own: what a client began is finished, committed or rolled back, even when it hangs up.
    let task = tokio::spawn(respond(app, request, id.clone()).instrument(span));
    let mut response = task.await.unwrap_or_else(|panic| {
        tracing::error!(id, %panic, "a request panicked");
        refusal(&Error::internal("panic"), &id)
    });
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn respond(app: App, request: Request, id: String) -> Response {
    let caller = match admit(&app, request.headers()).await {
        Ok(caller) => caller,
        Err(error) => return refusal(&error, &id),
    };
    let mut request = match read(request).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    match document::read(&request.query, request.operation_name.as_deref(), &request.variables) {
        Ok(document) => request.set_parsed_query(document),
        Err(refusal) => {
            let code = if refusal.is_limit { "LIMIT_EXCEEDED" } else { "BAD_USER_INPUT" };
            return problem(StatusCode::OK, code, &refusal.message);
        }
    };
    let request = request.data(graphql::Request::new(app.pool.clone(), caller));
    // Unconstrained: a loader whose turn tokio's budget cuts short would send its keys in two statements.
    let mut response = unconstrained(app.schema.execute(request)).await;
    for error in &mut response.errors {
        finish(error, &id);
    }
    Json(response).into_response()
}

/// The id of a request: the caller's own if it sent a sensible one.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sensible = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    sent.filter(sensible).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Who is asking.
async fn admit(app: &App, headers: &HeaderMap) -> Result<Caller> {
    let unauthenticated = |message: &str| Error::Unauthenticated(message.to_owned());
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| unauthenticated("send a token in the header: Authorization: Bearer <token>"))?;
    let token = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| unauthenticated("the Authorization header must read: Bearer <token>"))?;
    tenant::admit(&app.pool, app.tokens.verify(token)?).await
}

/// The request in the body.
async fn read(request: Request) -> Result<async_graphql::Request, Response> {
    let refused = |status, message: &str| problem(status, "BAD_USER_INPUT", message);
    let is_json = |value: &HeaderValue| {
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    };
    if !request.headers().get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send Content-Type: application/json"));
    }
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let message = format!("the body is larger than {BODY_BYTES_MAX} bytes, or broke off");
        problem(StatusCode::PAYLOAD_TOO_LARGE, "LIMIT_EXCEEDED", &message)
    })?;
    let malformed = || {
        let message =
            "the body must be one JSON object with a query, and optionally variables and an operationName";
        refused(StatusCode::BAD_REQUEST, message)
    };
    // A list is a batch, which is refused, or is mistaken for a request by its parser.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(malformed());
    }
    let request = Request::from_parts(parts, Body::from(body));
    let parsed = GraphQLRequest::<GraphQLRejection>::from_request(request, &()).await;
    let request = parsed.map(GraphQLRequest::into_inner).map_err(|_| malformed())?;
    if request.query.trim().is_empty() { Err(malformed()) } else { Ok(request) }
}

/// The answer to a request that was not executed.
fn refusal(error: &Error, id: &str) -> Response {
    let status = match error {
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::BadInput { .. } => StatusCode::BAD_REQUEST,
        Error::Timeout | Error::Unavailable | Error::Overtaken => StatusCode::SERVICE_UNAVAILABLE,
        Error::Refused(_) | Error::Constraint(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let error = async_graphql::Error::from(error.clone());
    let mut error = error.into_server_error(async_graphql::Pos::default());
    error.locations.clear();
    finish(&mut error, id);
    let mut response = (status, Json(serde_json::json!({ "errors": [error] }))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Gives an error what every error has: a code, and if the fault is ours the id to find it by in the log.
fn finish(error: &mut ServerError, id: &str) {
    let extensions = error.extensions.get_or_insert_default();
    match extensions.get("code") {
        // Without a code of ours it comes from the parser or the validator.
        None if error.message.starts_with("Query is nested too deep") => {
            extensions.set("code", "LIMIT_EXCEEDED");
        }
        None => extensions.set("code", "BAD_USER_INPUT"),
        Some(code) if *code == async_graphql::Value::from("INTERNAL_ERROR") => {
            extensions.set("requestId", id);
        }
        Some(_) => {}
    }
}
