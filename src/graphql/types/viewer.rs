//! The object types of the caller and its tenant.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::legal::TenantLegalIdentity;
use super::mail::NotificationPreference;
use super::partner::Partner;
use super::payment_file::PayingAccount;
use super::payout_attempt::StripeConnection;
use crate::auth::{Permission, Role};
use crate::domain::mail::preference;
use crate::domain::payout_attempt::{self, PayoutRail};
use crate::domain::tenant::{self, TenantSettings, branding};
use crate::domain::{paying_account, stripe_connection};
use crate::graphql::context::{counted, request};
use crate::graphql::guard::require;
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;

/// The kinds of callers, by their roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ViewerKind {
    /// A user that is linked to one or more partners.
    PartnerUser,
    /// A member of the tenant's staff with the role admin, finance, support or auditor.
    Staff,
    /// A program with a service token, such as the billing service.
    Service,
}

/// The caller of the request.
pub struct Viewer;

/// The caller of the request, by its token.
#[Object]
impl Viewer {
    /// The kind of the caller, determined by its role.
    async fn kind(&self, ctx: &Context<'_>) -> async_graphql::Result<ViewerKind> {
        Ok(match request(ctx)?.caller().identity().role() {
            Role::Partner => ViewerKind::PartnerUser,
            Role::Admin | Role::Finance | Role::Support | Role::Auditor => ViewerKind::Staff,
            Role::Billing => ViewerKind::Service,
        })
    }

    /// The id of the user or service: the claim `sub` of the token.
    async fn user_id(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(request(ctx)?.caller().identity().user().to_owned())
    }

    /// The tenant that the caller belongs to.
    async fn tenant(&self, ctx: &Context<'_>) -> async_graphql::Result<Tenant> {
        Ok(Tenant(tenant::settings(&mut *request(ctx)?.session().await?).await?))
    }

    /// The role of the caller: partner, admin, finance, support, auditor or billing.
    async fn role(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(request(ctx)?.caller().identity().role().to_string())
    }

    /// The partners that the caller is linked to, ordered by company name; empty for staff and services.
    async fn partners(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Partner>> {
        let linked = request(ctx)?.linked_partners().await?;
        counted(ctx, linked.into_iter().map(Partner).collect()).await
    }

    /// The notifications that the caller is sent by mail: one preference for each kind that can be turned off; empty for staff and
    /// services.
    async fn notification_preferences(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<NotificationPreference>> {
        let request = request(ctx)?;
        if !request.caller().is_partner_user() {
            return Ok(Vec::new());
        }
        let preferences = preference::own(&mut *request.session().await?).await?;
        counted(ctx, preferences.into_iter().map(Into::into).collect()).await
    }
}

/// The tenant of the caller.
pub struct Tenant(pub Arc<TenantSettings>);

/// A company that pays commissions to its partners, and the settings by which it does.
#[Object]
impl Tenant {
    /// The id of the tenant: the claim `tenant_id` of tokens. The only id that is not a UUID.
    pub async fn id(&self) -> ID {
        (&self.0.tenant.tenant_id).into()
    }

    /// The name of the tenant, for display.
    async fn name(&self) -> &str {
        &self.0.tenant.name
    }

    /// The IANA time zone in which months start and payout days fall.
    async fn time_zone(&self) -> &str {
        &self.0.tenant.time_zone
    }

    /// The payout currency of new partners that are created without one.
    async fn default_currency(&self) -> Currency {
        self.0.tenant.default_currency
    }

    /// The number of days, 0 to 365, between the date of a commission event and the instant from which it may be paid
    /// out.
    async fn hold_days(&self) -> i32 {
        self.0.tenant.hold_days
    }

    /// The colour of the tenant on light backgrounds: `"#1d4f9e"`. Its contrast to white and to the pages of the portal is at
    /// least 4.5:1. Null if none is set.
    async fn brand_color(&self) -> Option<&str> {
        self.0.tenant.brand_color.as_deref()
    }

    /// The same colour for dark backgrounds, lighter where that is needed for a contrast of 4.5:1; null if none is set.
    async fn brand_color_on_dark(&self) -> Option<String> {
        self.0.tenant.brand_color.as_deref().and_then(branding::on_dark)
    }

    /// The path of the tenant's logo, a PNG or WebP image, for a GET request with the caller's token; null if there is
    /// none. A new logo has another path.
    async fn logo_path(&self) -> Option<String> {
        self.0.tenant.logo_sha256.as_ref().map(|sha256| format!("/tenant-logo/{sha256}"))
    }

    /// The e-mail address that is notified of webhook endpoints that do not work; null if none is set. For staff.
    #[graphql(guard = "require(Permission::ReadMails)")]
    async fn contact_email(&self) -> Option<&str> {
        self.0.tenant.contact_email.as_deref()
    }

    /// The day of the month on which payouts are run, 1 to 28; null if none is set.
    async fn payout_day(&self) -> Option<i32> {
        self.0.tenant.payout_day
    }

    /// The minimum payouts, ordered by currency code: at most one amount per currency. A currency without one has no
    /// minimum.
    async fn minimum_payouts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Money>> {
        counted(ctx, self.0.minimum_payouts.clone()).await
    }

    /// The Stripe account that payouts are sent from; null if none is connected. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn stripe(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<StripeConnection>> {
        let connection = stripe_connection::store::own(&mut *request(ctx)?.session().await?).await?;
        Ok(connection.map(StripeConnection))
    }

    /// The bank account that payment files are paid from; null if none is set. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn paying_account(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<PayingAccount>> {
        let account = paying_account::store::own(&mut *request(ctx)?.session().await?).await?;
        Ok(account.map(PayingAccount))
    }

    /// The rails by which the tenant can pay out now: STRIPE while it is connected to Stripe, and FILE once the account that it
    /// pays from by payment files is set. Empty if all payouts are paid by hand.
    async fn payout_rails(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PayoutRail>> {
        Ok(payout_attempt::store::rails(&mut *request(ctx)?.session().await?).await?)
    }

    /// The legal identity of the tenant, as invoices state it; null if none was given.
    #[graphql(guard = "require(Permission::Read)")]
    async fn legal(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<TenantLegalIdentity>> {
        let tenant = self.0.tenant.tenant_id.clone();
        Ok(request(ctx)?.loaders().tenant_legal.load(tenant).await?.map(TenantLegalIdentity))
    }
}
