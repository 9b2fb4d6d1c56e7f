//! The queries of staff on all partners together, and on the tenant itself.

use async_graphql::{Context, Object};

use super::context::{counted, request};
use super::guard::require;
use super::types::overview::Overview;
use super::types::service_token::ServiceToken;
use super::types::work_queue::WorkQueueCounts;
use crate::auth::Permission;
use crate::domain::reporting::{self, OVERVIEW_MONTHS_MAX};
use crate::domain::tenant::service_token;
use crate::primitives::error::Error;

/// The queries of staff on all partners together, and on the tenant itself.
#[derive(Default)]
pub struct StaffQuery;

#[Object]
impl StaffQuery {
    /// The numbers of rows that wait for staff. Cheap enough to be asked for every half minute. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn work_queue(&self, ctx: &Context<'_>) -> async_graphql::Result<WorkQueueCounts> {
        Ok(WorkQueueCounts(reporting::work_queue(&mut *request(ctx)?.session().await?).await?))
    }

    /// The sums of all partners: what they earned and are owed, by currency and month, the largest debts and earners, and what
    /// waits for staff; all from one snapshot of the database. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn overview(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 12, desc = "The number of months up to the current one, 1 to 24.")] months: i32,
    ) -> async_graphql::Result<Overview> {
        if !(1..=OVERVIEW_MONTHS_MAX).contains(&months) {
            let message = format!("is {months}; it must be 1 to {OVERVIEW_MONTHS_MAX}");
            return Err(Error::bad_input("months", message).into());
        }
        let mut db = request(ctx)?.session().await?;
        Ok(Overview(db.read_snapshot(async |db| reporting::overview(db, months).await).await?))
    }

    /// The service tokens of the tenant, without their secrets: the valid ones first, then the latest of those that were revoked
    /// or have expired, at most 100 in all. For admins.
    #[graphql(guard = "require(Permission::ManageServiceTokens)")]
    async fn service_tokens(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ServiceToken>> {
        let tokens = service_token::latest(&mut *request(ctx)?.session().await?).await?;
        counted(ctx, tokens.into_iter().map(ServiceToken::from).collect()).await
    }
}
