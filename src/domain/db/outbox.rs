//! The domain events of a transaction, which become rows together with what they tell of (transactional outbox).

use chrono::TimeDelta;
use diesel::sql_types::{Array, BigInt, Interval, Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::cached_statement::CachedStatement;
use super::job::store::INSERT;
use super::sql_builder::SqlBuilder;
use crate::primitives::event_type::EventType;
use crate::primitives::id::{DomainEventId, PartnerId, TenantId};

/// The domain events that a transaction has published so far.
#[derive(Default)]
pub(super) struct Outbox {
    ids: Vec<Uuid>,
    types: Vec<String>,
    partners: Vec<Option<Uuid>>,
    data: Vec<Value>,
}

/// Returns the statement that writes an event without a job that creates its deliveries.
pub fn insert_alone(
    tenant: &TenantId,
    id: DomainEventId,
    event_type: EventType,
    data: Value,
) -> CachedStatement<SqlBuilder> {
    let statement =
        SqlBuilder::new("INSERT INTO domain_events (tenant_id, id, event_type, data, occurred_at) SELECT ")
            .bind::<Text, _>(tenant.0.clone())
            .sql(", ")
            .bind::<SqlUuid, _>(id)
            .sql(", ")
            .bind::<Text, _>(event_type)
            .sql(", ")
            .bind::<Jsonb, _>(data)
            .sql(", clock_timestamp()");
    CachedStatement(statement)
}

/// Returns the statement that deletes up to `limit` events that happened longer ago than `age`, the oldest first. Not those
/// whose deliveries are still to be created, or are kept: a table that refers to events has its condition here.
/// Locks nothing first: the role may delete events, but not update them.
pub fn delete_old(tenant: &TenantId, age: TimeDelta, limit: i64) -> CachedStatement<SqlBuilder> {
    let statement =
        SqlBuilder::new("DELETE FROM domain_events AS event USING (SELECT id FROM domain_events AS each WHERE tenant_id = ")
            .bind::<Text, _>(tenant.0.clone())
            .sql(" AND occurred_at < now() - ")
            .bind::<Interval, _>(age)
            .sql(
                " AND NOT EXISTS (SELECT FROM webhook_deliveries AS delivery
                    WHERE delivery.tenant_id = each.tenant_id AND delivery.domain_event_id = each.id)
                  AND NOT EXISTS (SELECT FROM jobs AS job
                    WHERE job.tenant_id = each.tenant_id AND job.lane = 'FAN_OUT' AND job.subject_id = each.id)
                ORDER BY occurred_at, id LIMIT ",
            )
            .bind::<BigInt, _>(limit)
            .sql(") AS old WHERE event.id = old.id AND event.tenant_id = ")
            .bind::<Text, _>(tenant.0.clone());
    CachedStatement(statement)
}

impl Outbox {
    /// Adds an event.
    pub fn add(&mut self, event_type: EventType, partner: Option<PartnerId>, data: Value) {
        self.ids.push(Uuid::now_v7());
        self.types.push(event_type.to_string());
        self.partners.push(partner.map(|partner| partner.0));
        self.data.push(data);
    }

    /// Returns the statement that writes the events, and a job for each that creates its deliveries; `None` if there are
    /// none.
    pub fn into_statement(self, tenant: &TenantId) -> Option<CachedStatement<SqlBuilder>> {
        if self.ids.is_empty() {
            return None;
        }
        let statement = SqlBuilder::new(
            "WITH event AS (INSERT INTO domain_events (tenant_id, id, event_type, partner_id, data, occurred_at)
                SELECT ",
        )
        .bind::<Text, _>(tenant.0.clone())
        .sql(", new.id, new.event_type, new.partner_id, new.data, clock_timestamp() FROM unnest(")
        .bind::<Array<SqlUuid>, _>(self.ids)
        .sql(", ")
        .bind::<Array<Text>, _>(self.types)
        .sql(", ")
        .bind::<Array<Nullable<SqlUuid>>, _>(self.partners)
        .sql(", ")
        .bind::<Array<Jsonb>, _>(self.data)
        .sql(
            ") AS new (id, event_type, partner_id, data) RETURNING tenant_id, id, occurred_at) ",
        )
        .sql(INSERT)
        .sql("SELECT tenant_id, 'FAN_OUT', id, occurred_at, occurred_at FROM event");
        Some(CachedStatement(statement))
    }
}
