//! `/download/…`: files, which are written while they are sent; and `/payment-files/…`.

mod audit;
mod body;
mod csv_list;
mod list;
mod log;
mod open_list;
mod output;
mod payment_file;
mod producer;
mod request;
mod statement;
mod temporary_file;
mod workbook;
mod xlsx_list;
mod xlsx_statement;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::any;
use futures_util::FutureExt;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;

use super::handler::{REQUEST_ID, request_id};
use super::listener::DeliveryTimeout;
use super::media::Media;
use super::rejection::Rejection;
use super::shares::Reservation;
use super::state::AppState;
use super::token_lookups::PeerAddress;
use super::{caller, cors, trace};
use crate::domain::admission::Admission;
use crate::metrics::count_statements;
use log::DownloadLog;
use output::{Output, Source};
use producer::{DOWNLOAD_TIMEOUT, DownloadEntry, Producer};
use request::{DownloadRequest, Params};

/// What a download costs of the rate of its caller, whatever its length: how many there are at a time is limited.
const COST: u64 = 2_000;

/// Returns the routes of the files.
pub fn routes(state: &AppState) -> Router<Arc<AppState>> {
    let header =
        |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let routes = Router::new()
        .route("/download/audit.jsonl", any(audit::file))
        .route("/download/{file}", any(list_file))
        .route("/download/statements/{file}", any(statement_file))
        .route("/download/drafts/{file}", any(draft_file))
        .route("/payment-files/{id}", any(bank_file))
        .layer(header(CACHE_CONTROL, "no-store"))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
        // A page of the portal reads an error from the frame that the response to its form is loaded into.
        .layer(header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'self'"));
    if state.cors_origins.is_empty() { routes } else { routes.layer(cors::layer(&state.cors_origins)) }
}

/// A download that its caller may have.
pub struct AcceptedDownload {
    /// The caller, with the settings of its tenant.
    pub admission: Admission,
    /// The parameters, without the token.
    pub params: Params,
}

/// A file that is ready to be sent.
pub struct File {
    /// The name under which the file is saved.
    pub name: String,
    /// The media type.
    pub media_type: &'static str,
    /// The size in bytes, if it is known.
    pub length: Option<u64>,
    /// What writes the file.
    pub source: Box<dyn Source>,
}

/// `/download/<list>.<format>`: the file of a list.
async fn list_file(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    answer(state, request, async move |state, accepted, log| list::open(state, &name, accepted, log).await)
        .await
}

/// `/download/statements/<id>.<format>`: a file of a statement.
async fn statement_file(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let open = async move |state: &Arc<AppState>, accepted, log: &mut DownloadLog| {
        statement::open(state, &name, accepted, log).await
    };
    answer(state, request, open).await
}

/// `/download/drafts/<id of a payout>.pdf`: the draft of a statement.
async fn draft_file(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let open = async move |state: &Arc<AppState>, accepted, log: &mut DownloadLog| {
        statement::open_draft(state, &name, accepted, log).await
    };
    answer(state, request, open).await
}

/// `/payment-files/<id>`: a payment file.
async fn bank_file(State(state): State<Arc<AppState>>, Path(id): Path<String>, request: Request) -> Response {
    let open = async move |state: &Arc<AppState>, accepted, log: &mut DownloadLog| {
        payment_file::open(state, &id, accepted, log).await
    };
    answer(state, request, open).await
}

/// Answers the request of a file: authenticates its caller, checks its limits, lets `open` open the file, and sends it.
///
/// Not in a task of its own, as that of a mutation is: if the client disconnects, the download ends.
pub async fn answer(
    state: Arc<AppState>,
    request: Request,
    open: impl AsyncFnOnce(&Arc<AppState>, AcceptedDownload, &mut DownloadLog) -> Result<File, Rejection>,
) -> Response {
    let id = request_id(request.headers());
    let span = trace::span(&id, request.headers(), "/download");
    let address = request.extensions().get::<PeerAddress>().copied();
    let mut log = DownloadLog::new(&state.metrics, span.clone());
    let prepared = prepare(&state, request, &id, address, open, &mut log);
    let (prepared, statements) = count_statements(prepared.instrument(span)).await;
    log.statements = statements;
    let mut response = match prepared {
        Ok((file, entry, held)) => send(&state, file, entry, held, log),
        Err(rejection) => {
            log.reject(&rejection);
            state.rejection_delay.wait(address).await;
            rejection.response(Media::Json, &id)
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn prepare(
    state: &Arc<AppState>,
    request: Request,
    id: &str,
    address: Option<PeerAddress>,
    open: impl AsyncFnOnce(&Arc<AppState>, AcceptedDownload, &mut DownloadLog) -> Result<File, Rejection>,
    log: &mut DownloadLog,
) -> Result<(File, DownloadEntry, [Reservation; 2]), Rejection> {
    if state.in_flight.is_draining() {
        return Err(Rejection::stopping());
    }
    let DownloadRequest { headers, token, params } = DownloadRequest::read(state, request).await?;
    let mut admission =
        authenticate(state, &headers, token, address.map(|address| address.0)).boxed().await?;
    admission.caller = admission.caller.in_request(id);
    let identity = admission.caller.identity().clone();
    log.set_caller(&identity);
    state.rate_limiter.charge(&identity, &mut 0, COST)?;
    let held = state.reserve_download(&identity)?;
    let (pool, caller) = (state.pool.clone(), admission.caller.clone());
    let parameters = params.to_text();
    let file = open(state, AcceptedDownload { admission, params }, log).await?;
    let entry = DownloadEntry { pool, caller, file: file.name.clone(), parameters };
    Ok((file, entry, held))
}

/// Returns the caller by the token in the form, or else by that in the header.
async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    form_token: Option<String>,
    address: Option<IpAddr>,
) -> Result<Admission, Rejection> {
    match form_token {
        Some(token) => caller::authenticate_token(state, &token, address).await,
        None => caller::authenticate(state, headers, address).await,
    }
}

/// Returns the response whose body is the file, and starts to write it.
fn send(
    state: &AppState,
    file: File,
    entry: DownloadEntry,
    held: [Reservation; 2],
    log: DownloadLog,
) -> Response {
    let File { name, media_type, length, source } = file;
    let (output, body) = Output::new(length);
    let producer = Producer { source, output, entry, log, _held: held, _in_flight: state.in_flight.token() };
    drop(tokio::spawn(producer.run()));
    let mut response = Response::new(Body::new(body));
    // One that stalls is noticed before.
    response.extensions_mut().insert(DeliveryTimeout(DOWNLOAD_TIMEOUT));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
