//! The payments in a file, whatever its format.

use chrono::{DateTime, NaiveDate, Utc};

use crate::auth::Authorized;
use crate::domain::payout::Payout;
use crate::domain::payout_account::{PayoutAccount, masked};
use crate::primitives::bank_account::BankAccount;

/// The payment of one payout.
pub(super) struct Payment {
    /// The payout.
    pub payout: Authorized<Payout>,
    /// The confirmed bank account of the partner.
    pub account: Authorized<PayoutAccount>,
    /// The number of that account.
    pub details: BankAccount,
    /// The number by which the tenant knows the partner.
    pub partner_number: String,
}

impl Payment {
    /// Returns the holder of the account.
    pub fn holder(&self) -> &str {
        self.account.holder.as_deref().unwrap_or_default()
    }

    /// Returns what the bank passes on to the partner and reports back: the id of the payout without hyphens, because
    /// 36 characters are refused.
    pub fn end_to_end_id(&self) -> String {
        self.payout.id.0.simple().to_string()
    }

    /// Returns the text of the payment.
    pub fn description(&self) -> String {
        format!("Commissions of partner {}", self.partner_number)
    }
}

/// The account that the tenant pays from.
pub(super) struct Payer {
    /// The holder.
    pub holder: String,
    /// The IBAN.
    pub iban: String,
    /// The BIC.
    pub bic: Option<String>,
}

impl Payer {
    /// Returns the IBAN as it is shown.
    pub fn masked(&self) -> String {
        masked(&self.iban)
    }
}

/// What a file needs besides its payments.
pub(super) struct Head<'h> {
    /// The id that the bank knows the file by.
    pub message_id: &'h str,
    /// The day on which the bank is to pay.
    pub execution_date: NaiveDate,
    /// When the file was created.
    pub created_at: DateTime<Utc>,
}
