//! Writes a file while it is sent.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::log::DownloadLog;
use super::output::{Broken, Output, Source};
use crate::http::shares::Reservation;
use crate::metrics::count_statements;

/// How long a download may take.
pub const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// A download that is being written, with all that it holds.
pub struct Producer {
    /// What writes the file.
    pub source: Box<dyn Source>,
    /// Where it is written to.
    pub output: Output,
    /// The log line.
    pub log: DownloadLog,
    /// The memory of the download, and its place among those at a time.
    pub _held: [Reservation; 2],
    /// Keeps a shutdown waiting.
    pub _in_flight: TaskTrackerToken,
}

impl Producer {
    /// Writes the file to its end, or until the client disconnects, stalls or takes too long; then writes the log line.
    pub async fn run(self) {
        let Self { source, mut output, mut log, _held, _in_flight } = self;
        let connection = output.connection();
        let write = async {
            source.write(&mut output).await?;
            output.finish().await
        };
        let write = async {
            tokio::select! {
                result = write => result,
                () = connection.closed() => Err(Broken::Disconnected),
                () = sleep(DOWNLOAD_TIMEOUT) => Err(Broken::TimedOut),
            }
        };
        let (result, statements) = count_statements(write).await;
        // Of a file whose length is known, the body is dropped before its end is read.
        let result = if output.is_complete() { Ok(()) } else { result };
        log.statements += statements;
        log.end(&result, output.rows, output.bytes);
    }
}
