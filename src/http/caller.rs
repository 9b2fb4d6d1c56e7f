//! The caller of a request, by its bearer token: a JWT of a user, or the opaque token of a service.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::rejection::Rejection;
use super::state::AppState;
use super::token_lookups::Known;
use crate::auth::token::service_token::ServiceTokenSecret;
use crate::domain::admission::{Admission, admit};
use crate::domain::tenant::service_token::{self, AuthenticatedService};
use crate::primitives::error::{Error, Result as DomainResult};

/// How long the database may take to look a caller up by an index; if it takes longer, it hangs.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// Returns the caller of a request and charges it, by its bearer token; rejects a missing or invalid token with
/// `UNAUTHENTICATED`. `address` is that of the client, if it is known.
///
/// Only an identified caller takes a slot or is charged, and an unknown client causes at most what
/// [`TokenLookups`](super::token_lookups::TokenLookups) allows.
pub async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<Admission, Rejection> {
    authenticate_token(state, bearer_token(headers)?, address).await
}

/// Returns the caller that a token names, as [`authenticate`] does.
pub async fn authenticate_token(
    state: &AppState,
    token: &str,
    address: Option<IpAddr>,
) -> Result<Admission, Rejection> {
    if ServiceTokenSecret::has_prefix(token) {
        return authenticate_service(state, token, address).await;
    }
    let identity = state.keys.verify(token)?;
    state.rate_limiter.admit(&identity)?;
    let _slot = state.acquire_slot(&identity)?;
    Ok(within_timeout(admit(&state.pool, identity)).await?)
}

async fn authenticate_service(
    state: &AppState,
    token: &str,
    address: Option<IpAddr>,
) -> Result<Admission, Rejection> {
    if ServiceTokenSecret::parse(token).is_none() {
        return Err(service_token::rejected().into());
    }
    let found = match state.token_lookups.known(token) {
        Known::Rejected => return Err(service_token::rejected().into()),
        Known::Accepted(identity) => {
            state.rate_limiter.admit(&identity)?;
            let _slot = state.acquire_slot(&identity)?;
            within_timeout(service_token::authenticate(&state.pool, token)).await
        }
        Known::Unknown => {
            let permit = state.token_lookups.permit(address).await;
            let _permit = permit.ok_or_else(Rejection::too_many_unknown_tokens)?;
            within_timeout(service_token::authenticate(&state.pool, token)).await
        }
    };
    if let Err(Error::Unauthenticated(_)) = &found {
        state.token_lookups.remember_rejected(token);
    }
    let AuthenticatedService { caller, id, is_use_due } = found?;
    state.token_lookups.remember_accepted(token, caller.identity());
    if is_use_due {
        // In the background: the request does not wait for the time of the last use to be stored.
        let (pool, caller) = (state.pool.clone(), caller.clone());
        let record = async move { service_token::record_use(&pool, &caller, id).await };
        drop(state.in_flight.spawn(record));
    }
    Ok(Admission { caller, settings: None, partners: Vec::new() })
}

async fn within_timeout<T>(lookup: impl Future<Output = DomainResult<T>>) -> DomainResult<T> {
    tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await.unwrap_or_else(|_| {
        tracing::warn!(timeout = ?LOOKUP_TIMEOUT, "the database did not answer the look-up of a caller");
        Err(Error::Unavailable)
    })
}

/// Returns the token in the header `Authorization`.
pub fn bearer_token(headers: &HeaderMap) -> DomainResult<&str> {
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
