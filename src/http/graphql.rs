//! /graphql: from bytes to a caller, a request and an answer.

use async_graphql::ServerError;
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONNECTION, HeaderName, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use tokio::task::unconstrained;
use tracing::Instrument;
use uuid::Uuid;

use super::media::Media;
use super::parameters::Parameters;
use super::{App, caller, document, error, problem};
use crate::access::{Caller, Right};
use crate::error::{Error, Result};
use crate::graphql;

/// How many errors one answer tells of.
const ERRORS_MAX: usize = 25;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one GraphQL request.
pub async fn answer(State(app): State<App>, request: Request) -> Response {
    let id = request_id(request.headers());
    // At the level of errors, so that no filter takes the id away from what is logged within.
    let span = tracing::error_span!("request", id);
    // A task of its own: what a client began is finished, committed or rolled back, even when it hangs up.
    let work = app.work.clone();
    let mut response = if work.is_over() {
        ending(&id)
    } else {
        let task = work.begin(respond(app, request, id.clone()).instrument(span));
        task.await.unwrap_or_else(|panic| {
            tracing::error!(id, %panic, "a request panicked");
            refusal(Media::Json, &Error::internal("panic"), &id)
        })
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn respond(app: App, request: Request, id: String) -> Response {
    let Some(media) = Media::wanted(request.headers()) else {
        let message = "accept application/graphql-response+json or application/json";
        return problem(Media::Json, StatusCode::NOT_ACCEPTABLE, "BAD_USER_INPUT", message);
    };
    if ![Method::GET, Method::POST].contains(request.method()) {
        return not_allowed(media, "GET, POST", "send GraphQL requests by POST, or queries by GET");
    }
    let caller = match admit(&app, request.headers()).await {
        Ok(caller) => caller,
        Err(error) => return refusal(media, &error, &id),
    };
    let by_get = request.method() == Method::GET;
    let mut parameters = match Parameters::read(request, media).await {
        Ok(parameters) => parameters,
        Err(response) => return response,
    };
    let (operation_name, variables) = (parameters.operation_name.take(), parameters.variables());
    let document = match document::read(&parameters.query, operation_name.as_deref(), &variables) {
        Ok(document) => document,
        Err(refusal) => {
            let code = if refusal.is_limit { "LIMIT_EXCEEDED" } else { "BAD_USER_INPUT" };
            return media.rejected(&[error(code, &refusal.message)]);
        }
    };
    if document.introspects
        && let Err(forbidden) = caller.must(Right::Introspect)
    {
        return media.rejected(&[error(forbidden.code(), &forbidden.message())]);
    }
    if by_get && document.changes_something {
        return not_allowed(media, "POST", "send mutations by POST");
    }
    let mut request = async_graphql::Request::new(parameters.query).variables(variables);
    request.operation_name = operation_name;
    request.set_parsed_query(document.parsed);
    let request = request.data(graphql::Request::new(app.pool.clone(), caller));
    // Unconstrained: a loader whose turn tokio's budget cuts short would send its keys in two statements.
    let mut response = unconstrained(app.schema.execute(request)).await;
    shorten(&mut response.errors);
    for error in &mut response.errors {
        finish(error, &id);
    }
    // An error that lies at no field came before anything was executed.
    let nothing_done = !response.errors.is_empty()
        && response.data == async_graphql::Value::Null
        && response.errors.iter().all(|error| error.path.is_empty());
    if nothing_done { media.rejected(&response.errors) } else { media.executed(response) }
}

/// Keeps the first errors, and tells how many there were: five thousand wrong fields need no five thousand sentences.
fn shorten(errors: &mut Vec<ServerError>) {
    let count = errors.len();
    if count > ERRORS_MAX {
        errors.truncate(ERRORS_MAX);
        let message = format!("and {} more errors; at most {ERRORS_MAX} are told", count - ERRORS_MAX);
        let mut rest = ServerError::new(message, None);
        // Where the others lie: an error at no field says that nothing was executed.
        rest.path = errors.first().map(|first| first.path.clone()).unwrap_or_default();
        errors.push(rest);
    }
}

/// The answer of a server that is about to end: another one may be there already.
fn ending(id: &str) -> Response {
    let mut response = refusal(Media::Json, &Error::Unavailable, id);
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_allowed(media: Media, allowed: &'static str, message: &str) -> Response {
    let mut response = problem(media, StatusCode::METHOD_NOT_ALLOWED, "BAD_USER_INPUT", message);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
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
    caller::of(app, token).await
}

/// The answer to a request that was not executed.
fn refusal(media: Media, error: &Error, id: &str) -> Response {
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
    let mut response = media.refused(status, &error);
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
        None => extensions.set("code", "BAD_USER_INPUT"),
        Some(code) if *code == async_graphql::Value::from("INTERNAL_ERROR") => {
            extensions.set("requestId", id);
        }
        Some(_) => {}
    }
}
