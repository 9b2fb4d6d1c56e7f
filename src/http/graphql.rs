//! /graphql: from bytes to a caller, a request and an answer.

use std::time::Instant;

use async_graphql::ServerError;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use tokio::task::unconstrained;
use tracing::Instrument;
use uuid::Uuid;

use super::about::About;
use super::document::Document;
use super::media::Media;
use super::parameters::Parameters;
use super::refused::Refused;
use super::{App, caller, trace};
use crate::access::{Caller, Right};
use crate::error::{Error, Result};
use crate::graphql;
use crate::metrics::{Outcome, Teller, counting};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one GraphQL request.
pub async fn answer(State(app): State<App>, request: Request) -> Response {
    let id = request_id(request.headers());
    // A task of its own: what a client began is finished, committed or rolled back, even when it hangs up.
    let work = app.work.clone();
    let mut response = if work.is_over() {
        app.metrics.refused("stopping");
        Refused::stopping().response(Media::Json, &id)
    } else {
        let span = trace::span(&id, request.headers());
        let task = work.begin(told(app, request, id.clone()).instrument(span));
        task.await.unwrap_or_else(|panic| {
            let fault = Error::internal(format!("a request panicked: {panic}"));
            Refused::from(fault).response(Media::Json, &id)
        })
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.append(VARY, HeaderValue::from_static("accept"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Answers a request, and tells of it in the log and the figures.
async fn told(app: App, request: Request, id: String) -> Response {
    let (begun, in_flight) = (Instant::now(), app.metrics.begin());
    let mut about = About::default();
    let media = Media::wanted(request.headers());
    let answered = respond(&app, request, (media, &id), &mut about);
    let (answered, statements) = counting(answered).await;
    let response = answered.unwrap_or_else(|refused| {
        about.refused(&refused);
        refused.response(media.unwrap_or(Media::Json), &id)
    });
    about.tell(&app.metrics, (begun.elapsed(), statements), response.status());
    drop(in_flight);
    response
}

/// From bytes to an answer.
async fn respond(
    app: &App,
    request: Request,
    (media, id): (Option<Media>, &str),
    about: &mut About,
) -> Result<Response, Refused> {
    let media = media.ok_or_else(|| {
        let advice = "accept application/graphql-response+json or application/json";
        Refused::request(StatusCode::NOT_ACCEPTABLE, "media type", advice)
    })?;
    if ![Method::GET, Method::POST].contains(request.method()) {
        return Err(Refused::method("GET, POST", "send GraphQL requests by POST, or queries by GET"));
    }
    let place = app.place()?;
    let caller = caller::of(app, request.headers()).instrument(tracing::info_span!("admit")).await?;
    // A body that takes its time takes nobody's place.
    drop(place);
    let identity = caller.identity();
    about.caller = Some((identity.tenant().clone(), identity.role()));
    let by_get = request.method() == Method::GET;
    let parameters = Parameters::read(request, &app.limits).await?;
    let _place = app.place()?;
    let (document, request) = prepare(app, parameters, &caller, about)?;
    if by_get && document.changes_something {
        return Err(Refused::method("POST", "send mutations by POST"));
    }
    app.rates.charge(caller.identity(), document.cost)?;
    let response = execute(app, (document, request), caller, about).await;
    Ok(finished(response, (media, id), app, about))
}

/// Finds the document of a request, and weighs it.
fn prepare(
    app: &App,
    mut parameters: Parameters,
    caller: &Caller,
    about: &mut About,
) -> Result<(Document, async_graphql::Request), Refused> {
    let (query, persisted) = (parameters.query.take(), parameters.persisted_query());
    let is_staff = caller.identity().role().is_staff();
    let text = app.known.find(query, parameters.document_id.as_deref(), persisted, is_staff)?;
    about.hash = Some(text.hash.clone());
    about.trusted.clone_from(&text.operation);
    let (operation, variables) = (parameters.operation_name.take(), parameters.variables());
    let (document, parsed) = app.documents.read(text, operation.as_deref(), &variables)?;
    about.kind = if document.changes_something { "mutation" } else { "query" };
    about.name = document.operation.as_ref().map(ToString::to_string);
    about.cost = Some(document.cost);
    if document.introspects {
        caller
            .must(Right::Introspect)
            .map_err(|error| Refused::document(error.code(), "introspection", error.message()))?;
    }
    let mut request = async_graphql::Request::new("").variables(variables);
    request.operation_name = operation;
    request.set_parsed_query(parsed);
    Ok((document, request))
}

/// Executes a request: a query within its time, a mutation to its end.
async fn execute(
    app: &App,
    (document, request): (Document, async_graphql::Request),
    caller: Caller,
    about: &mut About,
) -> async_graphql::Response {
    let teller = Teller::new(app.metrics.clone());
    let pool = if document.changes_something { app.pool.clone() } else { app.pool.for_reading() };
    let request = request.data(graphql::Request::new(pool, caller, teller.clone()));
    // Unconstrained: a loader whose turn tokio's budget cuts short would send its keys in two statements.
    let execution = unconstrained(app.schema.execute(request)).instrument(tracing::info_span!("execute"));
    let response = if document.changes_something {
        execution.await
    } else {
        tokio::time::timeout(app.limits.query(), execution).await.unwrap_or_else(|_| {
            let error =
                async_graphql::Error::from(Error::Timeout).into_server_error(async_graphql::Pos::default());
            async_graphql::Response::from_errors(vec![error])
        })
    };
    if !has_done_nothing(&response) {
        app.known.remember(&document.text);
    }
    if teller.has_a_rule_said_no() {
        about.outcome = Outcome::UserError;
    }
    response
}

/// Turns what was executed into an answer.
fn finished(
    mut response: async_graphql::Response,
    (media, id): (Media, &str),
    app: &App,
    about: &mut About,
) -> Response {
    shorten(&mut response.errors, app.limits.limit_errors);
    for error in &mut response.errors {
        about.error(finish(error, id));
    }
    if has_done_nothing(&response) {
        about.refusal = Some("invalid document");
        return media.rejected(&response.errors);
    }
    media.executed(response)
}

/// Whether nothing was executed: an error that lies at no field came before.
fn has_done_nothing(response: &async_graphql::Response) -> bool {
    !response.errors.is_empty()
        && response.data == async_graphql::Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Keeps the first errors, and tells how many there were: five thousand wrong fields need no five thousand sentences.
fn shorten(errors: &mut Vec<ServerError>, most: usize) {
    let count = errors.len();
    if count > most {
        errors.truncate(most);
        let message = format!("and {} more errors; at most {most} are told", count - most);
        let mut rest = ServerError::new(message, None);
        // Where the others lie: an error at no field says that nothing was executed.
        rest.path = errors.first().map(|first| first.path.clone()).unwrap_or_default();
        errors.push(rest);
    }
}

/// The id of a request: the caller's own if it sent a sensible one.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sensible = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    sent.filter(sensible).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Gives an error what every error has: a code, and if the fault is ours the id to find it by in the log. Answers the code.
fn finish(error: &mut ServerError, id: &str) -> String {
    let extensions = error.extensions.get_or_insert_default();
    let code = match extensions.get("code") {
        Some(async_graphql::Value::String(code)) => code.clone(),
        // Without a code of ours it comes from the parser or the validator.
        Some(_) | None => "BAD_USER_INPUT".to_owned(),
    };
    extensions.set("code", code.as_str());
    if code == "INTERNAL_ERROR" {
        extensions.set("requestId", id);
    }
    code
}
