//! The object types of background jobs.

use async_graphql::{ID, Object};

use crate::auth::Authorized;
use crate::domain::db::job::{self, Lane};
use crate::primitives::timestamp::Timestamp;

/// The numbers of jobs of a lane in the caller's tenant.
pub struct JobLaneCounts(pub job::JobCounts);

/// The jobs of a lane by their state: work that waits for the worker, such as sending a webhook. For staff.
#[Object]
impl JobLaneCounts {
    /// The lane: what its jobs do; null if only a newer version of the program knows it, for which they wait.
    async fn lane(&self) -> Option<Lane> {
        Lane::named(&self.0.lane)
    }

    /// The number of jobs that are due, and that no worker has begun.
    async fn due_count(&self) -> i32 {
        count(self.0.due)
    }

    /// The number of jobs that a worker is doing now.
    async fn running_count(&self) -> i32 {
        count(self.0.running)
    }

    /// The number of jobs that wait for a later time, such as that of the next attempt.
    async fn waiting_count(&self) -> i32 {
        count(self.0.waiting)
    }

    /// The number of jobs that are not tried again before staff decides so.
    async fn dead_count(&self) -> i32 {
        count(self.0.dead)
    }

    /// For how long the oldest due job has been due, in whole seconds; null if none is due.
    async fn oldest_due_seconds(&self) -> Option<i32> {
        // Past 68 years it stays at the largest number.
        self.0.oldest_seconds.map(|seconds| {
            let seconds = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
            i32::try_from(seconds).unwrap_or(i32::MAX)
        })
    }
}

/// A dead job of the caller's tenant.
pub struct DeadJob(pub Authorized<job::DeadJob>);

/// A job that failed as often as jobs are tried, and that is not tried again before staff decides so. It is known by its lane
/// and its subject. For staff.
#[Object]
impl DeadJob {
    /// The lane: what the job does; null if only a newer version of the program knows it.
    async fn lane(&self) -> Option<Lane> {
        Lane::named(&self.0.lane)
    }

    /// The id of what the job is about: of a webhook delivery in the lane WEBHOOK, of a domain event in FAN_OUT.
    async fn subject_id(&self) -> ID {
        ID(self.0.subject_id.to_string())
    }

    /// The number of times that it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The reason why the last try failed, as a phrase in English; null if none is known.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// The instant since which it is not tried again.
    async fn dead_since(&self) -> Timestamp {
        self.0.dead_at.into()
    }

    /// The instant of its creation.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }
}

fn count(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
