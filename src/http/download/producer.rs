//! Writes a file while it is sent.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::log::DownloadLog;
use super::output::{Broken, Output, Source};
use crate::auth::Caller;
use crate::domain::audit::download::{self, Download};
use crate::domain::db::pool::Pool;
use crate::http::shares::Reservation;
use crate::metrics::count_statements;
use crate::primitives::error::Result;

/// How long a download may take.
pub const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// What the entry of a download in the audit trail says.
pub struct DownloadEntry {
    /// The connections to the database.
    pub pool: Pool,
    /// The caller.
    pub caller: Caller,
    /// The name of the file.
    pub file: String,
    /// The parameters, such as the filter; `None` without any.
    pub parameters: Option<String>,
}

impl DownloadEntry {
    /// Leaves the entry, also of a download that was broken off.
    async fn record(self, rows: u64) -> Result<()> {
        let Self { pool, caller, file, parameters } = self;
        download::record(&pool, &caller, &Download { file, parameters, rows }).await
    }
}

/// A download that is being written, with all that it holds.
pub struct Producer {
    /// What writes the file.
    pub source: Box<dyn Source>,
    /// Where it is written to.
    pub output: Output,
    /// What its entry in the audit trail says.
    pub entry: DownloadEntry,
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
        let Self { source, mut output, entry, mut log, _held, _in_flight } = self;
        let connection = output.connection();
        let write = async {
            let written = tokio::select! {
                result = source.write(&mut output) => result,
                () = connection.closed() => Err(Broken::Disconnected),
                () = sleep(DOWNLOAD_TIMEOUT) => Err(Broken::TimedOut),
            };
            // Before the end of the file: all of it cannot be had without the entry.
            let recorded = entry.record(output.rows).await;
            written?;
            recorded?;
            output.finish().await
        };
        let (result, statements) = count_statements(write).await;
        // Of a file whose length is known, the body is dropped before its end is read.
        let result = if output.is_complete() { Ok(()) } else { result };
        log.statements += statements;
        log.end(&result, output.rows, output.bytes);
    }
}
