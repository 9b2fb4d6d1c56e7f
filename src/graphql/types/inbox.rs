//! The object type of events that were received.

use async_graphql::{ID, Object};

use crate::auth::Authorized;
use crate::domain::inbox::{self, InboxEventStatus, InboxSource};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::timestamp::Timestamp;

/// An event that was received by the caller's tenant.
pub struct InboxEvent(pub Authorized<inbox::InboxEvent>);

impl From<Authorized<inbox::InboxEvent>> for InboxEvent {
    fn from(row: Authorized<inbox::InboxEvent>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for InboxEvent {
    type Row = inbox::InboxEvent;
    const CONNECTION: &'static str = "InboxEventConnection";
    const EDGE: &'static str = "InboxEventEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// An event that another system has reported by a webhook, and what became of it. It is kept once, however often it is sent,
/// and deleted 90 days after it was handled. Its content is not shown. For staff.
#[Object]
impl InboxEvent {
    /// The id of the event: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The system that has sent it.
    async fn source(&self) -> InboxSource {
        self.0.source
    }

    /// The id that the sender gave it, as in `"evt_1AbC"`.
    async fn event_id(&self) -> &str {
        &self.0.event_id
    }

    /// The type, in the words of the sender, as in `"invoice.paid"`.
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// The account of a partner at the sender that it is about, as in `"acct_1AbC"`; null if the sender names none.
    async fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// Whether it is about real money; false for the test mode of the sender.
    async fn is_live(&self) -> bool {
        self.0.is_live
    }

    /// The status: what became of it.
    async fn status(&self) -> InboxEventStatus {
        self.0.status
    }

    /// The outcome, or the reason why it was ignored, given up, or not handled yet, as a phrase in English; null if there is
    /// nothing to say.
    async fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The instant at which it was first received.
    async fn received_at(&self) -> Timestamp {
        self.0.received_at.into()
    }

    /// The instant at which it was handled, ignored or given up; null while it waits.
    async fn handled_at(&self) -> Option<Timestamp> {
        self.0.handled_at.map(Timestamp)
    }
}
