//! Figures about the running program, in Prometheus' text format.
//!
//! No label names a tenant, a partner or a user, and none can be chosen by a client: an operation goes by its name only if
//! its document is one that the server knows.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
const COSTS: [f64; 9] = [5.0, 20.0, 100.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 25_000.0];
const COUNTS: [f64; 10] = [1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 50.0, 100.0];
const BATCHES: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 1_000.0];

tokio::task_local! {
    /// How many statements the request that runs in this task has sent.
    static STATEMENTS: Cell<u64>;
}

/// Does something, and counts the statements that it sends to the database.
pub async fn counting<T>(work: impl Future<Output = T>) -> (T, u64) {
    let counted = async {
        let result = work.await;
        (result, STATEMENTS.with(Cell::get))
    };
    STATEMENTS.scope(Cell::new(0), counted).await
}

/// Counts a statement for the request that sends it, if it is one.
pub fn statement_sent() {
    let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was answered.
    Ok,
    /// It was answered that a rule says no: `userErrors`.
    UserError,
    /// The client asked for something it may not have, or that makes no sense.
    ClientError,
    /// The fault is ours, or the database's.
    ServerError,
}

impl Outcome {
    /// The outcome as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::UserError => "user_error",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
        }
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    operation: Arc<str>,
    kind: &'static str,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCode {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfInvoice {
    act: &'static str,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

/// What was asked for, and what came of it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name of the operation, if its document is known.
    pub operation: Arc<str>,
    /// "query" or "mutation", or "none" if it did not come to that.
    pub kind: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// What it cost, if that was found out.
    pub cost: Option<u64>,
    /// How many statements it sent.
    pub statements: u64,
}

/// The figures of a server.
pub struct Metrics {
    registry: Registry,
    requests: Family<OfRequest, Counter>,
    seconds: Family<OfKind, Histogram>,
    costs: Histogram,
    statements: Family<OfKind, Histogram>,
    refusals: Family<OfReason, Counter>,
    errors: Family<OfCode, Counter>,
    batches: Histogram,
    invoices: Family<OfInvoice, Counter>,
    in_flight: Gauge,
    connections: Family<OfState, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram = |buckets: &'static [f64]| move || Histogram::new(buckets.iter().copied());
        let mut metrics = Self {
            registry: Registry::with_prefix("revshare"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            costs: histogram(&COSTS)(),
            statements: Family::new_with_constructor(|| Histogram::new(COUNTS)),
            refusals: Family::default(),
            errors: Family::default(),
            batches: histogram(&BATCHES)(),
            invoices: Family::default(),
            in_flight: Gauge::default(),
            connections: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "GraphQL requests, by operation (of a known document, or \"other\"), kind and outcome",
            self.requests.clone(),
        );
        registry.register("request_seconds", "How long GraphQL requests took", self.seconds.clone());
        registry.register("request_cost", "What GraphQL requests cost, in fields", self.costs.clone());
        registry.register(
            "request_statements",
            "Statements that a GraphQL request sent to the database",
            self.statements.clone(),
        );
        registry.register("refusals", "Requests that were not executed, by reason", self.refusals.clone());
        registry.register("errors", "Top-level errors of answers, by code", self.errors.clone());
        registry.register(
            "loader_batch_keys",
            "Keys that a loader asked for in one go",
            self.batches.clone(),
        );
        registry.register(
            "invoices",
            "Paid and refunded invoices that were told of, by what came of them: RECORDED made a commission event, \
             ALREADY_RECORDED replayed one",
            self.invoices.clone(),
        );
        registry.register("requests_in_flight", "GraphQL requests being answered", self.in_flight.clone());
        registry.register(
            "database_connections",
            "Connections of the pool by state, and requests that wait for one",
            self.connections.clone(),
        );
    }

    /// Takes a request down that begins; the guard is dropped when it ends.
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Takes a request down that has ended.
    pub fn ended(&self, request: &Request) {
        let Request { operation, kind, outcome, took, cost, statements } = request;
        let labels = OfRequest { operation: Arc::clone(operation), kind, outcome: *outcome };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&OfKind { kind }).observe(took.as_secs_f64());
        self.statements.get_or_create(&OfKind { kind }).observe(figure(*statements));
        if let Some(cost) = cost {
            self.costs.observe(figure(*cost));
        }
    }

    /// Takes down that a request was not executed, and why.
    pub fn refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&OfReason { reason }).inc();
    }

    /// Takes an error down that a client is told of.
    pub fn error(&self, code: &str) {
        self.errors.get_or_create(&OfCode { code: code.to_owned() }).inc();
    }

    /// Takes a load of so many keys down.
    pub fn loaded(&self, keys: usize) {
        self.batches.observe(figure(u64::try_from(keys).unwrap_or(u64::MAX)));
    }

    /// Takes an invoice down, paid or refunded, and what came of it.
    pub fn invoice(&self, act: &'static str, outcome: String) {
        self.invoices.get_or_create(&OfInvoice { act, outcome }).inc();
    }

    /// All figures, with the connections of the pool as they are now.
    pub fn text(&self, pool: PoolState) -> Result<String, fmt::Error> {
        let PoolState { idle, busy, waiting } = pool;
        for (state, count) in [("idle", idle), ("busy", busy), ("waiting", waiting)] {
            self.connections.get_or_create(&OfState { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A count as a figure; exact up to 2^53, and more than any bucket beyond.
fn figure(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Open, and not used.
    pub idle: usize,
    /// Used.
    pub busy: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

/// A request that is being answered.
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What a request tells of itself while it is executed.
#[derive(Clone)]
pub struct Teller(Arc<(Arc<Metrics>, AtomicBool)>);

impl Teller {
    /// A request that has told nothing.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self(Arc::new((metrics, AtomicBool::new(false))))
    }

    /// The figures of the server.
    pub fn metrics(&self) -> &Metrics {
        &self.0.0
    }

    /// Tells that a rule said no.
    pub fn rule_said_no(&self) {
        self.0.1.store(true, Ordering::Relaxed);
    }

    /// Whether a rule said no.
    pub fn has_a_rule_said_no(&self) -> bool {
        self.0.1.load(Ordering::Relaxed)
    }
}
