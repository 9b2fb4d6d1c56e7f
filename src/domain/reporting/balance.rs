//! The balances of partners: the current ones are computed from the monthly totals, past ones from the events.

use std::collections::BTreeMap;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bpchar, Date, Integer, Nullable, Numeric, Record, Text, Timestamptz, Uuid as SqlUuid,
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

/// The SQL type of a row of [`FROM_TOTALS`] as a record: the currency, pending, approved, held, in transit, settled, revenue,
/// revenue and commissions of the month, and the number of pending events.
pub(super) type PositionRecord =
    Record<(Bpchar, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, BigInt)>;

/// A row of [`FROM_TOTALS`] as a record.
#[derive(Clone, Copy, Debug, FromSqlRow)]
pub(super) struct CurrencyPosition {
    /// The currency of all amounts.
    pub currency: Currency,
    /// The position.
    pub position: Position,
}

impl FromSql<PositionRecord, Pg> for CurrencyPosition {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        type Amount = Decimal;
        type Row = (Currency, Amount, Amount, Amount, Amount, Amount, Amount, Amount, Amount, i64);
        let (
            currency,
            pending,
            approved,
            held,
            in_transit,
            settled,
            revenue,
            month_revenue,
            month_commissions,
            count,
        ) = <Row as FromSql<PositionRecord, Pg>>::from_sql(value)?;
        let money = |amount| Money::stored(amount, currency);
        let position = Position {
            balance: Balance {
                pending: money(pending),
                approved: money(approved),
                held: money(held),
                in_transit: money(in_transit),
                settled: money(settled),
            },
            revenue: money(revenue),
            month_revenue: money(month_revenue),
            month_commissions: money(month_commissions),
            pending_events: count,
        };
        Ok(Self { currency, position })
    }
}

/// Returns the positions of partners: current ones from the monthly totals, past ones from the events.
pub(super) async fn positions(
    db: &mut Session,
    partners: &[PartnerId],
    as_of: AsOf,
) -> Result<BTreeMap<Key, Position>> {
    if as_of.cut.is_none() {
        return from_totals(db, partners, as_of).await;
    }
    let found = from_events(db, partners, as_of).await?;
    Ok(found.into_iter().map(|(key, found)| (key, found.position)).collect())
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
    let statement = SqlBuilder::new("SELECT partner.id AS partner_id, position.* FROM ")
        .part(|statement| append_inputs(statement, db.scope().tenant(), partners, as_of))
        .sql(" CROSS JOIN LATERAL (")
        .sql(FROM_TOTALS)
        .sql(") AS position");
    let rows: Vec<PositionRow> = db.aggregate(CachedStatement(statement)).await?;
    Ok(rows.iter().map(PositionRow::position).collect())
}

/// Appends the values that the statements on some partners have in common, as the columns of a row `input`, and the partners
/// as rows `partner`. PostgreSQL replaces the columns with the parameters.
pub(super) fn append_inputs(
    statement: SqlBuilder,
    tenant: &TenantId,
    partners: &[PartnerId],
    as_of: AsOf,
) -> SqlBuilder {
    let offset = as_of.month_start.map(calendar::month_offset);
    statement
        .sql("(SELECT ")
        .bind::<Text, _>(tenant.clone())
        .sql("::text AS tenant_id, coalesce(")
        .bind::<Nullable<Timestamptz>, _>(as_of.cut)
        .sql("::timestamptz, 'infinity') AS until, ")
        .bind::<Timestamptz, _>(as_of.moment)
        .sql("::timestamptz AS moment, ")
        .bind::<Nullable<Timestamptz>, _>(as_of.month_start)
        .sql("::timestamptz AS month_start, ")
        .bind::<Nullable<Date>, _>(offset.map(|offset| offset.month))
        .sql("::date AS month, ")
        .bind::<Nullable<Timestamptz>, _>(offset.map(|offset| offset.from))
        .sql("::timestamptz AS edge_from, ")
        .bind::<Nullable<Timestamptz>, _>(offset.map(|offset| offset.to))
        .sql("::timestamptz AS edge_to, ")
        .bind::<Integer, _>(if offset.is_some_and(|offset| offset.is_missing) { 1 } else { -1 })
        .sql("::integer AS edge_sign) AS input CROSS JOIN unnest(")
        .bind::<Array<SqlUuid>, _>(partners.to_vec())
        .sql("::uuid[]) AS partner (id)")
}

/// The positions of `partner` by currency. Months begin in UTC in the totals, and in the time zone of the tenant in reports:
/// the events between the two beginnings (the edge) are added or subtracted. The sum of the open payouts is in transit, the
/// other PAID events are settled.
pub(super) const FROM_TOTALS: &str = "
    SELECT total.currency, total.pending, total.approved, coalesce(held.amount, 0) AS held,
        coalesce(transit.amount, 0) AS in_transit, total.paid - coalesce(transit.amount, 0) AS settled,
        total.revenue,
        total.month_revenue + input.edge_sign * coalesce(edge.revenue, 0) AS month_revenue,
        total.month_commissions + input.edge_sign * coalesce(edge.commissions, 0) AS month_commissions,
        total.pending_events
    FROM (
        SELECT currency,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PENDING'), 0) AS pending,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'APPROVED'), 0) AS approved,
            coalesce(sum(commission_amount) FILTER (WHERE status = 'PAID'), 0) AS paid,
            sum(base_amount) AS revenue,
            coalesce(sum(event_count) FILTER (WHERE status = 'PENDING'), 0)::bigint AS pending_events,
            coalesce(sum(base_amount) FILTER (WHERE month >= input.month), 0) AS month_revenue,
            coalesce(sum(commission_amount) FILTER (WHERE month >= input.month), 0) AS month_commissions
        FROM commission_monthly_totals
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND is_live_commission(status)
        GROUP BY currency HAVING sum(event_count) > 0
    ) AS total
    LEFT JOIN (
        SELECT currency, sum(total_amount) AS amount FROM payouts
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND completed_at IS NULL AND released_at IS NULL
        GROUP BY currency
    ) AS transit USING (currency)
    LEFT JOIN (
        SELECT currency, sum(commission_amount) AS amount FROM commission_events
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id AND status = 'APPROVED' AND held_at IS NOT NULL
        GROUP BY currency
    ) AS held USING (currency)
    LEFT JOIN (
        SELECT currency, sum(base_amount) AS revenue, sum(commission_amount) AS commissions
        FROM commission_events
        WHERE tenant_id = input.tenant_id AND partner_id = partner.id
            AND event_date >= input.edge_from AND event_date < input.edge_to AND is_live_commission(status)
        GROUP BY currency
    ) AS edge USING (currency)";
