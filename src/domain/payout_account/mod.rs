//! Payout accounts: where a rail sends the money of a partner.

mod audited_fields;
pub mod bank;
pub mod link;
mod notification;
mod published;
pub mod refresh;
pub mod store;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::db::rail_schema::payout_accounts;
use super::payout_attempt::PayoutRail;
use crate::auth::PartnerOwned;
use crate::auth::secrets::{SecretKeys, SecretPlace};
use crate::primitives::bank_account::BankAccount;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, PayoutAccountId, TenantId};
use crate::primitives::text_enum::text_enum;

/// The status of a payout account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PayoutAccountStatus {
    /// The partner has not given the rail everything that it needs.
    Incomplete,
    /// Bank details that wait for a second user of finance to confirm them: nothing is paid to them.
    Unconfirmed,
    /// Money can be sent to it.
    Ready,
    /// The rail does not let money be sent to it now; `requirements` says what it needs.
    Restricted,
    /// The partner or staff ended it, or the rail does not know it any more. Final; another one can be made.
    Ended,
}

text_enum!(PayoutAccountStatus);

/// Where a rail sends the money of a partner.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = payout_accounts, check_for_backend(diesel::pg::Pg))]
pub struct PayoutAccount {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: PayoutAccountId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The rail.
    pub rail: PayoutRail,
    /// The status.
    pub status: PayoutAccountStatus,
    /// Its name at the rail, as in `acct_…`; of a bank account, only the end of its number.
    pub destination: String,
    /// The account of the tenant at the rail that it belongs to; empty for a bank account.
    pub rail_account: String,
    /// Whether it receives real money.
    pub is_live: bool,
    /// What the rail needs, in its own words.
    pub requirements: Vec<String>,
    /// Why the rail does not let money be sent to it, in its own word.
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The id of the user who made it.
    pub created_by: String,
    /// When the rail last told its status.
    pub checked_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The holder of a bank account.
    pub holder: Option<String>,
    /// The country of the bank, or the one in the IBAN.
    pub country: Option<String>,
    /// Whether it has an IBAN of the single euro payments area.
    pub accepts_sepa: bool,
    sealed_details: Option<Vec<u8>>,
    /// The id of the user who confirmed a bank account.
    pub confirmed_by: Option<String>,
    /// When that was.
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl PayoutAccount {
    /// Returns its name at the rail as it is shown: only the last four characters.
    pub fn masked_destination(&self) -> String {
        masked(&self.destination)
    }

    fn place(&self) -> SecretPlace<'_> {
        SecretPlace { tenant: &self.tenant_id.0, column: "payout_accounts.sealed_details", row: self.id.0 }
    }

    /// Returns the number of a bank account.
    pub fn details(&self, keys: &SecretKeys) -> Result<BankAccount> {
        let sealed = self.sealed_details.as_deref();
        let sealed = sealed.ok_or_else(|| Error::internal("a payout account has no bank details"))?;
        serde_json::from_slice(&keys.open(sealed, self.place())?)
            .map_err(|_| Error::internal("the bank details of a payout account are unreadable"))
    }

    fn seal(&mut self, details: &BankAccount, keys: &SecretKeys) -> Result<()> {
        let details = serde_json::to_vec(details).map_err(Error::internal)?;
        self.sealed_details = Some(keys.seal(&details, self.place())?);
        Ok(())
    }
}

/// Returns the name of an account at a rail as it is shown: only the last four characters.
pub fn masked(destination: &str) -> String {
    let skipped = destination.chars().count().saturating_sub(4);
    let last: String = destination.chars().skip(skipped).collect();
    format!("…{last}")
}

impl PartnerOwned for PayoutAccount {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}
