//! The balances of partners: the current ones are computed from the monthly totals, past ones from the events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bpchar, Date, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;

use super::{AsOf, calendar};
use crate::domain::commission::DueRule;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::plan_cache::PlanCacheMode;
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::Money;

/// The amounts that one partner earned and was paid in one currency. Each event is in exactly one of the four buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The commissions that await approval.
    pub pending: Money,
    /// The approved commissions that are in no payout.
    pub approved: Money,
    /// The part of the approved commissions that staff hold back.
    pub held: Money,
    /// The commissions in payouts that are not completed.
    pub in_transit: Money,
    /// The commissions in completed payouts.
    pub settled: Money,
}

impl Balance {
    /// Returns a balance of zero.
    pub fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { pending: zero, approved: zero, held: zero, in_transit: zero, settled: zero }
    }

    /// Returns pending + approved + in transit + settled.
    pub fn earned(&self) -> Result<Money> {
        sum(&[self.pending, self.approved, self.in_transit, self.settled])
    }

    /// Returns in transit + settled.
    pub fn paid(&self) -> Result<Money> {
        sum(&[self.in_transit, self.settled])
    }

    /// Returns earned - paid, which is pending + approved.
    pub fn outstanding(&self) -> Result<Money> {
        sum(&[self.pending, self.approved])
    }
}

/// Returns the sum of amounts in one currency.
fn sum(amounts: &[Money]) -> Result<Money> {
    let (first, rest) = amounts.split_first().ok_or_else(|| Error::internal("an empty sum"))?;
    rest.iter().try_fold(*first, |sum, amount| sum.plus(*amount))
}

/// A partner and a currency.
pub(super) type Key = (PartnerId, Currency);

/// The amounts of one partner in one currency as of some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    /// The commissions, by bucket.
    pub balance: Balance,
    /// The sum of the bases.
    pub revenue: Money,
    /// The sum of the bases of the events of the month; zero unless a month is given.
    pub month_revenue: Money,
    /// The sum of the commissions of the month; zero unless a month is given.
    pub month_commissions: Money,
    /// The number of events that await approval.
    pub pending_events: i64,
}

impl Position {
    /// Returns the position of a partner without events.
    pub fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            balance: Balance::zero(currency),
            revenue: zero,
            month_revenue: zero,
            month_commissions: zero,
            pending_events: 0,
        }
    }
}

/// The parts of a balance as a query returns them, by partner and currency.
#[derive(Clone, Copy, QueryableByName)]
pub(super) struct BalanceRow {
    #[diesel(sql_type = SqlUuid)]
    pub partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    pub currency: Currency,
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

impl BalanceRow {
    /// Returns the parts as amounts in the currency.
    pub fn balance(&self) -> Balance {
        let money = |amount| Money::stored(amount, self.currency);
        Balance {
            pending: money(self.pending),
            approved: money(self.approved),
            held: money(self.held),
            in_transit: money(self.in_transit),
            settled: money(self.settled),
        }
    }
}

#[derive(QueryableByName)]
struct PositionRow {
    #[diesel(embed)]
    parts: BalanceRow,
    #[diesel(sql_type = Numeric)]
    revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    month_revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    month_commissions: Decimal,
    #[diesel(sql_type = BigInt)]
    pending_events: i64,
}

impl PositionRow {
    fn position(&self) -> (Key, Position) {
        let money = |amount| Money::stored(amount, self.parts.currency);
        let position = Position {
            balance: self.parts.balance(),
            revenue: money(self.revenue),
            month_revenue: money(self.month_revenue),
            month_commissions: money(self.month_commissions),
            pending_events: self.pending_events,
        };
        ((self.parts.partner_id, self.parts.currency), position)
    }
}

/// The positions of some partners as of one time.
pub(super) struct Positions {
    /// The positions, by partner and currency.
    pub by_key: BTreeMap<Key, Position>,
    /// The due part of the approved commissions; `None` if the positions were computed from the monthly totals.
    matured: Option<BTreeMap<Key, Money>>,
}

impl Positions {
    /// Returns the positions of partners: current ones from the monthly totals, past ones from the events.
    pub async fn load(db: &mut Session, partners: &[PartnerId], as_of: AsOf) -> Result<Self> {
        if as_of.cut.is_none() {
            return Ok(Self { by_key: from_totals(db, partners, as_of).await?, matured: None });
        }
        let (mut by_key, mut matured) = (BTreeMap::new(), BTreeMap::new());
        for (key, found) in from_events(db, partners, as_of).await? {
            by_key.insert(key, found.position);
            matured.insert(key, found.matured);
        }
        Ok(Self { by_key, matured: Some(matured) })
    }

