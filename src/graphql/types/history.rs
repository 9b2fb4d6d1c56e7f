//! Lines of a history as clients see them.

use async_graphql::{Context, Object};

use crate::domain::history;
use crate::graphql::context::request;
use crate::primitives::timestamp::Timestamp;

/// One change of status.
pub struct StatusChange(pub history::StatusChange);

/// One change of status, as it was written down in the same transaction.
#[Object]
impl StatusChange {
    /// The status before; null at birth.
    async fn from(&self) -> Option<&str> {
        self.0.from_status.as_deref()
    }

    /// The status after.
    async fn to(&self) -> &str {
        &self.0.to_status
    }

    /// When.
    async fn at(&self) -> Timestamp {
        self.0.changed_at.into()
    }

    /// The user id of who did it. Partner users see their own, and `"staff"` for everybody else, services included.
    async fn actor(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        let caller = request(ctx)?.caller();
        let hidden = caller.is_partner_user() && caller.identity().user() != self.0.actor;
        Ok(if hidden { "staff" } else { &self.0.actor })
    }

    /// Why, if they said so; always null for partner users and services.
    async fn reason(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let seen = request(ctx)?.caller().sees_staff_notes();
        Ok(self.0.reason.as_deref().filter(|_| seen))
    }
}

/// A history as clients see it.
pub fn shown(history: Option<Vec<history::StatusChange>>) -> Vec<StatusChange> {
    history.unwrap_or_default().into_iter().map(StatusChange).collect()
}
