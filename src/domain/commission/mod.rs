//! Commission events: what a partner earned, or lost, by one paid invoice, refund or adjustment.

pub mod adjust;
pub mod approve;
pub mod record;
pub mod refund;
mod status;
pub mod store;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

pub use status::{CommissionStatus, Step};

use super::db::schema::commission_events;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::id::{CommissionEventId, ManagedAccountId, PartnerId, PayoutId, TenantId};
use crate::primitives::money::{Money, Rate};
use crate::primitives::text_enum::text_enum;
use crate::primitives::timestamp::Timestamp;

/// A commission event. Its amounts never change; its status does, and leaves a line in the history.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = commission_events, check_for_backend(diesel::pg::Pg))]
pub struct CommissionEvent {
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: CommissionEventId,
    /// The partner that earned it.
    pub partner_id: PartnerId,
    /// The account it was earned on.
    pub managed_account_id: Option<ManagedAccountId>,
    /// What it comes from.
    pub event_type: CommissionEventType,
    /// How far it has come.
    pub status: CommissionStatus,
    /// The invoice, as the billing system names it.
    pub invoice_id: Option<String>,
    /// The refund, as the billing system names it.
    pub refund_id: Option<String>,
    /// The customer, as the billing system names it.
    pub customer_id: Option<String>,
    currency: Currency,
    base_amount: Option<Decimal>,
    /// The rate at which it was computed.
    pub commission_rate: Option<Rate>,
    /// Whose rate that was.
    pub rate_source: Option<RateSource>,
    commission_amount: Decimal,
    /// When the customer paid, or was refunded.
    pub event_date: DateTime<Utc>,
    /// When this system learned of it.
    pub recorded_at: DateTime<Utc>,
    /// From when it may be paid out.
    pub payable_at: DateTime<Utc>,
    /// The living payout it is in.
    pub payout_id: Option<PayoutId>,
    /// When it was put into that payout.
    pub paid_at: Option<DateTime<Utc>>,
    /// The event it takes back.
    pub reverses_id: Option<CommissionEventId>,
    /// What staff should know.
    pub notes: Option<String>,
}

impl CommissionEvent {
    /// The commission.
    pub fn commission(&self) -> Money {
        Money::stored(self.commission_amount, self.currency)
    }

    /// What it is a share of.
    pub fn base(&self) -> Option<Money> {
        Some(Money::stored(self.base_amount?, self.currency))
    }
}

impl PartnerOwned for CommissionEvent {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// What a commission event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum CommissionEventType {
    /// A customer paid an invoice.
    InvoicePaid,
    /// A customer got money back; takes back what was earned on it.
    Clawback,
    /// Staff put something right by hand.
    Adjustment,
}

text_enum!(CommissionEventType);

/// Whose rate a commission was computed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum RateSource {
    /// The managed account's own.
    ManagedAccount,
    /// The partner's default.
    Partner,
}

text_enum!(RateSource);

/// Which commission events a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct CommissionEventFilter {
    /// Only events of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only events of one of these statuses.
    pub status: Option<Vec<CommissionStatus>>,
    /// Only events of one of these types.
    pub event_type: Option<Vec<CommissionEventType>>,
    /// Only events in this currency.
    pub currency: Option<Currency>,
    /// Only events dated at this moment or later.
    pub event_date_from: Option<Timestamp>,
    /// Only events dated before this moment.
    pub event_date_to: Option<Timestamp>,
    /// Only events of this invoice.
    pub invoice_id: Option<String>,
    /// Only events of this customer.
    pub customer_id: Option<String>,
}

/// By what commission events can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum CommissionEventOrderField {
    /// When the customer paid.
    EventDate,
    /// How much was earned; by the number, whatever the currency.
    CommissionAmount,
}

/// The order of a list of commission events; ties go by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct CommissionEventOrder {
    /// By what.
    pub field: CommissionEventOrderField,
    /// In which direction.
    pub direction: crate::primitives::pagination::SortDirection,
}
