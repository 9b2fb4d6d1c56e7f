//! The object type of status changes.

use async_graphql::{Context, Object};

use crate::domain::history::{self, StatusChangeKind};
use crate::graphql::context::request;
use crate::primitives::timestamp::Timestamp;

/// A status change of a row within the caller's scope.
pub struct StatusChange(pub history::StatusChange);

/// A change of status, or a correction by staff that left the status as it was; recorded in the same transaction.
#[Object]
impl StatusChange {
    /// The kind of the entry: a change of status, or something that left the status as it was.
    async fn kind(&self) -> StatusChangeKind {
        self.0.kind
    }

    /// The status before the change; null for the creation of the object.
    async fn from(&self) -> Option<&str> {
        self.0.from_status.as_deref()
    }

    /// The status after the change; the same as before, unless the kind is STATUS.
    async fn to(&self) -> &str {
        &self.0.to_status
    }

    /// The instant of the change, by the clock of the database.
    async fn at(&self) -> Timestamp {
        self.0.changed_at.into()
    }

    /// The user id of the caller that made the change. Partner users see their own user id, and `"staff"` instead of
    /// every other one, services included.
    async fn actor(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        let caller = request(ctx)?.caller();
        let is_hidden = caller.is_partner_user() && caller.identity().user() != self.0.actor;
        Ok(if is_hidden { "staff" } else { &self.0.actor })
    }

    /// The reason that the caller stated; null if none was stated, and always null for partner users and services.
    async fn reason(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let request = request(ctx)?;
        let sees_notes = request.caller().sees_staff_notes();
        Ok(request.work().count_text(self.0.reason.as_deref().filter(|_| sees_notes))?)
    }
}

/// Returns the object types of a history; none if it is empty.
pub fn status_changes(history: Option<Vec<history::StatusChange>>) -> Vec<StatusChange> {
    history.unwrap_or_default().into_iter().map(StatusChange).collect()
}
