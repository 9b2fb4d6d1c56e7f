//! The reserve: connections beyond the limits, which are served only the probes of operators. An orchestrator restarts a
//! server whose probe gets no answer, which would end the requests of everybody.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::admission::subscriber;
use crate::http::media::Media;
use crate::http::rejection::Rejection;
use crate::http::shares::Exceeded;

/// How many connections the reserve holds.
pub const CONNECTIONS_MAX: usize = 32;
/// The paths that are served.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/health"];
/// How long the head of the request may take to arrive: it is a few hundred bytes.
const HEAD_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection may take, with the check of the database.
const TIMEOUT: Duration = Duration::from_secs(6);
/// The buffer of a connection, the smallest that hyper permits.
const BUFFER_BYTES_MAX: usize = 8 * 1024;

/// The connections of the reserve, the oldest first.
#[derive(Debug, Default)]
pub struct Reserve(Vec<(IpAddr, JoinHandle<()>)>);

impl Reserve {
    /// Answers one request of a connection: a probe, or anything else with 503.
    pub async fn serve(&mut self, stream: TcpStream, client: IpAddr, router: Router) {
        self.make_room().await;
        let task = tokio::spawn(async move {
            // A connection that fails concerns its client only.
            let _ = tokio::time::timeout(TIMEOUT, answer(stream, router)).await;
        });
        self.0.push((subscriber(client), task));
    }

    /// Aborts the oldest connection of the address with the most connections, if the reserve is full: a flood from one
    /// address takes the place of its own connections, and not that of a probe.
    async fn make_room(&mut self) {
        self.0.retain(|(_, task)| !task.is_finished());
        if self.0.len() < CONNECTIONS_MAX {
            return;
        }
        let count = |address| self.0.iter().filter(|(other, _)| other == address).count();
        let counts: Vec<_> = self.0.iter().map(|(address, _)| count(address)).collect();
        let most = counts.iter().max();
        if let Some(oldest) = counts.iter().position(|count| Some(count) == most) {
            let (_, task) = self.0.remove(oldest);
            task.abort();
            // Its file must be closed before another connection is accepted.
            let _ = task.await;
        }
    }
}

async fn answer(stream: TcpStream, router: Router) -> hyper::Result<()> {
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        let response = PROBES.contains(&request.uri().path()).then(|| router.call(request));
        async move {
            match response {
                Some(response) => response.await,
                None => Ok(Rejection::busy(Exceeded::Total).response(Media::Json, "")),
            }
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER_BYTES_MAX)
        .keep_alive(false);
    http.serve_connection(TokioIo::new(stream), service).await
}
