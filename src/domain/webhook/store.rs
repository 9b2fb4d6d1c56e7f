//! Reads and writes of the tables `webhook_endpoints`, `webhook_deliveries` and `domain_events`.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Attempt, DeliveryStatus, DomainEvent, DueDelivery, EndpointStatus, WebhookDelivery, WebhookEndpoint,
};
use crate::auth::Authorized;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::job::{self, ClaimedJob};
use crate::domain::db::outbox::{delete_old, insert_alone};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::webhook_schema::{domain_events, webhook_deliveries, webhook_endpoints};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::event_type::EventType;
use crate::primitives::id::{DomainEventId, WebhookDeliveryId, WebhookEndpointId};

/// Begins a statement that inserts deliveries, with a job for each: what follows selects their endpoints (`endpoint`), events
/// (`event`) and the number of the replay.
const INSERT_DELIVERIES: &str = "WITH delivery AS (
    INSERT INTO webhook_deliveries
        (tenant_id, id, endpoint_id, domain_event_id, replay, status, created_at, next_attempt_at)";
const RETURNING: &str = " ON CONFLICT (tenant_id, endpoint_id, domain_event_id, replay) DO NOTHING RETURNING tenant_id, id, created_at) ";

/// Ends such a statement.
fn with_jobs(deliveries: SqlBuilder) -> CachedStatement<SqlBuilder> {
    let statement = deliveries
        .sql(RETURNING)
        .sql(job::store::INSERT)
        .sql("SELECT tenant_id, 'WEBHOOK', id, created_at, created_at FROM delivery");
    CachedStatement(statement)
}

/// Inserts an endpoint.
pub async fn insert(db: &mut Transaction, endpoint: &WebhookEndpoint) -> Result<()> {
    db.execute(diesel::insert_into(webhook_endpoints::table).values(endpoint.clone())).await?;
    Ok(())
}

/// Returns the endpoints of the tenant that are not deleted, in the order of their creation.
pub async fn living(db: &mut Session) -> Result<Vec<Authorized<WebhookEndpoint>>> {
    let query = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_endpoints::status.ne(EndpointStatus::Deleted))
        .order((webhook_endpoints::created_at, webhook_endpoints::id))
        .select(WebhookEndpoint::as_select());
    db.load(query).await
}

/// Returns endpoints by id, deleted ones included.
pub async fn by_ids(db: &mut Session, ids: &[WebhookEndpointId]) -> Result<Vec<Authorized<WebhookEndpoint>>> {
    let query = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_endpoints::id.eq_any(ids.to_vec()))
        .select(WebhookEndpoint::as_select());
    db.load(query).await
}

/// Locks an endpoint; rejects one that does not exist or is deleted. `field` is that of the id.
pub async fn lock(
    db: &mut Transaction,
    field: &'static str,
    id: WebhookEndpointId,
) -> Result<Authorized<WebhookEndpoint>> {
    find_locked(db, id).await?.ok_or_else(|| {
        let message = "there is no such webhook endpoint, or it was deleted";
        Error::user_error(UserError::new(UserErrorCode::NotFound, message).at(field))
    })
}

/// Locks an endpoint, unless it does not exist or is deleted.
pub async fn find_locked(
    db: &mut Transaction,
    id: WebhookEndpointId,
) -> Result<Option<Authorized<WebhookEndpoint>>> {
    let query = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_endpoints::id.eq(id))
        .filter(webhook_endpoints::status.ne(EndpointStatus::Deleted))
        .for_no_key_update()
        .select(WebhookEndpoint::as_select());
    db.load_one(query).await
}

