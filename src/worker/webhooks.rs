//! The jobs that send webhooks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use tokio::sync::Semaphore;

use crate::auth::Caller;
use crate::domain::db::act::Act;
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::webhook::DueDelivery;
use crate::domain::webhook::deliver::{self, Attempt};
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
    pub caller: Caller,
    pub job: ClaimedJob,
}

impl WebhookAttempt {
    /// Makes the attempt and records it. After an error, nothing is recorded, and the attempt is made again later.
    pub async fn run(self) {
        let Err(error) = self.attempt().await else { return };
        tracing::warn!(
            delivery = %self.job.subject,
            cause = error.describe(),
            "an attempt to deliver a webhook could not be made or recorded; it is repeated"
        );
        let why = error.describe();
        let given_back = (&self.job, why.as_str());
        // If that fails as well, the lease ends by itself.
        let _ =
            Transaction::run(&self.pool, &self.caller, Act::GiveJobBack, job::lease::give_back, &given_back)
                .await;
    }

    async fn attempt(&self) -> Result<()> {
        let due = {
            let mut db = Session::open(&self.pool, &self.caller).await?;
            deliver::due(&mut db, &self.job).await?
        };
        let Some(due) = due.filter(|due| due.is_wanted()) else { return self.abandon().await };
        // Waits within the lease: a tenant has at most as many jobs as can wait that long.
        let slots = self.endpoints.of(due.endpoint.id);
        let _slot = slots.acquire().await.map_err(Error::internal)?;
        let attempt = self.send(&due).await?;
        let recorded = (&self.job, &*due, &attempt);
        Transaction::run(&self.pool, &self.caller, Act::AttemptWebhook, deliver::record, &recorded).await
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

    async fn abandon(&self) -> Result<()> {
        let due = {
            let mut db = Session::open(&self.pool, &self.caller).await?;
            deliver::due(&mut db, &self.job).await?
        };
        let ended = (&self.job, due.as_deref());
        Transaction::run(&self.pool, &self.caller, Act::AttemptWebhook, deliver::abandon, &ended).await
    }
}
