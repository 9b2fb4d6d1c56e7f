//! The guard of a field: the permission that its caller needs.

use async_graphql::{Context, Guard};

use super::context::request;
use crate::auth::Permission;

/// Rejects callers without a permission with `FORBIDDEN`.
pub struct RequirePermission(Permission);

impl Guard for RequirePermission {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        Ok(request(ctx)?.caller().require(self.0)?)
    }
}

/// Returns the guard for a permission: `#[graphql(guard = "require(Permission::Read)")]`.
pub fn require(permission: Permission) -> RequirePermission {
    RequirePermission(permission)
}
