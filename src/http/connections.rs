//! Connections: how many, how long they may say nothing, and how they end.

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

/// What HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How often a silent HTTP/2 connection is asked whether anybody is there, and how long the answer may take.
const PING_EVERY: Duration = Duration::from_secs(15);
/// How many requests one HTTP/2 connection may have open.
const STREAMS_MAX: u32 = 100;
/// How long connections may take to end when they are told to.
const END_WITHIN: Duration = Duration::from_secs(3);

/// How connections are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keeping {
    /// How many may be open at a time; the others wait to be accepted.
    pub most: usize,
    /// How long the head of a request may take, and how long a connection may wait for the next one.
    pub head_within: Duration,
}

/// Accepts connections until it is told to end.
///
/// A loop of our own, because axum's gives hyper no timer, and without one no limit of time holds: whoever opens
/// connections and says nothing would keep them for ever.
pub async fn accept(listener: TcpListener, router: Router, keeping: Keeping, end: CancellationToken) {
    let places = Arc::new(Semaphore::new(keeping.most));
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = end.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, for one. It passes, and asking at once again would not help.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            // Whatever goes wrong on a connection is the client's to see.
            let _ = talk(stream, router, keeping.head_within, watcher).await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(END_WITHIN, graceful.shutdown()).await;
}

/// Serves one connection to its end.
async fn talk(
    stream: TcpStream,
    router: Router,
    head_within: Duration,
    watcher: Watcher,
) -> hyper::Result<()> {
    // An answer is one write; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(is_http2)) = tokio::time::timeout(head_within, is_http2(&stream)).await else { return Ok(()) };
    let service = TowerToHyperService::new(router);
    let io = TokioIo::new(stream);
    if is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .max_concurrent_streams(STREAMS_MAX);
        watcher.watch(http.serve_connection(io, service)).await
    } else {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(head_within);
        watcher.watch(http.serve_connection(io, service)).await
    }
}

/// Whether a client speaks HTTP/2 from the start. Looks at its first bytes and leaves them to be read.
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
        // There is something to read already; only more of it would tell.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
