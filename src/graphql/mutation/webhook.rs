//! The mutations of webhooks.

use async_graphql::{Context, MaybeUndefined, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::webhook::endpoint::{
    self, CreateWebhookEndpointInput, DeleteWebhookEndpointInput, RotateWebhookSecretInput,
    UpdateWebhookEndpointInput,
};
use crate::domain::webhook::replay::{self, ReplayWebhooksInput};
use crate::domain::webhook::test_event::{self, TestWebhookEndpointInput};
use crate::graphql::context::{MutationResult, request};
use crate::graphql::guard::require;
use crate::graphql::payload::{
    CreateWebhookEndpointPayload, ReplayWebhooksPayload, RotateWebhookSecretPayload,
    TestWebhookEndpointPayload, WebhookEndpointPayload,
};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::webhook::WebhookSettings;
use crate::webhook::address::Refused;

/// The mutations of webhooks.
#[derive(Default)]
pub struct WebhookMutation;

/// How long the host of a URL may take to be resolved.
const RESOLVE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Checks the URL of an endpoint as every attempt does; rejects one that leads where nothing may be sent. No transaction is
/// open meanwhile.
async fn check_url(settings: &WebhookSettings, url: &str) -> MutationResult<()> {
    let refused = |Refused(why): Refused| {
        vec![UserError::new(UserErrorCode::AddressRefused, format!("the URL {why}")).at("url")]
    };
    let parsed = settings.policy.parse(url).map_err(refused)?;
    let resolved = tokio::time::timeout(RESOLVE_TIMEOUT, settings.policy.resolve(&parsed)).await;
    let too_slow = || Refused("has a host that cannot be resolved in time".to_owned());
    resolved.unwrap_or_else(|_| Err(too_slow())).map_err(refused)?;
    Ok(())
}

fn settings<'c>(ctx: &Context<'c>) -> Result<&'c WebhookSettings> {
    ctx.data::<WebhookSettings>().map_err(|_| Error::internal("there are no settings of webhooks"))
}

#[Object]
impl WebhookMutation {
    /// Creates a webhook endpoint, to which events are sent from now on; at most 20 in a tenant. The payload has the secret
    /// with which bodies are signed, and nothing shows it again. For admins.
    #[graphql(guard = "require(Permission::ManageWebhooks)")]
    async fn create_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint to create.")] input: CreateWebhookEndpointInput,
    ) -> async_graphql::Result<Option<CreateWebhookEndpointPayload>> {
        let settings = settings(ctx)?;
        if let Err(errors) = check_url(settings, &input.url).await {
            return Ok(Some(Err(errors).into()));
        }
        let input = (&input, settings.required_keys()?);
        Ok(Some(request(ctx)?.mutate(Act::CreateWebhookEndpoint, endpoint::create, &input).await?.into()))
    }

    /// Changes a webhook endpoint, enables or disables it. For admins.
    #[graphql(guard = "require(Permission::ManageWebhooks)")]
    async fn update_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint, and its changes.")] input: UpdateWebhookEndpointInput,
    ) -> async_graphql::Result<Option<WebhookEndpointPayload>> {
        if let MaybeUndefined::Value(url) = &input.url
            && let Err(errors) = check_url(settings(ctx)?, url).await
        {
            return Ok(Some(Err(errors).into()));
        }
        Ok(Some(request(ctx)?.mutate(Act::UpdateWebhookEndpoint, endpoint::update, &input).await?.into()))
    }

    /// Gives a webhook endpoint a new secret. For some hours bodies are signed with both, so that no delivery is refused
    /// while the receiver changes its settings. For admins.
    #[graphql(guard = "require(Permission::ManageWebhooks)")]
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint, and for how long the secret before signs as well.")]
        input: RotateWebhookSecretInput,
    ) -> async_graphql::Result<Option<RotateWebhookSecretPayload>> {
        let input = (&input, settings(ctx)?.required_keys()?);
        Ok(Some(request(ctx)?.mutate(Act::RotateWebhookSecret, endpoint::rotate, &input).await?.into()))
    }

    /// Deletes a webhook endpoint; its deliveries stay in the log. For admins.
    #[graphql(guard = "require(Permission::ManageWebhooks)")]
    async fn delete_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint to delete.")] input: DeleteWebhookEndpointInput,
    ) -> async_graphql::Result<Option<WebhookEndpointPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::DeleteWebhookEndpoint, endpoint::delete, &input).await?.into()))
    }

    /// Sends an event of the type `webhook.test` to one endpoint, also to a disabled one. The delivery shows what came of
    /// it. For admins.
    #[graphql(guard = "require(Permission::ManageWebhooks)")]
    async fn test_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint to test.")] input: TestWebhookEndpointInput,
    ) -> async_graphql::Result<Option<TestWebhookEndpointPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::TestWebhookEndpoint, test_event::send, &input).await?.into()))
    }

    /// Delivers an event to an endpoint again, or all events since an instant that it has missed. Receivers recognize an
    /// event by its id, which stays the same. For admins.
    #[graphql(guard = "require(Permission::ManageWebhooks)")]
    async fn replay_webhooks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint, and what to deliver again.")] input: ReplayWebhooksInput,
    ) -> async_graphql::Result<Option<ReplayWebhooksPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::ReplayWebhooks, replay::replay, &input).await?.into()))
    }
}
