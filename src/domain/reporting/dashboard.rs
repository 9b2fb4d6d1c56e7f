//! The dashboards of partners, each read from one state of the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bpchar, Double, Nullable, Numeric, Record, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;

use super::balance::{self, Balance, CurrencyPosition, EventPosition, Key, Position, PositionRecord};
use super::dashboard_sql::{
    COUNTED, COUNTS, NO_POSITIONS, NOTHING_ON_HOLD, ON_HOLD, PAYOUTS, RECENT_EVENTS, RECENT_PAYOUTS,
};
use super::{AsOf, calendar};
use crate::auth::Authorized;
use crate::domain::commission::CommissionEvent;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::records::{RecordArray, Records, append_records};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::payout::Payout;
use crate::domain::payout::batch::reason_amount_not_payable;
use crate::domain::tenant::{self, TenantSettings};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// The key of a dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DashboardKey {
    /// The partner.
    pub partner: PartnerId,
    /// Whether the present status of the partner permits payouts.
    pub is_payable: bool,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The time as of which the amounts are computed; `None` for now.
    pub as_of: Option<Timestamp>,
}

/// The dashboard of one partner in one currency.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// The time as of which the amounts are computed.
    pub as_of: DateTime<Utc>,
    /// The balance.
    pub balance: Balance,
    /// The sum of the bases of all commission events.
    pub total_revenue: Money,
    /// The sum of the bases of this month's commission events.
    pub month_revenue: Money,
    /// The sum of this month's commissions.
    pub month_commissions: Money,
    /// The sum of the payouts completed this month, without those that came back this month.
    pub month_payouts: Money,
    /// The number of leads.
    pub total_referrals: i64,
    /// The number of leads that were converted.
    pub converted_referrals: i64,
    /// The number of leads that may still be converted.
    pub active_referrals: i64,
    /// The converted leads in percent of all; 0 without leads. A float, because it is not money.
    pub conversion_rate: f64,
    /// The number of customers that the partner manages or managed.
    pub total_customers: i64,
    /// The number of customers that the partner manages.
    pub active_customers: i64,
    /// The number of events that await approval, in all currencies.
    pub pending_commission_events: i64,
    /// The date of the next payout; `None` if there is nothing to pay or no date is set.
    pub next_payout_date: Option<DateTime<Utc>>,
    /// The latest events, in all currencies.
    pub recent_commission_events: Vec<Authorized<CommissionEvent>>,
    /// The latest payouts, in all currencies.
    pub recent_payouts: Vec<Authorized<Payout>>,
}

/// Returns dashboards. Each is read from one state of the database: those of the present by one statement, those of a past
/// time by two, for which the caller must have begun a snapshot.
pub async fn dashboards(db: &mut Session, keys: &[DashboardKey]) -> Result<HashMap<DashboardKey, Dashboard>> {
    let settings = tenant::settings(db).await?;
    let cuts: BTreeSet<Option<Timestamp>> = keys.iter().map(|key| key.as_of).collect();
    let mut dashboards = HashMap::new();
    for as_of in cuts {
        let keys: Vec<_> = keys.iter().filter(|key| key.as_of == as_of).collect();
        let ids: Vec<_> = keys.iter().map(|key| key.partner).collect::<BTreeSet<_>>().into_iter().collect();
        let cut = as_of.map(|at| at.0);
        let moment = cut.unwrap_or(settings.read_at);
        let month_start = calendar::month_start(moment, settings.tenant.zone()?);
        let as_of = AsOf { cut, moment, month_start: Some(month_start) };
        let partners = partners(db, &ids, as_of, settings.tenant.payout_day.is_some()).await?;
        for key in keys {
            let data =
                partners.get(&key.partner).ok_or_else(|| Error::internal("a partner without a row"))?;
            dashboards.insert(*key, data.dashboard(&settings, key, as_of)?);
        }
    }
    Ok(dashboards)
}

/// The amounts, counts and rows of a partner as of one time.
struct PartnerData {
    counts: Counts,
    /// The positions, by currency.
    positions: BTreeMap<Currency, Position>,
    /// The due commissions, by currency.
    due: BTreeMap<Currency, Money>,
    payouts: BTreeMap<Currency, CurrencyPayouts>,
    recent_events: Vec<Authorized<CommissionEvent>>,
    recent_payouts: Vec<Authorized<Payout>>,
}

