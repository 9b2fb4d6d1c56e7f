//! The domain events of payout accounts.

use serde_json::json;

use super::PayoutAccount;
use crate::domain::db::transaction::Transaction;
use crate::primitives::event_type::EventType;

/// Publishes that an account was opened, linked or set, or that it has another status: no name and no number.
pub fn updated(db: &mut Transaction, account: &PayoutAccount) {
    db.publish(EventType::PayoutAccountUpdated, Some(account.partner_id), || {
        json!({
            "payoutAccount": {
                "id": account.id.0,
                "partnerId": account.partner_id.0,
                "rail": account.rail.to_string(),
                "status": account.status.to_string(),
            },
        })
    });
}
