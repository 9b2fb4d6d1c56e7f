//! The listener: accepts connections, limits what each may use and how many there are, and closes them on shutdown.

mod admission;
mod progress;
mod reserve;
mod transport;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use admission::{Admission, RefusalLog};
use progress::{OpenRequest, Progress, TrackedBody, Verdict};
use reserve::Reserve;
use transport::Transport;

use super::token_lookups::PeerAddress;

pub use progress::DeliveryTimeout;
pub use reserve::CONNECTIONS_MAX as RESERVE_CONNECTIONS_MAX;

/// How long a connection may take to close after a graceful shutdown was requested, if it has no open request.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long all connections may take to close on shutdown.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);
/// The connections that the system accepts before this program does.
const BACKLOG: u32 = 1_024;
/// The buffer of the system for bytes that a client has not taken yet. A small one, because the system reports progress
/// only after a third of the buffer was sent: with one that grows to megabytes, a slow client would seem to be stuck.
const SEND_BUFFER_BYTES: u32 = 128 * 1024;

/// How many requests one HTTP/2 connection may have open. Enough for a page of the portal or a service that sends
/// requests in parallel; a client that needs more opens another connection.
const STREAMS_MAX: usize = 32;
/// The bytes of an HTTP/2 request body that may arrive before they are read.
const STREAM_WINDOW_BYTES: usize = 64 * 1024;
/// The same for all request bodies of an HTTP/2 connection.
const CONNECTION_WINDOW_BYTES: usize = 256 * 1024;
/// The bytes of the head of an HTTP/2 request.
const HEADER_LIST_BYTES_MAX: usize = 16 * 1024;
/// The header fields of a request. hyper has the same limit for HTTP/1, and none for HTTP/2.
const HEADERS_MAX: usize = 100;
/// The bytes of a response that hyper takes from its body ahead of the client, for each open request.
const SEND_BYTES_MAX: usize = 64 * 1024;
/// The frame that is being read, its block of headers, and the frames that are being written.
const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Streams that a client has opened and reset before the server has seen them; beyond, the connection is closed. Such
/// streams count as closed, so that the limit of open ones does not apply to them ("rapid reset", CVE-2023-44487).
const RESET_STREAMS_MAX: usize = 20;
/// Streams that the server resets because of errors of the client; beyond, the connection is closed. A client that does
/// not know the limit of open streams yet may exceed it by 100 at once.
const ERROR_STREAMS_MAX: usize = 256;
/// The buffer of an HTTP/1 connection, which limits the head of a request.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// The memory that one connection can hold at most, in bytes: the window of its request bodies, and the buffers of both
/// directions. HTTP/2 needs the most. The heads and bodies of its requests, and their responses, are part of the memory of
/// requests (`LIMIT_MEMORY_MIB`).
pub const CONNECTION_BYTES_MAX: usize = CONNECTION_WINDOW_BYTES + FRAME_BYTES_MAX + BUFFER_BYTES_MAX;

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many connections may be open at a time; further ones are answered from the reserve.
    pub count_max: usize,
    /// The same for the connections of one address; 0 for no limit.
    pub per_address_max: usize,
    /// How long the head of a request may take to arrive, how long a connection may be without an open request, and the
    /// time within which a client must take some of what is sent to it.
    pub arrival_timeout: Duration,
    /// How long a response may take to be delivered.
    pub delivery_timeout: Duration,
}

/// Returns a listener on an address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As `TcpListener::bind` does: an address can be used again at once after a restart.
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until `shutdown` is cancelled, then closes them.
///
/// Not `axum::serve`, which sets no timer: without one, hyper enforces no time limit, and clients that connect and send
/// nothing would hold their connections for ever.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    shutdown: CancellationToken,
) {
    let admission = Admission::new(limits.count_max, limits.per_address_max);
    let (mut reserve, mut refusals) = (Reserve::default(), RefusalLog::default());
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, client) = match accepted {
            Ok((stream, client)) => (stream, client.ip()),
            Err(error) => {
                // Out of file descriptors, for example: retrying at once would not help.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // A response is one write; Nagle's algorithm would only delay it.
        let _ = stream.set_nodelay(true);
        match admission.admit(client) {
            Ok(admitted) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                connections.spawn(async move {
                    serve_connection(stream, client, router, limits, shutdown).await;
                    drop(admitted);
                });
            }
            Err(refusal) => {
                refusals.log(refusal, client);
                reserve.serve(stream, client, router.clone()).await;
            }
        }
    }
    connections.close();
    let _ = timeout(SHUTDOWN_TIMEOUT, connections.wait()).await;
}

