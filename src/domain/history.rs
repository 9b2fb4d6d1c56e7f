//! The history of commission events and payouts: each change of status, and each correction by staff, with its time, actor
//! and reason.

use std::collections::HashMap;

use async_graphql::Enum;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};

use super::db::cached_statement::CachedStatement;
use super::db::schema::status_changes;
use super::db::session::{Session, grouped};
use super::db::sql_builder::SqlBuilder;
use super::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::{CommissionEventId, PayoutId, TenantId};
use crate::primitives::text_enum::text_enum;

/// The kind of an entry in the history of a commission event or a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum StatusChangeKind {
    /// The creation of the object, or a change of its status.
    Status,
    /// Staff held a commission event back; its status did not change.
    Hold,
    /// Staff released a commission event that was held back; its status did not change.
    Release,
    /// Staff corrected the payment reference of a payout; its status did not change.
    PaymentReference,
}

text_enum!(StatusChangeKind);

/// One change of status, or one correction that left the status as it was.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = status_changes, check_for_backend(diesel::pg::Pg))]
pub struct StatusChange {
    /// The status before; `None` on creation.
    pub from_status: Option<String>,
    /// The status after.
    pub to_status: String,
    /// The time of the change.
    pub changed_at: DateTime<Utc>,
    /// The id of the user who made the change.
    pub actor: String,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// The kind of the entry.
    pub kind: StatusChangeKind,
}

/// A row of the history to insert.
#[derive(Debug, Insertable)]
#[diesel(table_name = status_changes)]
struct NewStatusChange<'a> {
    tenant_id: &'a TenantId,
    commission_event_id: Option<CommissionEventId>,
    payout_id: Option<PayoutId>,
    from_status: Option<String>,
    to_status: String,
    changed_at: DateTime<Utc>,
    actor: &'a str,
    reason: Option<&'a str>,
    kind: StatusChangeKind,
    replaced_reference: Option<&'a str>,
}

/// A change of status of some rows, at one time and for one reason.
pub(in crate::domain) struct Change<'a, S> {
    /// The status before; `None` on creation.
    pub from: Option<S>,
    /// The status after.
    pub to: S,
    /// The time of the change.
    pub at: DateTime<Utc>,
    /// The reason, if one was given.
    pub reason: Option<&'a str>,
}

impl<S: ToString> Change<'_, S> {
    /// Records the change in the histories of commission events.
    pub async fn of_events(&self, db: &mut Transaction, events: &[CommissionEventId]) -> Result<()> {
        write(db, events.iter().map(|id| self.entry(Some(*id), None))).await
    }

    /// Records the change in the history of a payout.
    pub async fn of_payout(&self, db: &mut Transaction, payout: PayoutId) -> Result<()> {
        write(db, [self.entry(None, Some(payout))]).await
    }

    /// Records the change in the histories of payouts.
    pub async fn of_payouts(&self, db: &mut Transaction, payouts: &[PayoutId]) -> Result<()> {
        write(db, payouts.iter().map(|id| self.entry(None, Some(*id)))).await
    }

    /// Executes an UPDATE of commission events, called `event`, and records the change in their histories, in one statement
    /// because there may be 100,000. Returns the number of events.
    pub async fn of_updated_events(&self, db: &mut Transaction, update: SqlBuilder) -> Result<usize> {
        let actor = db.caller().identity().user().to_owned();
        let statement = SqlBuilder::new("WITH changed AS (")
            .append(update)
            .sql(" RETURNING event.tenant_id, event.id) ")
            .part(|statement| self.append_for_changed_events(statement, &actor));
        db.execute(statement).await
    }

    /// Executes an INSERT of one commission event and begins its history, in one statement.
    pub async fn of_inserted_event(&self, db: &mut Transaction, insert: SqlBuilder) -> Result<()> {
        let actor = db.caller().identity().user().to_owned();
        let statement = SqlBuilder::new("WITH changed AS (")
            .append(insert)
            .sql(" RETURNING tenant_id, id) ")
            .part(|statement| self.append_for_changed_events(statement, &actor));
        db.execute(CachedStatement(statement)).await?;
        Ok(())
    }

    /// Appends the INSERT that records the change in the histories of the commission events in `changed`, a common table
    /// expression with their `tenant_id` and `id`.
    pub fn append_for_changed_events(&self, statement: SqlBuilder, actor: &str) -> SqlBuilder {
        statement
            .sql(
                "INSERT INTO status_changes
                     (tenant_id, commission_event_id, from_status, to_status, changed_at, actor, reason)
                 SELECT tenant_id, id, ",
            )
            .bind::<Nullable<Text>, _>(self.from.as_ref().map(S::to_string))
            .sql(", ")
            .bind::<Text, _>(self.to.to_string())
            .sql(", ")
            .bind::<Timestamptz, _>(self.at)
            .sql(", ")
            .bind::<Text, _>(actor.to_owned())
            .sql(", ")
            .bind::<Nullable<Text>, _>(self.reason.map(str::to_owned))
            .sql(" FROM changed")
    }

    fn entry(
        &self,
        commission_event_id: Option<CommissionEventId>,
        payout_id: Option<PayoutId>,
    ) -> Entry<'_> {
        Entry {
            commission_event_id,
            payout_id,
            from: self.from.as_ref().map(S::to_string),
            to: self.to.to_string(),
            at: self.at,
            reason: self.reason,
            kind: StatusChangeKind::Status,
            replaced_reference: None,
        }
    }
}

