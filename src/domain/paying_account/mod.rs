//! The bank account that a tenant pays from by payment files.

mod audited_fields;
pub mod set;
pub mod store;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::db::rail_schema::paying_accounts;
use super::payout_account::masked;
use crate::auth::PartnerOwned;
use crate::auth::secrets::{SecretKeys, SecretPlace};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, PayingAccountId, TenantId};

/// The bank account that a tenant pays from.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = paying_accounts, check_for_backend(diesel::pg::Pg))]
pub struct PayingAccount {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: PayingAccountId,
    /// The holder, as the bank has it.
    pub holder: String,
    sealed_iban: Vec<u8>,
    iban_ending: String,
    /// The BIC of the bank.
    pub bic: Option<String>,
    /// When it was set, or replaced by another one.
    pub set_at: DateTime<Utc>,
    /// The id of the user who set it.
    pub set_by: String,
}

impl PayingAccount {
    fn place(&self) -> SecretPlace<'_> {
        SecretPlace { tenant: &self.tenant_id.0, column: "paying_accounts.sealed_iban", row: self.id.0 }
    }

    /// Returns the IBAN.
    pub fn iban(&self, keys: &SecretKeys) -> Result<String> {
        String::from_utf8(keys.open(&self.sealed_iban, self.place())?)
            .map_err(|_| Error::internal("the IBAN of a paying account is not text"))
    }

    /// Returns the IBAN as it is shown: only the last four characters.
    pub fn masked_iban(&self) -> String {
        masked(&self.iban_ending)
    }
}

impl PartnerOwned for PayingAccount {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a paying account is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(uuid::Uuid::nil())
    }
}
