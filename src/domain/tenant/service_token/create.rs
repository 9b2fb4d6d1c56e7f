//! createServiceToken, and the command that does the same: creates a service token, whose secret is shown once.

use std::time::Duration;

use async_graphql::InputObject;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{ServiceToken, State, all, store};
use crate::auth::token::service_token::ServiceTokenSecret;
use crate::domain::db::transaction::Transaction;
use crate::domain::{idempotency, tenant};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::ServiceTokenId;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

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

/// A service token to create. The token is a credential with the role billing: whoever has it can record invoices and
/// refunds.
#[derive(Clone, Debug, InputObject)]
pub struct CreateServiceTokenInput {
    /// The name of the service, 1 to 255 characters: histories and the audit trail record it as the actor.
    pub name: String,
    /// The time at which the token expires, exclusive: in the future, at most 3,650 days from now; default until it is
    /// revoked.
    pub expires_at: Option<Timestamp>,
    /// A name for this request, 1 to 255 characters, unique within the tenant. Repeated with the same key and data, the
    /// request returns the token of the first time without its secret, which is not stored; with other data it is a CONFLICT.
    pub idempotency_key: String,
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

/// A token that was created by this request or, without its secret, by an earlier one with the same key.
pub struct CreatedOnce {
    /// The stored part of the token.
    pub token: ServiceToken,
    /// Its present state.
    pub state: State,
    /// The token as the service sends it; `None` if an earlier request created it.
    pub secret: Option<String>,
}

/// Creates a service token; rejects a third valid one.
pub async fn create(db: &mut Transaction, new: &NewServiceToken) -> Result<Created> {
    let name = text::identifier("name", &new.name)?;
    let ttl = new.ttl.map(|ttl| TimeDelta::from_std(ttl).map_err(|_| too_long())).transpose()?;
    let expiry_after = |created_at: DateTime<Utc>, ttl| {
        expiry(created_at, created_at.checked_add_signed(ttl).ok_or_else(too_long)?)
    };
    create_token(db, name, |created_at| ttl.map(|ttl| expiry_after(created_at, ttl)).transpose()).await
}

/// Creates a service token, exactly once per key; rejects a third valid one.
pub async fn create_once(db: &mut Transaction, input: &CreateServiceTokenInput) -> Result<CreatedOnce> {
    let name = text::identifier("name", &input.name)?;
    let expires_at = input.expires_at.map(|at| at.0);
    let canonical = json!({ "name": name, "expiresAt": expires_at.map(|at| at.to_rfc3339()) });
    let (key, created) =
        idempotency::reserve(db, Some(&input.idempotency_key), "createServiceToken", canonical).await?;
    if let Some(id) = created {
        let found = all(db).await?.into_iter().find(|(token, _)| token.id == ServiceTokenId(id));
        let (token, state) = found.ok_or_else(|| Error::internal("a service token does not exist"))?;
        return Ok(CreatedOnce { token, state, secret: None });
    }
    let expiry = |created_at| expires_at.map(|at| expiry(created_at, at)).transpose();
    let Created { secret, token, .. } = create_token(db, name, expiry).await?;
    key.set_result(db, token.id.0).await?;
    Ok(CreatedOnce { token, state: State::Live, secret: Some(secret.expose()) })
}

/// Creates a token that expires at the time that a function returns for the time of its creation.
async fn create_token(
    db: &mut Transaction,
    name: String,
    expiry: impl FnOnce(DateTime<Utc>) -> Result<Option<DateTime<Utc>>>,
) -> Result<Created> {
    // Serializes concurrent calls, so that the second one counts the token of the first.
    let tenant = tenant::store::lock_own(db).await?;
    let mut live: Vec<_> = all(db).await?;
    live.retain(|(_, state)| *state == State::Live);
    if live.len() >= LIVE_MAX {
        let tokens = live.iter().map(|(token, _)| format!("{} ({})", token.id, token.name));
        let message = format!(
            "{} already has {LIVE_MAX} valid service tokens, {}; revoke one of them first",
            tenant.tenant_id,
            tokens.collect::<Vec<_>>().join(" and "),
        );
        return Err(Error::user_error(UserError::new(UserErrorCode::InvalidState, message)));
    }
    let created_at = db.clock_timestamp().await?;
    let secret = ServiceTokenSecret::new(tenant.tenant_id);
    let token = ServiceToken {
        id: secret.id(),
        name,
        created_at,
        created_by: db.caller().identity().user().to_owned(),
        expires_at: expiry(created_at)?,
        last_used_at: None,
        revoked_at: None,
    };
    store::insert(db, &token, secret.hash()).await?;
    db.record_created(&token);
    Ok(Created { secret, token, other: live.pop().map(|(token, _)| token) })
}

/// Returns the time at which a token expires; rejects a past one and one that is too far away.
fn expiry(created_at: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if expires_at <= created_at {
        return Err(Error::bad_input("expiresAt", "must be in the future"));
    }
    if expires_at - created_at > TimeDelta::days(TTL_DAYS_MAX) {
        return Err(too_long());
    }
    Ok(expires_at)
}

fn too_long() -> Error {
    Error::bad_input("expiresAt", format!("must be at most {TTL_DAYS_MAX} days from now"))
}