impl PartnerData {
    fn dashboard(&self, settings: &TenantSettings, key: &DashboardKey, as_of: AsOf) -> Result<Dashboard> {
        let zero = Position::zero(key.currency);
        let position = self.positions.get(&key.currency).unwrap_or(&zero);
        let payouts = self.payouts.get(&key.currency);
        let next_run = || {
            let due = self.due.get(&key.currency).copied().unwrap_or(zero.revenue);
            let is_payable =
                key.is_payable && reason_amount_not_payable(due, &settings.minimum_payouts).is_none();
            let day = u32::try_from(settings.tenant.payout_day?).ok().filter(|_| is_payable)?;
            calendar::next_day_of_month(as_of.moment, day, settings.tenant.zone().ok()?)
        };
        Ok(Dashboard {
            as_of: as_of.moment,
            balance: position.balance,
            total_revenue: position.revenue,
            month_revenue: position.month_revenue,
            month_commissions: position.month_commissions,
            month_payouts: payouts.map_or(zero.revenue, |payouts| payouts.completed),
            total_referrals: self.counts.leads,
            converted_referrals: self.counts.converted,
            active_referrals: self.counts.active,
            conversion_rate: self.counts.conversion_rate,
            total_customers: self.counts.customers,
            active_customers: self.counts.active_customers,
            pending_commission_events: self.positions.values().map(|position| position.pending_events).sum(),
            next_payout_date: payouts.and_then(|payouts| payouts.next).or_else(next_run),
            recent_commission_events: self.recent_events.clone(),
            recent_payouts: self.recent_payouts.clone(),
        })
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(embed)]
    counts: Counts,
    #[diesel(sql_type = Array<PositionRecord>)]
    positions: Vec<CurrencyPosition>,
    #[diesel(sql_type = Array<Record<(Bpchar, Numeric)>>)]
    on_hold: Vec<(Currency, Decimal)>,
    #[diesel(sql_type = Array<PayoutsRecord>)]
    payouts: Vec<CurrencyPayouts>,
    #[diesel(sql_type = RecordArray<CommissionEvent>)]
    recent_events: Records<CommissionEvent>,
    #[diesel(sql_type = RecordArray<Payout>)]
    recent_payouts: Records<Payout>,
}

#[derive(Clone, Copy, Default, QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    leads: i64,
    #[diesel(sql_type = BigInt)]
    converted: i64,
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = Double)]
    conversion_rate: f64,
    #[diesel(sql_type = BigInt)]
    customers: i64,
    #[diesel(sql_type = BigInt)]
    active_customers: i64,
}

/// The payouts of a partner in one currency.
#[derive(Clone, Copy, Debug, FromSqlRow)]
struct CurrencyPayouts {
    currency: Currency,
    /// The sum of the payouts completed this month, without those that came back this month.
    completed: Money,
    /// The date of the earliest open payout.
    next: Option<DateTime<Utc>>,
}

type PayoutsRecord = Record<(Bpchar, Numeric, Nullable<Timestamptz>)>;

impl FromSql<PayoutsRecord, Pg> for CurrencyPayouts {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let (currency, completed, next): (Currency, Decimal, _) =
            FromSql::<PayoutsRecord, Pg>::from_sql(value)?;
        Ok(Self { currency, completed: Money::stored(completed, currency), next })
    }
}

/// Returns the data of partners. `has_payout_day` is whether the due commissions decide on the date of the next payout.
async fn partners(
    db: &mut Session,
    ids: &[PartnerId],
    as_of: AsOf,
    has_payout_day: bool,
) -> Result<HashMap<PartnerId, PartnerData>> {
    let is_present = as_of.cut.is_none();
    let mut past = BTreeMap::new();
    if !is_present {
        past = balance::from_events(db, ids, as_of).await?;
    }
    let statement = SqlBuilder::new("SELECT partner.id AS partner_id, ")
        .sql(COUNTS)
        .part(
            |statement| {
                if is_present { positions_from_totals(statement) } else { statement.sql(NO_POSITIONS) }
            },
        )
        .sql(if is_present && has_payout_day { ON_HOLD } else { NOTHING_ON_HOLD })
        .sql(PAYOUTS)
        .part(|statement| append_records::<CommissionEvent>(statement, RECENT_EVENTS))
        .sql(" AS recent_events, ")
        .part(|statement| append_records::<Payout>(statement, RECENT_PAYOUTS))
        .sql(" AS recent_payouts FROM ")
        .part(|statement| balance::append_inputs(statement, db.scope().tenant(), ids, as_of))
        .sql(COUNTED);
    let rows: Vec<Row> = db.aggregate(CachedStatement(statement)).await?;
    rows.into_iter().map(|row| Ok((row.partner_id, data(db, row, &past)?))).collect()
}

/// Returns the data in a row, with the positions computed from the events if there are such.
fn data(db: &Session, row: Row, past: &BTreeMap<Key, EventPosition>) -> Result<PartnerData> {
    let mut positions: BTreeMap<_, _> =
        row.positions.iter().map(|found| (found.currency, found.position)).collect();
    let mut due = BTreeMap::new();
    for (currency, position) in &positions {
        due.insert(*currency, position.balance.approved.minus(position.balance.held)?);
    }
    for (currency, amount) in row.on_hold {
        if let Some(due) = due.get_mut(&currency) {
            *due = due.minus(Money::stored(amount, currency))?;
        }
    }
    for ((_, currency), found) in past.iter().filter(|((partner, _), _)| *partner == row.partner_id) {
        positions.insert(*currency, found.position);
        due.insert(*currency, found.matured);
    }
    let authorize = |events: Records<CommissionEvent>| {
        events.0.into_iter().map(|event| db.scope().authorize(event)).collect::<Result<_>>()
    };
    let payouts = row.recent_payouts.0.into_iter().map(|payout| db.scope().authorize(payout));
    Ok(PartnerData {
        counts: row.counts,
        positions,
        due,
        payouts: row.payouts.into_iter().map(|payouts| (payouts.currency, payouts)).collect(),
        recent_events: authorize(row.recent_events)?,
        recent_payouts: payouts.collect::<Result<_>>()?,
    })
}

fn positions_from_totals(statement: SqlBuilder) -> SqlBuilder {
    statement
        .sql("ARRAY(SELECT ROW(position.*) FROM (")
        .sql(balance::FROM_TOTALS)
        .sql(") AS position) AS positions, ")
}
