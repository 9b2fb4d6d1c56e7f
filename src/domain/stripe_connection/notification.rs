//! The mail to the contact of the tenant about a key that Stripe does not accept any more.

use chrono::{DateTime, Utc};

use super::StripeConnection;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::store::{self, Occasion};
use crate::mail::notification::Notification;
use crate::primitives::error::Result;

/// Writes the mail about a connection that has broken.
pub(super) async fn key_refused(
    db: &mut Transaction,
    connection: &StripeConnection,
    at: DateTime<Utc>,
) -> Result<()> {
    let notification = Notification::StripeKeyRefused {
        account: connection.account.clone(),
        reason: connection.broken_reason.clone().unwrap_or_default(),
    };
    store::insert_for_contact(db, &Occasion { subject: connection.id.0, at, notification }).await
}
