//! Monthly reports: the revenue, commissions and payouts of partners in each month.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bpchar, Date, Integer, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::calendar;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::session::Session;
use crate::domain::tenant;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// The maximum number of months in a report: ten years.
pub const MONTHS_MAX: i32 = 120;

/// The key of a report: the partner, the currency, and the number of months up to the current one.
pub type MonthsKey = (PartnerId, Currency, i32);

/// The amounts that a partner earned and was paid in one month and currency.
#[derive(Clone, Copy, Debug)]
pub struct Month {
    /// The first day of the month.
    pub first_day: NaiveDate,
    /// The beginning of the month in the time zone of the tenant, inclusive.
    pub starts_at: DateTime<Utc>,
    /// The end of the month, exclusive.
    pub ends_at: DateTime<Utc>,
    /// The sum of the bases of the commission events.
    pub revenue: Money,
    /// The sum of the commissions; an event counts in the month of its date.
    pub commissions: Money,
    /// The sum of the payouts completed in the month, without those that came back in it.
    pub payouts: Money,
}

/// Returns the months of each report, oldest first. An event dated in the future counts in the current month, as on the
/// dashboard.
pub async fn months(db: &mut Session, keys: &[MonthsKey]) -> Result<HashMap<MonthsKey, Vec<Month>>> {
    let settings = tenant::settings(db).await?;
    let (zone, now) = (settings.tenant.zone()?, settings.read_at);
    let mut found = HashMap::new();
    for count in keys.iter().map(|key| key.2).collect::<BTreeSet<_>>() {
        let keys: Vec<_> = keys.iter().filter(|key| key.2 == count).copied().collect();
        let days = calendar::first_days(now, count.unsigned_abs(), zone)?;
        let bounds: Vec<_> = days.iter().map(|day| calendar::midnight(*day, zone)).collect();
        let partners: BTreeSet<_> = keys.iter().map(|key| key.0).collect();
        let sums = sums(db, &Vec::from_iter(partners), &bounds).await?;
        for key in keys {
            let (partner, currency, _) = key;
            let months = (1_i32..).zip(days.iter().zip(bounds.windows(2)));
            let months = months.map(|(number, (first_day, bounds))| {
                let zero = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
                let (revenue, commissions, payouts) =
                    sums.get(&(partner, currency, number)).copied().unwrap_or(zero);
                let money = |amount| Money::stored(amount, currency);
                let (starts_at, ends_at) = match bounds {
                    [starts_at, ends_at] => (*starts_at, *ends_at),
                    _ => return Err(Error::internal("a month without an end")),
                };
                let (revenue, commissions, payouts) = (money(revenue), money(commissions), money(payouts));
                Ok(Month { first_day: *first_day, starts_at, ends_at, revenue, commissions, payouts })
            });
            found.insert(key, months.collect::<Result<Vec<_>>>()?);
        }
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct MonthRow {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Integer)]
    month: i32,
    #[diesel(sql_type = Numeric)]
    revenue: Decimal,
    #[diesel(sql_type = Numeric)]
    commissions: Decimal,
    #[diesel(sql_type = Numeric)]
    payouts: Decimal,
}

type Sums = HashMap<(PartnerId, Currency, i32), (Decimal, Decimal, Decimal)>;

/// Returns revenue, commissions and payouts by partner, currency and number of the month, starting at 1. `bounds` are the
/// beginnings of the months and the end of the last.
async fn sums(db: &mut Session, partners: &[PartnerId], bounds: &[DateTime<Utc>]) -> Result<Sums> {
    let starts: Vec<_> = bounds.iter().take(bounds.len().saturating_sub(1)).copied().collect();
    let edges: Vec<_> = starts.iter().map(|start| calendar::month_offset(*start)).collect();
    let apart = || (1_i32..).zip(&edges).filter(|(_, edge)| edge.from < edge.to);
    let query = diesel::sql_query(SUMS)
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Array<SqlUuid>, _>(partners.to_vec())
        .bind::<Array<Timestamptz>, _>(starts)
        .bind::<Array<Date>, _>(edges.iter().map(|edge| edge.month).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(apart().map(|(number, _)| number).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(apart().map(|(_, edge)| edge.from).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(apart().map(|(_, edge)| edge.to).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(
            apart().map(|(_, edge)| if edge.is_missing { 1 } else { -1 }).collect::<Vec<_>>(),
        );
    let rows: Vec<MonthRow> = db.aggregate(CachedStatement(query)).await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.partner_id, row.currency, row.month), (row.revenue, row.commissions, row.payouts)))
        .collect())
}

/// Months begin in UTC in the totals ($4) and in the time zone of the tenant in reports ($3): the events between the two
/// beginnings of a month ($6 to $7) move from one month to the adjacent one.
const SUMS: &str = "
    SELECT partner_id, currency, month, sum(revenue) AS revenue, sum(commissions) AS commissions, sum(payouts) AS payouts
    FROM (
        SELECT partner_id, currency, width_bucket(month, $4) AS month, base_amount AS revenue,
            commission_amount AS commissions, 0 AS payouts
        FROM commission_monthly_totals
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND month >= ($4)[1] AND is_live_commission(status)
        UNION ALL
        SELECT event.partner_id, event.currency, moved.month, moved.sign * coalesce(event.base_amount, 0),
            moved.sign * event.commission_amount, 0
        FROM unnest($5::integer[], $6::timestamptz[], $7::timestamptz[], $8::integer[])
            AS edge (month, begins_at, ends_at, sign)
        JOIN commission_events AS event
            ON event.tenant_id = $1 AND event.partner_id = ANY($2) AND is_live_commission(event.status)
            AND event.event_date >= edge.begins_at AND event.event_date < edge.ends_at
        CROSS JOIN LATERAL (VALUES (edge.month, edge.sign), (edge.month - 1, -edge.sign)) AS moved (month, sign)
        WHERE moved.month > 0
        UNION ALL
        SELECT partner_id, currency, width_bucket(completed_at, $3), 0, 0, total_amount
        FROM payouts
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND completed_at >= ($3)[1]
        UNION ALL
        SELECT partner_id, currency, width_bucket(released_at, $3), 0, 0, -total_amount
        FROM payouts
        WHERE tenant_id = $1 AND partner_id = ANY($2) AND returned_at IS NOT NULL AND released_at >= ($3)[1]
    ) AS entry
    GROUP BY partner_id, currency, month";