/// Updates an endpoint.
pub async fn update(db: &mut Transaction, endpoint: &WebhookEndpoint) -> Result<()> {
    let update = diesel::update(webhook_endpoints::table)
        .filter(webhook_endpoints::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_endpoints::id.eq(endpoint.id))
        .set((
            webhook_endpoints::url.eq(endpoint.url.clone()),
            webhook_endpoints::description.eq(endpoint.description.clone()),
            webhook_endpoints::event_types.eq(endpoint.event_types.clone()),
            webhook_endpoints::status.eq(endpoint.status),
            webhook_endpoints::sealed_secret.eq(endpoint.sealed_secret.clone()),
            webhook_endpoints::sealed_previous_secret.eq(endpoint.sealed_previous_secret.clone()),
            webhook_endpoints::previous_secret_until.eq(endpoint.previous_secret_until),
            webhook_endpoints::failing_since.eq(endpoint.failing_since),
            webhook_endpoints::failure_count.eq(endpoint.failure_count),
            webhook_endpoints::disabled_at.eq(endpoint.disabled_at),
            webhook_endpoints::disabled_reason.eq(endpoint.disabled_reason.clone()),
            webhook_endpoints::deleted_at.eq(endpoint.deleted_at),
            webhook_endpoints::failing_announced_at.eq(endpoint.failing_announced_at),
        ));
    db.execute(update).await?;
    Ok(())
}

/// Updates what is known of the failures of an endpoint, which is no act of anybody.
pub async fn update_health(db: &mut Transaction, endpoint: &WebhookEndpoint) -> Result<()> {
    let update = diesel::update(webhook_endpoints::table)
        .filter(webhook_endpoints::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_endpoints::id.eq(endpoint.id))
        .set((
            webhook_endpoints::failing_since.eq(endpoint.failing_since),
            webhook_endpoints::failure_count.eq(endpoint.failure_count),
            webhook_endpoints::failing_announced_at.eq(endpoint.failing_announced_at),
        ));
    db.execute_unaudited(update).await?;
    Ok(())
}

/// Inserts a domain event that is delivered to one endpoint only.
pub async fn insert_event(
    db: &mut Transaction,
    id: DomainEventId,
    event_type: EventType,
    data: Value,
) -> Result<()> {
    let insert = insert_alone(db.scope().tenant(), id, event_type, data);
    db.execute(insert).await?;
    Ok(())
}

/// Inserts the deliveries of events to the enabled endpoints that subscribe to them, except those that exist already.
pub async fn insert_deliveries(db: &mut Transaction, events: Vec<Uuid>) -> Result<usize> {
    let statement = SqlBuilder::new(INSERT_DELIVERIES)
        .sql(
            " SELECT event.tenant_id, gen_random_uuid(), endpoint.id, event.id, 0, 'PENDING', clock_timestamp(),
                clock_timestamp()
            FROM domain_events AS event JOIN webhook_endpoints AS endpoint
                ON endpoint.tenant_id = event.tenant_id AND event.event_type = ANY(endpoint.event_types)
            WHERE endpoint.status = 'ENABLED' AND event.tenant_id = ",
        )
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" AND event.id = ANY(")
        .bind::<Array<SqlUuid>, _>(events)
        .sql(")");
    db.execute_unaudited(with_jobs(statement)).await
}

/// Inserts the delivery of an event to an endpoint, with its job.
pub async fn insert_delivery(
    db: &mut Transaction,
    id: WebhookDeliveryId,
    endpoint: WebhookEndpointId,
    event: DomainEventId,
) -> Result<()> {
    let statement = SqlBuilder::new(INSERT_DELIVERIES)
        .sql(" SELECT ")
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(", ")
        .bind::<SqlUuid, _>(id)
        .sql(", ")
        .bind::<SqlUuid, _>(endpoint)
        .sql(", ")
        .bind::<SqlUuid, _>(event)
        .sql(", 0, 'PENDING', clock_timestamp(), clock_timestamp()");
    db.execute(with_jobs(statement)).await?;
    Ok(())
}

