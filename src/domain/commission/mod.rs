//! Commission events: the amounts that a partner earned or owes, each from a paid invoice, a refund, the reversal of a
//! refund, or an adjustment.

pub mod adjust;
mod adjustment_request;
pub mod approve;
mod audited_fields;
pub mod correct;
mod decision;
mod due_rule;
mod event_date;
pub mod hold;
pub mod list;
mod published;
pub mod reassess;
pub mod record;
pub mod refund;
pub mod reinstate;
mod remaining_base;
mod reported_invoice;
mod reversal;
pub mod selection;
mod standing;
mod status;
pub mod store;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

pub use due_rule::DueRule;
pub use status::{CommissionStatus, Step};

use super::db::schema::commission_events;
use crate::auth::PartnerOwned;
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::id::{CommissionEventId, InvoiceId, ManagedAccountId, PartnerId, PayoutId, TenantId};
use crate::primitives::money::{Money, Rate};
use crate::primitives::text_enum::text_enum;
use crate::primitives::timestamp::Timestamp;

/// The most reversals that are loaded at a time: a response could not contain more.
pub const REVERSALS_MAX: i64 = 25_000;

/// A commission event. Its amounts never change; its status does, and each change is recorded in the history.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = commission_events, check_for_backend(diesel::pg::Pg))]
pub struct CommissionEvent {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The id of the event.
    pub id: CommissionEventId,
    /// The partner that earned or owes the amount.
    pub partner_id: PartnerId,
    /// The managed account of the customer; `None` for an adjustment.
    pub managed_account_id: Option<ManagedAccountId>,
    /// The source of the amount.
    pub event_type: CommissionEventType,
    /// The current status.
    pub status: CommissionStatus,
    /// The invoice id of the billing system; `None` for an adjustment.
    pub invoice_id: Option<String>,
    /// The refund id of the billing system; of a reversal only.
    pub refund_id: Option<String>,
    /// The customer id of the billing system; `None` for an adjustment.
    pub customer_id: Option<String>,
    currency: Currency,
    base_amount: Option<Decimal>,
    /// The rate, frozen when the event was recorded; `None` for an adjustment.
    pub commission_rate: Option<Rate>,
    /// The source of the rate; `None` for an adjustment.
    pub rate_source: Option<RateSource>,
    commission_amount: Decimal,
    /// When the customer paid or was refunded; the date of an adjustment.
    pub event_date: DateTime<Utc>,
    /// When the event was recorded, by the database's clock.
    pub recorded_at: DateTime<Utc>,
    /// When the hold ends: from then on, a batch may pay the event.
    pub payable_at: DateTime<Utc>,
    /// The payout that pays the event; `None` before, and after that payout released it.
    pub payout_id: Option<PayoutId>,
    /// When the event was added to that payout.
    pub paid_at: Option<DateTime<Utc>>,
    /// The event that a reversal or a reinstatement amends.
    pub reverses_id: Option<CommissionEventId>,
    /// A note for staff: the reason of a refund, its reversal, an adjustment or a correction.
    pub notes: Option<String>,
    /// The refund whose reversal made a reinstatement; of a reinstatement only.
    pub reversed_refund_id: Option<String>,
    /// The invoice, or its payment, that the event belongs to; `None` for an adjustment.
    pub invoice_row_id: Option<InvoiceId>,
    /// The revision of the invoice that the event was computed from; `None` for an adjustment.
    pub invoice_revision: Option<i32>,
    /// When a correction of the invoice replaced the event; `None` unless one did.
    pub replaced_at: Option<DateTime<Utc>>,
    /// When staff held the event back: no payout pays it until they release it. `None` if it is not held.
    pub held_at: Option<DateTime<Utc>>,
    /// A note for the partner about an adjustment.
    pub partner_note: Option<String>,
    /// When the event was recorded or its history last grew, by the database's clock.
    pub changed_at: DateTime<Utc>,
}

impl CommissionEvent {
    /// Returns the commission, negative for a reversal or a debt.
    pub fn commission(&self) -> Money {
        Money::stored(self.commission_amount, self.currency)
    }

    /// Returns the base amount, to which the rate was applied; `None` for an adjustment.
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

/// The source of the amount of a commission event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum CommissionEventType {
    /// A paid invoice: the commission that the partner earned on it.
    InvoicePaid,
    /// A refund: a reversal, which claws back part of the commission on the invoice.
    Clawback,
    /// A correction that staff entered by hand, positive or negative.
    Adjustment,
    /// A refund that was reversed: a positive amount, which gives back what the refund clawed back.
    Reinstatement,
}

text_enum!(CommissionEventType);

/// The source of the rate of a commission event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum RateSource {
    /// The rate of the managed account, which takes precedence.
    ManagedAccount,
    /// The default rate of the partner.
    Partner,
}

text_enum!(RateSource);

/// A filter on commission events; an event must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct CommissionEventFilter {
    /// Only the events of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only the events with one of these statuses.
    pub status: Option<Vec<CommissionStatus>>,
    /// Only the events of one of these types.
    pub event_type: Option<Vec<CommissionEventType>>,
    /// Only the events in this currency.
    pub currency: Option<Currency>,
    /// Only the events dated at this time or later.
    pub event_date_from: Option<Timestamp>,
    /// Only the events dated before this time.
    pub event_date_to: Option<Timestamp>,
    /// Only the events of the invoice with this id in the billing system.
    pub invoice_id: Option<String>,
    /// Only the events of the invoices whose id begins with this text, ignoring case.
    pub invoice_id_prefix: Option<String>,
    /// Only the reversals of the refund with this id in the billing system.
    pub refund_id: Option<String>,
    /// Only the events of the customer with this id in the billing system.
    pub customer_id: Option<String>,
    /// Only the events of this managed account.
    pub managed_account_id: Option<ManagedAccountId>,
    /// Only the events whose rate is from this source.
    pub rate_source: Option<RateSource>,
    /// Only the events with this commission or a higher one, in the currency of the filter, which is required with it.
    pub amount_from: Option<DecimalText>,
    /// Only the events with this commission or a lower one, in the currency of the filter, which is required with it.
    pub amount_to: Option<DecimalText>,
    /// Only the events recorded at this time or later.
    pub recorded_from: Option<Timestamp>,
    /// Only the events recorded before this time.
    pub recorded_to: Option<Timestamp>,
    /// Only the events whose hold ends before this time.
    pub payable_before: Option<Timestamp>,
    /// Only the events that were recorded, held or released, or that changed their status, at this time or later. A change
    /// can become visible some seconds after its time: overlap the windows of repeated queries by a minute.
    pub changed_from: Option<Timestamp>,
    /// Only the events that staff hold back, or only the others.
    pub is_held: Option<bool>,
    /// Only the events in the lines of this payout, including those that it has released.
    pub payout_id: Option<PayoutId>,
    /// Only the events that a payout pays, completed or not, or only the others.
    pub in_payout: Option<bool>,
}

/// The fields by which commission events can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum CommissionEventOrderField {
    /// The date of the event.
    EventDate,
    /// The commission, compared as a number whatever its currency.
    CommissionAmount,
    /// The time at which the event was recorded or its history last grew.
    ChangedAt,
    /// The time at which the event was recorded.
    RecordedAt,
    /// The time at which the hold of the event ends.
    PayableAt,
}

/// The order of a list of commission events; events with equal values are ordered by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, InputObject)]
pub struct CommissionEventOrder {
    /// The field to order by.
    pub field: CommissionEventOrderField,
    /// The direction of the order.
    pub direction: crate::primitives::pagination::SortDirection,
}
