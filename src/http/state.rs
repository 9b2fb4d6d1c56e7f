//! The state that all requests share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::cors::Origin;
use super::identity_provider::Provider;
use super::options::{DemoUser, MetricsAccess, Options};
use super::rate_limit::RateLimiter;
use super::readiness::Readiness;
use super::rejection::Rejection;
use super::rejection_delay::RejectionDelay;
use super::shares::{Reservation, ShareLimits, Shares};
use super::token_lookups::TokenLookups;
use crate::auth::Identity;
use crate::auth::secrets::SecretKeys;
use crate::auth::token::jwt::JwtKeys;
use crate::domain::db::pool::Pool;
use crate::domain::statement::file::Renderer;
use crate::graphql::request::cost::CostModel;
use crate::graphql::request::document::Documents;
use crate::graphql::request::limits::Limits;
use crate::graphql::request::persisted_documents::PersistedDocuments;
use crate::graphql::stripe::StripeAccess;
use crate::graphql::{Schema, Turns, schema, sdl};
use crate::metrics::{MemoryState, Metrics};
use crate::primitives::error::{Error, Result};
use crate::stripe::client::StripeClient;

/// The memory of a request besides its body and its response, in bytes: its head, its task, its buffers.
const REQUEST_BYTES: usize = 64 * 1024;

/// The memory of a download, in bytes: the rows that are being written, and the parts that wait to be sent.
const DOWNLOAD_BYTES: usize = 4 * 1024 * 1024;
/// How many downloads the server, one tenant and one user may have at a time. Each holds a database connection for up to
/// ten minutes, apart from those of other requests.
const DOWNLOADS: ShareLimits = ShareLimits { total: DOWNLOADS_MAX, tenant: 4, caller: 2 };
/// How many downloads the server may have at a time, and the database connections that they hold.
pub const DOWNLOADS_MAX: usize = 8;
/// How many other requests a download gives way to, and for how long at most after each part of its work.
const OTHERS_MAX: u32 = 4;
const GIVE_WAY_MAX: Duration = Duration::from_millis(100);
/// How many workbooks are written at a time: each takes a processor, and gigabytes of the folder of temporary files.
const WORKBOOKS_MAX: usize = 2;
const WORKBOOKS_IN_PROGRESS: &str = "as many workbooks are being written as may be at a time; try again in a moment, or download the file as CSV";
/// How many events of Stripe are received at a time: each holds its body before its signature is known.
const EVENTS_MAX: usize = 64;
/// How many of them use a database connection before their signature is known: a stranger who sends many leaves the others to
/// callers.
const EVENT_LOOKUPS_MAX: usize = 2;
/// How many forms without a known caller are read at a time: a form holds its memory before its token is known.
const FORMS_MAX: usize = 128;

/// The state that all requests share.
pub struct AppState {
    /// The requests in flight.
    pub in_flight: InFlight,
    /// The metrics of the server.
    pub metrics: Arc<Metrics>,
    pub(super) schema: Schema,
    /// The keys that the links in mails are signed with; `None` if none were configured.
    pub(super) secret_keys: Option<Arc<SecretKeys>>,
    pub(super) pool: Pool,
    pub(super) readiness: Arc<Readiness>,
    /// How many requests are executed at a time.
    slots: Arc<Shares>,
    /// The memory of the requests in progress, in bytes.
    memory: Arc<Shares>,
    /// How many downloads are sent at a time.
    pub(super) downloads: Arc<Shares>,
    /// The database connections of downloads.
    pub(super) download_pool: Pool,
    /// Renders the documents of statements.
    pub(super) renderer: Renderer,
    /// How many workbooks are written at a time.
    workbooks: Semaphore,
    /// How many forms without a known caller are read at a time.
    pub(super) forms: Semaphore,
    /// How many events of Stripe are received at a time.
    pub(super) events: Semaphore,
    /// How many of them look up the secrets that they may be signed with at a time.
    pub(super) event_lookups: Semaphore,
    /// The turns of long responses.
    pub(super) turns: Turns,
    pub(super) token_lookups: TokenLookups,
    pub(super) rejection_delay: RejectionDelay,
    pub(super) keys: Arc<JwtKeys>,
    pub(super) limits: Limits,
    pub(super) documents: Documents,
    pub(super) rate_limiter: RateLimiter,
    pub(super) persisted_documents: PersistedDocuments,
    pub(super) cors_origins: Vec<Origin>,
    pub(super) metrics_access: MetricsAccess,
    pub(super) identity_provider: Option<Provider>,
    pub(super) demo_users: Vec<DemoUser>,
}

