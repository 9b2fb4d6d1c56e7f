//! settlePaymentFile: the bank has paid a file.

use std::collections::BTreeSet;

use async_graphql::InputObject;

use super::{PaymentFile, store};
use crate::auth::{Authorized, Caller};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::transaction_series::TransactionSeries;
use crate::domain::payout::settle;
use crate::domain::payout_attempt::send::UnsentPayout;
use crate::domain::payout_attempt::{self, AttemptStatus, by_file};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PaymentFileId, PayoutId};
use crate::primitives::text;

/// A payment file that the bank has paid.
#[derive(Clone, Debug, InputObject)]
pub struct SettlePaymentFileInput {
    /// The id of a file that was downloaded; else INVALID_STATE.
    pub id: PaymentFileId,
    /// The reference of the payments at the bank, such as that of the booking, 1 to 255 characters.
    pub reference: String,
    /// The ids of payouts in the file that stay open, because the bank has not paid them; default none.
    pub except: Option<Vec<PayoutId>>,
}

/// What became of the payouts of a file.
#[derive(Debug)]
pub struct SettledFile {
    /// The file.
    pub file: Authorized<PaymentFile>,
    /// How many payouts were completed.
    pub completed: usize,
    /// The payouts that could not be completed now.
    pub skipped: Vec<UnsentPayout>,
}

/// The completion of one payout of a file.
struct Part<'p> {
    file: PaymentFileId,
    payout: PayoutId,
    reference: &'p str,
}

/// Completes the open payouts of a file, each in a transaction of its own: a statement is issued for each of them.
/// Repeated, it completes those that are still open.
pub async fn settle_file(
    pool: &Pool,
    caller: &Caller,
    input: &SettlePaymentFileInput,
) -> Result<SettledFile> {
    let reference = text::identifier("reference", &input.reference)?;
    let (file, open) = open_payouts(pool, caller, input).await?;
    let mut settled = SettledFile { file, completed: 0, skipped: Vec::new() };
    let mut series = TransactionSeries::new(pool, caller);
    for payout in open {
        let part = Part { file: input.id, payout, reference: &reference };
        let name = format!("completion of payout {payout}");
        match series.run(&name, Act::SettlePaymentFile, complete, &part).await {
            Ok(true) => settled.completed += 1,
            Ok(false) => {}
            Err(Error::UserErrors(errors)) => {
                let error = errors.into_iter().next();
                let error = error.ok_or_else(|| Error::internal("a rejection without a reason"))?;
                settled.skipped.push(UnsentPayout { id: payout, error });
            }
            Err(error) => {
                let message = "the payout could not be completed now; nothing of it has changed: try again";
                let error = UserError::new(error.failure_code(), message).about(payout);
                settled.skipped.push(UnsentPayout { id: payout, error });
            }
        }
    }
    Ok(settled)
}

/// Returns the file with the payouts that are to be completed, in its order.
async fn open_payouts(
    pool: &Pool,
    caller: &Caller,
    input: &SettlePaymentFileInput,
) -> Result<(Authorized<PaymentFile>, Vec<PayoutId>)> {
    let mut db = Session::open(pool, caller).await?;
    let file = store::by_id(&mut db, input.id).await?;
    let rejected = |code, message: &str, field| {
        Error::user_error(UserError::new(code, message.to_owned()).at(field).about(file.id))
    };
    if file.withdrawn_at.is_some() {
        return Err(rejected(UserErrorCode::InvalidState, "the payment file was withdrawn", "id"));
    }
    if file.downloaded_at.is_none() {
        let message = "the payment file was never downloaded, so that no bank can have paid it";
        return Err(rejected(UserErrorCode::InvalidState, message, "id"));
    }
    let attempts = payout_attempt::store::of_file(&mut db, file.id).await?;
    let except: BTreeSet<_> = input.except.iter().flatten().copied().collect();
    let in_file: BTreeSet<_> = attempts.iter().map(|attempt| attempt.payout_id).collect();
    if let Some(foreign) = except.difference(&in_file).next() {
        let error = UserError::new(UserErrorCode::NotFound, "this payout is not in the payment file");
        return Err(Error::user_error(error.at("except").about(*foreign)));
    }
    let open = attempts.iter().filter(|attempt| attempt.status == AttemptStatus::Sent);
    let open = open.map(|attempt| attempt.payout_id).filter(|payout| !except.contains(payout)).collect();
    Ok((file, open))
}

/// Completes a payout of the file; returns whether it was still open.
async fn complete(db: &mut Transaction, part: &Part<'_>) -> Result<bool> {
    // Repeated, it finds that the attempt is over.
    db.mark_idempotent();
    let (partner, payout) = settle::lock(db, part.payout).await?;
    let attempt = payout_attempt::store::sent(db, part.payout).await?;
    let Some(attempt) = attempt.filter(|attempt| attempt.payment_file_id == Some(part.file)) else {
        db.record_nothing();
        return Ok(false);
    };
    let now = settle::now_for(db, &payout).await?;
    by_file::settle(db, &attempt, part.reference, now).await?;
    settle::complete_locked(db, &partner, &payout, part.reference.to_owned(), now, now).await?;
    Ok(true)
}