    /// Returns the due part of the approved commissions of some of the partners, by partner and currency.
    pub async fn matured(
        &self,
        db: &mut Session,
        partners: &BTreeSet<PartnerId>,
        as_of: AsOf,
    ) -> Result<BTreeMap<Key, Money>> {
        if let Some(matured) = &self.matured {
            return Ok(matured.clone());
        }
        let on_hold = on_hold(db, partners, as_of.moment).await?;
        let of_partners = self.by_key.iter().filter(|(key, _)| partners.contains(&key.0));
        let matured = of_partners.map(|(key, position)| {
            let released = position.balance.approved.minus(position.balance.held)?;
            let amount = on_hold.get(key).map_or(Ok(released), |on_hold| released.minus(*on_hold))?;
            Ok((*key, amount))
        });
        matured.collect()
    }
}

/// A position computed from the events, which also determine the due part.
pub(super) struct EventPosition {
    /// The position.
    pub position: Position,
    /// The due part of the approved commissions.
    pub matured: Money,
}

/// Computes positions from the events.
pub(super) async fn from_events(
    db: &mut Session,
    partners: &[PartnerId],
    as_of: AsOf,
) -> Result<BTreeMap<Key, EventPosition>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(embed)]
        position: PositionRow,
        #[diesel(sql_type = Numeric)]
        matured: Decimal,
    }
    let query = CachedStatement(from_events_query(db.scope().tenant(), partners, as_of));
    // The query reads all events of the partners, so the best plan depends on their number.
    let rows: Vec<Row> =
        db.with_plan_cache(PlanCacheMode::Custom, async |db| db.aggregate(query).await).await?;
    let found = rows.into_iter().map(|row| {
        let (key, position) = row.position.position();
        (key, EventPosition { position, matured: Money::stored(row.matured, key.1) })
    });
    Ok(found.collect())
}

fn from_events_query(tenant: &TenantId, partners: &[PartnerId], as_of: AsOf) -> SqlBuilder {
    let until = |statement: SqlBuilder| {
        statement.sql("coalesce(").bind::<Nullable<Timestamptz>, _>(as_of.cut).sql(", 'infinity')")
    };
    let of_partners = |statement: SqlBuilder, table: &'static str| {
        statement
            .sql(format!("{table}.tenant_id = "))
            .bind::<Text, _>(tenant.clone())
            .sql(format!(" AND {table}.partner_id = ANY("))
            .bind::<Array<SqlUuid>, _>(partners.to_vec())
            .sql(")")
    };
    SqlBuilder::new(POSITION_FROM_EVENTS)
        .part(|statement| DueRule { at: as_of.moment, period: None }.append(statement))
        .sql("), 0) AS matured FROM commission_events AS event CROSS JOIN (SELECT ")
        .bind::<Nullable<Timestamptz>, _>(as_of.month_start)
        .sql(
            "::timestamptz AS start) AS month
            LEFT JOIN (
                SELECT line.commission_event_id, line.payout_id, coalesce(payout.completed_at <= ",
        )
        .part(until)
        .sql(
            ", false) AS completed
                FROM payouts AS payout
                JOIN payout_lines AS line ON line.tenant_id = payout.tenant_id AND line.payout_id = payout.id
                WHERE ",
        )
        .part(|statement| of_partners(statement, "payout"))
        .sql(" AND line.added_at <= ")
        .part(until)
        .sql(" AND (line.released_at IS NULL OR line.released_at > ")
        .part(until)
        .sql(")) AS paid ON paid.commission_event_id = event.id WHERE is_live_commission(event.status) AND ")
        .part(|statement| of_partners(statement, "event"))
        .sql(" AND event.event_date <= ")
        .part(until)
        .sql(" GROUP BY event.partner_id, event.currency")
}

/// The columns of a position. An event counts as paid if a payout line held it at that time, even if the payout failed
/// later.
const POSITION_FROM_EVENTS: &str = "
    SELECT event.partner_id, event.currency,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE paid.payout_id IS NULL AND event.status = 'PENDING'), 0) AS pending,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE paid.payout_id IS NULL AND event.status <> 'PENDING'), 0) AS approved,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE paid.payout_id IS NULL AND event.status <> 'PENDING' AND event.held_at IS NOT NULL), 0) AS held,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE paid.payout_id IS NOT NULL AND NOT paid.completed), 0) AS in_transit,
        coalesce(sum(event.commission_amount) FILTER (WHERE paid.completed), 0) AS settled,
        coalesce(sum(event.base_amount), 0) AS revenue,
        coalesce(sum(event.base_amount) FILTER (WHERE event.event_date >= month.start), 0) AS month_revenue,
        coalesce(sum(event.commission_amount) FILTER (WHERE event.event_date >= month.start), 0)
            AS month_commissions,
        count(*) FILTER (WHERE event.status = 'PENDING') AS pending_events,
        coalesce(sum(event.commission_amount)
            FILTER (WHERE paid.payout_id IS NULL AND event.status <> 'PENDING' AND ";

/// Computes the current positions from the monthly totals.
pub(super) async fn from_totals(
    db: &mut Session,
    partners: &[PartnerId],
    as_of: AsOf,
) -> Result<BTreeMap<Key, Position>> {
    let edge = as_of.month_start.map(calendar::month_offset);
    let query = diesel::sql_query(FROM_TOTALS)
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Array<SqlUuid>, _>(partners.to_vec())
        .bind::<Nullable<Date>, _>(edge.map(|edge| edge.month))
        .bind::<Nullable<Timestamptz>, _>(edge.map(|edge| edge.from))
        .bind::<Nullable<Timestamptz>, _>(edge.map(|edge| edge.to))
        .bind::<Integer, _>(if edge.is_some_and(|edge| edge.is_missing) { 1 } else { -1 });
    let rows: Vec<PositionRow> = db.aggregate(CachedStatement(query)).await?;
    Ok(rows.iter().map(PositionRow::position).collect())
}

/// Months begin in UTC in the totals, and in the time zone of the tenant in reports: the events between the two beginnings
/// ($4 to $5) are added or subtracted ($6). The sum of the open payouts is in transit, the other PAID events are settled.
const FROM_TOTALS: &str = "
    SELECT partner_id, currency, total.pending, total.approved, coalesce(held.amount, 0) AS held,
        coalesce(transit.amount, 0) AS in_transit, total.paid - coalesce(transit.amount, 0) AS settled,
        total.revenue,
        total.month_revenue + $6 * coalesce(edge.revenue, 0) AS month_revenue,
        total.month_commissions + $6 * coalesce(edge.commissions, 0) AS month_commissions,
        total.pending_events
    FROM (
        SELECT partner_id, currency,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PENDING'), 0) AS pending,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'APPROVED'), 0) AS approved,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PAID'), 0) AS paid,
            sum(base_amount) AS revenue,
            coalesce(sum(event_count) FILTER (WHERE status = 'PENDING'), 0)::bigint AS pending_events,
            coalesce(sum(base_amount) FILTER (WHERE month >= $3), 0) AS month_revenue,
            coalesce(sum(commission_amount) FILTER (WHERE month >= $3), 0) AS month_commissions
        FROM commission_monthly_totals
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND is_live_commission(status)
        GROUP BY partner_id, currency HAVING sum(event_count) > 0
    ) AS total
    LEFT JOIN (
        SELECT partner_id, currency, sum(total_amount) AS amount FROM payouts
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND completed_at IS NULL AND released_at IS NULL
        GROUP BY partner_id, currency
    ) AS transit USING (partner_id, currency)
    LEFT JOIN (
        SELECT partner_id, currency, sum(commission_amount) AS amount FROM commission_events
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND status = 'APPROVED' AND held_at IS NOT NULL
        GROUP BY partner_id, currency
    ) AS held USING (partner_id, currency)
    LEFT JOIN (
        SELECT partner_id, currency, sum(base_amount) AS revenue, sum(commission_amount) AS commissions
        FROM commission_events
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND event_date >= $4 AND event_date < $5
            AND is_live_commission(status)
        GROUP BY partner_id, currency
    ) AS edge USING (partner_id, currency)";

