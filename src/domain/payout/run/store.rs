//! Reads and writes of the tables `payout_runs` and `payout_run_skips`, and what is payable to all partners at once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::{PayoutRun, SkippedPayout};
use crate::auth::Authorized;
use crate::domain::commission::store::is_due;
use crate::domain::db::schema::{payout_run_skips, payout_runs, payouts};
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

/// A run that this program began and remembers; locked until the end of the act.
pub async fn lock(db: &mut Transaction, id: PayoutRunId) -> Result<PayoutRun> {
    let query = payout_runs::table
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq(id))
        .for_no_key_update()
        .select(PayoutRun::as_select());
    db.load_unchecked(query).await?.pop().ok_or_else(|| Error::internal("a run of payouts is gone"))
}

/// A run that goes on: until the end of the act, nobody finishes it.
pub async fn share(db: &mut Transaction, id: PayoutRunId) -> Result<PayoutRun> {
    let query = payout_runs::table
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq(id))
        .for_share()
        .select(PayoutRun::as_select());
    db.load_unchecked(query).await?.pop().ok_or_else(|| Error::internal("a run of payouts is gone"))
}

/// Writes when a run finished.
pub async fn finish(db: &mut Transaction, id: PayoutRunId, at: DateTime<Utc>) -> Result<()> {
    let update = diesel::update(payout_runs::table)
        .filter(payout_runs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_runs::id.eq(id))
        .set(payout_runs::finished_at.eq(at));
    db.execute(update).await?;
    Ok(())
}

/// Writes down whom a run skipped.
pub async fn insert_skips(db: &mut Transaction, run: PayoutRunId, skipped: &[SkippedPayout]) -> Result<()> {
    let tenant = db.scope().tenant().clone();
    let row = |skip: &SkippedPayout| {
        (
            payout_run_skips::tenant_id.eq(tenant.clone()),
            payout_run_skips::run_id.eq(run),
            payout_run_skips::partner_id.eq(skip.partner_id),
            payout_run_skips::currency.eq(skip.amount.currency()),
            payout_run_skips::amount.eq(skip.amount.amount()),
            payout_run_skips::code.eq(skip.code),
        )
    };
    // A statement has room for 65,535 values.
    for some in skipped.chunks(10_000) {
        let rows: Vec<_> = some.iter().map(row).collect();
        db.execute(diesel::insert_into(payout_run_skips::table).values(rows)).await?;
    }
    Ok(())
}

/// Whom a run skipped, by partner and currency.
pub async fn skips(db: &mut Session, run: PayoutRunId) -> Result<Vec<SkippedPayout>> {
    let query = payout_run_skips::table
        .filter(payout_run_skips::tenant_id.eq(db.scope().tenant().clone()))
        .filter(payout_run_skips::run_id.eq(run))
        .order((payout_run_skips::partner_id, payout_run_skips::currency))
        .select((
            payout_run_skips::partner_id,
            payout_run_skips::amount,
            payout_run_skips::currency,
            payout_run_skips::code,
        ));
    let rows: Vec<(PartnerId, Decimal, Currency, UserErrorCode)> = db.load_unchecked(query).await?;
    let skip = |(partner_id, amount, currency, code)| SkippedPayout {
        partner_id,
        amount: Money::stored(amount, currency),
        code,
    };
    Ok(rows.into_iter().map(skip).collect())
}

/// The payouts that a run made, by partner and currency.
pub async fn payouts(db: &mut Session, run: PayoutRunId) -> Result<Vec<Authorized<Payout>>> {
    let query = payouts::table
        .filter(ScopeFilter::by_partner(PAYOUTS, db.scope()))
        .filter(payouts::run_id.is_not_null().and(payouts::run_id.assume_not_null().eq(run)))
        .order((payouts::partner_id, payouts::currency, payouts::id))
        .select(Payout::as_select());
    db.load(query).await
}

/// What is payable to whom in a run: the sum in each currency.
pub async fn payable(
    db: &mut Session,
    run: &PayoutRun,
    at: DateTime<Utc>,
) -> Result<Vec<(PartnerId, Money)>> {
    let query = diesel::sql_query(format!(
        "SELECT partner_id, currency, sum(commission_amount) AS total
         FROM commission_events AS event
         WHERE event.tenant_id = $1 AND ($2 IS NULL OR event.currency = $2) AND event.status = 'APPROVED' AND {}
         GROUP BY partner_id, currency ORDER BY partner_id, currency",
        is_due("$3", "$4", "$5")
    ))
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Nullable<Bpchar>, _>(run.currency)
    .bind::<Timestamptz, _>(at)
    .bind::<Timestamptz, _>(run.period_start)
    .bind::<Timestamptz, _>(run.period_end);
    let rows: Vec<Payable> = db.aggregate(query).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, Money::stored(row.total, row.currency))).collect())
}

#[derive(QueryableByName)]
struct Payable {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    total: Decimal,
}
