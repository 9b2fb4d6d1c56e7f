//! The HTTP server. A request without an answer breaks its connection.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};

use crate::answer::{Answer, Content};
use crate::processing::process;
use crate::request::{Call, Parameters};
use crate::shared::Shared;
use crate::{API_VERSION, look};

/// The size of a body that is read.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How many connections wait to be accepted.
const BACKLOG: u32 = 1024;

/// The listening socket, or what is left of it while the server is down.
pub(crate) struct Server {
    address: SocketAddr,
    listening: Mutex<Listening>,
}

enum Listening {
    Up(JoinHandle<()>),
    /// The socket is bound, so that no other program takes its port, but refuses connections.
    Down(TcpSocket),
    Ended,
}

/// Why a connection ends without an answer.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is to be broken")
    }
}

impl std::error::Error for Broken {}

impl Server {
    /// Binds a port of 127.0.0.1; 0 lets the system choose one.
    pub(crate) fn bind(port: u16) -> io::Result<(Self, TcpListener)> {
        let listener = reserve(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok((Self { address, listening: Mutex::new(Listening::Ended) }, listener))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Accepts connections.
    pub(crate) async fn serve(&self, listener: TcpListener, shared: Arc<Shared>) {
        *self.listening.lock().await = Listening::Up(tokio::spawn(accept(listener, shared)));
    }

    /// Closes the socket and its connections, but keeps the port.
    pub(crate) async fn go_down(&self) -> io::Result<()> {
        let mut listening = self.listening.lock().await;
        if let Listening::Up(task) = &mut *listening {
            task.abort();
            // It has ended, and so closed its sockets, when this returns.
            let _ = task.await;
            *listening = Listening::Down(reserve(self.address)?);
        }
        Ok(())
    }

    /// Accepts connections again.
    pub(crate) async fn come_up(&self, shared: Arc<Shared>) -> io::Result<()> {
        let mut listening = self.listening.lock().await;
        match std::mem::replace(&mut *listening, Listening::Ended) {
            Listening::Down(socket) => {
                *listening = Listening::Up(tokio::spawn(accept(socket.listen(BACKLOG)?, shared)));
            }
            other @ (Listening::Up(_) | Listening::Ended) => *listening = other,
        }
        Ok(())
    }

    pub(crate) async fn stop(&self) {
        if let Listening::Up(task) = std::mem::replace(&mut *self.listening.lock().await, Listening::Ended) {
            task.abort();
            let _ = task.await;
        }
    }

    /// Begins to stop.
    pub(crate) fn abort(&self) {
        if let Ok(listening) = self.listening.try_lock()
            && let Listening::Up(task) = &*listening
        {
            task.abort();
        }
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Closed connections, which the system remembers for a while, do not keep the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts connections. When this ends, so do they.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve_connection(stream, Arc::clone(&shared)))),
                // Too many open files: others are closed sooner or later.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| respond(request, Arc::clone(&shared)));
    // An error is that of a client that has gone, or of a connection that was to be broken.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Responds to a request. It is processed in a task of its own: a client that goes away ends no execution.
async fn respond(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Broken> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| Broken)?.to_bytes();
    let call = read(head.method.as_str(), &head.uri, &head.headers, &body);
    let runtime = shared.runtime.clone();
    let processed = runtime.spawn(async move {
        let index = look::record(&shared, &call);
        let answer = process(&shared, &call).await;
        look::record_answer(&shared, index, answer.as_ref());
        answer.map(|answer| (call, answer))
    });
    let (call, answer) = processed.await.ok().flatten().ok_or(Broken)?;
    Ok(response(&call, answer))
}

fn read(method: &str, uri: &hyper::Uri, headers: &HeaderMap, body: &[u8]) -> Call {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Call {
        id: Call::new_id(),
        method: method.to_owned(),
        path: uri.path().to_owned(),
        parameters: Parameters::parse(uri.query().unwrap_or_default(), body),
        key: text("idempotency-key"),
        version: text("stripe-version"),
        authorization: text("authorization"),
    }
}

fn response(call: &Call, answer: Answer) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, location, body) = match answer.content {
        Content::Json(body) => ("application/json", None, body.to_string()),
        Content::Html(page) => ("text/html; charset=utf-8", None, page),
        Content::Location(url) => ("text/plain", Some(url), String::new()),
    };
    let is_replayed = answer.replayed_of.is_some();
    // Neither a refusal nor an error that a key keeps gets better by repeating the request.
    let is_final = (400..=404).contains(&answer.status) || (answer.is_kept && status.is_server_error());
    let given = [
        (header::CONTENT_TYPE, Some(kind.to_owned())),
        (header::CACHE_CONTROL, Some("no-store".to_owned())),
        (header::LOCATION, location),
        (HeaderName::from_static("request-id"), Some(call.id.clone())),
        (
            HeaderName::from_static("stripe-version"),
            Some(call.version.as_deref().unwrap_or(API_VERSION).to_owned()),
        ),
        (HeaderName::from_static("idempotency-key"), call.key.clone()),
        (HeaderName::from_static("original-request"), answer.replayed_of),
        (HeaderName::from_static("idempotent-replayed"), is_replayed.then(|| "true".to_owned())),
        (HeaderName::from_static("stripe-should-retry"), is_final.then(|| "false".to_owned())),
    ];
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    for (name, value) in given {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
