//! Who is asking, by the token that they show: one that is signed, or one of a service.

use super::App;
use crate::access::Caller;
use crate::access::token::service::PlainToken;
use crate::domain::tenant;
use crate::domain::tenant::service_token::{self, Admission};
use crate::error::Result;

/// Who shows a token that holds.
pub async fn of(app: &App, token: &str) -> Result<Caller> {
    if !PlainToken::is_meant_by(token) {
        return tenant::admit(&app.pool, app.tokens.verify(token).await?).await;
    }
    let Admission { caller, id, is_news } = service_token::admit(&app.pool, token).await?;
    if is_news {
        // Nobody waits for it, not even the request.
        let (pool, caller) = (app.pool.clone(), caller.clone());
        drop(app.work.begin(async move { service_token::note_use(&pool, &caller, id).await }));
    }
    Ok(caller)
}
