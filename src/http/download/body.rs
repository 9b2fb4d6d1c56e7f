//! The body of a file that is still being written.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

/// A part of a file.
pub enum Part {
    /// Some bytes.
    Bytes(Bytes),
    /// The end: all of the file was written.
    End,
}

/// The body of a response, which receives the parts of a file. Without an end, it fails: the server then closes the
/// connection without the last chunk, or resets the stream, so that a part of a file never looks like all of it.
pub struct FileBody {
    parts: mpsc::Receiver<Part>,
    length: Option<u64>,
    sent: u64,
    has_ended: bool,
    is_complete: Arc<AtomicBool>,
}

impl FileBody {
    /// Returns the body of a file of this length, if it is known; `is_complete` is set when all of the file was taken.
    pub fn new(parts: mpsc::Receiver<Part>, length: Option<u64>, is_complete: Arc<AtomicBool>) -> Self {
        Self { parts, length, sent: 0, has_ended: false, is_complete }
    }

    /// Counts bytes that are sent. Of a file whose length is known, the server asks for no end.
    fn count(&mut self, part: &Bytes) {
        self.sent += u64::try_from(part.len()).unwrap_or_default();
        if self.length == Some(self.sent) {
            self.is_complete.store(true, Ordering::Relaxed);
        }
    }
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let part = ready!(self.parts.poll_recv(cx));
        self.has_ended = !matches!(part, Some(Part::Bytes(_)));
        Poll::Ready(match part {
            Some(Part::Bytes(bytes)) => {
                self.count(&bytes);
                Some(Ok(Frame::data(bytes)))
            }
            Some(Part::End) => {
                self.is_complete.store(true, Ordering::Relaxed);
                None
            }
            None => Some(Err(axum::Error::new("the file could not be written to its end"))),
        })
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.length.map(|length| length.saturating_sub(self.sent));
        rest.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
