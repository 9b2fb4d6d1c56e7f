//! The worker: claims due jobs of all tenants and does them. Several may run side by side, in servers or by themselves.

mod billing;
mod inbox;
mod mails;
mod payouts;
mod sweep;
mod webhooks;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use uuid::Uuid;

use crate::auth::{Authorized, Caller, Role};
use crate::domain::db::act::Act;
use crate::domain::db::job::{self, ClaimedJob, Lane};
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::reporting::digest;
use crate::domain::webhook::DueDelivery;
use crate::domain::webhook::deliver;
use crate::domain::{admission, webhook};
use crate::mail::MailSettings;
use crate::metrics::Metrics;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::stripe::client::{StripeClient, StripeSettings};
use crate::webhook::WebhookSettings;
use crate::webhook::sender::Sender;

/// The database connections of a worker.
pub const CONNECTIONS: usize = 4;
/// The jobs that a worker does at a time, and those of one tenant: a tenant whose receivers are slow keeps nobody waiting.
pub const JOBS_MAX: usize = 100;
const JOBS_OF_TENANT_MAX: usize = 20;
/// How often due jobs are looked for, besides those of transactions of this process, which are noticed at once.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the worker waits for more jobs after it has heard of some, as a multiple of the time that the last round took: a
/// round costs each tenant several statements, whether it has one job or twenty, and so takes a tenth of the time at most.
const GATHERING_FACTOR: u32 = 9;
const GATHERING_MAX: Duration = Duration::from_millis(500);
/// The same while jobs wait for those that are running.
const GATHERING_OF_BACKLOG: Duration = Duration::from_millis(5);
/// How long the worker waits after the database could not be asked.
const PAUSE: Duration = Duration::from_secs(5);
/// How long jobs that have begun may take after a signal to stop: longer than an attempt. What is not over then is done again
/// by another worker, once its lease ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(18);
/// The name of the worker in histories and in the audit trail.
const ACTOR: &str = "worker";

/// The worker of a process.
pub struct Worker {
    pool: Pool,
    sender: Sender,
    webhooks: WebhookSettings,
    mails: Arc<MailSettings>,
    stripe: StripeClient,
    mail_turns: mails::MailTurns,
    slots: Arc<Semaphore>,
    tenants: HashMap<TenantId, Arc<Semaphore>>,
    endpoints: webhooks::EndpointSlots,
    metrics: Arc<Metrics>,
    running: TaskTracker,
    /// Tells that a job is over, so that another one may begin.
    ended: Arc<Notify>,
}

/// What a running job holds; another one may begin when it is dropped.
struct JobSlot {
    _slots: (OwnedSemaphorePermit, OwnedSemaphorePermit),
    ended: Arc<Notify>,
}

impl Drop for JobSlot {
    fn drop(&mut self) {
        self.ended.notify_one();
    }
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// Every job that was due has begun.
    Done,
    /// Jobs wait for those that are running.
    Backlog,
}

impl Worker {
    /// Returns a worker on the database of a pool, with connections of its own. Without keys, no webhook can be signed, and
    /// their jobs wait.
    pub fn new(pool: &Pool, webhooks: WebhookSettings, mails: MailSettings) -> Result<Self> {
        Ok(Self {
            pool: pool.for_worker(CONNECTIONS)?,
            sender: Sender::new(Arc::clone(&webhooks.policy))?,
            webhooks,
            mails: Arc::new(mails),
            stripe: StripeClient::new(&StripeSettings::default())?,
            mail_turns: mails::MailTurns::default(),
            slots: Arc::new(Semaphore::new(JOBS_MAX)),
            tenants: HashMap::new(),
            endpoints: webhooks::EndpointSlots::default(),
            metrics: Arc::default(),
            running: TaskTracker::new(),
            ended: Arc::default(),
        })
    }

