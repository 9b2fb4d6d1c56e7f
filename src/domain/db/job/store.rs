//! Reads and writes of the table `jobs`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Interval, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::{ClaimedJob, DeadJob, JobCounts, LEASE, Lane};
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, TenantId};

/// Begins a statement that inserts jobs, in the transaction that needs them; what follows selects the values.
pub const INSERT: &str = "INSERT INTO jobs (tenant_id, lane, subject_id, available_at, created_at) ";

/// How many tenants one round serves at most; the others have their turn in the next one.
const TENANTS_MAX: i64 = 1_000;

/// A job that was claimed.
#[derive(QueryableByName)]
pub struct ClaimedRow {
    #[diesel(sql_type = Text)]
    tenant_id: TenantId,
    /// What it does.
    #[diesel(sql_type = Text)]
    pub lane: Lane,
    /// The row that it is about.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// How often it was claimed, this time included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

impl PartnerOwned for ClaimedRow {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a job is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}

/// Returns the statement that claims the jobs which have been due for longest, without waiting for those that another worker
/// is claiming.
pub fn claim(tenant: &TenantId, lease: Uuid, limit: i64) -> CachedStatement<SqlBuilder> {
    let lanes: Vec<_> = Lane::ALL.iter().map(ToString::to_string).collect();
    let statement = SqlBuilder::new("UPDATE jobs AS job SET attempts = job.attempts + 1, lease_id = ")
        .bind::<SqlUuid, _>(lease)
        .sql(", available_at = clock_timestamp() + ")
        .bind::<Interval, _>(LEASE)
        .sql(
            " FROM (SELECT lane, subject_id FROM jobs
                WHERE dead_at IS NULL AND available_at <= clock_timestamp() AND tenant_id = ",
        )
        .bind::<Text, _>(tenant.0.clone())
        .sql(" AND lane = ANY(")
        .bind::<Array<Text>, _>(lanes)
        .sql(") ORDER BY available_at LIMIT ")
        .bind::<BigInt, _>(limit)
        .sql(" FOR UPDATE SKIP LOCKED) AS due WHERE job.tenant_id = ")
        .bind::<Text, _>(tenant.0.clone())
        .sql(
            " AND job.lane = due.lane AND job.subject_id = due.subject_id RETURNING job.tenant_id, job.lane,
                job.subject_id, job.attempts",
        );
    CachedStatement(statement)
}

/// Returns the statement that inserts a job for a time, in the place of the one for the same subject. A worker that has that
/// one loses its lease.
pub fn schedule(
    tenant: &TenantId,
    lane: Lane,
    subject: Uuid,
    at: DateTime<Utc>,
) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new(INSERT)
        .sql("SELECT ")
        .bind::<Text, _>(tenant.0.clone())
        .sql(", ")
        .bind::<Text, _>(lane)
        .sql(", ")
        .bind::<SqlUuid, _>(subject)
        .sql(", ")
        .bind::<Timestamptz, _>(at)
        .sql(
            ", clock_timestamp() ON CONFLICT (tenant_id, lane, subject_id) DO UPDATE
                SET available_at = excluded.available_at, attempts = 0, lease_id = NULL, last_error = NULL, dead_at = NULL",
        );
    CachedStatement(statement)
}

/// Returns the statement that makes the jobs of a lane due that wait for a later time.
pub fn hurry(tenant: &TenantId, lane: Lane) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new(
        "UPDATE jobs SET available_at = clock_timestamp() WHERE dead_at IS NULL AND lease_id IS NULL AND tenant_id = ",
    )
    .bind::<Text, _>(tenant.0.clone())
    .sql(" AND lane = ")
    .bind::<Text, _>(lane);
    CachedStatement(statement)
}

/// Returns the statement that deletes the job of a subject, with or without a lease, because it is no longer needed.
pub fn discard(tenant: &TenantId, lane: Lane, subject: Uuid) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new("DELETE FROM jobs WHERE tenant_id = ")
        .bind::<Text, _>(tenant.0.clone())
        .sql(" AND lane = ")
        .bind::<Text, _>(lane)
        .sql(" AND subject_id = ")
        .bind::<SqlUuid, _>(subject);
    CachedStatement(statement)
}

