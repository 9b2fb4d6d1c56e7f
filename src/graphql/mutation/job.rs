//! The mutation of background jobs.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::db::job::retry::{self, RetryDeadJobsInput};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::RetryDeadJobsPayload;

/// The mutation of background jobs.
#[derive(Default)]
pub struct JobMutation;

#[Object]
impl JobMutation {
    /// Has dead jobs tried again, after their cause was removed: one, those of a lane, or all, at most 10,000 in one call. Repeating
    /// the call has no further effect on jobs that are not dead any more. For admins.
    #[graphql(guard = "require(Permission::RetryJobs)")]
    async fn retry_dead_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dead jobs to be tried again.")] input: RetryDeadJobsInput,
    ) -> async_graphql::Result<Option<RetryDeadJobsPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::RetryDeadJobs, retry::retry, &input).await?.into()))
    }
}
