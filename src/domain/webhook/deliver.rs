//! The attempts of a delivery: what to send, and what becomes of it.

use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng;

use super::{Attempt, DeliveryStatus, DueDelivery, EndpointStatus, WebhookDelivery, body, failure, store};
use crate::auth::Authorized;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::event_type::EventType;
use crate::primitives::id::WebhookDeliveryId;

/// The time from each attempt to the next one, in seconds; after the last, the delivery has failed. Each is varied by a
/// fifth, so that the deliveries to a receiver that was down do not come back all at once.
const DELAYS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// Returns the deliveries of jobs; not those that no longer exist.
pub async fn due(db: &mut Session, jobs: &[ClaimedJob]) -> Result<Vec<Authorized<DueDelivery>>> {
    store::due(db, jobs.iter().map(|job| WebhookDeliveryId(job.subject)).collect()).await
}

impl DueDelivery {
    /// Returns whether the delivery is to be attempted: it waits, and its endpoint is enabled, or only being tested.
    pub fn is_wanted(&self) -> bool {
        let is_reachable = match self.endpoint.status {
            EndpointStatus::Enabled => true,
            EndpointStatus::Disabled => self.event.event_type == EventType::WebhookTest,
            EndpointStatus::Deleted => false,
        };
        self.delivery.status == DeliveryStatus::Pending && is_reachable
    }

    /// Returns the body of the request.
    pub fn body(&self) -> String {
        body::body(&self.event, self.endpoint.payload_version)
    }

    /// Returns the secrets that sign the body.
    pub fn secrets(&self, keys: &SecretKeys, now: DateTime<Utc>) -> Result<Vec<Vec<u8>>> {
        self.endpoint.secrets(keys, now)
    }
}

/// Ends a job whose delivery is not wanted any more; returns the status of the delivery if this has changed it.
pub async fn abandon(
    db: &mut Transaction,
    (job, due): &(&ClaimedJob, Option<&DueDelivery>),
) -> Result<Option<DeliveryStatus>> {
    db.mark_idempotent();
    let mut abandoned_now = None;
    if let Some(due) = due
        && due.delivery.status == DeliveryStatus::Pending
    {
        let now = db.clock_timestamp().await?;
        let abandoned = WebhookDelivery {
            status: DeliveryStatus::Abandoned,
            next_attempt_at: None,
            ended_at: Some(now),
            ..due.delivery.clone()
        };
        store::update_delivery(db, &abandoned).await?;
        abandoned_now = Some(abandoned.status);
    }
    // Without the lease, another worker has done the same.
    job.finish(db).await?;
    db.record_nothing();
    Ok(abandoned_now)
}

/// Records an attempt: the delivery is over, or the job waits for the next attempt. A worker that has lost its lease changes
/// nothing: another one makes the attempt again, and the receiver recognizes it by its id. Returns the status of the delivery
/// afterwards; `None` without the lease.
pub async fn record(
    db: &mut Transaction,
    (job, due, attempt): &(&ClaimedJob, &DueDelivery, &Attempt),
) -> Result<Option<DeliveryStatus>> {
    // Repeated, it finds that it no longer has the lease.
    db.mark_idempotent();
    if attempt.error.is_none() && due.endpoint.failure_count == 0 {
        db.record_nothing();
        let has_lease = store::end_delivered(db, job, due.delivery.attempts + 1, attempt).await?;
        return Ok(has_lease.then_some(DeliveryStatus::Delivered));
    }
    let now = db.clock_timestamp().await?;
    let mut delivery = WebhookDelivery {
        attempts: due.delivery.attempts + 1,
        last_status: attempt.status.map(i32::from),
        last_error: attempt.error.clone(),
        last_ms: Some(attempt.milliseconds),
        attempted_at: Some(now),
        next_attempt_at: None,
        ..due.delivery.clone()
    };
    let is_gone = attempt.status == Some(410);
    let next = next_attempt(delivery.attempts, attempt.retry_after, now).filter(|_| !is_gone);
    let has_lease = match (&attempt.error, next) {
        (None, _) => {
            (delivery.status, delivery.ended_at) = (DeliveryStatus::Delivered, Some(now));
            job.finish(db).await?
        }
        (Some(error), Some(at)) => {
            delivery.next_attempt_at = Some(at);
            job.retry_at(db, at, error).await?
        }
        (Some(_), None) => {
            (delivery.status, delivery.ended_at) = (DeliveryStatus::Failed, Some(now));
            job.finish(db).await?
        }
    };
    if !has_lease {
        db.record_nothing();
        return Ok(None);
    }
    store::update_delivery(db, &delivery).await?;
    failure::record_health(db, due, attempt.error.as_deref(), is_gone, now).await?;
    Ok(Some(delivery.status))
}

/// Returns when the next attempt is due after this many; `None` if there is none.
fn next_attempt(attempts: i32, retry_after: Option<TimeDelta>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let seconds = *DELAYS.get(usize::try_from(attempts - 1).ok()?)?;
    let milliseconds = rand::rng().random_range(seconds * 800..=seconds * 1_200);
    Some(now + TimeDelta::milliseconds(milliseconds).max(retry_after.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_are_spread_over_days() {
        let now = DateTime::UNIX_EPOCH;
        for (attempts, seconds) in (1..).zip(DELAYS) {
            let next = next_attempt(attempts, None, now).map(|at| (at - now).num_seconds());
            assert!(
                next.is_some_and(|next| (seconds * 8 / 10..=seconds * 12 / 10).contains(&next)),
                "{next:?}"
            );
        }
        assert_eq!(next_attempt(10, None, now), None);
        let later = next_attempt(1, Some(TimeDelta::hours(1)), now);
        assert_eq!(later, Some(now + TimeDelta::hours(1)), "Retry-After is respected");
    }
}
