//! The output of a download: sends what a source writes, as fast as the client takes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::body::{FileBody, Part};
use crate::primitives::error::Error;

/// The parts that may wait to be sent, and the most bytes of each.
const WAITING_MAX: usize = 8;
const PART_BYTES_MAX: usize = 64 * 1024;
/// How long a client may take nothing. Meanwhile the snapshot of a list keeps PostgreSQL from removing old rows.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a download ends before its file does.
#[derive(Debug)]
pub enum Broken {
    /// The client has disconnected.
    Disconnected,
    /// The client has taken nothing for 30 seconds.
    Stalled,
    /// The download has taken ten minutes.
    TimedOut,
    /// The server or its database failed.
    Failed(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What writes a file.
pub trait Source: Send {
    /// Writes the file to its end. Dropped with its future if the download ends before.
    fn write<'o>(self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>>;
}

/// The output of a download.
pub struct Output {
    parts: mpsc::Sender<Part>,
    is_complete: Arc<AtomicBool>,
    /// The bytes written so far.
    pub bytes: u64,
    /// The rows written so far; 0 for a file that is no list.
    pub rows: u64,
}

impl Output {
    /// Returns an output and the body that it is sent in, of this length if it is known.
    pub fn new(length: Option<u64>) -> (Self, FileBody) {
        let (parts, receiver) = mpsc::channel(WAITING_MAX);
        let is_complete = Arc::new(AtomicBool::new(false));
        let body = FileBody::new(receiver, length, Arc::clone(&is_complete));
        (Self { parts, is_complete, bytes: 0, rows: 0 }, body)
    }

    /// Writes a part of the file; waits until the client has taken enough of what was written before.
    pub async fn write(&mut self, part: impl Into<Bytes>) -> Result<(), Broken> {
        let mut rest = part.into();
        self.bytes += u64::try_from(rest.len()).unwrap_or_default();
        while !rest.is_empty() {
            let part = rest.split_to(rest.len().min(PART_BYTES_MAX));
            self.send(Part::Bytes(part)).await?;
        }
        Ok(())
    }

    /// Marks the end of the file, without which the response fails.
    pub async fn finish(&self) -> Result<(), Broken> {
        self.send(Part::End).await
    }

    /// Returns whether all of the file was taken to be sent.
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Relaxed)
    }

    /// Returns what shows whether the client is still connected.
    pub fn connection(&self) -> mpsc::Sender<Part> {
        self.parts.clone()
    }

    async fn send(&self, part: Part) -> Result<(), Broken> {
        match timeout(STALL_TIMEOUT, self.parts.send(part)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Broken::Disconnected),
            Err(_) => Err(Broken::Stalled),
        }
    }
}