/// Returns the statement that deletes a job, if its lease is still valid.
pub fn delete(tenant: &TenantId, job: &ClaimedJob) -> CachedStatement<SqlBuilder> {
    CachedStatement(SqlBuilder::new("DELETE FROM jobs").part(|statement| leased(statement, tenant, job)))
}

/// Returns the beginning of a statement that deletes a job, if its lease is still valid: its subject is then the row of `ended`.
pub fn with_ended(tenant: &TenantId, job: &ClaimedJob) -> SqlBuilder {
    SqlBuilder::new("WITH ended AS (DELETE FROM jobs")
        .part(|statement| leased(statement, tenant, job))
        .sql(" RETURNING subject_id) ")
}

/// Returns the statement that deletes those of some jobs of one lane and one claim whose lease is still valid.
pub fn delete_all(
    tenant: &TenantId,
    lane: Lane,
    lease: Uuid,
    subjects: Vec<Uuid>,
) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new("DELETE FROM jobs WHERE tenant_id = ")
        .bind::<Text, _>(tenant.0.clone())
        .sql(" AND lane = ")
        .bind::<Text, _>(lane)
        .sql(" AND lease_id = ")
        .bind::<SqlUuid, _>(lease)
        .sql(" AND subject_id = ANY(")
        .bind::<Array<SqlUuid>, _>(subjects)
        .sql(")");
    CachedStatement(statement)
}

/// Returns the statement that locks a job, if its lease is still valid.
pub fn lock(tenant: &TenantId, job: &ClaimedJob) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new("SELECT lane FROM jobs").part(|statement| leased(statement, tenant, job));
    CachedStatement(statement.sql(" FOR UPDATE"))
}

/// Returns the statement that ends the lease of a job, if it is still valid, and makes it available at a time.
pub fn retry(
    tenant: &TenantId,
    job: &ClaimedJob,
    at: DateTime<Utc>,
    error: String,
) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new("UPDATE jobs SET lease_id = NULL, available_at = ")
        .bind::<Timestamptz, _>(at)
        .sql(", last_error = ")
        .bind::<Text, _>(error)
        .part(|statement| leased(statement, tenant, job));
    CachedStatement(statement)
}

/// Returns the statement that ends the lease of a job, if it is still valid, as if it had not been claimed.
pub fn release(tenant: &TenantId, job: &ClaimedJob) -> CachedStatement<SqlBuilder> {
    let statement = SqlBuilder::new(
        "UPDATE jobs SET lease_id = NULL, available_at = clock_timestamp(), attempts = attempts - 1",
    );
    CachedStatement(statement.part(|statement| leased(statement, tenant, job)))
}

/// Returns the statement that ends the lease of a job, if it is still valid, and keeps it for staff.
pub fn bury(tenant: &TenantId, job: &ClaimedJob, error: String) -> CachedStatement<SqlBuilder> {
    let statement =
        SqlBuilder::new("UPDATE jobs SET lease_id = NULL, dead_at = clock_timestamp(), last_error = ")
            .bind::<Text, _>(error)
            .part(|statement| leased(statement, tenant, job));
    CachedStatement(statement)
}

/// Appends the condition that a job has the lease by which it was claimed.
fn leased(statement: SqlBuilder, tenant: &TenantId, job: &ClaimedJob) -> SqlBuilder {
    statement
        .sql(" WHERE tenant_id = ")
        .bind::<Text, _>(tenant.0.clone())
        .sql(" AND lane = ")
        .bind::<Text, _>(job.lane)
        .sql(" AND subject_id = ")
        .bind::<SqlUuid, _>(job.subject)
        .sql(" AND lease_id = ")
        .bind::<SqlUuid, _>(job.lease)
}

#[derive(QueryableByName)]
struct TenantRow {
    #[diesel(sql_type = Text)]
    tenant_id: String,
}

