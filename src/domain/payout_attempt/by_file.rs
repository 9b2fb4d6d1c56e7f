//! The attempts of payment files: staff record what came of them.

use chrono::{DateTime, Utc};

use super::{AttemptStatus, PayoutAttempt, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::domain::payment_file;
use crate::domain::payout::{Payout, PayoutStatus};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};

/// Returns the attempt by which a payout is in a payment file, if what came of it is open. Rejects it before the file
/// was downloaded: it could still be given to the bank, which would pay the payout once more.
pub(in crate::domain) async fn open(
    db: &mut Transaction,
    payout: &Payout,
) -> Result<Option<Authorized<PayoutAttempt>>> {
    if payout.status != PayoutStatus::Processing {
        return Ok(None);
    }
    let Some(attempt) = store::sent(db, payout.id).await? else { return Ok(None) };
    require_downloaded(db, &attempt).await?;
    Ok(Some(attempt))
}

/// Rejects an attempt whose file was never downloaded.
pub(super) async fn require_downloaded(db: &mut Transaction, attempt: &PayoutAttempt) -> Result<()> {
    let id = attempt.payment_file_id.ok_or_else(|| Error::internal("an attempt is in no payment file"))?;
    if payment_file::store::by_id(db, id).await?.downloaded_at.is_some() {
        return Ok(());
    }
    let message = "the payout is in a payment file that was never downloaded; withdraw the file first";
    let error = UserError::new(UserErrorCode::InvalidState, message);
    Err(Error::user_error(error.at("id").about(attempt.payout_id)))
}

/// SENT -> SETTLED: the bank has paid.
pub(in crate::domain) async fn settle(
    db: &mut Transaction,
    before: &PayoutAttempt,
    reference: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let settled =
        PayoutAttempt { reference: Some(reference.to_owned()), ..before.ended(AttemptStatus::Settled, now) };
    store::update(db, &settled).await?;
    db.record_changed(before, &settled);
    Ok(())
}

/// SENT -> REFUSED: the bank has not paid, or the money came back at once.
pub(in crate::domain) async fn refuse(
    db: &mut Transaction,
    before: &PayoutAttempt,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let refused = PayoutAttempt {
        code: Some("failed_by_staff".to_owned()),
        message: Some(reason.to_owned()),
        ..before.ended(AttemptStatus::Refused, now)
    };
    store::update(db, &refused).await?;
    db.record_changed(before, &refused);
    Ok(())
}
