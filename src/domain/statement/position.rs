//! Where the commissions of partners stand: one pass over their events.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::Clock;
use crate::currency::Currency;
use crate::domain::commission::store::is_due;
use crate::domain::session::Session;
use crate::error::{Error, Result};
use crate::id::PartnerId;
use crate::money::Money;

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

/// Where the commissions of these partners stand, by partner and currency.
pub(super) async fn of_partners(
    db: &mut Session,
    partners: &[PartnerId],
    clock: Clock,
) -> Result<BTreeMap<(PartnerId, Currency), Position>> {
    let query = diesel::sql_query(positions())
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Array<SqlUuid>, _>(partners.to_vec())
        .bind::<Nullable<Timestamptz>, _>(clock.cut)
        .bind::<Timestamptz, _>(clock.moment)
        .bind::<Timestamptz, _>(clock.month_start);
    let rows: Vec<Row> = db.figures(query).await?;
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