/// Inserts another delivery of the event of a delivery, unless one is waiting; returns how many.
pub async fn replay_delivery(
    db: &mut Transaction,
    endpoint: &WebhookEndpoint,
    delivery: WebhookDeliveryId,
) -> Result<usize> {
    let statement = SqlBuilder::new(INSERT_DELIVERIES)
        .sql(
            " SELECT first.tenant_id, gen_random_uuid(), first.endpoint_id, first.domain_event_id, max(each.replay) + 1,
                'PENDING', clock_timestamp(), clock_timestamp()
            FROM webhook_deliveries AS first JOIN webhook_deliveries AS each
                ON each.tenant_id = first.tenant_id AND each.endpoint_id = first.endpoint_id
               AND each.domain_event_id = first.domain_event_id
            WHERE first.tenant_id = ",
        )
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" AND first.endpoint_id = ")
        .bind::<SqlUuid, _>(endpoint.id)
        .sql(" AND first.id = ")
        .bind::<SqlUuid, _>(delivery)
        .sql(
            " GROUP BY first.tenant_id, first.endpoint_id, first.domain_event_id
            HAVING bool_and(each.status <> 'PENDING')",
        );
    db.execute(with_jobs(statement)).await
}

/// Inserts deliveries of the events since an instant that were never delivered to an endpoint and are not waiting; returns
/// how many.
pub async fn replay_since(
    db: &mut Transaction,
    endpoint: &WebhookEndpoint,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<usize> {
    let statement = SqlBuilder::new(INSERT_DELIVERIES)
        .sql(
            " SELECT event.tenant_id, gen_random_uuid(), endpoint.id, event.id, coalesce(before.replay + 1, 0), 'PENDING',
                clock_timestamp(), clock_timestamp()
            FROM webhook_endpoints AS endpoint JOIN domain_events AS event
                ON event.tenant_id = endpoint.tenant_id AND event.event_type = ANY(endpoint.event_types)
            CROSS JOIN LATERAL (
                SELECT max(delivery.replay) AS replay,
                       bool_or(delivery.status IN ('PENDING', 'DELIVERED')) AS is_done
                FROM webhook_deliveries AS delivery
                WHERE delivery.tenant_id = event.tenant_id AND delivery.domain_event_id = event.id
                  AND delivery.endpoint_id = endpoint.id
            ) AS before
            WHERE before.is_done IS NOT TRUE AND endpoint.tenant_id = ",
        )
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" AND endpoint.id = ")
        .bind::<SqlUuid, _>(endpoint.id)
        .sql(" AND event.occurred_at >= ")
        .bind::<Timestamptz, _>(since)
        .sql(" ORDER BY event.occurred_at, event.id LIMIT ")
        .bind::<BigInt, _>(limit);
    db.execute(with_jobs(statement)).await
}

/// Returns a delivery of the tenant.
pub async fn delivery(db: &mut Session, id: WebhookDeliveryId) -> Result<Authorized<WebhookDelivery>> {
    let found = deliveries(db, &[id]).await?.pop();
    found.ok_or_else(|| Error::internal("a webhook delivery that was just created is missing"))
}

/// Returns deliveries by id.
pub async fn deliveries(
    db: &mut Session,
    ids: &[WebhookDeliveryId],
) -> Result<Vec<Authorized<WebhookDelivery>>> {
    let query = webhook_deliveries::table
        .filter(webhook_deliveries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_deliveries::id.eq_any(ids.to_vec()))
        .select(WebhookDelivery::as_select());
    db.load(query).await
}

/// Returns deliveries with their endpoints and their events.
pub async fn due(db: &mut Session, ids: Vec<WebhookDeliveryId>) -> Result<Vec<Authorized<DueDelivery>>> {
    let endpoint = webhook_endpoints::tenant_id
        .eq(webhook_deliveries::tenant_id)
        .and(webhook_endpoints::id.eq(webhook_deliveries::endpoint_id));
    let event = domain_events::tenant_id
        .eq(webhook_deliveries::tenant_id)
        .and(domain_events::id.eq(webhook_deliveries::domain_event_id));
    let query = webhook_deliveries::table
        .inner_join(webhook_endpoints::table.on(endpoint))
        .inner_join(domain_events::table.on(event))
        .filter(webhook_deliveries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_deliveries::id.eq_any(ids))
        .select((WebhookDelivery::as_select(), WebhookEndpoint::as_select(), DomainEvent::as_select()));
    db.load(query).await
}