    /// Returns the same worker, which counts what it does in the metrics of a server.
    pub fn with_metrics(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Returns the same worker, which asks Stripe by this client.
    pub fn with_stripe(self, stripe: StripeClient) -> Self {
        Self { stripe, ..self }
    }

    /// Does jobs until `stop`; then waits for those that have begun. Meanwhile it deletes old rows.
    pub async fn run(mut self, stop: CancellationToken) {
        let sweeping = AbortOnDropHandle::new(tokio::spawn(sweep::run(self.pool.clone())));
        loop {
            // A round may wait for a database that hangs. What it had not committed is rolled back.
            let began = Instant::now();
            let round = tokio::select! {
                () = stop.cancelled() => break,
                round = self.round(&stop) => round,
            };
            let (pause, gathering) = match round {
                Ok(Round::Done) => (INTERVAL, (began.elapsed() * GATHERING_FACTOR).min(GATHERING_MAX)),
                Ok(Round::Backlog) => (INTERVAL, GATHERING_OF_BACKLOG),
                Err(error) => {
                    tracing::warn!(cause = error.describe(), "the worker cannot look for jobs; trying again");
                    (PAUSE, Duration::ZERO)
                }
            };
            let work = async {
                tokio::select! {
                    () = self.pool.work_arrived() => {}
                    () = self.ended.notified() => {}
                    () = tokio::time::sleep(pause) => {}
                }
                tokio::time::sleep(gathering).await;
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = work => {}
            }
        }
        drop(sweeping);
        self.running.close();
        if tokio::time::timeout(DRAIN_TIMEOUT, self.running.wait()).await.is_err() {
            tracing::warn!("some jobs did not end in time; they are done again when their leases end");
        }
        self.pool.close();
    }

    /// Claims jobs of each tenant that has some, and begins them.
    async fn round(&mut self, stop: &CancellationToken) -> Result<Round> {
        let mut outcome = Round::Done;
        // What nothing refers to any more is forgotten.
        self.tenants.retain(|_, slots| Arc::strong_count(slots) > 1);
        self.endpoints.forget_idle();
        for tenant in job::tenants_with_work(&self.pool).await? {
            if stop.is_cancelled() {
                break;
            }
            match self.serve(&tenant, stop).await {
                Ok(Round::Done) => {}
                Ok(Round::Backlog) => outcome = Round::Backlog,
                Err(error) => {
                    tracing::warn!(%tenant, cause = error.describe(), "the worker cannot do the jobs of a tenant");
                }
            }
        }
        Ok(outcome)
    }

    /// Claims as many jobs of a tenant as may run, and begins them; then those that the first ones have created.
    async fn serve(&mut self, tenant: &TenantId, stop: &CancellationToken) -> Result<Round> {
        let of_tenant = || Arc::new(Semaphore::new(JOBS_OF_TENANT_MAX));
        let of_tenant = Arc::clone(self.tenants.entry(tenant.clone()).or_insert_with(of_tenant));
        let caller = admission::operator(&self.pool, tenant.clone(), ACTOR, Role::Admin).await?;
        loop {
            let free = of_tenant.available_permits().min(self.slots.available_permits());
            if free == 0 || stop.is_cancelled() {
                return Ok(Round::Backlog);
            }
            let limit = i64::try_from(free).unwrap_or(i64::MAX);
            let jobs =
                Transaction::run(&self.pool, &caller, Act::ClaimJobs, job::lease::claim, &limit).await?;
            let is_last = jobs.len() < free;
            let (fan_outs, others): (Vec<_>, Vec<_>) =
                jobs.into_iter().partition(|job| job.lane == Lane::FanOut);
            self.begin_all(&caller, others, &of_tenant, stop).await;
            self.fan_out(&caller, &fan_outs).await?;
            if is_last && fan_outs.is_empty() {
                return Ok(Round::Done);
            }
        }
    }

    /// Begins the jobs of a tenant.
    async fn begin_all(
        &self,
        caller: &Caller,
        jobs: Vec<ClaimedJob>,
        of_tenant: &Arc<Semaphore>,
        stop: &CancellationToken,
    ) {
        let (deliveries, others): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.lane == Lane::Webhook);
        let begin = |job: ClaimedJob, due| {
            let (Ok(slot), Ok(of_tenant)) =
                (Arc::clone(&self.slots).try_acquire_owned(), Arc::clone(of_tenant).try_acquire_owned())
            else {
                // Not reached: only this task takes slots. The lease would end by itself.
                return;
            };
            let slot = JobSlot { _slots: (slot, of_tenant), ended: Arc::clone(&self.ended) };
            self.begin(caller.clone(), job, due, slot, stop.clone());
        };
        for job in others {
            begin(job, None);
        }
        if deliveries.is_empty() {
            return;
        }
        match self.due(caller, &deliveries).await {
            Ok(mut due) => {
                for job in deliveries {
                    let due = due.remove(&job.subject);
                    begin(job, due);
                }
            }
            Err(error) => {
                for job in &deliveries {
                    give_back(&self.pool, caller, job, &error).await;
                }
            }
        }
    }

