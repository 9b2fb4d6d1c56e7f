//! The history of commission events and payouts: each change of status with its time, actor and reason.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz};

use super::db::cached_statement::CachedStatement;
use super::db::schema::status_changes;
use super::db::session::{Session, grouped};
use super::db::sql_builder::SqlBuilder;
use super::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::{CommissionEventId, PayoutId, TenantId};

/// One change of status.
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
        self.write(db, events.iter().map(|id| (Some(*id), None))).await
    }

    /// Records the change in the history of a payout.
    pub async fn of_payout(&self, db: &mut Transaction, payout: PayoutId) -> Result<()> {
        self.write(db, [(None, Some(payout))]).await
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

    async fn write(
        &self,
        db: &mut Transaction,
        rows: impl IntoIterator<Item = (Option<CommissionEventId>, Option<PayoutId>)>,
    ) -> Result<()> {
        let caller = db.caller().clone();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(commission_event_id, payout_id)| NewStatusChange {
                tenant_id: caller.identity().tenant(),
                commission_event_id,
                payout_id,
                from_status: self.from.as_ref().map(S::to_string),
                to_status: self.to.to_string(),
                changed_at: self.at,
                actor: caller.identity().user(),
                reason: self.reason,
            })
            .collect();
        let insert = diesel::insert_into(status_changes::table);
        match <[_; 1]>::try_from(rows) {
            Ok([row]) => db.execute(CachedStatement(insert.values(row))).await?,
            Err(rows) => db.execute(insert.values(&rows)).await?,
        };
        Ok(())
    }
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
