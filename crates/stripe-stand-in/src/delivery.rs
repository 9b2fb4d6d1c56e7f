//! Sends events: signed, over plain HTTP, to this machine only.

use std::io;
use std::iter::once;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};

use crate::event::{Event, sign_now};
use crate::options::EventTarget;
use crate::shared::{Shared, locked};

/// How long the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A try to send an event.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The id of the event.
    pub event: String,
    /// Where it was sent.
    pub url: String,
    /// What the receiver answered; `None` if it did not.
    pub status: Option<u16>,
}

/// Begins to send an event to those it is meant for, again after a pause to those that do not accept it.
pub(crate) fn start(shared: &Arc<Shared>, event: &Event) {
    for target in shared.targets_of(event) {
        let (shared, event) = (Arc::clone(shared), event.clone());
        let runtime = shared.runtime.clone();
        drop(runtime.spawn(async move {
            for pause in once(Duration::ZERO).chain(shared.event_retries.clone()) {
                shared.sleep(pause).await;
                if shared.is_stopped() {
                    return;
                }
                let status = send(&shared, &target, &event).await;
                if status.is_some_and(|status| (200..300).contains(&status)) {
                    return;
                }
            }
        }));
    }
}

/// Sends an event once, and returns what the receiver answered.
pub(crate) async fn send(shared: &Shared, target: &EventTarget, event: &Event) -> Option<u16> {
    let sent = tokio::time::timeout(TIMEOUT, post(target, event)).await;
    let status = match sent {
        Ok(Ok(status)) => Some(status),
        Ok(Err(error)) => {
            tracing::warn!(%error, url = %target.url, "the Stripe stand-in cannot send an event");
            None
        }
        Err(_) => None,
    };
    let delivery = Delivery { event: event.id.clone(), url: target.url.clone(), status };
    locked(&shared.deliveries).push(delivery);
    status
}

async fn post(target: &EventTarget, event: &Event) -> io::Result<u16> {
    let url: Uri = target.url.parse().map_err(io::Error::other)?;
    let authority = url.authority().map(ToString::to_string).unwrap_or_default();
    let stream = TcpStream::connect(address(&url).await?).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let request = Request::post(url.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, authority)
        .header(header::USER_AGENT, "Stripe/1.0 (a stand-in of revshare)")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header("stripe-signature", sign_now(&target.secret, &event.body))
        .body(Full::new(Bytes::from(event.body.clone())))
        .map_err(io::Error::other)?;
    // Ends when the sender is dropped.
    tokio::spawn(connection);
    Ok(sender.send_request(request).await.map_err(io::Error::other)?.status().as_u16())
}

/// Returns the address of a URL; other machines, and other schemes than `http`, are refused.
async fn address(url: &Uri) -> io::Result<SocketAddr> {
    let refused = |message: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{url}: {message}"));
    if url.scheme_str() != Some("http") {
        return Err(refused("events are sent over plain HTTP only"));
    }
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let mut addresses = lookup_host((host, url.port_u16().unwrap_or(80))).await?;
    let loopback = addresses.find(|address| address.ip().is_loopback());
    loopback.ok_or_else(|| refused("events are sent to this machine only"))
}