/// Serves one connection until it is closed.
///
/// Not `hyper_util::server::conn::auto`, which has no timeout until the protocol is known (hyperium/hyper issue 3962).
async fn serve_connection(
    stream: TcpStream,
    client: IpAddr,
    router: Router,
    limits: ConnectionLimits,
    shutdown: CancellationToken,
) {
    let progress = Arc::new(Progress::new(limits.arrival_timeout, limits.delivery_timeout));
    let identified = tokio::select! {
        identified = timeout(limits.arrival_timeout, Transport::identify(stream, Arc::clone(&progress))) => identified,
        () = shutdown.cancelled() => return,
    };
    let Ok(Ok((transport, is_http2))) = identified else { return };
    let router = TowerToHyperService::new(router);
    let (progress, tracked) = (Arc::clone(&progress), progress);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let open = OpenRequest::new(&tracked);
        request.extensions_mut().insert(PeerAddress(client));
        let response = has_acceptable_headers(request.headers()).then(|| router.call(request));
        async move {
            let response = match response {
                Some(response) => response.await?,
                None => too_many_headers(),
            };
            let timeout = response.extensions().get::<DeliveryTimeout>().map(|timeout| timeout.0);
            Ok::<_, Infallible>(response.map(|body| TrackedBody::new(body, open, timeout)))
        }
    });
    let io = TokioIo::new(transport);
    if is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(setting(STREAMS_MAX))
            .initial_stream_window_size(setting(STREAM_WINDOW_BYTES))
            .initial_connection_window_size(setting(CONNECTION_WINDOW_BYTES))
            .max_header_list_size(setting(HEADER_LIST_BYTES_MAX))
            .max_send_buf_size(SEND_BYTES_MAX)
            .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
            .max_local_error_reset_streams(ERROR_STREAMS_MAX);
        drive(http.serve_connection(io, service), &progress, &shutdown).await;
    } else {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.arrival_timeout)
            .max_buf_size(BUFFER_BYTES_MAX);
        drive(http.serve_connection(io, service), &progress, &shutdown).await;
    }
}

/// Runs a connection until it ends, or is idle, or its client does not take its responses.
async fn drive(connection: impl GracefulConnection, progress: &Progress, shutdown: &CancellationToken) {
    let mut connection = pin!(connection);
    let mut is_closing = false;
    loop {
        let now = Instant::now();
        let check_at = match progress.verdict(now) {
            Verdict::CheckAt(at) => at,
            Verdict::Idle if !is_closing => {
                // Requests that are on their way are answered: HTTP/2 closes in two steps (RFC 9113, 6.8).
                connection.as_mut().graceful_shutdown();
                is_closing = true;
                now + CLOSE_TIMEOUT
            }
            Verdict::Idle | Verdict::Stalled => return,
        };
        tokio::select! {
            // A connection that fails concerns its client only.
            _ = connection.as_mut() => return,
            () = sleep_until(check_at) => {}
            () = shutdown.cancelled(), if !is_closing => {
                connection.as_mut().graceful_shutdown();
                is_closing = true;
            }
        }
    }
}

/// Returns the value of a setting of HTTP/2.
fn setting(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn has_acceptable_headers(headers: &HeaderMap) -> bool {
    headers.len() <= HEADERS_MAX
}

fn too_many_headers() -> Response<Body> {
    let mut response = Response::new(Body::from(format!("at most {HEADERS_MAX} headers are allowed\n")));
    *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    response
}
