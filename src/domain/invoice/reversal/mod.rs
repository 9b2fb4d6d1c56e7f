//! Reversals of refunds: the refund failed, or the dispute was won, and the tenant has the money again.

pub mod store;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::domain::db::schema::refund_reversals;
use crate::primitives::id::TenantId;
use crate::primitives::text_enum::text_enum;

/// The outcome of recording the reversal of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum RefundReversedOutcome {
    /// The commission that the refund clawed back was reinstated.
    Recorded,
    /// The same reversal was recorded before; its effect of that time is returned.
    AlreadyRecorded,
    /// The refund clawed back nothing, or the commission was cancelled: the reversal is stored and nothing else changes.
    /// If the invoice is assessed again and earns a commission, the refund does not reduce it.
    NoCommission,
}

text_enum!(RefundReversedOutcome);

/// The reversal of a refund: the data that was sent, and the outcome. There is at most one per refund, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = refund_reversals, check_for_backend(diesel::pg::Pg))]
pub struct RefundReversal {
    /// The tenant of the refund.
    pub tenant_id: TenantId,
    /// The refund that was reversed.
    pub refund_id: String,
    /// When the refund was reversed.
    pub reversed_at: DateTime<Utc>,
    /// The reason that was given.
    pub reason: String,
    /// The id of the user or service that recorded the reversal.
    pub actor: String,
    /// The outcome.
    pub outcome: RefundReversedOutcome,
    /// When the reversal was recorded, by the database's clock.
    pub received_at: DateTime<Utc>,
}
