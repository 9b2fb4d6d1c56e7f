//! The mail to the contact of the tenant about an attempt whose outcome is not known.

use chrono::{DateTime, Utc};

use super::PayoutAttempt;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::store::{self, Occasion};
use crate::mail::notification::Notification;
use crate::primitives::error::Result;

/// Writes the mail about an attempt that has become uncertain.
pub(super) async fn uncertain(
    db: &mut Transaction,
    attempt: &PayoutAttempt,
    now: DateTime<Utc>,
) -> Result<()> {
    let notification = Notification::PayoutUncertain {
        payout_id: attempt.payout_id.0,
        amount: attempt.amount().into(),
        reason: attempt.message.clone().unwrap_or_default(),
    };
    store::insert_for_contact(db, &Occasion { subject: attempt.id.0, at: now, notification }).await
}
