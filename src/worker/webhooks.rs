//! The jobs that send webhooks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::auth::{Authorized, Caller};
use crate::domain::db::act::Act;
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::webhook::{Attempt, DeliveryStatus, DueDelivery, deliver};
use crate::metrics::Metrics;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::WebhookEndpointId;
use crate::webhook::WebhookSettings;
use crate::webhook::sender::{Message, Sender};

/// The attempts to one endpoint at a time.
const ATTEMPTS_AT_ENDPOINT: usize = 4;

/// How many attempts each endpoint has at a time.
#[derive(Clone, Default)]
pub struct EndpointSlots(Arc<Mutex<HashMap<WebhookEndpointId, Arc<Semaphore>>>>);

impl EndpointSlots {
    fn of(&self, endpoint: WebhookEndpointId) -> Arc<Semaphore> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(ATTEMPTS_AT_ENDPOINT));
        Arc::clone(slots.entry(endpoint).or_insert_with(new))
    }

    /// Forgets the endpoints without attempts.
    pub fn forget_idle(&self) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slots| Arc::strong_count(slots) > 1);
    }
}

/// One attempt to send a delivery.
pub struct WebhookAttempt {
    pub pool: Pool,
    pub sender: Sender,
    pub webhooks: WebhookSettings,
    pub endpoints: EndpointSlots,
    pub metrics: Arc<Metrics>,
    pub caller: Caller,
    pub job: ClaimedJob,
    /// The delivery, as it was when the job was claimed; `None` if it no longer existed.
    pub due: Option<Authorized<DueDelivery>>,
    /// Once it is cancelled, no attempt begins.
    pub stop: CancellationToken,
}

impl WebhookAttempt {
    /// Makes the attempt and records it. After an error, nothing is recorded, and the attempt is made again later.
    pub async fn run(mut self) {
        match self.attempt().await {
            Ok(Some(status)) => self.metrics.jobs().webhook_attempted(outcome(status)),
            // Another worker does the job, or has done it.
            Ok(None) => {}
            Err(error) => super::give_back(&self.pool, &self.caller, &self.job, &error).await,
        }
    }

    /// Returns the status of the delivery after the attempt; `None` if the lease was lost, or the worker stops before.
    async fn attempt(&mut self) -> Result<Option<DeliveryStatus>> {
        let Some(endpoint) = self.wanted().map(|due| due.endpoint.id) else { return self.abandon().await };
        let slots = self.endpoints.of(endpoint);
        let _slot = match slots.try_acquire() {
            Ok(_) if self.stop.is_cancelled() => return self.release().await,
            Ok(slot) => slot,
            Err(_) => {
                // Waits within the lease: a tenant has at most as many jobs as can wait that long.
                let slot = tokio::select! {
                    biased;
                    () = self.stop.cancelled() => return self.release().await,
                    slot = slots.acquire() => slot.map_err(Error::internal)?,
                };
                // Meanwhile the endpoint may have been disabled or changed.
                self.due = self.read_due().await?;
                slot
            }
        };
        let Some(due) = self.wanted() else { return self.abandon().await };
        let attempt = self.send(due).await?;
        let recorded = (&self.job, due, &attempt);
        Transaction::run(&self.pool, &self.caller, Act::AttemptWebhook, deliver::record, &recorded).await
    }

    /// Returns the delivery, if it is to be attempted.
    fn wanted(&self) -> Option<&DueDelivery> {
        self.due.as_deref().filter(|due| due.is_wanted())
    }

    async fn read_due(&self) -> Result<Option<Authorized<DueDelivery>>> {
        let mut db = Session::open(&self.pool, &self.caller).await?;
        Ok(deliver::due(&mut db, std::slice::from_ref(&self.job)).await?.pop())
    }

    /// Leaves the job to another worker, because this one stops.
    async fn release(&self) -> Result<Option<DeliveryStatus>> {
        let release = job::lease::release;
        Transaction::run(&self.pool, &self.caller, Act::GiveJobBack, release, &self.job).await?;
        Ok(None)
    }

    /// Sends the delivery once. No transaction is open meanwhile.
    async fn send(&self, due: &DueDelivery) -> Result<Attempt> {
        let keys = self.webhooks.required_keys()?;
        // The clock of this machine: receivers compare the time with theirs.
        let now = Utc::now();
        let message = Message {
            url: due.endpoint.url.clone(),
            id: due.event.id.to_string(),
            body: due.body(),
            secrets: due.secrets(keys, now)?,
        };
        let result = self.sender.send(&message, now).await;
        Ok(Attempt {
            status: result.status,
            error: result.error,
            milliseconds: result.milliseconds,
            retry_after: result.retry_after,
        })
    }

    async fn abandon(&self) -> Result<Option<DeliveryStatus>> {
        let due = self.read_due().await?;
        let ended = (&self.job, due.as_deref());
        Transaction::run(&self.pool, &self.caller, Act::AttemptWebhook, deliver::abandon, &ended).await
    }
}

/// Returns the label of an attempt that left a delivery in a status.
fn outcome(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => "retried",
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Abandoned => "abandoned",
    }
}
