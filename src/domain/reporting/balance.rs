//! Where the commissions of partners stand: now, by the sums that are kept of their events; at a past moment, by one pass over
//! the events themselves.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bpchar, Date, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;

use super::{AsOf, calendar};
use crate::domain::commission::store::is_due;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::plan_cache::PlanCacheMode;
use crate::domain::db::session::Session;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// What one partner earned and was paid in one currency. Its four buckets add up: an event is in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Waits for approval.
    pub pending: Money,
    /// Approved, in no payout.
    pub approved: Money,
    /// In a payout that is not completed.
    pub in_transit: Money,
    /// In a completed payout.
    pub settled: Money,
}

impl Balance {
    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { pending: zero, approved: zero, in_transit: zero, settled: zero }
    }

    /// pending + approved + in transit + settled.
    pub fn earned(&self) -> Result<Money> {
        sum(&[self.pending, self.approved, self.in_transit, self.settled])
    }

    /// in transit + settled.
    pub fn paid(&self) -> Result<Money> {
        sum(&[self.in_transit, self.settled])
    }

    /// earned - paid: what is still to be paid.
    pub fn outstanding(&self) -> Result<Money> {
        sum(&[self.pending, self.approved])
    }
}

/// The sum of amounts in one currency.
fn sum(amounts: &[Money]) -> Result<Money> {
    let (first, rest) = amounts.split_first().ok_or_else(|| Error::internal("an empty sum"))?;
    rest.iter().try_fold(*first, |sum, amount| sum.plus(*amount))
}

/// Where the commissions of one partner in one currency stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub balance: Balance,
    /// What of the approved is due.
    pub matured: Money,
    pub revenue: Money,
    pub month_revenue: Money,
    pub month_commissions: Money,
    pub pending_events: i64,
}

impl Position {
    pub fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            balance: Balance::zero(currency),
            matured: zero,
            revenue: zero,
            month_revenue: zero,
            month_commissions: zero,
            pending_events: 0,
        }
    }
}

/// Events that were called off or taken back in full count nowhere. An event counts as paid by the line of a payout
/// that held it at the time of the clock, whatever became of that payout later.
fn positions() -> String {
    format!(
        "SELECT event.partner_id, event.currency,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE held.payout_id IS NULL AND event.status = 'PENDING'), 0) AS pending,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE held.payout_id IS NULL AND event.status <> 'PENDING'), 0) AS approved,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE held.payout_id IS NOT NULL AND NOT held.completed), 0) AS in_transit,
        coalesce(sum(event.commission_amount) FILTER (WHERE held.completed), 0) AS settled,
        coalesce(sum(event.commission_amount) FILTER (WHERE held.payout_id IS NULL
            AND event.status <> 'PENDING' AND {is_due}), 0) AS matured,
        coalesce(sum(event.base_amount), 0) AS revenue,
        coalesce(sum(event.base_amount) FILTER (WHERE event.event_date >= $5), 0) AS month_revenue,
        coalesce(sum(event.commission_amount) FILTER (WHERE event.event_date >= $5), 0) AS month_commissions,
        count(*) FILTER (WHERE event.status = 'PENDING') AS pending_events
    FROM commission_events AS event
    LEFT JOIN (
        SELECT line.commission_event_id, line.payout_id,
            coalesce(payout.completed_at <= coalesce($3, 'infinity'), false) AS completed
        FROM payouts AS payout
        JOIN payout_lines AS line ON line.tenant_id = payout.tenant_id AND line.payout_id = payout.id
        WHERE payout.tenant_id = $1 AND payout.partner_id = ANY($2)
            AND line.added_at <= coalesce($3, 'infinity')
            AND (line.released_at IS NULL OR line.released_at > coalesce($3, 'infinity'))
    ) AS held ON held.commission_event_id = event.id
    WHERE event.tenant_id = $1 AND event.partner_id = ANY($2)
        AND event.status NOT IN ('CANCELLED', 'CLAWBACK')
        AND event.event_date <= coalesce($3, 'infinity')
    GROUP BY event.partner_id, event.currency",
        is_due = is_due("$4", "'-infinity'", "'infinity'")
    )
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    pending: Decimal,
    #[diesel(sql_type = Numeric)]
    approved: Decimal,
    #[diesel(sql_type = Numeric)]
    in_transit: Decimal,
    #[diesel(sql_type = Numeric)]
    settled: Decimal,
    #[diesel(sql_type = Numeric)]
    matured: Decimal,
    #[diesel(sql_type = Numeric)]
    revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    month_revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    month_commissions: Decimal,
    #[diesel(sql_type = BigInt)]
    pending_events: i64,
}

/// Where the commissions of these partners stand, by partner and currency, from one pass over their events.
pub(super) async fn counted(
    db: &mut Session,
    partners: &[PartnerId],
    clock: AsOf,
) -> Result<BTreeMap<(PartnerId, Currency), Position>> {
    let query = diesel::sql_query(positions())
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Array<SqlUuid>, _>(partners.to_vec())
        .bind::<Nullable<Timestamptz>, _>(clock.cut)
        .bind::<Timestamptz, _>(clock.moment)
        .bind::<Timestamptz, _>(clock.month_start);
    // All events of the partners are read, and how that is done best depends on how many there are.
    placed(
        db.with_plan_cache(PlanCacheMode::Custom, async |db| db.aggregate(CachedStatement(query)).await)
            .await?,
    )
}

