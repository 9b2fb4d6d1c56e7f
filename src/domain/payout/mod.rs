//! Payouts: a payout is one payment to one partner, in one currency, for the commission events of a period.

pub mod attention;
mod audited_fields;
pub mod batch;
pub mod correct;
mod notification;
mod published;
pub mod rail_step;
pub mod returns;
pub mod run;
pub mod settle;
mod status;
pub mod store;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

pub use status::{PayoutStatus, Step};

use super::db::schema::payouts;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::id::{PartnerId, PayoutId, PayoutRunId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::pagination::SortDirection;
use crate::primitives::text_enum::text_enum;
use crate::primitives::timestamp::Timestamp;

/// A payout. Its total and its lines never change; its status does, and each change is recorded in the history.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = payouts, check_for_backend(diesel::pg::Pg))]
pub struct Payout {
    /// The tenant that pays.
    pub tenant_id: TenantId,
    /// The id of the payout.
    pub id: PayoutId,
    /// The partner that is paid.
    pub partner_id: PartnerId,
    currency: Currency,
    total_amount: Decimal,
    /// The number of lines: commission events that the payout pays, or paid before it released them.
    pub commission_count: i64,
    /// The current status.
    pub status: PayoutStatus,
    /// How the money is sent, in the tenant's own words.
    pub payment_method: String,
    /// The reference of the payment at the bank or payment service, of a completed payout.
    pub payment_reference: Option<String>,
    /// When the payment is due.
    pub payout_date: DateTime<Utc>,
    /// The start of the period, inclusive.
    pub period_start: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub period_end: DateTime<Utc>,
    /// When the payout was created, by the database's clock.
    pub created_at: DateTime<Utc>,
    /// When the money arrived.
    pub completed_at: Option<DateTime<Utc>>,
    /// When the payout released its events, because it failed, was cancelled or came back.
    pub released_at: Option<DateTime<Utc>>,
    /// The reason of a failure, which the partner sees.
    pub failure_reason: Option<String>,
    /// A note for staff.
    pub notes: Option<String>,
    /// The run that created the payout; `None` for a single batch.
    pub run_id: Option<PayoutRunId>,
    /// When the payout was created or its history last grew, by the database's clock.
    pub changed_at: DateTime<Utc>,
    /// When the money of a RETURNED payout was back.
    pub returned_at: Option<DateTime<Utc>>,
    /// Why the money came back, which the partner sees.
    pub return_reason: Option<String>,
    /// Why staff must look at the payout.
    pub attention: Option<PayoutAttention>,
}

impl Payout {
    /// Returns the total, the sum of the lines.
    pub fn total(&self) -> Money {
        Money::stored(self.total_amount, self.currency)
    }

    /// Returns the currency of the total.
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

/// The reasons why staff must look at a payout that the program sends itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PayoutAttention {
    /// Not sent, and READY again: send it again, pay it by hand, cancel it or let it fail.
    NotSent,
    /// Not known to have been sent or not. Its transfer is searched for every hour.
    Uncertain,
    /// Sent, but not exactly as it should have been: another amount, currency or account.
    Differs,
    /// A part of its money came back after it had arrived: record an adjustment for it.
    ReturnedInPart,
}

text_enum!(PayoutAttention);

/// A filter on payouts; a payout must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct PayoutFilter {
    /// Only the payouts to this partner.
    pub partner_id: Option<PartnerId>,
    /// Only the payouts with one of these statuses.
    pub status: Option<Vec<PayoutStatus>>,
    /// Only the payouts that staff must look at for one of these reasons. For staff; with it, partner users find nothing.
    pub attention: Option<Vec<PayoutAttention>>,
    /// Only the payouts in this currency.
    pub currency: Option<Currency>,
    /// Only the payouts due at this time or later.
    pub payout_date_from: Option<Timestamp>,
    /// Only the payouts due before this time.
    pub payout_date_to: Option<Timestamp>,
    /// Only the payouts whose payment reference, or whose partner's name or number, begins with this text, ignoring case.
    pub search: Option<String>,
    /// Only the payouts whose payment reference begins with this text, ignoring case.
    pub reference_prefix: Option<String>,
    /// Only the payouts completed at this time or later.
    pub completed_from: Option<Timestamp>,
    /// Only the payouts completed before this time.
    pub completed_to: Option<Timestamp>,
    /// Only the payouts with this total or a higher one, in the currency of the filter, which is required with it.
    pub amount_from: Option<DecimalText>,
    /// Only the payouts with this total or a lower one, in the currency of the filter, which is required with it.
    pub amount_to: Option<DecimalText>,
    /// Only the payouts that were created, that changed their status, or whose payment reference was corrected, at this
    /// time or later. A change can become visible some seconds after its time: overlap the windows of repeated queries
    /// by a minute.
    pub changed_from: Option<Timestamp>,
    /// Only the payouts created at this time or earlier; for dashboards as of a past time.
    #[graphql(skip)]
    pub created_until: Option<DateTime<Utc>>,
}

/// The fields by which payouts can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum PayoutOrderField {
    /// The date at which the payment is due.
    PayoutDate,
    /// The total, compared as a number whatever its currency.
    TotalAmount,
    /// The time at which the payout was created or its history last grew.
    ChangedAt,
    /// The time at which the payment arrived; a payout that is not COMPLETED counts as later than all that are.
    CompletedAt,
}

/// The order of a list of payouts; payouts with equal values are ordered by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct PayoutOrder {
    /// The field to order by.
    pub field: PayoutOrderField,
    /// The direction of the order.
    pub direction: SortDirection,
}
