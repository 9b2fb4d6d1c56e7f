//! New attempts.

use chrono::{DateTime, Utc};

use super::{AttemptStatus, PayoutAttempt};
use crate::domain::payout::Payout;
use crate::domain::payout_account::PayoutAccount;
use crate::primitives::id::{PaymentFileId, PayoutAttemptId};

impl PayoutAttempt {
    /// Returns an attempt to send a payout to an account, made by a user at a time.
    pub(super) fn new(payout: &Payout, account: &PayoutAccount, (user, at): (String, DateTime<Utc>)) -> Self {
        Self {
            tenant_id: payout.tenant_id.clone(),
            id: PayoutAttemptId::new(),
            payout_id: payout.id,
            partner_id: payout.partner_id,
            currency: payout.currency(),
            amount: payout.total().amount(),
            rail: account.rail,
            status: AttemptStatus::Queued,
            payout_account_id: account.id,
            destination: account.destination.clone(),
            rail_account: account.rail_account.clone(),
            is_live: account.is_live,
            is_in_doubt: false,
            first_sent_at: None,
            last_sent_at: None,
            looked_at: None,
            recall_reason: None,
            recalled_at: None,
            reference: None,
            code: None,
            message: None,
            created_at: at,
            created_by: user,
            ended_at: None,
            payment_file_id: None,
        }
    }

    /// Returns the attempt of a payout that is in a payment file.
    pub(in crate::domain) fn in_file(
        payout: &Payout,
        account: &PayoutAccount,
        file: PaymentFileId,
        made: (String, DateTime<Utc>),
    ) -> Self {
        let status = AttemptStatus::Sent;
        Self { status, payment_file_id: Some(file), ..Self::new(payout, account, made) }
    }
}
