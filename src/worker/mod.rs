//! The worker: claims due jobs of all tenants and does them. Several may run side by side, in servers or by themselves.

mod webhooks;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Caller, Role};
use crate::domain::db::act::Act;
use crate::domain::db::job::{self, ClaimedJob, Lane};
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::{admission, webhook};
use crate::primitives::error::Result;
use crate::primitives::id::TenantId;
use crate::webhook::WebhookSettings;
use crate::webhook::sender::Sender;

/// The database connections of a worker.
pub const CONNECTIONS: usize = 4;
/// The jobs that a worker does at a time, and those of one tenant: a tenant whose receivers are slow keeps nobody waiting.
const JOBS_MAX: usize = 100;
const JOBS_OF_TENANT_MAX: usize = 20;
/// How often due jobs are looked for, besides those of transactions of this process, which are noticed at once.
const INTERVAL: Duration = Duration::from_secs(1);
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
    slots: Arc<Semaphore>,
    tenants: HashMap<TenantId, Arc<Semaphore>>,
    endpoints: webhooks::EndpointSlots,
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

impl Worker {
    /// Returns a worker on the database of a pool, with connections of its own. Without keys, no webhook can be signed, and
    /// their jobs wait.
    pub fn new(pool: &Pool, webhooks: WebhookSettings) -> Result<Self> {
        Ok(Self {
            pool: pool.for_worker(CONNECTIONS)?,
            sender: Sender::new(Arc::clone(&webhooks.policy))?,
            webhooks,
            slots: Arc::new(Semaphore::new(JOBS_MAX)),
            tenants: HashMap::new(),
            endpoints: webhooks::EndpointSlots::default(),
            running: TaskTracker::new(),
            ended: Arc::default(),
        })
    }

    /// Does jobs until `stop`; then waits for those that have begun.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            // A round may wait for a database that hangs. What it had not committed is rolled back.
            let round = tokio::select! {
                () = stop.cancelled() => break,
                round = self.round(&stop) => round,
            };
            let pause = match round {
                Ok(0) => INTERVAL,
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!(cause = error.describe(), "the worker cannot look for jobs; trying again");
                    PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.pool.work_arrived() => {}
                () = self.ended.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.running.close();
        if tokio::time::timeout(DRAIN_TIMEOUT, self.running.wait()).await.is_err() {
            tracing::warn!("some jobs did not end in time; they are done again when their leases end");
        }
        self.pool.close();
    }

    /// Claims jobs of each tenant that has some, and begins them; returns how many.
    async fn round(&mut self, stop: &CancellationToken) -> Result<usize> {
        let mut begun = 0;
        // What nothing refers to any more is forgotten.
        self.tenants.retain(|_, slots| Arc::strong_count(slots) > 1);
        self.endpoints.forget_idle();
        for tenant in job::tenants_with_work(&self.pool).await? {
            if stop.is_cancelled() {
                break;
            }
            match self.serve(&tenant).await {
                Ok(count) => begun += count,
                Err(error) => {
                    tracing::warn!(%tenant, cause = error.describe(), "the worker cannot do the jobs of a tenant");
                }
            }
        }
        Ok(begun)
    }

    /// Claims as many jobs of a tenant as may run, and begins them.
    async fn serve(&mut self, tenant: &TenantId) -> Result<usize> {
        let of_tenant = || Arc::new(Semaphore::new(JOBS_OF_TENANT_MAX));
        let of_tenant = Arc::clone(self.tenants.entry(tenant.clone()).or_insert_with(of_tenant));
        let free = of_tenant.available_permits().min(self.slots.available_permits());
        if free == 0 {
            return Ok(0);
        }
        let caller = admission::operator(&self.pool, tenant.clone(), ACTOR, Role::Admin).await?;
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let jobs = Transaction::run(&self.pool, &caller, Act::ClaimJobs, job::lease::claim, &limit).await?;
        let count = jobs.len();
        let (fan_outs, others): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.lane == Lane::FanOut);
        for job in others {
            let (Ok(slot), Ok(of_tenant)) =
                (Arc::clone(&self.slots).try_acquire_owned(), Arc::clone(&of_tenant).try_acquire_owned())
            else {
                // Not reached: only this function takes slots. The lease would end by itself.
                continue;
            };
            let slot = JobSlot { _slots: (slot, of_tenant), ended: Arc::clone(&self.ended) };
            self.begin(caller.clone(), job, slot);
        }
        if !fan_outs.is_empty() {
            let fan_out = webhook::fan_out::fan_out;
            Transaction::run(&self.pool, &caller, Act::FanOut, fan_out, fan_outs.as_slice()).await?;
        }
        Ok(count)
    }

    /// Begins a job.
    fn begin(&self, caller: Caller, job: ClaimedJob, slot: JobSlot) {
        let attempt = webhooks::WebhookAttempt {
            pool: self.pool.clone(),
            sender: self.sender.clone(),
            webhooks: self.webhooks.clone(),
            endpoints: self.endpoints.clone(),
            caller,
            job,
        };
        self.running.spawn(async move {
            let _slot = slot;
            attempt.run().await;
        });
    }
}
