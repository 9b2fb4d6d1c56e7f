//! Reads and writes of the tables `payout_runs` and `payout_run_skipped`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;

use super::{PayoutRun, SkippedPayout};
use crate::auth::Authorized;
use crate::domain::db::schema::{payout_run_skipped, payout_runs, payouts};
use crate::domain::db::scope_filter::ScopeFilter;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::Payout;
use crate::domain::payout::store::TABLE as PAYOUTS;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutRunId};
use crate::primitives::money::Money;

/// Inserts a run.
pub async fn insert(db: &mut Transaction, run: &PayoutRun) -> Result<()> {
    db.execute(diesel::insert_into(payout_runs::table).values(run.clone())).await?;
    Ok(())
}

/// Locks a run that is known to exist until the end of the transaction.
pub async fn lock(db: &mut Transaction, id: PayoutRunId) -> Result<PayoutRun> {
    let query = payout_runs::table
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq(id))
        .for_no_key_update()
        .select(PayoutRun::as_select());
    db.load_unchecked(query).await?.pop().ok_or_else(|| Error::internal("a payout run does not exist"))
}

/// Locks a run against being finished until the end of the transaction; other partners may be paid meanwhile.
pub async fn share(db: &mut Transaction, id: PayoutRunId) -> Result<PayoutRun> {
    let query = payout_runs::table
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq(id))
        .for_share()
        .select(PayoutRun::as_select());
    db.load_unchecked(query).await?.pop().ok_or_else(|| Error::internal("a payout run does not exist"))
}

/// Returns the runs with these ids; unknown ids are skipped.
pub async fn by_ids(db: &mut Session, ids: &[PayoutRunId]) -> Result<Vec<Authorized<PayoutRun>>> {
    let query = payout_runs::table
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq_any(ids.to_vec()))
        .select(PayoutRun::as_select());
    db.load(query).await
}

/// Marks a run as finished.
pub async fn finish(db: &mut Transaction, id: PayoutRunId, at: DateTime<Utc>) -> Result<()> {
    let update = diesel::update(payout_runs::table)
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq(id))
        .set(payout_runs::finished_at.eq(at));
    db.execute(update).await?;
    Ok(())
}

/// Inserts the payouts that a run skipped.
pub async fn insert_skips(db: &mut Transaction, run: PayoutRunId, skipped: &[SkippedPayout]) -> Result<()> {
    let tenant = db.scope().tenant().clone();
    let row = |skip: &SkippedPayout| {
        (
            payout_run_skipped::tenant_id.eq(tenant.clone()),
            payout_run_skipped::run_id.eq(run),
            payout_run_skipped::partner_id.eq(skip.partner_id),
            payout_run_skipped::currency.eq(skip.amount.currency()),
            payout_run_skipped::amount.eq(skip.amount.amount()),
            payout_run_skipped::code.eq(skip.code),
        )
    };
    // A statement has at most 65,535 parameters.
    for some in skipped.chunks(10_000) {
        let rows: Vec<_> = some.iter().map(row).collect();
        db.execute(diesel::insert_into(payout_run_skipped::table).values(rows)).await?;
    }
    Ok(())
}

/// Returns the payouts that a run skipped, ordered by partner and currency.
pub async fn skips(db: &mut Session, run: PayoutRunId) -> Result<Vec<SkippedPayout>> {
    let query = payout_run_skipped::table
        .filter(payout_run_skipped::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_run_skipped::run_id.eq(run))
        .order((payout_run_skipped::partner_id, payout_run_skipped::currency))
        .select((
            payout_run_skipped::partner_id,
            payout_run_skipped::amount,
            payout_run_skipped::currency,
            payout_run_skipped::code,
        ));
    let rows: Vec<(PartnerId, Decimal, Currency, UserErrorCode)> = db.load_unchecked(query).await?;
    let skip = |(partner_id, amount, currency, code)| SkippedPayout {
        partner_id,
        amount: Money::stored(amount, currency),
        code,
    };
    Ok(rows.into_iter().map(skip).collect())
}

/// Returns the payouts of a run, ordered by partner and currency.
pub async fn payouts(db: &mut Session, run: PayoutRunId) -> Result<Vec<Authorized<Payout>>> {
    let query = payouts::table
        .filter(ScopeFilter::by_partner(PAYOUTS, db.scope()))
        .filter(payouts::run_id.is_not_null().and(payouts::run_id.assume_not_null().eq(run)))
        .order((payouts::partner_id, payouts::currency, payouts::id))
        .select(Payout::as_select());
    db.load(query).await
}
