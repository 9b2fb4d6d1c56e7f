//! Jobs: work that waits for the worker, one for each lane and subject.
//!
//! A job is written in the transaction that needs it, claimed by a lease, and deleted in the transaction that ends it. A
//! worker that has lost its lease can end nothing.

pub mod lease;
pub mod store;

use async_graphql::Enum;
use chrono::TimeDelta;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use uuid::Uuid;

pub use store::{JobCounts, counts, tenants_with_work};

use crate::primitives::text_enum::text_enum;

/// How long a claimed job belongs to its worker: longer than any job takes. Afterwards, another worker may claim it.
pub const LEASE: TimeDelta = TimeDelta::minutes(2);

/// What a job does. Jobs of a lane that the program does not know wait for a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum Lane {
    /// Finds out which endpoints are told of a domain event.
    FanOut,
    /// Sends a webhook delivery.
    Webhook,
}

text_enum!(Lane);

impl Lane {
    /// All lanes that the program knows.
    pub const ALL: [Self; 2] = [Self::FanOut, Self::Webhook];
}

/// A job that this worker has claimed.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// What it does.
    pub lane: Lane,
    /// The row that it is about.
    pub subject: Uuid,
    /// How often it was claimed, this time included.
    pub attempts: i32,
    /// The lease, by which it is ended.
    pub lease: Uuid,
}
