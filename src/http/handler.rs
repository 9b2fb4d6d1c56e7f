//! `/graphql`: authenticates the caller of a request, prepares its document, executes it and writes the response.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::ServerError;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures_util::FutureExt;
use tokio::task::unconstrained;
use tracing::Instrument;
use uuid::Uuid;

use super::media::Media;
use super::params::{EncodedParams, Params};
use super::rejection::{Rejection, shortened};
use super::request_log::RequestLog;
use super::shares::{HeldBody, Reservation};
use super::state::AppState;
use super::token_lookups::PeerAddress;
use super::{caller, trace};
use crate::auth::{Caller, Permission};
use crate::domain::admission::Admission;
use crate::graphql::request::DocumentError;
use crate::graphql::request::document::Document;
use crate::graphql::request::limits::Limits;
use crate::graphql::request::persisted_documents::DocumentSource;
use crate::graphql::{self, Work};
use crate::metrics::{Outcome, RequestMetrics, count_statements};
use crate::primitives::error::{Error, Result};

/// The header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The memory of a field of a response, with its share of the rows that it comes from, in bytes.
const FIELD_BYTES: usize = 160;
/// The longest name of an operation in the log, in characters.
const OPERATION_NAME_MAX: usize = 255;

/// Answers one GraphQL request.
pub async fn graphql(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let id = request_id(request.headers());
    let in_flight = state.in_flight.clone();
    let mut response = if in_flight.is_draining() {
        state.metrics.rejected("stopping");
        Rejection::stopping().response(Media::Json, &id)
    } else {
        let span = trace::span(&id, request.headers(), "/graphql");
        // A task of its own: a mutation is committed or rolled back even if its client disconnects.
        let task = in_flight.spawn(handle_logged(state, request, id.clone()).instrument(span));
        task.await.unwrap_or_else(|error| {
            let error = Error::internal(format!("a request panicked: {error}"));
            Rejection::from(error).response(Media::Json, &id)
        })
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Handles a request; then logs it and records its metrics.
async fn handle_logged(state: Arc<AppState>, request: Request, id: String) -> Response {
    let (started, in_flight) = (Instant::now(), state.metrics.request_started());
    let mut log = RequestLog::default();
    let media = Media::negotiate(request.headers());
    let address = request.extensions().get::<PeerAddress>().copied();
    let (result, statements) = count_statements(handle(&state, request, media, &id, &mut log)).await;
    let is_rejected = result.is_err();
    let response = result.unwrap_or_else(|rejection| {
        log.record_rejection(&rejection);
        rejection.response(media.unwrap_or(Media::Json), &id)
    });
    log.emit(&state.metrics, started.elapsed(), statements, response.status());
    drop(in_flight);
    if is_rejected {
        state.rejection_delay.wait(address).await;
    }
    response
}

async fn handle(
    state: &AppState,
    request: Request,
    media: Option<Media>,
    id: &str,
    log: &mut RequestLog,
) -> Result<Response, Rejection> {
    let media = media.ok_or_else(|| {
        let message = "accept application/graphql-response+json or application/json";
        Rejection::request(StatusCode::NOT_ACCEPTABLE, "media type", message)
    })?;
    if ![Method::GET, Method::POST].contains(request.method()) {
        let message = "send GraphQL requests by POST, or queries by GET";
        return Err(Rejection::method_not_allowed("GET, POST", message));
    }
    let address = request.extensions().get::<PeerAddress>().map(|address| address.0);
    // The larger futures are boxed: a request whose body arrives slowly does not hold their memory.
    let mut admission = caller::authenticate(state, request.headers(), address)
        .instrument(tracing::info_span!("authenticate"))
        .boxed()
        .await?;
    admission.caller = admission.caller.in_request(id);
    let identity = admission.caller.identity().clone();
    log.caller = Some((identity.tenant().clone(), identity.role()));
    let is_get = request.method() == Method::GET;
    let mut memory = state.reserve_memory(&identity)?;
    // A body that arrives slowly must not occupy a slot.
    let encoded = EncodedParams::read(request, &state.limits, &mut memory).await?;
    // The costs of parsing are charged before it, and count towards the cost of the document.
    let mut charged = 0;
    state.rate_limiter.charge(&identity, &mut charged, encoded.cost())?;
    let _slot = state.acquire_slot(&identity)?;
    let params = encoded.parse(&mut memory)?;
    let prepared = prepare(state, params, &admission.caller, &mut charged, log).boxed().await?;
    if is_get && prepared.document.is_mutation {
        return Err(Rejection::method_not_allowed("POST", "send mutations by POST"));
    }
    state.rate_limiter.charge(&identity, &mut charged, prepared.document.cost)?;
    memory.grow(response_memory(prepared.document.cost, &state.limits)).map_err(Rejection::out_of_memory)?;
    let is_mutation = prepared.document.is_mutation;
    let (response, work) = execute(state, prepared, admission, log).boxed().await;
    // What the response really has may be more than the document seemed to cost. It cannot be refused any more.
    let _ = state.rate_limiter.charge(&identity, &mut charged, work.fields());
    // Writing a long response takes a processor for milliseconds.
    let _turn = work.turn().await;
    hold_memory(finish(state, response, media, id, log), memory, is_mutation)
}

/// Returns the memory that a response takes as objects, by the cost of its document; at most a quarter of what a caller may
/// hold, so that a high LIMIT_COST needs no more memory to begin with.
fn response_memory(cost: u64, limits: &Limits) -> usize {
    let bytes = usize::try_from(cost).unwrap_or(usize::MAX).saturating_mul(FIELD_BYTES);
    bytes.min(limits.memory_bytes() / 32)
}

/// Reserves the memory of a response until it is delivered. A mutation is answered in any case: it has taken effect.
fn hold_memory(
    response: Response,
    mut memory: Reservation,
    is_mutation: bool,
) -> Result<Response, Rejection> {
    let bytes = response.body().size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    memory
        .grow(bytes.unwrap_or_default())
        .or_else(|exceeded| if is_mutation { Ok(()) } else { Err(Rejection::out_of_memory(exceeded)) })?;
    Ok(response.map(|body| Body::new(HeldBody { body, _memory: memory })))
}

/// A document that may be executed, and the request to execute it with.
struct PreparedRequest {
    document: Document,
    request: async_graphql::Request,
}

/// Resolves the document of a request and checks it against the limits.
async fn prepare(
    state: &AppState,
    mut params: Params,
    caller: &Caller,
    charged: &mut u64,
    log: &mut RequestLog,
) -> Result<PreparedRequest, Rejection> {
    let source = DocumentSource {
        query: params.query.take(),
        document_id: params.document_id.take(),
        persisted_query: params.take_persisted_query(),
    };
    let is_staff = caller.identity().role().is_staff();
    let text = state.persisted_documents.resolve(source, is_staff)?;
    log.hash = Some(text.hash.clone());
    log.trusted_operation.clone_from(&text.operation);
    let (operation_name, variables) = (params.operation_name.take(), params.take_variables());
    let parsed = match state.documents.cached(&text, operation_name.as_deref()) {
        Some(parsed) => parsed,
        None => {
            let cost = state.documents.parsing_cost(&text)?;
            state.rate_limiter.charge(caller.identity(), charged, cost)?;
            state.documents.parse(&text, operation_name.as_deref(), cost).await?
        }
    };
    let (document, executable) =
        state.documents.prepare(text, parsed, operation_name.as_deref(), &variables)?;
    log.kind = if document.is_mutation { "mutation" } else { "query" };
    let name = document.operation.as_ref().map(|name| name.chars().take(OPERATION_NAME_MAX).collect());
    log.operation_name = name;
    log.cost = Some(document.cost);
    if document.introspects {
        let forbidden = |error: Error| DocumentError::new(error.code(), "introspection", error.message());
        caller.require(Permission::Introspect).map_err(forbidden)?;
    }
    let mut request = async_graphql::Request::new("").variables(variables);
    request.operation_name = operation_name;
    request.set_parsed_query(executable);
    Ok(PreparedRequest { document, request })
}

/// Executes a query within its time limit, or a mutation to its end; returns the response and its work.
async fn execute(
    state: &AppState,
    prepared: PreparedRequest,
    admission: Admission,
    log: &mut RequestLog,
) -> (async_graphql::Response, Arc<Work>) {
    let PreparedRequest { document, request } = prepared;
    let metrics = RequestMetrics::new(state.metrics.clone());
    let pool = if document.is_mutation { state.pool.clone() } else { state.pool.for_reading() };
    let work = Arc::new(Work::new(state.limits.limit_cost, &state.turns));
    let request = request.data(graphql::Request::new(pool, admission, metrics.clone(), Arc::clone(&work)));
    // Unconstrained: a loader that tokio's budget interrupts would send its keys in two statements.
    let execution = unconstrained(work.paced(state.schema.execute(request)));
    let execution = execution.instrument(tracing::info_span!("execute"));
    let response = if document.is_mutation {
        execution.await
    } else {
        tokio::time::timeout(state.limits.query_timeout(), execution).await.unwrap_or_else(|_| {
            let error = async_graphql::Error::from(Error::Timeout);
            let error = error.into_server_error(async_graphql::Pos::default());
            async_graphql::Response::from_errors(vec![error])
        })
    };
    if !was_rejected(&response) {
        state.persisted_documents.remember(&document.text);
        state.documents.remember(&document);
    }
    if metrics.has_user_errors() {
        log.outcome = Outcome::UserError;
    }
    (response, work)
}

/// Turns the result of an execution into a response.
fn finish(
    state: &AppState,
    mut response: async_graphql::Response,
    media: Media,
    id: &str,
    log: &mut RequestLog,
) -> Response {
    truncate_errors(&mut response.errors, state.limits.limit_errors);
    for error in &mut response.errors {
        error.message = shortened(std::mem::take(&mut error.message));
        log.record_error(set_code(error, id));
    }
    if was_rejected(&response) {
        log.rejection = Some("invalid document");
        return media.not_executed(&response.errors);
    }
    media.executed(response)
}

/// Returns whether nothing was executed: its errors, of validation or a timeout, are at no field.
fn was_rejected(response: &async_graphql::Response) -> bool {
    !response.errors.is_empty()
        && response.data == async_graphql::Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Keeps the first errors and replaces the others with one that states their number.
fn truncate_errors(errors: &mut Vec<ServerError>, limit: usize) {
    let count = errors.len();
    if count > limit {
        errors.truncate(limit);
        let message = format!("and {} more errors; at most {limit} are listed", count - limit);
        let mut rest = ServerError::new(message, None);
        // At the path of the others: an error at no field would mean that nothing was executed.
        rest.path = errors.first().map(|first| first.path.clone()).unwrap_or_default();
        errors.push(rest);
    }
}

/// Returns the client's request id if it is printable and at most 64 bytes long, or else a new one.
///
/// `tower_http::request_id` is not used because it keeps whatever the client sends.
pub fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_valid = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    sent.filter(is_valid).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Sets `extensions.code` of an error, and `extensions.requestId` of an internal error, by which it can be found in the
/// log; returns the code.
pub fn set_code(error: &mut ServerError, id: &str) -> String {
    let extensions = error.extensions.get_or_insert_default();
    let code = match extensions.get("code") {
        Some(async_graphql::Value::String(code)) => code.clone(),
        // Errors of async-graphql's parser and validator have no code.
        Some(_) | None => "BAD_USER_INPUT".to_owned(),
    };
    extensions.set("code", code.as_str());
    if code == "INTERNAL_ERROR" {
        extensions.set("requestId", id);
    }
    code
}
