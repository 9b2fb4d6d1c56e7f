//! The listener: accepts connections, limits their number and their silence, and closes them on shutdown.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// The connection preface of HTTP/2 (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How often an idle HTTP/2 connection is pinged, and how long the answer may take.
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// How many requests one HTTP/2 connection may have open.
const STREAMS_MAX: u32 = 100;
/// How long connections may take to close on shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many connections may be open at a time; further ones wait to be accepted.
    pub count_max: usize,
    /// How long the head of a request may take to arrive, and how long a connection may be idle.
    pub head_timeout: Duration,
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
    let permits = Arc::new(Semaphore::new(limits.count_max));
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = shutdown.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, for example: retrying at once would not help.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            // A connection that fails concerns its client only.
            let _ = serve_connection(stream, router, limits.head_timeout, watcher).await;
            drop(permit);
        });
    }
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await;
}

/// Serves one connection until it is closed.
///
/// Not `hyper_util::server::conn::auto`, which has no timeout until the protocol is known (hyperium/hyper issue 3962).
async fn serve_connection(
    stream: TcpStream,
    router: Router,
    head_timeout: Duration,
    watcher: Watcher,
) -> hyper::Result<()> {
    // A response is one write; Nagle's algorithm would only delay it.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(is_http2)) = tokio::time::timeout(head_timeout, is_http2(&stream)).await else { return Ok(()) };
    let service = TowerToHyperService::new(router);
    let io = TokioIo::new(stream);
    if is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_INTERVAL)
            .max_concurrent_streams(STREAMS_MAX);
        watcher.watch(http.serve_connection(io, service)).await
    } else {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(head_timeout);
        watcher.watch(http.serve_connection(io, service)).await
    }
}

/// Returns whether the client starts with the HTTP/2 preface; its bytes stay in the buffer.
async fn is_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = stream.peek(&mut first).await?;
        let seen = first.get(..seen).unwrap_or_default();
        if seen.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if seen == PREFACE {
            return Ok(true);
        }
        if !PREFACE.starts_with(seen) {
            return Ok(false);
        }
        // A part of the preface has arrived; wait for the rest.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
