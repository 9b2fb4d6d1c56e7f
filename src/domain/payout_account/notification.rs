//! The mails to the owners of a partner about every change of its bank details.

use super::PayoutAccount;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::store::{self, Occasion};
use crate::domain::partner;
use crate::domain::payout_attempt::PayoutRail;
use crate::mail::notification::{BankAccountChange, Instant, Notification};
use crate::primitives::error::Result;

/// Writes a mail to each owner of the partner of a bank account; to the one who made the change as well, whose sign-in
/// may have been stolen.
pub async fn changed(db: &mut Transaction, account: &PayoutAccount, change: BankAccountChange) -> Result<()> {
    if account.rail != PayoutRail::File {
        return Ok(());
    }
    let at = db.clock_timestamp().await?;
    let (changed_by, is_staff) = author(db, account).await?;
    let notification = Notification::BankAccountChanged {
        partner_id: account.partner_id.0,
        change,
        holder: account.holder.clone().unwrap_or_default(),
        number: account.masked_destination(),
        changed_by,
        is_staff,
        changed_at: Instant(at),
    };
    let occasion = Occasion { subject: account.id.0, at, notification };
    store::insert_for_owners(db, account.partner_id, &occasion).await
}

/// Returns who makes the change: the e-mail address of a user of the partner, or else the id of one of the staff.
async fn author(db: &mut Transaction, account: &PayoutAccount) -> Result<(String, bool)> {
    let user = db.caller().identity().user().to_owned();
    if !db.caller().is_partner_user() {
        return Ok((user, true));
    }
    let users = partner::user::store::by_partners(db, &[account.partner_id]).await?;
    let mut links = users.get(&account.partner_id).into_iter().flatten();
    let email = links.find(|link| link.user_id == user && link.is_active).map(|link| link.email.clone());
    Ok((email.unwrap_or(user), false))
}