fn placed(rows: Vec<Row>) -> Result<BTreeMap<(PartnerId, Currency), Position>> {
    let positions = rows.into_iter().map(|row| {
        let money = |amount| Money::stored(amount, row.currency);
        let balance = Balance {
            pending: money(row.pending),
            approved: money(row.approved),
            in_transit: money(row.in_transit),
            settled: money(row.settled),
        };
        let position = Position {
            balance,
            matured: money(row.matured),
            revenue: money(row.revenue),
            month_revenue: money(row.month_revenue),
            month_commissions: money(row.month_commissions),
            pending_events: row.pending_events,
        };
        ((row.partner_id, row.currency), position)
    });
    Ok(positions.collect())
}

/// Where the commissions of these partners stand, by partner and currency. Of now, all that is approved is taken for due, until
/// `subtract_unmatured` tells better.
pub(super) async fn of_partners(
    db: &mut Session,
    partners: &[PartnerId],
    clock: AsOf,
) -> Result<BTreeMap<(PartnerId, Currency), Position>> {
    if clock.cut.is_some() {
        return counted(db, partners, clock).await;
    }
    let edge = calendar::edge(clock.month_start);
    let query = diesel::sql_query(SUMMED)
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Array<SqlUuid>, _>(partners.to_vec())
        .bind::<Date, _>(edge.month)
        .bind::<Timestamptz, _>(edge.from)
        .bind::<Timestamptz, _>(edge.to)
        .bind::<Integer, _>(if edge.is_missing { 1 } else { -1 });
    placed(db.aggregate(CachedStatement(query)).await?)
}

/// The months of the sums begin where UTC is, those of the tenant where the tenant is: what lies between ($4 to $5) is counted,
/// and added or taken off ($6). An event that is PAID is in a payout: what has not arrived is the sum of the payouts under way.
const SUMMED: &str = "
    SELECT partner_id, currency, sums.pending, sums.approved,
        coalesce(transit.amount, 0) AS in_transit, sums.paid - coalesce(transit.amount, 0) AS settled,
        sums.approved AS matured, sums.base AS revenue,
        sums.month_base + $6 * coalesce(edge.base, 0) AS month_revenue,
        sums.month_commissions + $6 * coalesce(edge.commissions, 0) AS month_commissions,
        sums.pending_events
    FROM (
        SELECT partner_id, currency, sum(pending) AS pending, sum(approved) AS approved, sum(paid) AS paid,
            sum(base) AS base, sum(pending_events)::bigint AS pending_events,
            coalesce(sum(base) FILTER (WHERE month >= $3), 0) AS month_base,
            coalesce(sum(pending + approved + paid) FILTER (WHERE month >= $3), 0) AS month_commissions
        FROM commission_sums WHERE tenant_id = $1 AND partner_id = ANY($2)
        GROUP BY partner_id, currency HAVING sum(pending_events + approved_events + paid_events) > 0
    ) AS sums
    LEFT JOIN (
        SELECT partner_id, currency, sum(total_amount) AS amount FROM payouts
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND completed_at IS NULL AND released_at IS NULL
        GROUP BY partner_id, currency
    ) AS transit USING (partner_id, currency)
    LEFT JOIN (
        SELECT partner_id, currency, sum(base_amount) AS base, sum(commission_amount) AS commissions
        FROM commission_events
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND event_date >= $4 AND event_date < $5
            AND status NOT IN ('CANCELLED', 'CLAWBACK')
        GROUP BY partner_id, currency
    ) AS edge USING (partner_id, currency)";

/// Takes what has not passed its hold off what is due to these partners now; at a past moment, it has been counted already.
///
/// Not due is what `is_due` says, seen from the other side, where there are few: what is payable later, with the lines that take
/// part of it back.
pub(super) async fn subtract_unmatured(
    db: &mut Session,
    partners: &BTreeSet<PartnerId>,
    clock: AsOf,
    positions: &mut BTreeMap<(PartnerId, Currency), Position>,
) -> Result<()> {
    if clock.cut.is_some() {
        return Ok(());
    }
    let query = diesel::sql_query(
        "SELECT event.partner_id, event.currency, sum(event.commission_amount + coalesce(line.amount, 0)) AS amount
         FROM commission_events AS event
         CROSS JOIN LATERAL (
             SELECT sum(commission_amount) AS amount FROM commission_events
             WHERE tenant_id = event.tenant_id AND reverses_id = event.id AND status = 'APPROVED'
         ) AS line
         WHERE event.tenant_id = $1 AND event.partner_id = ANY($2) AND event.status = 'APPROVED' AND event.payable_at > $3
             AND event.event_type <> 'CLAWBACK' AND NOT (event.event_type = 'ADJUSTMENT' AND event.commission_amount < 0)
         GROUP BY event.partner_id, event.currency",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(partners.iter().copied().collect::<Vec<_>>())
    .bind::<Timestamptz, _>(clock.moment);
    let rows: Vec<Held> = db.aggregate(CachedStatement(query)).await?;
    for row in rows {
        if let Some(position) = positions.get_mut(&(row.partner_id, row.currency)) {
            position.matured = position.matured.minus(Money::stored(row.amount, row.currency))?;
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    amount: Decimal,
}
