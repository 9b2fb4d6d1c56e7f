//! The body of a file that is still being written.

use std::pin::Pin;
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
    has_ended: bool,
}

impl FileBody {
    /// Returns the body of a file of this length, if it is known.
    pub fn new(parts: mpsc::Receiver<Part>, length: Option<u64>) -> Self {
        Self { parts, length, has_ended: false }
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
            Some(Part::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Part::End) => None,
            None => Some(Err(axum::Error::new("the file could not be written to its end"))),
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
