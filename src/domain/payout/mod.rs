//! Payouts: one payment to one partner in one currency for the commissions of a period.

pub mod batch;
pub mod run;
pub mod settle;
mod status;
pub mod store;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;

pub use status::{PayoutStatus, Step};

use super::db::schema::payouts;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::id::{PartnerId, PayoutId, PayoutRunId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::pagination::SortDirection;
use crate::primitives::timestamp::Timestamp;

/// A payout. Its total and its lines never change; its status does, and leaves a line in the history.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = payouts, check_for_backend(diesel::pg::Pg))]
pub struct Payout {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: PayoutId,
    /// The partner it pays.
    pub partner_id: PartnerId,
    currency: Currency,
    total_amount: Decimal,
    /// How many commission events it pays, or had held.
    pub commission_count: i64,
    /// How far it has come.
    pub status: PayoutStatus,
    /// How the money is sent.
    pub payment_method: String,
    /// The bank's or payment service's word for the payment.
    pub payment_reference: Option<String>,
    /// When it is due.
    pub payout_date: DateTime<Utc>,
    /// The first moment of its period.
    pub period_start: DateTime<Utc>,
    /// The first moment after its period.
    pub period_end: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the money arrived.
    pub completed_at: Option<DateTime<Utc>>,
    /// When it let go of its commission events.
    pub released_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub failure_reason: Option<String>,
    /// What staff should know.
    pub notes: Option<String>,
    /// The run that made it; none if it was made by itself.
    pub run_id: Option<PayoutRunId>,
}

impl Payout {
    /// What is paid.
    pub fn total(&self) -> Money {
        Money::stored(self.total_amount, self.currency)
    }

    /// The currency it is paid in.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

impl PartnerOwned for Payout {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// Which payouts a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct PayoutFilter {
    /// Only payouts to this partner.
    pub partner_id: Option<PartnerId>,
    /// Only payouts of one of these statuses.
    pub status: Option<Vec<PayoutStatus>>,
    /// Only payouts in this currency.
    pub currency: Option<Currency>,
    /// Only payouts due at this moment or later.
    pub payout_date_from: Option<Timestamp>,
    /// Only payouts due before this moment.
    pub payout_date_to: Option<Timestamp>,
    /// Only payouts made at this moment or earlier; for dashboards.
    #[graphql(skip)]
    pub created_until: Option<DateTime<Utc>>,
}

/// By what payouts can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum PayoutOrderField {
    /// When they are due.
    PayoutDate,
    /// How much is paid; by the number, whatever the currency.
    TotalAmount,
}

/// The order of a list of payouts; ties go by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct PayoutOrder {
    /// By what.
    pub field: PayoutOrderField,
    /// In which direction.
    pub direction: SortDirection,
}
