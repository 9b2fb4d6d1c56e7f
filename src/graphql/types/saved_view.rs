//! The object type of saved views.

use async_graphql::{Context, ID, Object};

use crate::auth::Authorized;
use crate::domain::saved_view::{self, SavedViewList};
use crate::graphql::context::request;
use crate::primitives::timestamp::Timestamp;

/// A saved view that the caller sees.
pub struct SavedView(pub Authorized<saved_view::SavedView>);

/// A filter and an order of a list under a name, of one member of staff or shared with all staff of the tenant.
#[Object]
impl SavedView {
    /// The id of the view: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The list that it is a view of.
    async fn list(&self) -> SavedViewList {
        self.0.list
    }

    /// The name, unique among the views of its owner and the list.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The filter as JSON, to be passed to the list: `{}` for all rows.
    async fn filter(&self) -> String {
        self.0.filter()
    }

    /// The order as JSON, to be passed to the list; null for the default of the list.
    async fn order_by(&self) -> Option<String> {
        self.0.order_by()
    }

    /// Whether all staff of the tenant see it.
    async fn is_shared(&self) -> bool {
        self.0.is_shared
    }

    /// The user id of the member of staff who saved it.
    async fn owner(&self) -> &str {
        &self.0.owner
    }

    /// Whether the viewer saved it.
    async fn is_own(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        Ok(self.0.is_owned_by(request(ctx)?.caller()))
    }

    /// The instant at which it was saved or last changed.
    async fn changed_at(&self) -> Timestamp {
        self.0.changed_at.into()
    }
}
