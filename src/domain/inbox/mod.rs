//! The inbox: events that others send by webhooks. Each is kept once, and handled afterwards.

pub mod handle;
pub mod invoices;
pub mod list;
pub mod receive;
pub mod replay;
pub mod store;
pub mod sweep;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

use super::db::rail_schema::inbox_events;
use crate::auth::PartnerOwned;
use crate::primitives::id::{InboxEventId, PartnerId, TenantId};
use crate::primitives::text_enum::text_enum;

/// The status of an event that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum InboxEventStatus {
    /// Waiting to be handled.
    Pending,
    /// Done: what the event asks for has happened.
    Handled,
    /// Nothing was to be done: its type is of no interest, or it is of the other mode.
    Ignored,
    /// Given up: it cannot be handled, or was tried for three days; staff decide.
    Dead,
}

text_enum!(InboxEventStatus);

/// The senders of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum InboxSource {
    /// Stripe, by the webhooks of the tenant's account.
    Stripe,
}

text_enum!(InboxSource);

/// An event that was received. Its body is only read to handle it.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = inbox_events, check_for_backend(diesel::pg::Pg))]
pub struct InboxEvent {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: InboxEventId,
    /// The sender.
    pub source: InboxSource,
    /// The id that the sender gave it.
    pub event_id: String,
    /// Its type, in the words of the sender.
    pub event_type: String,
    /// The account of a partner that it is about, if the sender says so.
    pub account: Option<String>,
    /// Whether it is of real money.
    pub is_live: bool,
    /// The status.
    pub status: InboxEventStatus,
    /// What became of it, if that is not obvious; of a PENDING one, why it could not be handled yet.
    pub message: Option<String>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// When it was handled, ignored or given up.
    pub handled_at: Option<DateTime<Utc>>,
}

impl PartnerOwned for InboxEvent {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    /// Returns no partner: an event is only within a scope of all partners.
    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}