/// Returns the tenants that have due jobs, those that have waited longest first.
pub async fn tenants_with_work(pool: &Pool) -> Result<Vec<TenantId>> {
    let lanes: Vec<_> = Lane::ALL.iter().map(ToString::to_string).collect();
    let statement = SqlBuilder::new(
        "SELECT tenant.tenant_id FROM tenants AS tenant CROSS JOIN LATERAL (SELECT job.available_at FROM jobs AS job
            WHERE job.tenant_id = tenant.tenant_id AND job.dead_at IS NULL AND job.available_at <= clock_timestamp()
              AND job.lane = ANY(",
    )
    .bind::<Array<Text>, _>(lanes)
    .sql(") ORDER BY job.available_at LIMIT 1) AS first ORDER BY first.available_at LIMIT ")
    .bind::<BigInt, _>(TENANTS_MAX);
    let mut connection = pool.acquire_for_lookup().await?;
    let rows: Vec<TenantRow> = connection.load_across_tenants(CachedStatement(statement)).await?;
    Ok(rows.into_iter().map(|row| TenantId(row.tenant_id)).collect())
}

/// Selects the counts of jobs by lane; what follows is the end of a statement over a set of jobs.
const COUNTS: &str = "SELECT lane,
    count(*) FILTER (WHERE dead_at IS NULL AND available_at <= now()) AS due,
    count(*) FILTER (WHERE lease_id IS NOT NULL AND available_at > now()) AS running,
    count(*) FILTER (WHERE dead_at IS NULL AND lease_id IS NULL AND available_at > now()) AS waiting,
    count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
    extract(epoch FROM now() - min(available_at) FILTER (WHERE dead_at IS NULL AND available_at <= now()))::double precision
        AS oldest_seconds
    FROM jobs";

/// Counts the jobs of all tenants by lane.
pub async fn counts(pool: &Pool) -> Result<Vec<JobCounts>> {
    let statement = SqlBuilder::new(COUNTS).sql(" GROUP BY lane ORDER BY lane");
    let mut connection = pool.acquire_for_lookup().await?;
    connection.load_across_tenants(CachedStatement(statement)).await
}

/// Counts the jobs of the caller's tenant by lane.
pub async fn counts_of_tenant(db: &mut Session) -> Result<Vec<JobCounts>> {
    let statement = SqlBuilder::new(COUNTS)
        .sql(" WHERE tenant_id = ")
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" GROUP BY lane ORDER BY lane");
    db.aggregate(CachedStatement(statement)).await
}

/// Returns the jobs of the tenant that have been dead for longest.
pub async fn dead(db: &mut Session, lane: Option<Lane>, limit: i64) -> Result<Vec<Authorized<DeadJob>>> {
    let statement = SqlBuilder::new(
        "SELECT tenant_id, lane, subject_id, attempts, last_error, dead_at, created_at FROM jobs
            WHERE dead_at IS NOT NULL AND tenant_id = ",
    )
    .bind::<Text, _>(db.scope().tenant().0.clone())
    .part(|statement| of_lane(statement, lane))
    .sql(" ORDER BY dead_at, lane, subject_id LIMIT ")
    .bind::<BigInt, _>(limit);
    db.load(CachedStatement(statement)).await
}

/// Returns the statement that makes dead jobs of the lanes that the program knows due, as if they had never been tried, those
/// first that have been dead for longest.
pub fn revive(
    tenant: &TenantId,
    lane: Option<Lane>,
    subject: Option<Uuid>,
    limit: i64,
) -> CachedStatement<SqlBuilder> {
    let lanes: Vec<_> = lane.map_or(Lane::ALL.to_vec(), |lane| vec![lane]);
    let statement = SqlBuilder::new(
        "UPDATE jobs AS job SET dead_at = NULL, attempts = 0, available_at = clock_timestamp()
            FROM (SELECT lane, subject_id FROM jobs WHERE dead_at IS NOT NULL AND tenant_id = ",
    )
    .bind::<Text, _>(tenant.0.clone())
    .sql(" AND lane = ANY(")
    .bind::<Array<Text>, _>(lanes.iter().map(ToString::to_string).collect::<Vec<_>>())
    .sql(")")
    .part(|statement| match subject {
        Some(subject) => statement.sql(" AND subject_id = ").bind::<SqlUuid, _>(subject),
        None => statement,
    })
    .sql(" ORDER BY dead_at LIMIT ")
    .bind::<BigInt, _>(limit)
    .sql(" FOR UPDATE SKIP LOCKED) AS dead WHERE job.tenant_id = ")
    .bind::<Text, _>(tenant.0.clone())
    .sql(" AND job.lane = dead.lane AND job.subject_id = dead.subject_id");
    CachedStatement(statement)
}

fn of_lane(statement: SqlBuilder, lane: Option<Lane>) -> SqlBuilder {
    match lane {
        Some(lane) => statement.sql(" AND lane = ").bind::<Text, _>(lane),
        None => statement,
    }
}
