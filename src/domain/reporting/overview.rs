//! The overview of a tenant: the sums of all partners, from the monthly totals.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, Bpchar, Date, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;

use super::balance::Balance;
use super::overview_sql::{BALANCES, DEBTS_OF, MONTHS, NEGATIVE_SUMS};
use super::work_queue::{WorkQueue, work_queue};
use super::{Debt, Month, calendar};
use crate::domain::commission::DueRule;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::tenant;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// The most months of an overview.
pub const OVERVIEW_MONTHS_MAX: i32 = 24;
/// How many partners of each currency are listed.
const PARTNERS_MAX: i64 = 10;

/// The sums of all partners of a tenant.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The time of the overview.
    pub as_of: DateTime<Utc>,
    /// The sums of the balances, by currency.
    pub balances: Vec<Balance>,
    /// The months, oldest first, and the currencies of each.
    pub months: Vec<Month>,
    /// All debts, by currency.
    pub debt_totals: Vec<DebtTotal>,
    /// The largest debts of each currency, largest first.
    pub debts: Vec<Debt>,
    /// The partners that earned most in the months, of each currency, largest amount first.
    pub earners: Vec<Earner>,
    /// What waits for staff.
    pub work_queue: WorkQueue,
}

/// The debts of all partners in one currency.
#[derive(Clone, Copy, Debug)]
pub struct DebtTotal {
    /// The sum of the debts; negative.
    pub amount: Money,
    /// The number of partners that have one.
    pub partners: i64,
}

/// What a partner earned in the months of an overview.
#[derive(Clone, Copy, Debug)]
pub struct Earner {
    /// The partner.
    pub partner_id: PartnerId,
    /// The sum of the commissions, above zero.
    pub commissions: Money,
}

/// Returns the sums of all partners. Must be called in a snapshot, so that they belong together.
pub async fn overview(db: &mut Session, months: i32) -> Result<Overview> {
    let settings = tenant::settings(db).await?;
    let zone = settings.tenant.zone()?;
    let as_of = db.clock_timestamp().await?;
    let days = calendar::first_days(as_of, months.unsigned_abs(), zone)?;
    let balances = balances(db).await?;
    let (debts, debt_totals) = debts(db, as_of).await?;
    let bounds: Vec<_> = days.iter().map(|day| calendar::midnight(*day, zone)).collect();
    let (sums, earners) = sums(db, &bounds).await?;
    let mut months = Vec::new();
    for (number, (first_day, bounds)) in (1_i32..).zip(days.iter().zip(bounds.windows(2))) {
        let [starts_at, ends_at] = bounds else { return Err(Error::internal("a month without an end")) };
        months.extend(balances.iter().map(|balance| {
            let currency = balance.pending.currency();
            let sum = |sums: Option<&Sums>, of: fn(&Sums) -> Decimal| {
                Money::stored(sums.map_or(Decimal::ZERO, of), currency)
            };
            let sums = sums.get(&(currency, number));
            Month {
                first_day: *first_day,
                starts_at: *starts_at,
                ends_at: *ends_at,
                revenue: sum(sums, |sums| sums.revenue),
                commissions: sum(sums, |sums| sums.commissions),
                payouts: sum(sums, |sums| sums.payouts),
            }
        }));
    }
    let work_queue = work_queue(db).await?;
    Ok(Overview { as_of, balances, months, debt_totals, debts, earners, work_queue })
}

#[derive(QueryableByName)]
struct BalanceSums {
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    pending: Decimal,
    #[diesel(sql_type = Numeric)]
    approved: Decimal,
    #[diesel(sql_type = Numeric)]
    held: Decimal,
    #[diesel(sql_type = Numeric)]
    in_transit: Decimal,
    #[diesel(sql_type = Numeric)]
    settled: Decimal,
}

