//! resolvePayoutAttempt: staff have found out what became of an uncertain attempt, or of one in a payment file.

use async_graphql::{Enum, InputObject};
use chrono::TimeDelta;

use super::{AttemptStatus, PayoutAttempt, by_file, store};
use crate::auth::Authorized;
use crate::domain::db::job::{self, Lane};
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::{rail_step, settle};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PayoutAttemptId;
use crate::primitives::text;

/// How long after the last request nothing must have been found: the rail may still execute a request that it has
/// received.
const QUIET: TimeDelta = TimeDelta::hours(24);

/// The outcome of an attempt, as staff have found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "PayoutAttemptOutcome")]
pub enum ResolvedOutcome {
    /// The money was moved: the payout becomes COMPLETED.
    Moved,
    /// The money was not moved: the payout becomes READY.
    NotMoved,
}

/// The resolution of an attempt.
#[derive(Clone, Debug, InputObject)]
pub struct ResolvePayoutAttemptInput {
    /// The id of an UNCERTAIN attempt, or of a SENT one in a payment file that was downloaded; INVALID_STATE in any
    /// other status.
    pub id: PayoutAttemptId,
    /// The outcome that was found out. NOT_MOVED of an UNCERTAIN attempt is rejected with INVALID_STATE until a search
    /// for the transfer, 24 hours after the last request at the earliest, has found nothing. NOT_MOVED of a SENT one is
    /// right only once the bank has rejected the payment, or has taken it back: otherwise the payout is paid twice.
    pub outcome: ResolvedOutcome,
    /// The reference of the transfer at the rail or the bank, 1 to 255 characters; required with MOVED, and rejected
    /// with NOT_MOVED.
    pub reference: Option<String>,
    /// The way in which it was found out, 1 to 2,000 characters.
    pub reason: String,
}

/// UNCERTAIN or SENT -> SETTLED or REFUSED.
pub async fn resolve(
    db: &mut Transaction,
    input: &ResolvePayoutAttemptInput,
) -> Result<Authorized<PayoutAttempt>> {
    let reason = text::required_note("reason", &input.reason)?;
    let reference = text::optional_identifier_non_blank("reference", input.reference.as_deref())?;
    let reference = match (input.outcome, reference) {
        (ResolvedOutcome::Moved, None) => {
            return Err(Error::bad_input("reference", "is required with the outcome MOVED"));
        }
        (ResolvedOutcome::NotMoved, Some(_)) => {
            return Err(Error::bad_input("reference", "must not be given with the outcome NOT_MOVED"));
        }
        (_, reference) => reference,
    };
    if let Some(reference) = &reference
        && let Some(other) = store::by_reference(db, reference).await?
        && other.id != input.id
    {
        let message = "this is the reference of another payout's transfer";
        let error = UserError::new(UserErrorCode::Conflict, message);
        return Err(Error::user_error(error.at("reference").about(other.payout_id)));
    }
    let found = store::by_id(db, input.id).await?;
    let (partner, payout) = settle::lock(db, found.payout_id).await?;
    let before = store::lock(db, input.id).await?;
    let invalid = |message: String| {
        let error = UserError::new(UserErrorCode::InvalidState, message);
        Error::user_error(error.at("id").about(before.id))
    };
    let is_in_file = before.status == AttemptStatus::Sent;
    if is_in_file {
        by_file::require_downloaded(db, &before).await?;
    } else if before.status != AttemptStatus::Uncertain {
        let message = format!("the attempt is {}; only an UNCERTAIN or SENT one is resolved", before.status);
        return Err(invalid(message));
    }
    let now = settle::now_for(db, &payout).await?;
    let asked_at = before.last_sent_at.unwrap_or(before.created_at);
    let has_looked = before.looked_at.is_some_and(|looked_at| looked_at >= asked_at + QUIET);
    if reference.is_none() && !is_in_file && !has_looked {
        let from = (asked_at + QUIET).format("%Y-%m-%d %H:%M UTC");
        return Err(invalid(format!(
            "the rail may still move the money: it can be resolved as NOT_MOVED once a search after {from} has found nothing"
        )));
    }
    let resolved = PayoutAttempt {
        status: if reference.is_some() { AttemptStatus::Settled } else { AttemptStatus::Refused },
        is_in_doubt: false,
        reference: reference.clone(),
        code: Some("resolved_by_staff".to_owned()),
        ended_at: Some(now),
        ..PayoutAttempt::clone(&before)
    };
    store::update(db, &resolved).await?;
    db.record_changed(&*before, &resolved);
    db.record_reason(&reason);
    match reference {
        Some(reference) => {
            settle::complete_locked(db, &partner, &payout, reference, now, now).await?;
        }
        None => rail_step::not_sent(db, &payout, now, &reason).await?,
    }
    let unneeded = job::store::discard(db.scope().tenant(), Lane::Payout, resolved.id.0);
    db.execute_unaudited(unneeded).await?;
    db.scope().authorize(resolved)
}