/// Sums the approved commissions of partners whose hold has not ended and that staff do not hold back, by partner and
/// currency. With those that are held back they are the complement of `DueRule` for all dates, and few. Reversals and
/// reinstatements are on hold with the APPROVED event that they amend.
async fn on_hold(
    db: &mut Session,
    partners: &BTreeSet<PartnerId>,
    at: DateTime<Utc>,
) -> Result<BTreeMap<Key, Money>> {
    #[derive(QueryableByName)]
    struct OnHold {
        #[diesel(sql_type = SqlUuid)]
        partner_id: PartnerId,
        #[diesel(sql_type = Bpchar)]
        currency: Currency,
        #[diesel(sql_type = Numeric)]
        amount: Decimal,
    }
    let query = diesel::sql_query(
        "SELECT event.partner_id, event.currency, sum(event.commission_amount + coalesce(reversal.amount, 0)) AS amount
         FROM commission_events AS event
         CROSS JOIN LATERAL (
             SELECT sum(commission_amount) AS amount FROM commission_events
             WHERE tenant_id = event.tenant_id AND reverses_id = event.id AND status = 'APPROVED'
         ) AS reversal
         WHERE event.tenant_id = $1 AND event.partner_id = ANY($2) AND event.status = 'APPROVED'
             AND event.payable_at > $3 AND event.held_at IS NULL AND event.event_type <> 'CLAWBACK'
             AND NOT (event.event_type = 'ADJUSTMENT' AND event.commission_amount < 0)
             AND (event.event_type <> 'REINSTATEMENT' OR NOT EXISTS (
                 SELECT FROM commission_events AS original
                 WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                     AND original.status = 'APPROVED'))
         GROUP BY event.partner_id, event.currency",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(partners.iter().copied().collect::<Vec<_>>())
    .bind::<Timestamptz, _>(at);
    let rows: Vec<OnHold> = db.aggregate(CachedStatement(query)).await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.partner_id, row.currency), Money::stored(row.amount, row.currency)))
        .collect())
}