    /// Returns the deliveries of jobs by the subject of the job: read once for all that were claimed together.
    async fn due(
        &self,
        caller: &Caller,
        jobs: &[ClaimedJob],
    ) -> Result<HashMap<Uuid, Authorized<DueDelivery>>> {
        let mut db = Session::open(&self.pool, caller).await?;
        let due = deliver::due(&mut db, jobs).await?;
        Ok(due.into_iter().map(|due| (due.delivery.id.0, due)).collect())
    }

    /// Creates the deliveries of events. If that fails for all of them together, it is done for each, so that none
    /// keeps the others waiting.
    async fn fan_out(&self, caller: &Caller, jobs: &[ClaimedJob]) -> Result<()> {
        let fan_out = async |jobs: &[ClaimedJob]| {
            Transaction::run(&self.pool, caller, Act::FanOut, webhook::fan_out::fan_out, jobs).await
        };
        if jobs.is_empty() {
            return Ok(());
        }
        match fan_out(jobs).await {
            Ok(()) => return Ok(()),
            // The leases end by themselves.
            Err(error @ (Error::Unavailable | Error::ConnectionLost)) => return Err(error),
            Err(_) => {}
        }
        for job in jobs {
            if let Err(error) = fan_out(std::slice::from_ref(job)).await {
                give_back(&self.pool, caller, job, &error).await;
            }
        }
        Ok(())
    }

    /// Begins a job; one of a webhook with its delivery.
    fn begin(
        &self,
        caller: Caller,
        job: ClaimedJob,
        due: Option<Authorized<DueDelivery>>,
        slot: JobSlot,
        stop: CancellationToken,
    ) {
        let pool = self.pool.clone();
        match job.lane {
            Lane::Webhook => {
                let attempt = webhooks::WebhookAttempt {
                    pool,
                    sender: self.sender.clone(),
                    webhooks: self.webhooks.clone(),
                    endpoints: self.endpoints.clone(),
                    metrics: Arc::clone(&self.metrics),
                    caller,
                    job,
                    due,
                    stop,
                };
                self.spawn(slot, attempt.run());
            }
            Lane::Mail => {
                let (mails, turns) = (Arc::clone(&self.mails), self.mail_turns.clone());
                let attempt = mails::MailAttempt { pool, mails, turns, caller, job };
                self.spawn(slot, attempt.run());
            }
            Lane::Digest => self.spawn(slot, write_digests(pool, caller, job)),
            Lane::Payout => self.spawn(slot, self.payout_job(caller, job).send()),
            Lane::Inbox => {
                let (stripe, keys) = (self.stripe.clone(), self.webhooks.keys.clone());
                let metrics = Arc::clone(&self.metrics);
                let event = inbox::InboxJob { pool, metrics, stripe, keys, caller, job };
                self.spawn(slot, event.run());
            }
            Lane::Recall => self.spawn(slot, self.payout_job(caller, job).recall()),
            // Done for all jobs of a round together.
            Lane::FanOut => {}
        }
    }

    fn payout_job(&self, caller: Caller, job: ClaimedJob) -> payouts::PayoutJob {
        let (pool, stripe, keys) = (self.pool.clone(), self.stripe.clone(), self.webhooks.keys.clone());
        payouts::PayoutJob { pool, stripe, keys, caller, job }
    }

    fn spawn(&self, slot: JobSlot, work: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(async move {
            let _slot = slot;
            work.await;
        });
    }
}

/// Does a job of digests. After an error, it is done again later.
async fn write_digests(pool: Pool, caller: Caller, job: ClaimedJob) {
    let written = Transaction::run(&pool, &caller, Act::WriteDigests, digest::write, &job).await;
    if let Err(error) = written {
        give_back(&pool, &caller, &job, &error).await;
    }
}

/// Ends the lease of a job that could not be done, so that it is done again later.
async fn give_back(pool: &Pool, caller: &Caller, job: &ClaimedJob, error: &Error) {
    tracing::warn!(
        lane = %job.lane,
        subject = %job.subject,
        attempts = job.attempts,
        cause = error.describe(),
        "a job could not be done or recorded; it is repeated"
    );
    let why = public_message(error);
    let given_back = (job, why.as_str());
    // If that fails as well, the lease ends by itself.
    let _ = Transaction::run(pool, caller, Act::GiveJobBack, job::lease::give_back, &given_back).await;
}

/// Returns an error as staff of the tenant see it: nothing of the inside of the program or the database.
fn public_message(error: &Error) -> String {
    if matches!(error, Error::Internal(_) | Error::Constraint(_)) {
        return "an internal error; the log of the worker names its cause".to_owned();
    }
    error.message()
}
