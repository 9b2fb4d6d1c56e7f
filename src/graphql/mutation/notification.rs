//! The mutation of the notifications that users choose.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::mail::preference::{self, UpdateNotificationPreferencesInput};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::UpdateNotificationPreferencesPayload;

/// The mutation of the notifications that users choose.
#[derive(Default)]
pub struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Chooses which notifications the viewer is sent by mail, for all partners that the viewer is linked to. Repeated, it has
    /// no further effect. For partner users.
    #[graphql(guard = "require(Permission::ChooseNotifications)")]
    async fn update_notification_preferences(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The kinds, and whether each is wanted.")] input: UpdateNotificationPreferencesInput,
    ) -> async_graphql::Result<Option<UpdateNotificationPreferencesPayload>> {
        let act = Act::UpdateNotificationPreferences;
        Ok(Some(request(ctx)?.mutate(act, preference::update, &input).await?.into()))
    }
}
