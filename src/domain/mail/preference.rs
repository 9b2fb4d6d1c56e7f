//! Which notifications a partner user wants: updateNotificationPreferences, and the links in mails that end a kind.

use std::collections::HashSet;

use async_graphql::InputObject;

use super::store;
use crate::domain::db::audited_row::{RowKey, RowKind};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::mail::notification::NotificationKind;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::PartnerUserId;

/// Which kind of notifications a user is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationPreference {
    /// The kind.
    pub kind: NotificationKind,
    /// Whether the user is sent it.
    pub is_wanted: bool,
}

/// Whether a kind of notifications is wanted.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct NotificationPreferenceInput {
    /// The kind; not one that is always sent.
    pub kind: NotificationKind,
    /// Whether the viewer wants to be sent it.
    pub is_wanted: bool,
}

/// The notifications that the viewer wants; kinds that are omitted stay as they are.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateNotificationPreferencesInput {
    /// The kinds, each once.
    pub preferences: Vec<NotificationPreferenceInput>,
}

/// Returns the preferences of the caller: of each kind that can be turned off.
pub async fn own(db: &mut Session) -> Result<Vec<NotificationPreference>> {
    let user = db.caller().identity().user().to_owned();
    of_user(db, &user).await
}

async fn of_user(db: &mut Session, user: &str) -> Result<Vec<NotificationPreference>> {
    let unwanted = store::unwanted(db, user).await?;
    let kinds = NotificationKind::OPTIONAL.into_iter();
    Ok(kinds.map(|kind| NotificationPreference { kind, is_wanted: !unwanted.contains(&kind) }).collect())
}

/// Changes the preferences of the caller; repeated, it has no further effect.
pub async fn update(
    db: &mut Transaction,
    input: &UpdateNotificationPreferencesInput,
) -> Result<Vec<NotificationPreference>> {
    let mut kinds = HashSet::new();
    for preference in &input.preferences {
        if !preference.kind.is_optional() {
            let message = format!("contains {}, which is always sent; leave it out", preference.kind);
            return Err(Error::bad_input("preferences", message));
        }
        if !kinds.insert(preference.kind) {
            return Err(Error::bad_input("preferences", "contains a kind twice; name each kind once"));
        }
    }
    let before = own(db).await?;
    let user = db.caller().identity().user().to_owned();
    for wish in &input.preferences {
        let preference = NotificationPreference { kind: wish.kind, is_wanted: wish.is_wanted };
        change(db, &user, preference, &before, None).await?;
    }
    db.record_nothing();
    own(db).await
}

/// Stores a preference, unless it is as before, and records the change; `row` is the link of the user, if the user does not
/// make the change itself.
async fn change(
    db: &mut Transaction,
    user: &str,
    preference: NotificationPreference,
    before: &[NotificationPreference],
    row: Option<RowKey>,
) -> Result<()> {
    if before.contains(&preference) {
        return Ok(());
    }
    let NotificationPreference { kind, is_wanted } = preference;
    let now = db.clock_timestamp().await?;
    store::prefer(db, user, kind, is_wanted, now).await?;
    let field = format!("notifications.{kind}");
    db.record_field(row, &field, Some((!is_wanted).to_string()), Some(is_wanted.to_string()));
    Ok(())
}

/// Ends notifications of a kind to the user of a link, by the link in a mail. `user` is its id.
pub async fn unsubscribe(
    db: &mut Transaction,
    (link, user, kind): &(PartnerUserId, &str, NotificationKind),
) -> Result<()> {
    let before = of_user(db, user).await?;
    let row = RowKey { kind: RowKind::PartnerUser, id: Some(link.0) };
    let preference = NotificationPreference { kind: *kind, is_wanted: false };
    change(db, user, preference, &before, Some(row)).await?;
    db.record_nothing();
    Ok(())
}