/// A correction that leaves the status of a row as it is.
pub(in crate::domain) struct Correction<'a, S> {
    /// What is corrected; not a change of status.
    pub kind: StatusChangeKind,
    /// The status of the rows.
    pub status: S,
    /// The time of the correction.
    pub at: DateTime<Utc>,
    /// The reason.
    pub reason: &'a str,
}

impl<S: ToString> Correction<'_, S> {
    /// Records the correction in the histories of commission events.
    pub async fn of_events(&self, db: &mut Transaction, events: &[CommissionEventId]) -> Result<()> {
        write(db, events.iter().map(|id| self.entry(Some(*id), None, None))).await
    }

    /// Records in the history of a payout that its payment reference was replaced.
    pub async fn of_reference(&self, db: &mut Transaction, payout: PayoutId, replaced: &str) -> Result<()> {
        write(db, [self.entry(None, Some(payout), Some(replaced))]).await
    }

    fn entry<'a>(
        &'a self,
        commission_event_id: Option<CommissionEventId>,
        payout_id: Option<PayoutId>,
        replaced_reference: Option<&'a str>,
    ) -> Entry<'a> {
        Entry {
            commission_event_id,
            payout_id,
            from: Some(self.status.to_string()),
            to: self.status.to_string(),
            at: self.at,
            reason: Some(self.reason),
            kind: self.kind,
            replaced_reference,
        }
    }
}

/// An entry of a history, without its actor.
struct Entry<'a> {
    commission_event_id: Option<CommissionEventId>,
    payout_id: Option<PayoutId>,
    from: Option<String>,
    to: String,
    at: DateTime<Utc>,
    reason: Option<&'a str>,
    kind: StatusChangeKind,
    replaced_reference: Option<&'a str>,
}

async fn write(db: &mut Transaction, entries: impl IntoIterator<Item = Entry<'_>>) -> Result<()> {
    let caller = db.caller().clone();
    let rows: Vec<_> = entries
        .into_iter()
        .map(|entry| NewStatusChange {
            tenant_id: caller.identity().tenant(),
            commission_event_id: entry.commission_event_id,
            payout_id: entry.payout_id,
            from_status: entry.from,
            to_status: entry.to,
            changed_at: entry.at,
            actor: caller.identity().user(),
            reason: entry.reason,
            kind: entry.kind,
            replaced_reference: entry.replaced_reference,
        })
        .collect();
    let insert = diesel::insert_into(status_changes::table);
    match <[_; 1]>::try_from(rows) {
        Ok([row]) => db.execute(CachedStatement(insert.values(row))).await?,
        Err(rows) => db.execute(insert.values(&rows)).await?,
    };
    Ok(())
}

/// Returns whether a payout had this payment reference before it was corrected.
pub(in crate::domain) async fn had_reference(
    db: &mut Session,
    payout: PayoutId,
    reference: &str,
) -> Result<bool> {
    let query = status_changes::table
        .filter(status_changes::tenant_id.eq(db.scope().tenant().clone()))
        .filter(status_changes::payout_id.eq(payout))
        .filter(status_changes::replaced_reference.eq(reference.to_owned()))
        .select(diesel::dsl::sql::<BigInt>("count(*)"));
    let counts: Vec<i64> = db.aggregate(query).await?;
    Ok(counts.iter().any(|count| *count > 0))
}

/// Returns a time for the history of a row that is later than the last change of the row, even if the clock was set back.
pub(in crate::domain) fn later(clock: DateTime<Utc>, last: DateTime<Utc>) -> DateTime<Utc> {
    clock.max(last + TimeDelta::microseconds(1))
}

/// Returns the history of each commission event, oldest change first.
pub async fn of_events(
    db: &mut Session,
    events: &[CommissionEventId],
) -> Result<HashMap<CommissionEventId, Vec<StatusChange>>> {
    let query = status_changes::table
        .filter(status_changes::tenant_id.eq(db.scope().tenant().clone()))
        .filter(status_changes::commission_event_id.eq_any(events.to_vec()))
        .order((status_changes::changed_at, status_changes::from_status.is_not_null(), status_changes::id))
        .select((status_changes::commission_event_id.assume_not_null(), StatusChange::as_select()));
    Ok(grouped(db.load_unchecked(query).await?))
}

/// Returns the history of each payout, oldest change first.
pub async fn of_payouts(
    db: &mut Session,
    payouts: &[PayoutId],
) -> Result<HashMap<PayoutId, Vec<StatusChange>>> {
    let query = status_changes::table
        .filter(status_changes::tenant_id.eq(db.scope().tenant().clone()))
        .filter(status_changes::payout_id.eq_any(payouts.to_vec()))
        .order((status_changes::changed_at, status_changes::from_status.is_not_null(), status_changes::id))
        .select((status_changes::payout_id.assume_not_null(), StatusChange::as_select()));
    Ok(grouped(db.load_unchecked(query).await?))
}