impl AppState {
    /// Returns the state of a server over a database; fails if a trusted document is invalid.
    pub fn new(pool: Pool, keys: Arc<JwtKeys>, options: Options) -> Result<Arc<Self>> {
        let persisted_documents = PersistedDocuments::new(
            options.trusted_documents,
            options.trusted_documents_file.as_deref(),
            options.automatic_persisted_queries,
        )?;
        let stripe =
            StripeAccess { client: StripeClient::new(&options.stripe)?, public_url: options.public_url };
        Ok(Arc::new(Self {
            in_flight: InFlight::default(),
            metrics: Arc::default(),
            secret_keys: options.webhooks.keys.clone(),
            schema: schema(options.webhooks, Some(stripe)),
            readiness: Arc::new(Readiness::new(pool.dedicated()?)),
            renderer: Renderer::new(options.statement_fonts.as_deref())?,
            download_pool: pool.for_downloads(DOWNLOADS.total, DOWNLOADS.tenant)?,
            pool,
            downloads: Shares::new(DOWNLOADS),
            workbooks: Semaphore::new(WORKBOOKS_MAX),
            forms: Semaphore::new(FORMS_MAX),
            events: Semaphore::new(EVENTS_MAX),
            event_lookups: Semaphore::new(EVENT_LOOKUPS_MAX),
            slots: Shares::new(slot_limits(&options.limits)),
            memory: Shares::new(memory_limits(&options.limits)),
            turns: Turns::default(),
            token_lookups: TokenLookups::default(),
            rejection_delay: RejectionDelay::default(),
            keys,
            documents: Documents::new(&options.limits, CostModel::of(&sdl())?),
            rate_limiter: RateLimiter::new(&options.limits),
            persisted_documents,
            limits: options.limits,
            cors_origins: options.cors_origins,
            metrics_access: options.metrics_access,
            identity_provider: options.identity_provider,
            demo_users: options.demo_users,
        }))
    }

    /// Returns the turn of a workbook, which ends when the result is dropped; rejects one if as many are being written.
    pub(super) fn workbook_turn(&self) -> Result<SemaphorePermit<'_>> {
        self.workbooks.try_acquire().map_err(|_| Error::Busy(WORKBOOKS_IN_PROGRESS))
    }

    /// Reserves a slot under the concurrency limits or rejects at once; an unbounded queue would make every response late.
    pub(super) fn acquire_slot(&self, caller: &Identity) -> Result<Reservation, Rejection> {
        self.slots.reserve(caller, 1).map_err(Rejection::busy)
    }

    /// Waits in proportion to the time that a download has worked, if other requests are being executed: it may take as long
    /// as it needs, and they may not.
    pub(super) async fn give_way(&self, worked: Duration) {
        let others = u32::try_from(self.slots.held()).unwrap_or(u32::MAX).min(OTHERS_MAX);
        if others > 0 {
            sleep((worked * others).min(GIVE_WAY_MAX)).await;
        }
    }

    /// Returns what the server holds in memory, for the metrics.
    pub(super) fn memory_state(&self) -> MemoryState {
        let documents = [self.documents.state(), self.persisted_documents.state()];
        let callers = [self.rate_limiter.state(), self.rejection_delay.state()];
        let caches = documents.into_iter().chain(callers).chain(self.token_lookups.states()).collect();
        MemoryState { request_bytes: self.memory.held(), caches }
    }

    /// Reserves the place of a download among those at a time, and its memory.
    pub(super) fn reserve_download(&self, caller: &Identity) -> Result<[Reservation; 2], Rejection> {
        let place = self.downloads.reserve(caller, 1).map_err(Rejection::too_many_downloads)?;
        let memory = self.memory.reserve(caller, DOWNLOAD_BYTES).map_err(Rejection::out_of_memory)?;
        Ok([place, memory])
    }

    /// Reserves the memory of a request before its body is read.
    pub(super) fn reserve_memory(&self, caller: &Identity) -> Result<Reservation, Rejection> {
        self.memory.reserve(caller, REQUEST_BYTES).map_err(Rejection::out_of_memory)
    }
}

fn slot_limits(limits: &Limits) -> ShareLimits {
    let tenant = limits.limit_tenant_requests.into();
    ShareLimits { total: limits.limit_requests.into(), tenant, caller: tenant }
}

fn memory_limits(limits: &Limits) -> ShareLimits {
    let total = limits.memory_bytes();
    ShareLimits { total, tenant: total / 2, caller: total / 8 }
}

/// The requests in flight. Once draining, no new ones start.
#[derive(Clone, Debug, Default)]
pub struct InFlight(TaskTracker);

impl InFlight {
    /// Spawns work that runs to its end even if the client disconnects.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.spawn(work)
    }

    /// Rejects new requests and waits until those in flight are finished.
    pub async fn drain(&self) {
        self.0.close();
        self.0.wait().await;
    }

    /// Returns a token of work that is not a task; a shutdown waits until it is dropped.
    pub(super) fn token(&self) -> TaskTrackerToken {
        self.0.token()
    }

    pub(super) fn is_draining(&self) -> bool {
        self.0.is_closed()
    }
}
