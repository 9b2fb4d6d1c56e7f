//! The statements of payouts that were completed before statements existed.

use super::{payout_statement, store};
use crate::auth::Caller;
use crate::domain::db::act::Act;
use crate::domain::db::audit_log::BulkChange;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::transaction_series::TransactionSeries;
use crate::domain::{partner, payout};
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, PayoutId};

/// The payouts that are looked up at a time.
const PAYOUTS_MAX: i64 = 1_000;

/// The result of a backfill.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backfilled {
    /// The number of statements that were issued.
    pub issued: usize,
    /// The number of payouts whose statement could not be issued because of a fault.
    pub failed: usize,
}

/// Issues the statements that completed payouts of the tenant lack, each in a transaction of its own, in the order of their
/// completion. Their heads have the names of today. Repeating the call issues what is lacking since.
pub async fn backfill(pool: &Pool, caller: &Caller) -> Result<Backfilled> {
    let mut series = TransactionSeries::new(pool, caller);
    let mut result = Backfilled::default();
    loop {
        let lacking = {
            let mut db = Session::open(pool, caller).await?;
            store::payouts_without_statement(&mut db, PAYOUTS_MAX).await?
        };
        let is_last = i64::try_from(lacking.len()).is_ok_and(|count| count < PAYOUTS_MAX);
        for (partner, payout) in lacking {
            match series.run(&payout.to_string(), Act::BackfillStatements, issue, &(partner, payout)).await {
                Ok(()) => result.issued += 1,
                Err(_) => result.failed += 1,
            }
        }
        // After a failure, the next look-up would find the same payouts.
        if is_last || result.failed > 0 {
            return Ok(result);
        }
    }
}

async fn issue(db: &mut Transaction, (partner, payout): &(PartnerId, PayoutId)) -> Result<()> {
    let partner = partner::store::lock_by_id(db, "partnerId", *partner).await?;
    if !store::of_payouts(db, &[*payout]).await?.is_empty() {
        db.record_nothing();
        return Ok(());
    }
    let payout = payout::store::lock(db, *payout).await?;
    let at = db.clock_timestamp().await?;
    // No invoice: one may have been issued otherwise, and self-billing is agreed before.
    let statement = payout_statement::issue(db, &partner, &payout, at, None).await?;
    db.record_bulk(BulkChange::of([(statement.id.0, statement.total())])?, [partner.id]);
    Ok(())
}
