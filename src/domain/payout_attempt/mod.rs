//! Payout attempts: each is one try of a rail to send the money of a payout.
//!
//! An attempt moves money at most once. Before the rail is asked, it is committed that it will be asked; after every
//! answer, what is known is committed. What may have moved money is never released: an attempt whose outcome is not
//! known stays UNCERTAIN until the transfer is found, or staff know that there is none.

mod audited_fields;
pub mod begin;
pub mod by_file;
mod draft;
mod outcome;
pub mod recall;
pub mod record;
pub mod resolve;
pub mod send;
mod status;
pub mod store;
pub mod withdraw;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

pub use status::AttemptStatus;

use super::db::rail_schema::payout_attempts;
use super::stripe_connection::StripeConnection;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::id::{PartnerId, PaymentFileId, PayoutAccountId, PayoutAttemptId, PayoutId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::text_enum::text_enum;

/// The ways in which the program moves the money of a payout. A payout that staff pay by hand has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PayoutRail {
    /// A transfer to the partner's account that is connected to the Stripe account of the tenant.
    Stripe,
    /// A payment file, which staff download and give to their bank, to the partner's confirmed bank account.
    File,
}

text_enum!(PayoutRail);

/// An attempt to send the money of a payout.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = payout_attempts, check_for_backend(diesel::pg::Pg))]
pub struct PayoutAttempt {
    /// The tenant that pays.
    pub tenant_id: TenantId,
    /// The id, which is also the key of the request to the rail.
    pub id: PayoutAttemptId,
    /// The payout.
    pub payout_id: PayoutId,
    /// The partner that is paid.
    pub partner_id: PartnerId,
    currency: Currency,
    amount: Decimal,
    /// The rail.
    pub rail: PayoutRail,
    /// The status.
    pub status: AttemptStatus,
    /// The account of the partner that the money goes to.
    pub payout_account_id: PayoutAccountId,
    /// The name of that account at the rail, as it was when the attempt was made; of a bank account, the end of its
    /// number.
    pub destination: String,
    /// The account of the tenant at the rail: no other one continues the attempt. Of an attempt by file, the end of the
    /// number of the paying account, or empty.
    pub rail_account: String,
    /// Whether real money is moved, and not that of the rail's test mode.
    pub is_live: bool,
    /// Whether a request was made of which it is not known what came of it.
    pub is_in_doubt: bool,
    /// When the rail was first asked to move the money; `None` if it certainly has not been.
    pub first_sent_at: Option<DateTime<Utc>>,
    /// When it was last asked.
    pub last_sent_at: Option<DateTime<Utc>>,
    /// When the transfers of the rail were last searched for that of the attempt without finding it.
    pub looked_at: Option<DateTime<Utc>>,
    /// Why staff recalled the money.
    pub recall_reason: Option<String>,
    /// When staff recalled the money.
    pub recalled_at: Option<DateTime<Utc>>,
    /// The reference of the transfer at the rail.
    pub reference: Option<String>,
    /// The rail's code of a refusal, or ours.
    pub code: Option<String>,
    /// What the rail last said.
    pub message: Option<String>,
    /// When the attempt was made.
    pub created_at: DateTime<Utc>,
    /// The id of the user who made it.
    pub created_by: String,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// The file that the payout is in, of an attempt by file.
    pub payment_file_id: Option<PaymentFileId>,
}

impl PayoutAttempt {
    /// Returns the amount: exactly the total of the payout.
    pub fn amount(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }

    /// Returns the attempt after it is over.
    pub(in crate::domain) fn ended(&self, status: AttemptStatus, at: DateTime<Utc>) -> Self {
        Self { status, ended_at: Some(at), ..self.clone() }
    }

    /// Returns the attempt after the money came back.
    pub(in crate::domain) fn returned(&self, at: DateTime<Utc>) -> Self {
        self.ended(AttemptStatus::Returned, at)
    }
}

/// Everything that the rail is told.
#[derive(Clone, Debug)]
pub struct Order {
    /// The attempt, as it was when the try began.
    pub attempt: PayoutAttempt,
    /// The connection that it is made by.
    pub connection: StripeConnection,
}

impl PartnerOwned for PayoutAttempt {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}
