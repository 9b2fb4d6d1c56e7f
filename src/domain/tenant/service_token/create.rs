//! Creating a service token.

use std::time::Duration;

use chrono::TimeDelta;

use super::{ServiceToken, State, all, store};
use crate::auth::token::service_token::ServiceTokenSecret;
use crate::domain::db::transaction::Transaction;
use crate::domain::tenant;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::text;

/// How many tokens of a tenant may be valid at a time: one, and a second one during a rotation.
const LIVE_MAX: usize = 2;
/// Longer lifetimes are most likely a mistake.
const TTL_DAYS_MAX: i64 = 3_650;

/// A service token to create.
#[derive(Clone, Debug)]
pub struct NewServiceToken {
    /// The name of the service.
    pub name: String,
    /// How long it is valid; `None` if until revoked.
    pub ttl: Option<Duration>,
}

/// A new token with its secret, which is not stored.
pub struct Created {
    /// The token for the service.
    pub secret: ServiceTokenSecret,
    /// The stored part of it.
    pub token: ServiceToken,
    /// The other valid token of the tenant.
    pub other: Option<ServiceToken>,
}

/// Creates a service token; rejects a third valid one.
pub async fn create(db: &mut Transaction, new: &NewServiceToken) -> Result<Created> {
    let name = text::identifier("--name", &new.name)?;
    let ttl = new.ttl.map(validate_ttl).transpose()?;
    // Serializes concurrent calls, so that the second one counts the token of the first.
    let tenant = tenant::store::lock_own(db).await?;
    let mut live: Vec<_> = all(db).await?;
    live.retain(|(_, state)| *state == State::Live);
    if live.len() >= LIVE_MAX {
        let tokens = live.iter().map(|(token, _)| format!("{} ({})", token.id, token.name));
        let message = format!(
            "{} already has {LIVE_MAX} valid service tokens, {}; revoke one first: revshare service-token revoke \
             --tenant {} --id <id>",
            tenant.tenant_id,
            tokens.collect::<Vec<_>>().join(" and "),
            tenant.tenant_id,
        );
        return Err(Error::user_error(UserError::new(UserErrorCode::InvalidState, message)));
    }
    let created_at = db.clock_timestamp().await?;
    let secret = ServiceTokenSecret::new(tenant.tenant_id);
    let token = ServiceToken {
        id: secret.id(),
        name,
        created_at,
        expires_at: ttl.map(|ttl| created_at + ttl),
        last_used_at: None,
        revoked_at: None,
    };
    store::insert(db, &token, secret.hash()).await?;
    db.record_created(&token);
    Ok(Created { secret, token, other: live.pop().map(|(token, _)| token) })
}

fn validate_ttl(ttl: Duration) -> Result<TimeDelta> {
    let ttl = TimeDelta::from_std(ttl).ok().filter(|days| *days <= TimeDelta::days(TTL_DAYS_MAX));
    ttl.ok_or_else(|| Error::bad_input("--ttl", format!("must be at most {TTL_DAYS_MAX} days")))
}
