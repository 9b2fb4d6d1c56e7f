//! The latest mails of a tenant, for the page of the demo.

use super::{Mail, store};
use crate::auth::Caller;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::primitives::error::Result;
use crate::primitives::id::MailId;

/// How many mails the page shows.
const MAILS_MAX: i64 = 100;

/// Returns the latest mails of the caller's tenant that were rendered, latest first.
pub async fn mails(pool: &Pool, caller: &Caller) -> Result<Vec<Mail>> {
    let mails = store::latest(&mut Session::open(pool, caller).await?, MAILS_MAX).await?;
    Ok(mails.into_iter().map(|mail| Mail::clone(&mail)).collect())
}

/// Returns the HTML of a mail; `None` if there is no such mail, or it was not rendered.
pub async fn html(pool: &Pool, caller: &Caller, id: MailId) -> Result<Option<String>> {
    store::html(&mut Session::open(pool, caller).await?, id).await
}
