//! Ends notifications of a kind by the link in a mail, without a sign-in: the link was signed for its recipient.

use super::ERASED;
use crate::auth::Role;
use crate::domain::admission;
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::preference;
use crate::domain::partner::user;
use crate::mail::unsubscribe::Subscription;
use crate::primitives::error::Result;

/// The name of these links in the audit trail.
const ACTOR: &str = "unsubscribe";

/// Ends what a link ends; repeated, or for a user who was erased, it has no effect.
pub async fn unsubscribe(pool: &Pool, subscription: &Subscription) -> Result<()> {
    let caller = admission::operator(pool, subscription.tenant.clone(), ACTOR, Role::Admin).await?;
    Transaction::run(pool, &caller, Act::Unsubscribe, end, subscription).await
}

async fn end(db: &mut Transaction, subscription: &Subscription) -> Result<()> {
    let link = user::store::by_ids(db, &[subscription.partner_user]).await?.pop();
    match link.filter(|link| link.user_id != ERASED) {
        Some(link) => preference::unsubscribe(db, &(link.id, link.user_id.as_str(), subscription.kind)).await,
        None => {
            db.record_nothing();
            Ok(())
        }
    }
}