/// Returns the sums of all balances, by currency.
async fn balances(db: &mut Session) -> Result<Vec<Balance>> {
    let query = diesel::sql_query(BALANCES).bind::<Text, _>(db.scope().tenant().clone());
    let rows: Vec<BalanceSums> = db.aggregate(CachedStatement(query)).await?;
    let balance = |row: BalanceSums| {
        let money = |amount| Money::stored(amount, row.currency);
        Balance {
            pending: money(row.pending),
            approved: money(row.approved),
            held: money(row.held),
            in_transit: money(row.in_transit),
            settled: money(row.settled),
        }
    };
    Ok(rows.into_iter().map(balance).collect())
}

#[derive(QueryableByName)]
struct DebtRow {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    amount: Decimal,
    #[diesel(sql_type = Numeric)]
    total: Decimal,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    partners: i64,
}

/// Returns the largest debts and the sums of all debts, by currency. A debt is what it is in the reconciliation: a negative sum
/// of due events.
async fn debts(db: &mut Session, at: DateTime<Utc>) -> Result<(Vec<Debt>, Vec<DebtTotal>)> {
    let statement = SqlBuilder::new("WITH input AS (SELECT ")
        .bind::<Text, _>(db.scope().tenant().clone())
        .sql("::text AS tenant_id), ")
        .sql(DEBTS_OF)
        .part(|statement| DueRule { at, period: None }.append(statement))
        .sql(NEGATIVE_SUMS)
        .bind::<diesel::sql_types::BigInt, _>(PARTNERS_MAX)
        .sql(" ORDER BY currency, amount, partner_id");
    let rows: Vec<DebtRow> = db.aggregate(CachedStatement(statement)).await?;
    let mut totals = BTreeMap::new();
    let mut debts = Vec::new();
    for DebtRow { partner_id, currency, amount, total, partners } in rows {
        debts.push(Debt { partner_id, amount: Money::stored(amount, currency) });
        totals.insert(currency, DebtTotal { amount: Money::stored(total, currency), partners });
    }
    Ok((debts, totals.into_values().collect()))
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    partner_id: Option<PartnerId>,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(embed)]
    sums: Sums,
}

#[derive(Clone, Copy, QueryableByName)]
struct Sums {
    #[diesel(sql_type = Numeric)]
    revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    commissions: Decimal,
    #[diesel(sql_type = Numeric)]
    payouts: Decimal,
}

/// Returns the sums of each month, by currency and its number from 1, and the partners that earned most in all of them.
/// `bounds` are the beginnings of the months and the end of the last.
async fn sums(
    db: &mut Session,
    bounds: &[DateTime<Utc>],
) -> Result<(BTreeMap<(Currency, i32), Sums>, Vec<Earner>)> {
    let starts: Vec<_> = bounds.iter().take(bounds.len().saturating_sub(1)).copied().collect();
    let edges: Vec<_> = starts.iter().map(|start| calendar::month_offset(*start)).collect();
    let apart = || (1_i32..).zip(&edges).filter(|(_, edge)| edge.from < edge.to);
    let query = diesel::sql_query(MONTHS)
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<diesel::sql_types::BigInt, _>(PARTNERS_MAX)
        .bind::<Array<Timestamptz>, _>(starts)
        .bind::<Array<Date>, _>(edges.iter().map(|edge| edge.month).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(apart().map(|(number, _)| number).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(apart().map(|(_, edge)| edge.from).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(apart().map(|(_, edge)| edge.to).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(
            apart().map(|(_, edge)| if edge.is_missing { 1 } else { -1 }).collect::<Vec<_>>(),
        );
    let rows: Vec<SumRow> = db.aggregate(CachedStatement(query)).await?;
    let mut months = BTreeMap::new();
    let mut earners = Vec::new();
    for SumRow { partner_id, currency, month, sums } in rows {
        match partner_id {
            Some(partner_id) => {
                earners.push(Earner { partner_id, commissions: Money::stored(sums.commissions, currency) });
            }
            None => {
                months.insert((currency, month), sums);
            }
        }
    }
    Ok((months, earners))
}
