//! The payments of a run: one partner and currency after the other, each in a transaction of its own.

use super::{Candidate, Outcome, PayoutRun, Progress, SkippedPayout, store};
use crate::auth::{Authorized, Caller};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::transaction_series::TransactionSeries;
use crate::domain::payout::Payout;
use crate::domain::payout::batch::{self, Batch};
use crate::domain::{commission, partner, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;

/// What became of the partners and currencies of a run.
#[derive(Default)]
pub(super) struct Payments {
    /// The payouts that were created.
    pub paid: Vec<Authorized<Payout>>,
    /// The partners and currencies that a rule does not permit to pay.
    pub skipped: Vec<SkippedPayout>,
    /// The partners and currencies whose payment failed; a repetition may succeed.
    pub failed: Vec<SkippedPayout>,
}

/// Pays every partner and currency of a run. No failure keeps another partner from being paid, except that the run does
/// not wait for a database that stays out of reach: then the remaining partners count as failed.
pub(super) async fn pay_all(
    pool: &Pool,
    caller: &Caller,
    run: &PayoutRun,
    candidates: Vec<Candidate>,
    mut on_progress: impl FnMut(Progress<'_>) + Send,
) -> Payments {
    let mut payments = Payments::default();
    let mut series = TransactionSeries::new(pool, caller);
    let total = candidates.len();
    for (done, Candidate { partner, due }) in candidates.into_iter().enumerate() {
        let partner_payout =
            PartnerPayout { run: run.clone(), partner: partner.id, currency: due.sum.currency() };
        let name = format!("payout to partner {}", partner.id);
        let outcome = match series.run(&name, Act::RunPayouts, pay, &partner_payout).await {
            Ok(outcome) => outcome,
            Err(error) => {
                let code = error.failure_code();
                Outcome::Failed(SkippedPayout { partner_id: partner.id, amount: due.sum, code }, error)
            }
        };
        on_progress(Progress { done: done + 1, total, partner: &partner, outcome: &outcome });
        match outcome {
            Outcome::Paid(payout) => payments.paid.push(payout),
            Outcome::Skipped(skip) => payments.skipped.push(skip),
            Outcome::AlreadyPaid => {}
            Outcome::Failed(skip, _) => payments.failed.push(skip),
        }
    }
    payments
}

/// The payout to one partner in one currency that a run is to create.
struct PartnerPayout {
    run: PayoutRun,
    partner: PartnerId,
    currency: Currency,
}

/// Pays one partner in one currency.
async fn pay(db: &mut Transaction, partner_payout: &PartnerPayout) -> Result<Outcome> {
    if store::share(db, partner_payout.run.id).await?.finished_at.is_some() {
        // A concurrent request with the same key has finished the run, and its result must not change.
        db.record_nothing();
        return Ok(Outcome::AlreadyPaid);
    }
    let partner = partner::store::lock_by_id(db, "partnerId", partner_payout.partner).await?;
    let batch = Batch {
        currency: partner_payout.currency,
        period: (partner_payout.run.period_start, partner_payout.run.period_end),
        payment_method: partner_payout.run.payment_method.clone(),
        payout_date: None,
        notes: None,
        run_id: Some(partner_payout.run.id),
    };
    let payout = batch::draft(db, &partner, batch).await?;
    let due = commission::store::payable(db, &batch::payable(&payout)).await?;
    if due.count == 0 {
        db.record_nothing();
        return Ok(Outcome::AlreadyPaid);
    }
    match batch::reason_not_payable(&partner, due.sum, &tenant::settings(db).await?.minimum_payouts) {
        None => Ok(Outcome::Paid(batch::create_with_lines(db, payout, due).await?)),
        Some(reason) => {
            db.record_nothing();
            Ok(Outcome::Skipped(SkippedPayout { partner_id: partner.id, amount: due.sum, code: reason.code }))
        }
    }
}
