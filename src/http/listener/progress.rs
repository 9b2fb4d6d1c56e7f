//! The progress of a connection: whether it has open requests, and whether its client takes what is sent to it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// What a client must take within `window` while the connection cannot be written to, in bytes.
const WRITTEN_BYTES_MIN: usize = 10 * 1024;

/// The progress of one connection.
#[derive(Debug)]
pub struct Progress {
    /// How long the connection may be without an open request, and without progress in writing.
    window: Duration,
    /// How long a response may take to be delivered.
    delivery_timeout: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests whose response has not been written to its end.
    open: usize,
    /// When the last request ended, or the connection began.
    idle_since: Instant,
    /// Until when the responses that are not delivered yet must be, by the number of the request.
    deliveries: BTreeMap<u64, Instant>,
    /// The number of the next request.
    next: u64,
    /// Set while the system accepts no more bytes.
    blocked: Option<Blocked>,
    has_stalled: bool,
}

#[derive(Debug)]
struct Blocked {
    since: Instant,
    written: usize,
}

/// What to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may stay open; the verdict cannot change before this time.
    CheckAt(Instant),
    /// It has had no open request for too long.
    Idle,
    /// Its client does not take what is sent to it.
    Stalled,
}

impl Progress {
    /// Returns the progress of a connection that begins now.
    pub fn new(window: Duration, delivery_timeout: Duration) -> Self {
        let state = State {
            open: 0,
            idle_since: Instant::now(),
            deliveries: BTreeMap::new(),
            next: 0,
            blocked: None,
            has_stalled: false,
        };
        Self { window, delivery_timeout, state: Mutex::new(state) }
    }

    /// Returns what to do with the connection now.
    pub fn verdict(&self, now: Instant) -> Verdict {
        let mut state = self.state();
        let blocked = state.blocked.as_ref().map(|blocked| blocked.since + self.window);
        let undelivered = state.deliveries.values().min().copied();
        let stalled_at = blocked.into_iter().chain(undelivered).min();
        if stalled_at.is_some_and(|at| at <= now) {
            state.has_stalled = true;
            return Verdict::Stalled;
        }
        let idle_at = if state.open == 0 { state.idle_since } else { now } + self.window;
        if idle_at <= now {
            return Verdict::Idle;
        }
        Verdict::CheckAt(stalled_at.map_or(idle_at, |at| at.min(idle_at)))
    }

    /// Records the result of a write of `offered` bytes.
    pub fn record_write<E>(&self, offered: usize, written: &Poll<Result<usize, E>>) {
        let mut state = self.state();
        match written {
            Poll::Pending => {
                state.blocked.get_or_insert_with(|| Blocked { since: Instant::now(), written: 0 });
            }
            Poll::Ready(Ok(written)) if *written >= offered => state.blocked = None,
            Poll::Ready(Ok(written)) => {
                if let Some(blocked) = &mut state.blocked {
                    blocked.written += written;
                    if blocked.written >= WRITTEN_BYTES_MIN {
                        *blocked = Blocked { since: Instant::now(), written: 0 };
                    }
                }
            }
            Poll::Ready(Err(_)) => {}
        }
    }

    /// Returns whether the verdict was that the client does not take what is sent to it.
    pub fn has_stalled(&self) -> bool {
        self.state().has_stalled
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a response may take to be delivered, as an extension of a response that is longer than others.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryTimeout(pub Duration);

/// A request from its head until the last byte of its response is written.
#[derive(Debug)]
pub struct OpenRequest {
    number: u64,
    progress: Arc<Progress>,
}

impl OpenRequest {
    /// Returns a request that begins now.
    pub fn new(progress: &Arc<Progress>) -> Self {
        let mut state = progress.state();
        state.open += 1;
        state.next += 1;
        Self { number: state.next, progress: Arc::clone(progress) }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut state = self.progress.state();
        state.open -= 1;
        state.deliveries.remove(&self.number);
        if state.open == 0 {
            state.idle_since = Instant::now();
        }
    }
}

/// The body of a response that keeps its request open until its last byte is written: not only until hyper has read the
/// body, because HTTP/2 keeps the bytes that the client has no window for.
#[derive(Debug)]
pub struct TrackedBody {
    body: Body,
    request: Arc<OpenRequest>,
}

impl TrackedBody {
    /// Returns the body of a response that is ready now; `timeout` is its own time of delivery, if it has one.
    pub fn new(body: Body, request: OpenRequest, timeout: Option<Duration>) -> Self {
        let until = Instant::now() + timeout.unwrap_or(request.progress.delivery_timeout);
        request.progress.state().deliveries.insert(request.number, until);
        Self { body, request: Arc::new(request) }
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map_ok(|frame| frame.map_data(|bytes| TrackedBytes::wrap(bytes, &self.request)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Bytes of a response, which are dropped when they are written.
struct TrackedBytes {
    bytes: Bytes,
    _request: Arc<OpenRequest>,
}

impl TrackedBytes {
    fn wrap(bytes: Bytes, request: &Arc<OpenRequest>) -> Bytes {
        Bytes::from_owner(Self { bytes, _request: Arc::clone(request) })
    }
}

impl AsRef<[u8]> for TrackedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
