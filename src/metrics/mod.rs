//! The metrics of the process, in the text format of OpenMetrics.
//!
//! No label names a tenant, a partner or a user, and no client can choose a label: an operation has its name as a label
//! only if its document is trusted.

pub mod jobs;

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

use self::jobs::JobMetrics;

const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
const COSTS: [f64; 9] = [5.0, 20.0, 100.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 25_000.0];
const COUNTS: [f64; 10] = [1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 50.0, 100.0];
const BATCHES: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 1_000.0];

tokio::task_local! {
    /// The number of statements that the request of this task has sent.
    static STATEMENTS: Cell<u64>;
}

/// Runs a future and counts the statements that it sends to the database.
pub async fn count_statements<T>(work: impl Future<Output = T>) -> (T, u64) {
    let counted = async {
        let result = work.await;
        (result, STATEMENTS.with(Cell::get))
    };
    STATEMENTS.scope(Cell::new(0), counted).await
}

/// Counts a statement for the request of the current task, if there is one.
pub fn statement_sent() {
    let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Answered without errors.
    Ok,
    /// Answered with `userErrors`: a business rule rejected the mutation.
    UserError,
    /// The request was invalid or forbidden, or exceeded a limit.
    ClientError,
    /// The server or the database failed.
    ServerError,
}

impl Outcome {
    /// Returns the value of the label `outcome`.
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
struct RequestLabels {
    operation: Arc<str>,
    kind: &'static str,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InvoiceLabels {
    kind: &'static str,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CacheLabel {
    cache: &'static str,
}

/// A request that has ended.
#[derive(Clone, Debug)]
pub struct EndedRequest {
    /// The name of the operation if its document is trusted, or else `other` or `none`.
    pub operation: Arc<str>,
    /// `query`, `mutation`, or `none` if the request was rejected before its document was read.
    pub kind: &'static str,
    /// The outcome.
    pub outcome: Outcome,
    /// The time from the first byte of the request to the response.
    pub duration: Duration,
    /// The cost of the operation, if it was computed.
    pub cost: Option<u64>,
    /// The number of statements sent to the database.
    pub statements: u64,
}

/// The metrics of a server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<KindLabel, Histogram>,
    costs: Histogram,
    statements: Family<KindLabel, Histogram>,
    rejections: Family<ReasonLabel, Counter>,
    errors: Family<CodeLabel, Counter>,
    batches: Histogram,
    invoices: Family<InvoiceLabels, Counter>,
    in_flight: Gauge,
    connections: Family<StateLabel, Gauge>,
    prepared_statements: Gauge,
    request_memory: Gauge,
    cache_entries: Family<CacheLabel, Gauge>,
    cache_bytes: Family<CacheLabel, Gauge>,
    jobs: JobMetrics,
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
            rejections: Family::default(),
            errors: Family::default(),
            batches: histogram(&BATCHES)(),
            invoices: Family::default(),
            in_flight: Gauge::default(),
            connections: Family::default(),
            prepared_statements: Gauge::default(),
            request_memory: Gauge::default(),
            cache_entries: Family::default(),
            cache_bytes: Family::default(),
            jobs: JobMetrics::default(),
        };
        metrics.register_requests();
        metrics.register_state();
        metrics.jobs.register(&mut metrics.registry);
        metrics
    }
}

