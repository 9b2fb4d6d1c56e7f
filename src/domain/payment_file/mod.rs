//! Payment files: staff give them to their bank, which pays the payouts in them.
//!
//! A file never changes. Once it was downloaded, the bank may have it: then what came of each of its payouts is
//! recorded, and none of them is paid in another way before. A file that was never downloaded can be withdrawn.

mod audited_fields;
pub mod create;
mod csv_content;
pub mod download;
pub mod list;
mod payment;
mod sepa_content;
pub mod settle;
pub mod store;
pub mod withdraw;

use async_graphql::Enum;
use async_graphql::resolver_utils::EnumType as _;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::db::rail_schema::payment_files;
use crate::auth::PartnerOwned;
use crate::auth::secrets::{SecretKeys, SecretPlace};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PaymentFileId, PayoutId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::text_enum::text_enum;

/// The format of a payment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PaymentFileFormat {
    /// ISO 20022 pain.001.001.09 by the rules of SEPA credit transfers: in EUR, to IBANs of the single euro payments
    /// area.
    Sepa,
    /// CSV with one payment in each line, for any currency and any bank account.
    Csv,
}

text_enum!(PaymentFileFormat);

impl PaymentFileFormat {
    /// Returns the extension of a file.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Sepa => "xml",
            Self::Csv => "csv",
        }
    }

    /// Returns the media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Sepa => "application/xml",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A payment file. Its content is only read to be downloaded.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = payment_files, check_for_backend(diesel::pg::Pg))]
pub struct PaymentFile {
    /// The tenant that pays.
    pub tenant_id: TenantId,
    /// The id.
    pub id: PaymentFileId,
    /// The format.
    pub format: PaymentFileFormat,
    /// The day on which the bank is to pay.
    pub execution_date: NaiveDate,
    currency: Currency,
    /// The number of payouts in it.
    pub payout_count: i32,
    total_amount: Decimal,
    /// The SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    skipped: Value,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The id of the user who created it.
    pub created_by: String,
    /// When it was first downloaded: from then on, the bank may have it.
    pub downloaded_at: Option<DateTime<Utc>>,
    /// The id of the user who downloaded it first.
    pub downloaded_by: Option<String>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl PaymentFile {
    /// Returns the sum of its payouts.
    pub fn total(&self) -> Money {
        Money::stored(self.total_amount, self.currency)
    }

    /// Returns the currency of all its payouts.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Returns the id that the bank knows the file by: it has at most 35 characters, and hyphens are refused by some.
    pub fn message_id(&self) -> String {
        self.id.0.simple().to_string()
    }

    fn place(&self) -> SecretPlace<'_> {
        SecretPlace { tenant: &self.tenant_id.0, column: "payment_files.sealed_content", row: self.id.0 }
    }

    /// Opens the content; fails if it is not the one that the file was created with.
    fn open(&self, sealed: &[u8], keys: &SecretKeys) -> Result<Vec<u8>> {
        let content = keys.open(sealed, self.place())?;
        if Sha256::digest(&content).as_slice() != self.sha256 {
            return Err(Error::internal(format!("the content of payment file {} is damaged", self.id)));
        }
        Ok(content)
    }

    /// Returns the payouts that were to be in the file and are not, and why.
    pub fn skipped(&self) -> Result<Vec<(PayoutId, UserError)>> {
        let kept: Vec<KeptSkip> = serde_json::from_value(self.skipped.clone()).map_err(Error::internal)?;
        Ok(kept.into_iter().map(KeptSkip::into_error).collect())
    }
}

/// A payout that is not in the file, as it is stored.
#[derive(Serialize, Deserialize)]
struct KeptSkip {
    id: Uuid,
    code: String,
    message: String,
}

impl KeptSkip {
    fn of(id: PayoutId, error: &UserError) -> Self {
        Self { id: id.0, code: error.code.to_string(), message: error.message.clone() }
    }

    fn into_error(self) -> (PayoutId, UserError) {
        let code = UserErrorCode::items().iter().find(|item| item.name == self.code);
        let code = code.map_or(UserErrorCode::InvalidState, |item| item.value);
        (PayoutId(self.id), UserError::new(code, self.message).at("payoutIds").about(PayoutId(self.id)))
    }
}

impl PartnerOwned for PaymentFile {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: a payment file is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}
