//! The mutations of saved views.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::saved_view;
use crate::domain::saved_view::create::CreateSavedViewInput;
use crate::domain::saved_view::delete::DeleteSavedViewInput;
use crate::domain::saved_view::update::UpdateSavedViewInput;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::{DeleteSavedViewPayload, SavedViewPayload};

/// The mutations of saved views.
#[derive(Default)]
pub struct SavedViewMutation;

#[Object]
impl SavedViewMutation {
    /// Saves a filter and an order of a list under a name. Rejected with DUPLICATE if the viewer has a view of the list
    /// with this name, so that repeating it saves nothing twice. For staff.
    #[graphql(guard = "require(Permission::SaveViews)")]
    async fn create_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The list, the name, the filter and the order.")] input: CreateSavedViewInput,
    ) -> async_graphql::Result<Option<SavedViewPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::CreateSavedView, saved_view::create::create, &input).await?.into()))
    }

    /// Renames, redefines or shares a saved view; absent fields remain unchanged. Only its owner or an admin may, else
    /// INVALID_STATE. For staff.
    #[graphql(guard = "require(Permission::SaveViews)")]
    async fn update_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view and its changed fields.")] input: UpdateSavedViewInput,
    ) -> async_graphql::Result<Option<SavedViewPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::UpdateSavedView, saved_view::update::update, &input).await?.into()))
    }

    /// Deletes a saved view, for all who see it; repeated, NOT_FOUND. Only its owner or an admin may, else INVALID_STATE.
    /// For staff.
    #[graphql(guard = "require(Permission::SaveViews)")]
    async fn delete_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view to be deleted.")] input: DeleteSavedViewInput,
    ) -> async_graphql::Result<Option<DeleteSavedViewPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::DeleteSavedView, saved_view::delete::delete, &input).await?.into()))
    }
}
