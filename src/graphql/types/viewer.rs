//! Who is asking, and the tenant they belong to, as clients see them.

use async_graphql::{Context, Enum, ID, Object};

use super::partner::Partner;
use crate::auth::Role;
use crate::domain::{partner, tenant};
use crate::graphql::context::request;
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;

/// What kind of caller somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ViewerKind {
    /// A user of one or more partners.
    PartnerUser,
    /// A member of the tenant's staff: admin, finance, support or auditor.
    Staff,
    /// A program, such as the billing service.
    Service,
}

/// Who is asking.
pub struct Viewer;

/// Who is asking, by their token.
#[Object]
impl Viewer {
    /// What kind of caller they are.
    async fn kind(&self, ctx: &Context<'_>) -> async_graphql::Result<ViewerKind> {
        Ok(match request(ctx)?.caller().identity().role() {
            Role::Partner => ViewerKind::PartnerUser,
            Role::Admin | Role::Finance | Role::Support | Role::Auditor => ViewerKind::Staff,
            Role::Billing => ViewerKind::Service,
        })
    }

    /// Their user id: the `sub` of the token.
    async fn user_id(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(request(ctx)?.caller().identity().user().to_owned())
    }

    /// The tenant they belong to.
    async fn tenant(&self, ctx: &Context<'_>) -> async_graphql::Result<Tenant> {
        Ok(Tenant(tenant::current(&mut *request(ctx)?.session().await?).await?))
    }

    /// Their role, as in the token: partner, admin, finance, support, auditor or billing.
    async fn role(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(request(ctx)?.caller().identity().role().to_string())
    }

    /// The partners that a partner user is linked to, by name; empty for staff and services.
    async fn partners(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Partner>> {
        let linked = partner::store::linked(&mut *request(ctx)?.session().await?).await?;
        Ok(linked.into_iter().map(Partner).collect())
    }
}

/// A tenant.
pub struct Tenant(pub tenant::Tenant);

/// A customer of the platform, and the settings by which it pays its partners.
#[Object]
impl Tenant {
    /// Its name in tokens, where it is the `tenant_id`.
    async fn id(&self) -> ID {
        (&self.0.tenant_id).into()
    }

    /// Its name for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The IANA time zone in which the months of dashboards begin.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// The payout currency of new partners that name none.
    async fn default_currency(&self) -> Currency {
        self.0.default_currency
    }

    /// Days from a customer's payment until its commission may be paid out.
    async fn hold_days(&self) -> i32 {
        self.0.hold_days
    }

    /// The day of the month, 1 to 28, on which payouts are run; null if there is none.
    async fn payout_day(&self) -> Option<i32> {
        self.0.payout_day
    }

    /// The least that is paid out: one amount for each currency that has a minimum, by currency code.
    async fn minimum_payouts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Money>> {
        Ok(tenant::minimum_payouts(&mut *request(ctx)?.session().await?).await?)
    }
}
