//! The sums of whole lists, by currency: of every row that matches a filter, not of a page.

use async_graphql::{Context, Object};

use super::context::{counted, request};
use super::guard::require;
use crate::auth::Permission;
use crate::domain::commission::{CommissionEvent, CommissionEventFilter};
use crate::domain::db::list_query::{Totalled, totals, validated_filter};
use crate::domain::payout::{Payout, PayoutFilter};
use crate::primitives::money::Money;

/// The sums of whole lists.
#[derive(Default)]
pub struct TotalQuery;

#[Object]
impl TotalQuery {
    /// The sums of the commissions of all commission events that match a filter, one per currency, in the order of the codes;
    /// whatever their status, so that those that were cancelled or clawed back count unless the filter excludes them. Filtering
    /// by a partner outside of the viewer's scope is FORBIDDEN.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_event_totals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the commission events, as of commissionEvents; default all.")]
        filter: Option<CommissionEventFilter>,
    ) -> async_graphql::Result<Vec<Money>> {
        of_list::<CommissionEvent>(ctx, filter).await
    }

    /// The sums of the totals of all payouts that match a filter, one per currency, in the order of the codes; whatever their
    /// status. Filtering by a partner outside of the viewer's scope is FORBIDDEN.
    #[graphql(guard = "require(Permission::Read)")]
    async fn payout_totals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the payouts, as of payouts; default all.")] filter: Option<
            PayoutFilter,
        >,
    ) -> async_graphql::Result<Vec<Money>> {
        of_list::<Payout>(ctx, filter).await
    }
}

async fn of_list<R: Totalled>(
    ctx: &Context<'_>,
    filter: Option<R::Filter>,
) -> async_graphql::Result<Vec<Money>> {
    let request = request(ctx)?;
    let filter = validated_filter::<R>(request.caller(), filter)?;
    let sums = totals::<R>(&mut *request.session().await?, &filter).await?;
    counted(ctx, sums).await
}
