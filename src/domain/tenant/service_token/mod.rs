//! Service tokens: opaque bearer tokens of services, valid until they expire or are revoked.

pub mod create;
pub mod revoke;
mod store;

use std::collections::HashMap;
use std::fmt;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::auth::token::service_token::ServiceTokenSecret;
use crate::auth::{Caller, Identity};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::schema::service_tokens;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::event_type::EventTypes;
use crate::primitives::id::ServiceTokenId;

/// A service token without its secret.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = service_tokens, check_for_backend(diesel::pg::Pg))]
pub struct ServiceToken {
    /// The id, which is part of the token.
    pub id: ServiceTokenId,
    /// The name of the service, which histories record as the actor.
    pub name: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The user who created it.
    pub created_by: String,
    /// When it expires (exclusive); `None` if it is valid until revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, accurate to a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The state of a service token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "ServiceTokenState")]
pub enum State {
    /// The token is valid.
    Live,
    /// The token has expired at the time that was set at its creation.
    Expired,
    /// The token was revoked before it expired.
    Revoked,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        })
    }
}

impl ServiceToken {
    fn state(&self, now: DateTime<Utc>) -> State {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => State::Revoked,
            (None, Some(at)) if at <= now => State::Expired,
            (None, _) => State::Live,
        }
    }
}

/// An authenticated service.
pub struct AuthenticatedService {
    /// The caller.
    pub caller: Caller,
    /// The id of its token.
    pub id: ServiceTokenId,
    /// Whether the time of the last use is due to be recorded: at most once per minute.
    pub is_use_due: bool,
}

/// Returns the error for an unknown, expired or revoked token.
pub fn rejected() -> Error {
    Error::Unauthenticated("this service token is unknown, expired or revoked".to_owned())
}

/// Authenticates a service by its token; rejects unknown, expired and revoked tokens with the same error.
pub async fn authenticate(pool: &Pool, token: &str) -> Result<AuthenticatedService> {
    let token = ServiceTokenSecret::parse(token).ok_or_else(rejected)?;
    let found = store::live(&mut *pool.acquire_for_lookup().await?, token.tenant(), token.id()).await?;
    let live = found.filter(|live| token.has_hash(&live.token_hash)).ok_or_else(rejected)?;
    let subscribed = EventTypes::named(live.event_types.iter().map(String::as_str));
    let caller = Identity::service(token.tenant().clone(), live.name).with_links(HashMap::new())?;
    let caller = caller.in_tenant_subscribed_to(subscribed);
    Ok(AuthenticatedService { caller, id: token.id(), is_use_due: live.is_use_due })
}

/// Records the time of the last use of a token, at most once per minute. A failure is logged only.
pub async fn record_use(pool: &Pool, caller: &Caller, id: ServiceTokenId) {
    if let Err(error) = Transaction::run(pool, caller, Act::RecordTokenUse, store::record_use, &id).await {
        tracing::warn!(%id, cause = error.describe(), "cannot record the last use of a service token");
    }
}

/// The most tokens in a list of the API. At most two are valid, so that only revoked and expired ones are left out.
const LISTED_MAX: usize = 100;

/// Returns the latest tokens of the tenant with their current state: the valid ones first, and then the latest first.
pub async fn latest(db: &mut Session) -> Result<Vec<(ServiceToken, State)>> {
    let mut tokens = all(db).await?;
    tokens.reverse();
    tokens.sort_by_key(|(_, state)| *state != State::Live);
    tokens.truncate(LISTED_MAX);
    Ok(tokens)
}

/// Returns the tokens of the tenant with their current state, oldest first.
pub async fn all(db: &mut Session) -> Result<Vec<(ServiceToken, State)>> {
    let now = db.clock_timestamp().await?;
    let tokens = store::all(db).await?;
    Ok(tokens.into_iter().map(|token| (token.clone(), token.state(now))).collect())
}
