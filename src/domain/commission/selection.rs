//! Conditions that select commission events for bulk statements, which do not load them: there may be 100,000.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bpchar, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::DueRule;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::primitives::currency::Currency;
use crate::primitives::id::{CommissionEventId, PartnerId, TenantId};
use crate::primitives::money::Money;

/// Selects PENDING events to approve; all conditions must be met. A reversal or reinstatement of a PENDING event is
/// approved with it; a reinstatement of any other event is approved by its own date.
#[derive(Clone, Debug)]
pub struct PendingFilter {
    /// Only events of these partners; `None` for all.
    pub partners: Option<Vec<PartnerId>>,
    /// Only events in this currency; `None` for all.
    pub currency: Option<Currency>,
    /// Only events dated at this time or later; `None` for all.
    pub from: Option<DateTime<Utc>>,
    /// Only events dated before this time.
    pub to: DateTime<Utc>,
}

impl PendingFilter {
    /// Appends the condition on a row of `commission_events` called `event`.
    ///
    /// Written without a join, so that the statement is one pass over the PENDING events: before the statistics of a grown
    /// table are updated, the planner would choose a nested loop.
    pub fn append(&self, statement: SqlBuilder, tenant: &TenantId) -> SqlBuilder {
        statement
            .sql("event.status = 'PENDING' AND event.tenant_id = ")
            .bind::<Text, _>(tenant.clone())
            .sql(
                " AND CASE WHEN event.event_type = 'CLAWBACK' THEN EXISTS (
                     SELECT FROM commission_events AS original
                     WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id",
            )
            .part(|statement| self.append_conditions(statement, "original"))
            .sql(
                ") WHEN event.event_type = 'REINSTATEMENT' THEN EXISTS (
                     SELECT FROM commission_events AS original
                     WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                         AND CASE WHEN original.status = 'PENDING' THEN true",
            )
            .part(|statement| self.append_conditions(statement, "original"))
            .sql(" ELSE true")
            .part(|statement| self.append_conditions(statement, "event"))
            .sql(" END) ELSE true")
            .part(|statement| self.append_conditions(statement, "event"))
            .sql(" END")
    }

    fn append_conditions(&self, statement: SqlBuilder, event: &str) -> SqlBuilder {
        let mut statement =
            statement.sql(format!(" AND {event}.event_date < ")).bind::<Timestamptz, _>(self.to);
        if let Some(from) = self.from {
            statement = statement.sql(format!(" AND {event}.event_date >= ")).bind::<Timestamptz, _>(from);
        }
        if let Some(currency) = self.currency {
            statement = statement.sql(format!(" AND {event}.currency = ")).bind::<Bpchar, _>(currency);
        }
        if let Some(partners) = &self.partners {
            statement = statement
                .sql(format!(" AND {event}.partner_id = ANY("))
                .bind::<Array<SqlUuid>, _>(partners.clone())
                .sql(")");
        }
        statement
    }
}

/// Selects the APPROVED events that one payout pays: the due events of its partner in its currency.
///
/// Every statement of a payout repeats this condition instead of joining the lines that were just inserted, for which the
/// planner has no statistics. The locked row of the partner makes it select the same events each time.
#[derive(Clone, Debug)]
pub struct Payable {
    /// The tenant of the partner.
    pub tenant: TenantId,
    /// The partner to pay.
    pub partner: PartnerId,
    /// The currency of the payout.
    pub currency: Currency,
    /// The rule for the events that are due.
    pub due: DueRule,
}

impl Payable {
    /// Appends the condition on a row of `commission_events` called `event`. The status is a literal, so that the partial
    /// index of APPROVED events is used.
    pub fn append(&self, statement: SqlBuilder) -> SqlBuilder {
        statement
            .sql("event.status = 'APPROVED' AND event.tenant_id = ")
            .bind::<Text, _>(self.tenant.clone())
            .sql(" AND event.partner_id = ")
            .bind::<SqlUuid, _>(self.partner)
            .sql(" AND event.currency = ")
            .bind::<Bpchar, _>(self.currency)
            .sql(" AND ")
            .part(|statement| self.due.append(statement))
    }
}

/// The number of events in one currency and their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountAndSum {
    /// The number of events.
    pub count: i64,
    /// The sum of their commissions.
    pub sum: Money,
}

/// The events of one partner in one currency that were approved together.
#[derive(Clone, Debug)]
pub struct ApprovedGroup {
    /// The partner.
    pub partner: PartnerId,
    /// The number of events and their sum.
    pub approved: CountAndSum,
    /// Their first ids, if they were asked for.
    pub ids: Vec<CommissionEventId>,
}

/// A row with the number of events in one currency and their sum.
#[derive(QueryableByName)]
pub(super) struct CountAndSumRow {
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Numeric)]
    sum: Decimal,
}

impl CountAndSumRow {
    /// Returns the number and the sum.
    pub(super) fn count_and_sum(&self) -> CountAndSum {
        CountAndSum { count: self.count, sum: Money::stored(self.sum, self.currency) }
    }
}

/// Returns the numbers and sums of rows.
pub(super) fn by_currency(rows: Vec<CountAndSumRow>) -> Vec<CountAndSum> {
    rows.iter().map(CountAndSumRow::count_and_sum).collect()
}