/// Returns domain events by id.
pub async fn events(db: &mut Session, ids: &[DomainEventId]) -> Result<Vec<Authorized<DomainEvent>>> {
    let query = domain_events::table
        .filter(domain_events::tenant_id.eq(db.scope().tenant().clone()))
        .filter(domain_events::id.eq_any(ids.to_vec()))
        .select(DomainEvent::as_select());
    db.load(query).await
}

/// Updates a delivery.
pub async fn update_delivery(db: &mut Transaction, delivery: &WebhookDelivery) -> Result<()> {
    let update = diesel::update(webhook_deliveries::table)
        .filter(webhook_deliveries::tenant_id.eq(db.scope().tenant().clone()))
        .filter(webhook_deliveries::id.eq(delivery.id))
        .set((
            webhook_deliveries::status.eq(delivery.status),
            webhook_deliveries::attempts.eq(delivery.attempts),
            webhook_deliveries::last_status.eq(delivery.last_status),
            webhook_deliveries::last_error.eq(delivery.last_error.clone()),
            webhook_deliveries::last_ms.eq(delivery.last_ms),
            webhook_deliveries::attempted_at.eq(delivery.attempted_at),
            webhook_deliveries::next_attempt_at.eq(delivery.next_attempt_at),
            webhook_deliveries::ended_at.eq(delivery.ended_at),
        ));
    db.execute_unaudited(update).await?;
    Ok(())
}

/// Records a successful attempt and ends its job, in one statement; returns whether the lease was still valid. If not, nothing
/// is changed.
pub async fn end_delivered(
    db: &mut Transaction,
    job: &ClaimedJob,
    attempts: i32,
    attempt: &Attempt,
) -> Result<bool> {
    let statement = job::store::with_ended(db.scope().tenant(), job)
        .sql("UPDATE webhook_deliveries AS delivery SET status = ")
        .bind::<Text, _>(DeliveryStatus::Delivered)
        .sql(", attempts = ")
        .bind::<Integer, _>(attempts)
        .sql(", last_status = ")
        .bind::<Nullable<Integer>, _>(attempt.status.map(i32::from))
        .sql(", last_ms = ")
        .bind::<Integer, _>(attempt.milliseconds)
        .sql(
            ", last_error = NULL, next_attempt_at = NULL, attempted_at = clock_timestamp(), ended_at = clock_timestamp()
            FROM ended WHERE delivery.id = ended.subject_id AND delivery.tenant_id = ",
        )
        .bind::<Text, _>(db.scope().tenant().0.clone());
    Ok(db.execute_unaudited(CachedStatement(statement)).await? == 1)
}

/// Deletes up to `limit` deliveries that were created and ended longer ago than `age`, the oldest first; returns how many. Not
/// those that are due.
pub async fn delete_old_deliveries(db: &mut Transaction, age: TimeDelta, limit: i64) -> Result<usize> {
    let statement = SqlBuilder::new(
        "DELETE FROM webhook_deliveries AS delivery USING (
            SELECT id FROM webhook_deliveries WHERE status <> 'PENDING' AND tenant_id = ",
    )
    .bind::<Text, _>(db.scope().tenant().0.clone())
    .sql(" AND created_at < now() - ")
    .bind::<Interval, _>(age)
    .sql(" AND ended_at < now() - ")
    .bind::<Interval, _>(age)
    .sql(" ORDER BY created_at, id LIMIT ")
    .bind::<BigInt, _>(limit)
    .sql(" FOR UPDATE SKIP LOCKED) AS old WHERE delivery.id = old.id AND delivery.tenant_id = ")
    .bind::<Text, _>(db.scope().tenant().0.clone());
    db.execute_unaudited(CachedStatement(statement)).await
}

/// Deletes up to `limit` events that happened longer ago than `age` and that nothing needs any more; returns how many.
pub async fn delete_old_events(db: &mut Transaction, age: TimeDelta, limit: i64) -> Result<usize> {
    let statement = delete_old(db.scope().tenant(), age, limit);
    db.execute_unaudited(statement).await
}
