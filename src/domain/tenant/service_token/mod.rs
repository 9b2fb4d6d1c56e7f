//! Service tokens: what a service shows to be let in, for as long as it is neither revoked nor expired.

pub mod create;
pub mod revoke;
mod store;

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::access::token::service::PlainToken;
use crate::access::{Caller, Identity};
use crate::domain::schema::service_tokens;
use crate::domain::session::{Act, Pool, Session};
use crate::error::{Error, Result};
use crate::id::ServiceTokenId;

/// A service token, without what it is recognised by.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = service_tokens, check_for_backend(diesel::pg::Pg))]
pub struct ServiceToken {
    /// Its id, which is part of it.
    pub id: ServiceTokenId,
    /// The service's name, by which it enters the history.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until just before when it holds, unless it is revoked; for ever if this is not said.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Whether a service token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Live,
    /// Not since a moment that was set when it was made.
    Expired,
    /// Not since it was taken back.
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

/// A service that is let in.
pub struct Admission {
    /// The service.
    pub caller: Caller,
    /// Its token.
    pub id: ServiceTokenId,
    /// Whether the token was not used within the last minute, so that its last use should be written down.
    pub is_news: bool,
}

/// Lets a service in that shows a token which holds now; all others are told the same.
pub async fn admit(pool: &Pool, token: &str) -> Result<Admission> {
    let refused = || Error::Unauthenticated("this service token is unknown, expired or revoked".to_owned());
    let token = PlainToken::read(token).ok_or_else(refused)?;
    let found = store::live(&mut *pool.speaker().await?, token.tenant(), token.id()).await?;
    let (name, _, is_news) = found.filter(|(_, hash, _)| token.has_hash(hash)).ok_or_else(refused)?;
    let caller = Identity::service(token.tenant().clone(), name).with_links(HashMap::new())?;
    Ok(Admission { caller, id: token.id(), is_news })
}

/// Writes down that a token was used, unless somebody has done so within the last minute. Nothing depends on it.
pub async fn note_use(pool: &Pool, caller: &Caller, id: ServiceTokenId) {
    if let Err(error) = Act::perform(pool, caller, store::note_use, &id).await {
        tracing::warn!(%id, cause = error.describe(), "cannot write down the last use of a service token");
    }
}

/// The tokens of the tenant, oldest first, and whether each holds now.
pub async fn all(db: &mut Session) -> Result<Vec<(ServiceToken, State)>> {
    let now = db.moment().await?;
    let tokens = store::all(db).await?;
    Ok(tokens.into_iter().map(|token| (token.clone(), token.state(now))).collect())
}
