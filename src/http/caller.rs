//! Who is asking, by the token that they show: one that is signed, or one of a service.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::App;
use crate::access::Caller;
use crate::access::token::service::PlainToken;
use crate::domain::tenant;
use crate::domain::tenant::service_token::{self, Admission};
use crate::error::{Error, Result};

/// How long the database may take to say who somebody is, which an index tells: one that takes longer hangs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Who sends a request with these headers, if they show a token that holds.
pub async fn of(app: &App, headers: &HeaderMap) -> Result<Caller> {
    let token = token(headers)?;
    if !PlainToken::is_meant_by(token) {
        return in_time(tenant::admit(&app.pool, app.tokens.verify(token).await?)).await;
    }
    let Admission { caller, id, is_news } = in_time(service_token::admit(&app.pool, token)).await?;
    if is_news {
        // Nobody waits for it, not even the request.
        let (pool, caller) = (app.pool.clone(), caller.clone());
        drop(app.work.begin(async move { service_token::note_use(&pool, &caller, id).await }));
    }
    Ok(caller)
}

async fn in_time<T>(admission: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(ANSWERS_WITHIN, admission).await.unwrap_or_else(|_| {
        tracing::warn!("the database does not say who is asking");
        Err(Error::Unavailable)
    })
}

/// The token that a request shows.
fn token(headers: &HeaderMap) -> Result<&str> {
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
