//! The movements of an account: the status changes that changed the balance of a partner in one currency.

pub mod store;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::{Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::line_value::{Line, LineValue, VALUES};
use crate::auth::PartnerOwned;
use crate::domain::commission::CommissionEventType;
use crate::domain::db::statement_schema::statement_movements;
use crate::primitives::currency::Currency;
use crate::primitives::id::{CommissionEventId, MovementId, PartnerId, PayoutId, StatementId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::text_enum::text_enum;

/// The columns of the CSV file of an account.
pub(in crate::domain::statement) const COLUMNS: [&str; VALUES] = [
    "statement_number",
    "line",
    "moved_at",
    "movement",
    "event_id",
    "event_type",
    "event_date",
    "invoice_id",
    "customer_id",
    "payout_id",
    "amount",
    "balance",
    "currency",
];

/// The kind of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum MovementKind {
    /// A commission event was recorded: its amount was added, a negative one included.
    Recorded,
    /// A commission event was cancelled: its amount was subtracted.
    Cancelled,
    /// A commission event was clawed back: its amount was subtracted.
    ClawedBack,
    /// A payout was completed: its total was subtracted.
    PaidOut,
    /// The money of a completed payout came back: its total was added.
    Returned,
}

text_enum!(MovementKind);

/// A movement, which never changes: on a statement, or on none yet.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = statement_movements, check_for_backend(diesel::pg::Pg))]
pub struct Movement {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The id of the status change.
    pub id: MovementId,
    /// The statement; `None` if the movement is on none yet.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub statement_id: Option<StatementId>,
    /// The partner whose balance changed.
    pub partner_id: PartnerId,
    currency: Currency,
    /// The kind of the movement.
    pub kind: MovementKind,
    /// The commission event; `None` for a payout.
    pub commission_event_id: Option<CommissionEventId>,
    /// The payout; `None` for a commission event.
    pub payout_id: Option<PayoutId>,
    /// The time of the status change.
    pub moved_at: DateTime<Utc>,
    amount: Decimal,
}

impl Movement {
    /// Returns the change of the balance.
    pub fn amount(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }
}

impl PartnerOwned for Movement {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// A filter on movements; a movement must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct StatementMovementFilter {
    /// Only the movements on this statement.
    pub statement_id: Option<StatementId>,
    /// Only the movements of this partner.
    pub partner_id: Option<PartnerId>,
}

/// A line of the statement of an account: a movement with what it shows of its commission event.
#[derive(Clone, Debug, QueryableByName)]
pub struct AccountLine {
    /// The tenant of the partner.
    #[diesel(sql_type = Text)]
    pub tenant_id: TenantId,
    /// The partner.
    #[diesel(sql_type = SqlUuid)]
    pub partner_id: PartnerId,
    /// The id of the status change.
    #[diesel(sql_type = SqlUuid)]
    pub id: MovementId,
    /// The kind of the movement.
    #[diesel(sql_type = Text)]
    pub kind: MovementKind,
    /// The time of the status change.
    #[diesel(sql_type = Timestamptz)]
    pub moved_at: DateTime<Utc>,
    /// The commission event; `None` for a payout.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub commission_event_id: Option<CommissionEventId>,
    /// The source of the amount of the event.
    #[diesel(sql_type = Nullable<Text>)]
    pub event_type: Option<CommissionEventType>,
    /// The date of the event.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub event_date: Option<DateTime<Utc>>,
    /// The invoice id of the billing system.
    #[diesel(sql_type = Nullable<Text>)]
    pub invoice_id: Option<String>,
    /// The customer id of the billing system.
    #[diesel(sql_type = Nullable<Text>)]
    pub customer_id: Option<String>,
    /// The payout; `None` for a commission event.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub payout_id: Option<PayoutId>,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    amount: Decimal,
}

impl AccountLine {
    /// Returns the change of the balance.
    pub fn amount(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }

    /// Returns the values of the line with the balance after it.
    pub(in crate::domain::statement) fn values(&self, number: &str, position: i64, balance: Money) -> Line {
        [
            LineValue::Text(number.to_owned()),
            LineValue::Count(position),
            LineValue::Instant(self.moved_at),
            LineValue::Word(self.kind.to_string()),
            LineValue::id(self.commission_event_id.map(|id| id.0)),
            LineValue::word(self.event_type),
            LineValue::instant(self.event_date),
            LineValue::identifier(self.invoice_id.as_deref()),
            LineValue::identifier(self.customer_id.as_deref()),
            LineValue::id(self.payout_id.map(|id| id.0)),
            LineValue::amount(Some(self.amount())),
            LineValue::amount(Some(balance)),
            LineValue::Word(self.currency.code().to_owned()),
        ]
    }
}

impl PartnerOwned for AccountLine {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}
