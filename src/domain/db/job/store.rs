//! Reads and writes of the table `jobs`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::{ClaimedJob, LEASE, Lane};
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::pool::Pool;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::webhook_schema::jobs;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, TenantId};

/// Begins a statement that inserts jobs, in the transaction that needs them; what follows selects the values.
pub const INSERT: &str = "INSERT INTO jobs (tenant_id, lane, subject_id, available_at, created_at) ";

/// How many tenants one round serves at most; the others have their turn in the next one.
const TENANTS_MAX: i64 = 1_000;

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = Text)]
    tenant_id: TenantId,
    #[diesel(sql_type = Text)]
    lane: Lane,
    #[diesel(sql_type = SqlUuid)]
    subject_id: Uuid,
    #[diesel(sql_type = Integer)]
    attempts: i32,
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

/// Claims the jobs that have been due for longest, without waiting for those that another worker is claiming.
pub async fn claim(db: &mut Transaction, limit: i64) -> Result<Vec<ClaimedJob>> {
    let lease = Uuid::now_v7();
    let lanes: Vec<_> = Lane::ALL.iter().map(ToString::to_string).collect();
    let tenant = db.scope().tenant().clone();
    let statement = SqlBuilder::new("UPDATE jobs AS job SET attempts = job.attempts + 1, lease_id = ")
        .bind::<SqlUuid, _>(lease)
        .sql(", available_at = clock_timestamp() + ")
        .bind::<diesel::sql_types::Interval, _>(LEASE)
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
        .bind::<Text, _>(tenant.0)
        .sql(
            " AND job.lane = due.lane AND job.subject_id = due.subject_id RETURNING job.tenant_id, job.lane,
                job.subject_id, job.attempts",
        );
    let rows: Vec<Authorized<ClaimedRow>> = db.load(CachedStatement(statement)).await?;
    let claimed = |row: Authorized<ClaimedRow>| ClaimedJob {
        lane: row.lane,
        subject: row.subject_id,
        attempts: row.attempts,
        lease,
    };
    Ok(rows.into_iter().map(claimed).collect())
}

/// Deletes a job by its lease; returns whether it had it.
pub async fn delete(db: &mut Transaction, job: &ClaimedJob) -> Result<bool> {
    let leased = jobs::table
        .filter(jobs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(jobs::lane.eq(job.lane))
        .filter(jobs::subject_id.eq(job.subject))
        .filter(jobs::lease_id.eq(job.lease));
    Ok(db.execute_unaudited(diesel::delete(leased)).await? == 1)
}

/// Ends the lease of a job and makes it available at a time; returns whether it had the lease.
pub async fn retry(db: &mut Transaction, job: &ClaimedJob, at: DateTime<Utc>, error: String) -> Result<bool> {
    let update = diesel::update(jobs::table)
        .filter(jobs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(jobs::lane.eq(job.lane))
        .filter(jobs::subject_id.eq(job.subject))
        .filter(jobs::lease_id.eq(job.lease))
        .set((jobs::available_at.eq(at), jobs::lease_id.eq(None::<Uuid>), jobs::last_error.eq(error)));
    Ok(db.execute_unaudited(update).await? == 1)
}

/// Ends the lease of a job that is not tried again, if it has the lease.
pub async fn bury(db: &mut Transaction, job: &ClaimedJob, error: String) -> Result<()> {
    let now = db.clock_timestamp().await?;
    let update = diesel::update(jobs::table)
        .filter(jobs::tenant_id.eq(db.scope().tenant().clone()))
        .filter(jobs::lane.eq(job.lane))
        .filter(jobs::subject_id.eq(job.subject))
        .filter(jobs::lease_id.eq(job.lease))
        .set((jobs::dead_at.eq(now), jobs::lease_id.eq(None::<Uuid>), jobs::last_error.eq(error)));
    db.execute_unaudited(update).await?;
    Ok(())
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

/// The jobs of all tenants, for the metrics.
#[derive(Clone, Debug, QueryableByName)]
pub struct JobCounts {
    /// The lane, as stored.
    #[diesel(sql_type = Text)]
    pub lane: String,
    /// Jobs that are due and that no worker has.
    #[diesel(sql_type = BigInt)]
    pub due: i64,
    /// Jobs that a worker has.
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    /// Jobs that wait for a later time.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Jobs that are not tried again.
    #[diesel(sql_type = BigInt)]
    pub dead: i64,
    /// For how long the oldest due job has been due, in seconds.
    #[diesel(sql_type = Nullable<Double>)]
    pub oldest_seconds: Option<f64>,
}

/// Counts the jobs of all tenants by lane.
pub async fn counts(pool: &Pool) -> Result<Vec<JobCounts>> {
    let statement = SqlBuilder::new(
        "SELECT lane,
                count(*) FILTER (WHERE dead_at IS NULL AND available_at <= now()) AS due,
                count(*) FILTER (WHERE lease_id IS NOT NULL AND available_at > now()) AS running,
                count(*) FILTER (WHERE dead_at IS NULL AND lease_id IS NULL AND available_at > now()) AS waiting,
                count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
                extract(epoch FROM now() - min(available_at)
                    FILTER (WHERE dead_at IS NULL AND available_at <= now()))::double precision AS oldest_seconds
         FROM jobs GROUP BY lane ORDER BY lane",
    );
    let mut connection = pool.acquire_for_lookup().await?;
    connection.load_across_tenants(CachedStatement(statement)).await
}
