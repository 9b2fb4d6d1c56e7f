//! The rule that decides whether a payout may pay an approved commission event.

use chrono::{DateTime, Utc};
use diesel::sql_types::Timestamptz;

use crate::domain::db::sql_builder::SqlBuilder;

/// The rule that decides whether an approved event is due, which means that a payout may pay it.
///
/// An event that staff hold back is not due. Any other is due when its hold has ended and its date is in the period of the
/// payout. A reversal or reinstatement is due with the event that it amends. If that event is already in a payout or
/// CLAWBACK, a reversal is due immediately, and a reinstatement by its own hold and date. A negative adjustment is due
/// immediately.
#[derive(Clone, Copy, Debug)]
pub struct DueRule {
    /// The time of the payout, at which the hold of an event must have ended.
    pub at: DateTime<Utc>,
    /// The half-open period of event dates that the payout pays for; `None` for all dates.
    pub period: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl DueRule {
    /// Appends the condition on a row of `commission_events` called `event`.
    pub fn append(self, statement: SqlBuilder) -> SqlBuilder {
        statement
            .sql(
                "event.held_at IS NULL AND CASE
                     WHEN event.event_type = 'CLAWBACK' THEN EXISTS (
                         SELECT FROM commission_events AS original
                         WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                             AND (original.status IN ('PAID', 'CLAWBACK') OR ",
            )
            .part(|statement| self.append_by_date(statement, "original"))
            .sql(
                "))
                     WHEN event.event_type = 'REINSTATEMENT' THEN EXISTS (
                         SELECT FROM commission_events AS original
                         WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                             AND CASE WHEN original.status = 'APPROVED' THEN ",
            )
            .part(|statement| self.append_by_date(statement, "original"))
            .sql(" ELSE ")
            .part(|statement| self.append_by_date(statement, "event"))
            .sql(
                " END)
                     WHEN event.event_type = 'ADJUSTMENT' AND event.commission_amount < 0 THEN true
                     ELSE ",
            )
            .part(|statement| self.append_by_date(statement, "event"))
            .sql(" END")
    }

    fn append_by_date(self, statement: SqlBuilder, event: &str) -> SqlBuilder {
        let statement = statement.sql(format!("{event}.payable_at <= ")).bind::<Timestamptz, _>(self.at);
        let Some((start, end)) = self.period else { return statement };
        statement
            .sql(format!(" AND {event}.event_date >= "))
            .bind::<Timestamptz, _>(start)
            .sql(format!(" AND {event}.event_date < "))
            .bind::<Timestamptz, _>(end)
    }
}
