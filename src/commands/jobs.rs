//! `revshare jobs list | retry`: the jobs that wait for the worker, and those that are dead.

use super::args::{JobsCommand, ListJobsArgs, RetryJobsArgs};
use super::output::{print_line, print_note};
use crate::auth::{Caller, Role};
use crate::domain::db::act::Act;
use crate::domain::db::job::retry::{self, RetryDeadJobsInput};
use crate::domain::db::job::{self, DeadJob, JobCounts};
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::{admission, tenant};
use crate::primitives::error::Result;
use crate::primitives::id::{JobSubjectId, TenantId};

/// Runs the subcommand.
pub async fn run(pool: &Pool, command: &JobsCommand) -> Result<()> {
    match command {
        JobsCommand::List(args) => list(pool, args).await,
        JobsCommand::Retry(args) => retry_jobs(pool, args).await,
    }
}

/// Returns the callers for one tenant, or for all.
async fn callers(pool: &Pool, tenant: Option<&String>, user: &str) -> Result<Vec<Caller>> {
    let tenants = match tenant {
        Some(tenant) => vec![TenantId(tenant.clone())],
        None => tenant::all(pool).await?,
    };
    let mut callers = Vec::new();
    for tenant in tenants {
        callers.push(admission::operator(pool, tenant, user, Role::Admin).await?);
    }
    Ok(callers)
}

async fn list(pool: &Pool, args: &ListJobsArgs) -> Result<()> {
    let mut dead_count = 0;
    for caller in callers(pool, args.tenant.as_ref(), "operator").await? {
        let tenant = caller.identity().tenant().clone();
        let mut db = Session::open(pool, &caller).await?;
        for JobCounts { lane, due, running, waiting, dead, oldest_seconds } in
            job::counts_of_tenant(&mut db).await?
        {
            dead_count += dead;
            let oldest = oldest_seconds
                .map_or_else(String::new, |seconds| format!(", the oldest for {seconds:.0} seconds"));
            print_line(&format!(
                "{tenant}: {lane}: due: {due}{oldest}; running: {running}; waiting: {waiting}; dead: {dead}"
            ))?;
        }
        for job in retry::dead_jobs(&mut db, None).await? {
            let DeadJob { lane, subject_id, attempts, last_error, dead_at, .. } = &*job;
            let since = dead_at.format("%Y-%m-%dT%H:%M:%SZ");
            let error = last_error.as_deref().unwrap_or("no error is known");
            print_line(&format!(
                "  dead: {lane} {subject_id}: since {since}, after {attempts} attempts: {error}"
            ))?;
        }
    }
    print_note(&format!("dead jobs: {dead_count}; of each tenant the oldest 100 are listed"));
    Ok(())
}

async fn retry_jobs(pool: &Pool, args: &RetryJobsArgs) -> Result<()> {
    let input = RetryDeadJobsInput { lane: args.lane, subject_id: args.subject.map(JobSubjectId) };
    let mut count = 0;
    for caller in callers(pool, args.tenant.as_ref(), &args.user).await? {
        count += Transaction::run(pool, &caller, Act::RetryDeadJobs, retry::retry, &input).await?;
    }
    print_line(&format!("jobs that are tried again: {count}"))
}
