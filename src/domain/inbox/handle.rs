//! What follows from events of Stripe, once what they hint at was read from Stripe.

use chrono::TimeDelta;

use super::{InboxEvent, InboxEventStatus, store};
use crate::auth::Authorized;
use crate::domain::db::job::{self, ClaimedJob, Lane};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{PayoutAttention, PayoutStatus, rail_step, settle};
use crate::domain::payout_account::refresh::{AccountState, refresh};
use crate::domain::payout_attempt::{self, AttemptStatus, PayoutAttempt, recall};
use crate::domain::stripe_connection::StripeConnection;
use crate::domain::{payout_account, stripe_connection};
use crate::primitives::error::Result;
use crate::primitives::id::{InboxEventId, PayoutAttemptId};

/// How long an event is tried to be handled. Stripe itself repeats an event that is not received for three days.
const TRYING_MAX: TimeDelta = TimeDelta::days(3);
/// The shortest and the longest time between two tries. In between, it is half of the age of the event.
const PAUSE_MIN: TimeDelta = TimeDelta::seconds(2);
const PAUSE_MAX: TimeDelta = TimeDelta::hours(1);
/// The longest message that is kept, in characters.
const MESSAGE_MAX: usize = 500;

/// An event that waits, and the connection by which Stripe is asked about it.
#[derive(Clone, Debug)]
pub struct DueEvent {
    /// The event.
    pub event: InboxEvent,
    /// The body, as it was signed.
    pub body: Vec<u8>,
    /// The connection; `None` if there is none any more.
    pub connection: Option<StripeConnection>,
}

/// What is known after Stripe was asked about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing is to be done, for this reason.
    Nothing(&'static str),
    /// It cannot be handled, and trying again would not change that, for this reason.
    Dead(String),
    /// It cannot be handled yet, for this reason.
    NotYet(String),
    /// An account of a partner is like this now.
    Account(String, AccountState),
    /// A transfer is like this now.
    Transfer(KnownTransfer),
}

/// A transfer, as Stripe has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTransfer {
    /// The reference.
    pub reference: String,
    /// The attempt that it says it is of.
    pub attempt: Option<PayoutAttemptId>,
    /// Whether all of its money came back.
    pub is_reversed: bool,
    /// Whether a part of its money came back.
    pub is_reversed_in_part: bool,
}

/// Returns the event of a job; `None` if it does not wait any more.
pub async fn due(db: &mut Session, job: &ClaimedJob) -> Result<Option<DueEvent>> {
    let event = store::by_id(db, InboxEventId(job.subject)).await?;
    let Some(event) = event.filter(|event| event.status == InboxEventStatus::Pending) else {
        return Ok(None);
    };
    let body = store::body(db, event.id).await?;
    let connection = stripe_connection::store::own(db).await?;
    Ok(Some(DueEvent {
        event: InboxEvent::clone(&event),
        body,
        connection: connection.map(|connection| StripeConnection::clone(&connection)),
    }))
}

/// Does what follows from what is known, and ends the event and its job.
pub async fn handle(db: &mut Transaction, (job, known): &(&ClaimedJob, &Known)) -> Result<()> {
    db.mark_idempotent();
    let id = InboxEventId(job.subject);
    let event = store::by_id(db, id).await?.filter(|event| event.status == InboxEventStatus::Pending);
    db.record_nothing();
    let Some(event) = event else {
        job.finish(db).await?;
        return Ok(());
    };
    let (status, message) = match known {
        Known::Nothing(why) => (InboxEventStatus::Ignored, Some(*why)),
        Known::Dead(why) => (InboxEventStatus::Dead, Some(why.as_str())),
        Known::NotYet(why) => return try_later(db, job, &event, why).await,
        Known::Account(destination, state) => {
            let accounts = payout_account::store::by_destination(db, destination).await?;
            for account in &accounts {
                refresh(db, &(account.id, state)).await?;
            }
            if accounts.is_empty() {
                (InboxEventStatus::Ignored, Some("no partner has this account"))
            } else {
                (InboxEventStatus::Handled, None)
            }
        }
        Known::Transfer(transfer) => match attempt_of(db, transfer).await? {
            Some(attempt) => (InboxEventStatus::Handled, apply(db, &attempt, transfer).await?),
            None => (InboxEventStatus::Ignored, Some("no payout has this transfer")),
        },
    };
    end(db, job, status, message).await
}

/// Ends an event and its job.
pub(super) async fn end(
    db: &mut Transaction,
    job: &ClaimedJob,
    status: InboxEventStatus,
    message: Option<&str>,
) -> Result<()> {
    let now = db.clock_timestamp().await?;
    let message = message.map(shortened);
    store::end(db, InboxEventId(job.subject), status, message.as_deref(), now).await?;
    job.finish(db).await?;
    Ok(())
}

/// Has an event handled later, or gives it up if it has waited for long enough.
async fn try_later(db: &mut Transaction, job: &ClaimedJob, event: &InboxEvent, why: &str) -> Result<()> {
    let now = db.clock_timestamp().await?;
    let age = now - event.received_at;
    if age >= TRYING_MAX {
        return end(db, job, InboxEventStatus::Dead, Some(why)).await;
    }
    store::wait(db, event.id, Some(&shortened(why))).await?;
    let at = now + (age / 2).clamp(PAUSE_MIN, PAUSE_MAX);
    let again = job::store::schedule(db.scope().tenant(), Lane::Inbox, event.id.0, at);
    db.execute_unaudited(again).await?;
    Ok(())
}

fn shortened(message: &str) -> String {
    message.chars().take(MESSAGE_MAX).collect()
}

/// Returns the attempt of a transfer: by its reference, or by what the transfer says if its settlement is not recorded yet.
async fn attempt_of(
    db: &mut Transaction,
    transfer: &KnownTransfer,
) -> Result<Option<Authorized<PayoutAttempt>>> {
    if let Some(attempt) = payout_attempt::store::by_reference(db, &transfer.reference).await? {
        return Ok(Some(attempt));
    }
    let Some(id) = transfer.attempt else { return Ok(None) };
    Ok(payout_attempt::store::by_ids(db, &[id]).await?.pop())
}

/// Updates an attempt, or its payout, to the state of its transfer.
async fn apply(
    db: &mut Transaction,
    attempt: &PayoutAttempt,
    transfer: &KnownTransfer,
) -> Result<Option<&'static str>> {
    match attempt.status {
        AttemptStatus::Settled if transfer.is_reversed => {
            recall::returned(db, attempt.id, "Stripe has reversed the transfer".to_owned()).await?;
            Ok(None)
        }
        AttemptStatus::Settled if transfer.is_reversed_in_part => {
            let (_, payout) = settle::lock(db, attempt.payout_id).await?;
            if payout.status == PayoutStatus::Completed {
                rail_step::set_attention(db, &payout, Some(PayoutAttention::ReturnedInPart)).await?;
            }
            Ok(None)
        }
        AttemptStatus::Queued | AttemptStatus::Sending | AttemptStatus::Uncertain => {
            // The worker looks for the transfer now, and settles the payout.
            let now = db.clock_timestamp().await?;
            let job = job::store::schedule(db.scope().tenant(), Lane::Payout, attempt.id.0, now);
            db.execute_unaudited(job).await?;
            db.wake_worker();
            Ok(Some("the transfer is looked for"))
        }
        AttemptStatus::Settled
        | AttemptStatus::Sent
        | AttemptStatus::Refused
        | AttemptStatus::Withdrawn
        | AttemptStatus::Returned => Ok(Some("nothing has changed")),
    }
}
