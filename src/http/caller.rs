//! The caller of a request, by its bearer token: a JWT of a user, or the opaque token of a service.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::state::AppState;
use crate::auth::Caller;
use crate::auth::token::service_token::ServiceTokenSecret;
use crate::domain::tenant;
use crate::domain::tenant::service_token::{self, AuthenticatedService};
use crate::primitives::error::{Error, Result};

/// How long the database may take to look a caller up by an index; if it takes longer, it hangs.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// Returns the caller of a request; rejects a missing or invalid token with `UNAUTHENTICATED`.
pub async fn authenticate(state: &AppState, headers: &HeaderMap) -> Result<Caller> {
    let token = bearer_token(headers)?;
    if !ServiceTokenSecret::has_prefix(token) {
        let identity = state.keys.verify(token)?;
        return within_timeout(tenant::resolve_caller(&state.pool, identity)).await;
    }
    let service = within_timeout(service_token::authenticate(&state.pool, token)).await?;
    let AuthenticatedService { caller, id, is_use_due } = service;
    if is_use_due {
        // In the background: the request does not wait for the time of the last use to be stored.
        let (pool, caller) = (state.pool.clone(), caller.clone());
        let record = async move { service_token::record_use(&pool, &caller, id).await };
        drop(state.in_flight.spawn(record));
    }
    Ok(caller)
}

async fn within_timeout<T>(lookup: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await.unwrap_or_else(|_| {
        tracing::warn!(timeout = ?LOOKUP_TIMEOUT, "the database did not answer the look-up of a caller");
        Err(Error::Unavailable)
    })
}

fn bearer_token(headers: &HeaderMap) -> Result<&str> {
    let unauthenticated = |message: &str| Error::Unauthenticated(message.to_owned());
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| unauthenticated("send a token in the header: Authorization: Bearer <token>"))?;
    let token = header.to_str().ok().and_then(|header| header.split_once(' '));
    token
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| unauthenticated("the Authorization header must read: Bearer <token>"))
}