impl Metrics {
    fn register_requests(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "GraphQL requests, by operation (of a known document, or \"other\"), kind and outcome",
            self.requests.clone(),
        );
        registry.register("request_seconds", "Duration of GraphQL requests", self.seconds.clone());
        registry.register("request_cost", "Cost of GraphQL requests, in fields", self.costs.clone());
        registry.register(
            "request_statements",
            "Statements that a GraphQL request sent to the database",
            self.statements.clone(),
        );
        registry.register(
            "rejections",
            "Requests that were not executed, by reason",
            self.rejections.clone(),
        );
        registry.register("errors", "Top-level errors of responses, by code", self.errors.clone());
        registry.register(
            "loader_batch_keys",
            "Keys that a loader loaded in one statement",
            self.batches.clone(),
        );
        registry.register(
            "invoices",
            "Paid and refunded invoices received, by outcome: RECORDED created a commission event, \
             ALREADY_RECORDED is a replay",
            self.invoices.clone(),
        );
    }

    fn register_state(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests_in_flight",
            "GraphQL requests and downloads in progress",
            self.in_flight.clone(),
        );
        registry.register(
            "database_connections",
            "Connections of the pool by state, and requests waiting for one",
            self.connections.clone(),
        );
        registry.register(
            "prepared_statements",
            "Statements that the open connections of the pool keep prepared",
            self.prepared_statements.clone(),
        );
        registry.register(
            "request_memory_bytes",
            "Memory reserved by requests in progress, of LIMIT_MEMORY_MIB",
            self.request_memory.clone(),
        );
        registry.register("cache_entries", "Entries of a cache", self.cache_entries.clone());
        registry.register(
            "cache_bytes",
            "Size of a cache that is limited by its size, by an upper estimate of each entry",
            self.cache_bytes.clone(),
        );
    }

    /// Returns the metrics of background jobs.
    pub fn jobs(&self) -> &JobMetrics {
        &self.jobs
    }

    /// Counts a request as in flight until the guard is dropped.
    pub fn request_started(&self) -> InFlightGuard {
        self.in_flight.inc();
        InFlightGuard(self.in_flight.clone())
    }

    /// Records a request that has ended.
    pub fn request_ended(&self, request: &EndedRequest) {
        let EndedRequest { operation, kind, outcome, duration, cost, statements } = request;
        let labels = RequestLabels { operation: Arc::clone(operation), kind, outcome: *outcome };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&KindLabel { kind }).observe(duration.as_secs_f64());
        self.statements.get_or_create(&KindLabel { kind }).observe(float(*statements));
        if let Some(cost) = cost {
            self.costs.observe(float(*cost));
        }
    }

    /// Counts a request that was not executed, by the reason.
    pub fn rejected(&self, reason: &'static str) {
        self.rejections.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts a top-level error of a response.
    pub fn error(&self, code: &str) {
        self.errors.get_or_create(&CodeLabel { code: code.to_owned() }).inc();
    }

    /// Records a load of this many keys.
    pub fn loaded(&self, keys: usize) {
        self.batches.observe(float(u64::try_from(keys).unwrap_or(u64::MAX)));
    }

    /// Counts an invoice; `kind` is `paid`, `refunded` or `refund_reversed`.
    pub fn invoice(&self, kind: &'static str, outcome: String) {
        self.invoices.get_or_create(&InvoiceLabels { kind, outcome }).inc();
    }

    /// Encodes all metrics, with the current connections of the pool and what the server holds in memory.
    pub fn encode(&self, pool: PoolState, memory: &MemoryState) -> Result<String, fmt::Error> {
        let PoolState { idle, busy, waiting, prepared_statements } = pool;
        for (state, count) in [("idle", idle), ("busy", busy), ("waiting", waiting)] {
            self.connections.get_or_create(&StateLabel { state }).set(gauge(count));
        }
        self.prepared_statements.set(gauge(prepared_statements));
        self.request_memory.set(gauge(memory.request_bytes));
        for CacheState { cache, entries, bytes } in &memory.caches {
            self.cache_entries.get_or_create(&CacheLabel { cache }).set(gauge(*entries));
            if let Some(bytes) = bytes {
                self.cache_bytes.get_or_create(&CacheLabel { cache }).set(gauge(*bytes));
            }
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Converts a count; counts above 2^32 become larger than any bucket.
fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn gauge<N>(value: N) -> i64
where
    i64: TryFrom<N>,
{
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The connections of a pool, by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Open and not in use.
    pub idle: usize,
    /// In use.
    pub busy: usize,
    /// Requests waiting for a connection.
    pub waiting: usize,
    /// Statements that the open connections keep prepared.
    pub prepared_statements: usize,
}

/// What a server holds in memory for requests and about clients.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    /// The memory that requests in progress have reserved, in bytes.
    pub request_bytes: usize,
    /// The caches.
    pub caches: Vec<CacheState>,
}

/// The size of a cache.
#[derive(Clone, Debug)]
pub struct CacheState {
    /// Its name, for the label.
    pub cache: &'static str,
    /// The number of its entries.
    pub entries: u64,
    /// Its size in bytes by the weights of its entries; `None` if only their number is limited.
    pub bytes: Option<u64>,
}

impl CacheState {
    /// Returns the state of a cache whose number of entries is limited.
    pub fn counted(cache: &'static str, entries: usize) -> Self {
        Self { cache, entries: u64::try_from(entries).unwrap_or(u64::MAX), bytes: None }
    }
}

/// Counts a request as in flight.
pub struct InFlightGuard(Gauge);

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The metrics that the resolvers of one request record.
#[derive(Clone)]
pub struct RequestMetrics(Arc<RequestMetricsInner>);

struct RequestMetricsInner {
    metrics: Arc<Metrics>,
    has_user_errors: AtomicBool,
}

impl RequestMetrics {
    /// Returns the metrics of a request that has recorded nothing yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(RequestMetricsInner { metrics, has_user_errors: AtomicBool::new(false) }))
    }

    /// Returns the metrics of the server.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Records that a mutation was rejected with `userErrors`.
    pub fn record_user_error(&self) {
        self.0.has_user_errors.store(true, Ordering::Relaxed);
    }

    /// Returns whether a mutation was rejected with `userErrors`.
    pub fn has_user_errors(&self) -> bool {
        self.0.has_user_errors.load(Ordering::Relaxed)
    }
}
