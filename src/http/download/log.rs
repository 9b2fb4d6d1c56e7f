//! The log line and the metrics of a download.

use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;
use tracing::Span;

use super::output::Broken;
use crate::auth::Identity;
use crate::http::rejection::Rejection;
use crate::http::request_log::{DownloadEnd, RequestLog};
use crate::metrics::{InFlightGuard, Metrics};

/// Writes the log line of a download, at the latest when it is dropped: then its client has disconnected before the
/// response began.
pub struct DownloadLog {
    log: RequestLog,
    metrics: Arc<Metrics>,
    span: Span,
    started: Instant,
    status: StatusCode,
    _in_flight: InFlightGuard,
    /// The statements sent to the database.
    pub statements: u64,
}

impl DownloadLog {
    /// Returns the log line of a download that begins now.
    pub fn new(metrics: &Arc<Metrics>, span: Span) -> Self {
        let end = DownloadEnd { ended: "disconnected", rows: 0, bytes: 0 };
        let log = RequestLog { kind: "download", download: Some(end), ..RequestLog::default() };
        let (metrics, _in_flight) = (Arc::clone(metrics), metrics.request_started());
        let (started, status) = (Instant::now(), StatusCode::OK);
        Self { log, metrics, span, started, status, _in_flight, statements: 0 }
    }

    /// Records whose download it is.
    pub fn set_caller(&mut self, caller: &Identity) {
        self.log.caller = Some((caller.tenant().clone(), caller.role()));
    }

    /// Records which file it is: one that exists, because its name becomes the label of a metric.
    pub fn set_file(&mut self, name: &str) {
        self.log.trusted_operation = Some(name.into());
    }

    /// Records that the download was rejected.
    pub fn reject(mut self, rejection: &Rejection) {
        self.log.download = None;
        self.log.record_rejection(rejection);
        self.status = rejection.status();
    }

    /// Records how the download ended.
    pub fn end(mut self, result: &Result<(), Broken>, rows: u64, bytes: u64) {
        let ended = match result {
            Ok(()) => "complete",
            Err(Broken::Disconnected) => "disconnected",
            Err(Broken::Stalled) => "stalled",
            Err(Broken::TimedOut) => "timed out",
            Err(Broken::Failed(error)) => {
                error.log();
                self.log.record_error(error.code().to_owned());
                "failed"
            }
        };
        self.log.download = Some(DownloadEnd { ended, rows, bytes });
    }
}

impl Drop for DownloadLog {
    fn drop(&mut self) {
        let log = std::mem::take(&mut self.log);
        let _span = self.span.enter();
        log.emit(&self.metrics, self.started.elapsed(), self.statements, self.status);
    }
}
