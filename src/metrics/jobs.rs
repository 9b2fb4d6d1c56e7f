//! The metrics of background jobs, and of the webhooks that they send.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    lane: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LaneLabel {
    lane: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// The jobs of a lane, of all tenants together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneState {
    /// The name of the lane.
    pub lane: String,
    /// Jobs that are due and that no worker has.
    pub due: i64,
    /// Jobs that a worker has.
    pub running: i64,
    /// Jobs that wait for a later time.
    pub waiting: i64,
    /// Jobs that are not tried again by themselves.
    pub dead: i64,
    /// For how long the oldest due job has been due, in seconds; 0 if none is due.
    pub oldest_seconds: f64,
}

/// The metrics of jobs and webhooks.
#[derive(Default)]
pub struct JobMetrics {
    jobs: Family<JobLabels, Gauge>,
    oldest: Family<LaneLabel, Gauge<f64, AtomicU64>>,
    attempts: Family<OutcomeLabel, Counter>,
}

impl JobMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "jobs",
            "Jobs of all tenants in the database, by lane and state: the same at every server",
            self.jobs.clone(),
        );
        registry.register(
            "job_oldest_due_seconds",
            "For how long the oldest due job of a lane has been due",
            self.oldest.clone(),
        );
        registry.register(
            "webhook_attempts",
            "Attempts of this process to deliver a webhook, by outcome: delivered, retried later, failed for good, abandoned",
            self.attempts.clone(),
        );
    }

    /// Sets what the database says of the jobs; `None` if it could not be asked, and then nothing is reported of them.
    pub fn set_jobs(&self, lanes: Option<Vec<LaneState>>) {
        self.jobs.clear();
        self.oldest.clear();
        for LaneState { lane, due, running, waiting, dead, oldest_seconds } in lanes.unwrap_or_default() {
            for (state, count) in [("due", due), ("running", running), ("waiting", waiting), ("dead", dead)] {
                self.jobs.get_or_create(&JobLabels { lane: lane.clone(), state }).set(count);
            }
            self.oldest.get_or_create(&LaneLabel { lane }).set(oldest_seconds);
        }
    }

    /// Counts an attempt to deliver a webhook.
    pub fn webhook_attempted(&self, outcome: &'static str) {
        self.attempts.get_or_create(&OutcomeLabel { outcome }).inc();
    }
}
