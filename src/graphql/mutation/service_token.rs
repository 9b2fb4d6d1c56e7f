//! The mutations of service tokens.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::tenant::service_token::create::{CreateServiceTokenInput, create_once};
use crate::domain::tenant::service_token::revoke::{RevokeServiceTokenInput, revoke_by_input};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::{CreateServiceTokenPayload, ServiceTokenPayload};

/// The mutations of service tokens.
#[derive(Default)]
pub struct ServiceTokenMutation;

#[Object]
impl ServiceTokenMutation {
    /// Creates a token for a service, such as billing; `secret` shows it once. Two tokens may be valid at a time, so that they
    /// can be rotated; a third one is rejected with INVALID_STATE. For admins.
    #[graphql(guard = "require(Permission::ManageServiceTokens)")]
    async fn create_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name of the service, and when the token expires.")]
        input: CreateServiceTokenInput,
    ) -> async_graphql::Result<Option<CreateServiceTokenPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::CreateServiceToken, create_once, &input).await?.into()))
    }

    /// Revokes a service token, effective with the next request. This cannot be undone. Repeating the call has no further
    /// effect. For admins.
    #[graphql(guard = "require(Permission::ManageServiceTokens)")]
    async fn revoke_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token to be revoked.")] input: RevokeServiceTokenInput,
    ) -> async_graphql::Result<Option<ServiceTokenPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::RevokeServiceToken, revoke_by_input, &input).await?.into()))
    }
}
