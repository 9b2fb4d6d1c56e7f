//! What is recorded of a try: what the rail answered, and what follows for the payout.

use chrono::{DateTime, TimeDelta, Utc};

use super::outcome::{again_at, end_refused, end_uncertain, look_again, stay_uncertain};
use super::part::returned_in_part;
use super::{AttemptStatus, Order, PayoutAttempt, recall, store};
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{PayoutAttention, settle};
use crate::domain::stripe_connection;
use crate::primitives::error::Result;
use crate::primitives::money::Money;

/// After this many tries, a job begins to count anew: a rail that is out of reach for days is not given up.
const TRIES_MAX: i32 = 20;
/// When the rail is asked again that was certainly not asked, or still works on the request.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// What is known after the rail was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The transfer of the attempt exists.
    Transferred(Transferred),
    /// The payout has another transfer, which did not come back. The program has not made it, or does not know any more that it
    /// has: a database that was restored.
    OtherTransfer(String),
    /// The rail has refused: certainly nothing was moved. Its code and its message.
    Refused(String, String),
    /// The rail was certainly not asked, and can be asked again: it is out of reach, or limits requests.
    NotAsked(String),
    /// The rail does not accept the key of the tenant; nothing was moved.
    Unauthorized(String),
    /// The rail still works on an earlier request with the same key.
    InProgress,
    /// The rail has had other data with the same key: a fault of the program.
    KeyReused(String),
    /// It is not known whether the money was moved: no answer, or one that tells nothing.
    Unknown(String),
    /// There is no transfer of the attempt, and none was asked for.
    NotFound,
}

/// The transfer of an attempt, as the rail has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The reference.
    pub reference: String,
    /// How it differs from the attempt: in amount, currency or destination; `None` if it does not.
    pub difference: Option<String>,
    /// Whether all of its money has come back already.
    pub is_reversed: bool,
    /// How much of it has, if that is a part.
    pub returned: Option<Money>,
}

/// Records what came of a try. Without the lease, another worker tries as well: then only what is certain is recorded, which is
/// that the money was moved.
pub async fn record(
    db: &mut Transaction,
    (job, order, finding): &(&ClaimedJob, &Order, &Finding),
) -> Result<Option<AttemptStatus>> {
    // Repeated, it finds what it has recorded.
    db.mark_idempotent();
    let (partner, payout) = settle::lock(db, order.attempt.payout_id).await?;
    let attempt = store::lock(db, order.attempt.id).await?;
    let has_lease = job::lease::is_valid(db, job).await?;
    let is_certain = matches!(finding, Finding::Transferred(_));
    if !attempt.status.is_under_way() || !(has_lease || is_certain) {
        if has_lease {
            job.finish(db).await?;
        }
        db.record_nothing();
        return Ok(None);
    }
    let now = settle::now_for(db, &payout).await?;
    let changed = (&*payout, &*attempt);
    match finding {
        Finding::Transferred(transferred @ Transferred { difference: None, .. }) => {
            let reference = &transferred.reference;
            let settled = PayoutAttempt {
                status: AttemptStatus::Settled,
                is_in_doubt: false,
                reference: Some(reference.clone()),
                code: None,
                message: None,
                ended_at: Some(now),
                ..PayoutAttempt::clone(&attempt)
            };
            store::update(db, &settled).await?;
            db.record_changed(&*attempt, &settled);
            settle::complete_locked(db, &partner, &payout, reference.clone(), now, now).await?;
            if let Some(returned) = transferred.returned {
                returned_in_part(db, attempt.id, returned).await?;
            }
            if transferred.is_reversed {
                recall::returned(db, attempt.id, "Stripe has reversed the transfer".to_owned()).await?;
            }
            job.finish(db).await?;
            return Ok(Some(settled.status));
        }
        Finding::Transferred(Transferred { reference, difference: Some(difference), .. }) => {
            let message = format!("the transfer {reference} differs from the attempt: {difference}");
            stay_uncertain(db, job, changed, ("transfer_differs", &message), PayoutAttention::Differs, now)
                .await?;
        }
        Finding::OtherTransfer(reference) => {
            let message = format!("Stripe has another transfer of this payout, {reference}");
            end_uncertain(db, job, changed.0, changed.1, ("other_transfer", &message), now).await?;
        }
        Finding::KeyReused(message) => {
            tracing::error!(attempt = %attempt.id, "Stripe has had another request with the key of a payout attempt");
            end_uncertain(db, job, changed.0, changed.1, ("key_reused", message), now).await?;
        }
        Finding::Refused(code, message) if attempt.status == AttemptStatus::Sending => {
            end_refused(db, changed.0, changed.1, (code, message), now).await?;
            job.finish(db).await?;
        }
        Finding::Refused(_, message) | Finding::NotAsked(message) => {
            wait(db, job, changed.1, message, now + backoff(job)).await?;
        }
        Finding::Unauthorized(message) => {
            stripe_connection::store::mark_broken(db, &order.connection, message, now).await?;
            wait(db, job, changed.1, message, now + PAUSE).await?;
        }
        Finding::InProgress => {
            remain(db, job, changed.1, "Stripe still works on the request", now + PAUSE).await?;
        }
        Finding::Unknown(message) => remain(db, job, changed.1, message, now + backoff(job)).await?,
        Finding::NotFound => {
            let looked = PayoutAttempt { looked_at: Some(now), ..PayoutAttempt::clone(&attempt) };
            store::update(db, &looked).await?;
            look_again(db, job, now).await?;
            db.record_nothing();
        }
    }
    Ok(Some(attempt.status))
}

/// Has the rail asked later that was not asked now. The attempt can be withdrawn meanwhile, unless an earlier request is in
/// doubt.
async fn wait(
    db: &mut Transaction,
    job: &ClaimedJob,
    attempt: &PayoutAttempt,
    message: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    if attempt.is_in_doubt || attempt.status != AttemptStatus::Sending {
        return remain(db, job, attempt, message, at).await;
    }
    let queued = PayoutAttempt {
        status: AttemptStatus::Queued,
        first_sent_at: None,
        last_sent_at: None,
        message: Some(message.to_owned()),
        ..attempt.clone()
    };
    store::update(db, &queued).await?;
    db.record_changed(attempt, &queued);
    if job.attempts >= TRIES_MAX {
        return again_at(db, job, at).await;
    }
    job.retry_at(db, at, message).await?;
    Ok(())
}

/// Has the rail asked again later; meanwhile it is in doubt whether the money was moved.
async fn remain(
    db: &mut Transaction,
    job: &ClaimedJob,
    attempt: &PayoutAttempt,
    message: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let doubtful = PayoutAttempt { is_in_doubt: true, message: Some(message.to_owned()), ..attempt.clone() };
    store::update(db, &doubtful).await?;
    db.record_nothing();
    if attempt.status == AttemptStatus::Uncertain {
        return look_again(db, job, at).await;
    }
    if job.attempts >= TRIES_MAX {
        return again_at(db, job, at).await;
    }
    job.retry_at(db, at, message).await?;
    Ok(())
}

/// Returns the time until the next try: 1, 2, 4 minutes and so on, up to an hour.
fn backoff(job: &ClaimedJob) -> TimeDelta {
    let exponent = u32::try_from(job.attempts - 1).unwrap_or_default().min(6);
    TimeDelta::minutes(2_i64.pow(exponent).min(60))
}
