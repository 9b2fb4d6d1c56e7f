//! Jobs: work that waits for the worker, one for each lane and subject.
//!
//! A job is written in the transaction that needs it, claimed by a lease, and deleted in the transaction that ends it. A
//! worker that has lost its lease can end nothing.

pub mod lease;
pub mod retry;
pub mod store;

use std::str::FromStr;

use async_graphql::Enum;
use async_graphql::resolver_utils::EnumType as _;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

pub use store::{counts, counts_of_tenant, tenants_with_work};

use crate::auth::PartnerOwned;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::text_enum::text_enum;

/// How long a claimed job belongs to its worker: longer than any job takes. Afterwards, another worker may claim it.
pub const LEASE: TimeDelta = TimeDelta::minutes(2);

/// The kind of work that a job does. Jobs of a lane that the program does not know wait for a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[graphql(name = "JobLane")]
pub enum Lane {
    /// Creates the deliveries of a domain event to the endpoints that subscribe to it.
    FanOut,
    /// Sends a webhook delivery.
    Webhook,
    /// Sends a mail to one recipient.
    Mail,
    /// Writes the digests of a month: of the whole tenant, or of one partner.
    Digest,
    /// Sends the money of a payout, or looks for its transfer.
    Payout,
    /// Asks a rail to take back the money of a payout.
    Recall,
    /// Does what an event that was received asks for.
    Inbox,
    /// Compares the transfers at Stripe with the payouts that were sent: once a night.
    Audit,
    /// Reads the accounts of partners from Stripe: once a day.
    Account,
}

text_enum!(Lane);

impl Lane {
    /// All lanes that the program knows.
    pub const ALL: [Self; 9] = [
        Self::FanOut,
        Self::Webhook,
        Self::Mail,
        Self::Digest,
        Self::Payout,
        Self::Recall,
        Self::Inbox,
        Self::Audit,
        Self::Account,
    ];

    /// Returns the lane with this name; `None` if only another version of the program knows it.
    pub fn named(name: &str) -> Option<Self> {
        Self::items().iter().find(|item| item.name == name).map(|item| item.value)
    }
}

impl FromStr for Lane {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::named(name).ok_or_else(|| {
            format!(
                "there is no lane {name}; the lanes are {}",
                Self::ALL.map(|lane| lane.to_string()).join(", ")
            )
        })
    }
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

/// The jobs of a lane, of one tenant or of all.
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
    /// Jobs that are not tried again by themselves.
    #[diesel(sql_type = BigInt)]
    pub dead: i64,
    /// For how long the oldest due job has been due, in seconds.
    #[diesel(sql_type = Nullable<Double>)]
    pub oldest_seconds: Option<f64>,
}

/// A job that was tried as often as jobs are, and that staff decides about.
#[derive(Clone, Debug, QueryableByName)]
pub struct DeadJob {
    /// The tenant.
    #[diesel(sql_type = Text)]
    pub tenant_id: TenantId,
    /// The lane, as stored: the program may not know it.
    #[diesel(sql_type = Text)]
    pub lane: String,
    /// The row that it is about.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// Why the last try failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
    /// When it was given up.
    #[diesel(sql_type = Timestamptz)]
    pub dead_at: DateTime<Utc>,
    /// When it was created.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

impl PartnerOwned for DeadJob {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a job is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}
