//! Managed accounts as clients see them.

use async_graphql::{Context, ID, Object};
use chrono::Utc;

use super::masked;
use super::partner::Partner;
use crate::auth::{Authorized, Permission};
use crate::domain::account;
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::decimal::DecimalText;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A managed account.
pub struct ManagedAccount(pub Authorized<account::ManagedAccount>);

impl From<Authorized<account::ManagedAccount>> for ManagedAccount {
    fn from(row: Authorized<account::ManagedAccount>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for ManagedAccount {
    type Row = account::ManagedAccount;
    const CONNECTION: &'static str = "ManagedAccountConnection";
    const EDGE: &'static str = "ManagedAccountEdge";

    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        Some(&loaders.accounts)
    }
}

/// A customer that a partner manages for some time: the partner earns on what it pays in that time.
#[Object]
impl ManagedAccount {
    /// Its id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that manages it.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The customer, as the billing system names it.
    async fn customer_id(&self) -> &str {
        &self.0.customer_id
    }

    /// The customer, as people name it. Partner users see the first letter of each word: `"A*** C***"`.
    async fn customer_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let name = self.0.customer_name.as_deref();
        let hidden = request(ctx)?.caller().is_partner_user();
        Ok(if hidden { name.map(masked) } else { name.map(str::to_owned) })
    }

    /// What the partner does for the customer, in the tenant's own words.
    async fn engagement_type(&self) -> &str {
        &self.0.engagement_type
    }

    /// Whether it is in force now.
    async fn is_active(&self) -> bool {
        self.0.is_in_force(Utc::now())
    }

    /// From when the partner manages the customer.
    async fn starts_at(&self) -> Timestamp {
        self.0.starts_at.into()
    }

    /// The first moment at which it no longer does; null until it is ended.
    async fn ends_at(&self) -> Option<Timestamp> {
        self.0.ends_at.map(Timestamp)
    }

    /// What the partner earns on this account in place of its default, as a fraction with 4 decimals. `"0.0000"`
    /// means that nothing is earned; null means the partner's default.
    async fn custom_commission_rate(&self) -> Option<DecimalText> {
        self.0.custom_commission_rate.map(|rate| rate.shown())
    }

    /// What is earned on the next invoice, as a fraction with 4 decimals: customCommissionRate, or else the
    /// partner's default; null if there is neither.
    async fn effective_commission_rate(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Option<DecimalText>> {
        let rate = match self.0.custom_commission_rate {
            Some(rate) => Some(rate),
            None => {
                request(ctx)?
                    .loaders()
                    .partner
                    .load_required(self.0.partner_id)
                    .await?
                    .default_commission_rate
            }
        };
        Ok(rate.map(|rate| rate.shown()))
    }

    /// What the customer paid on this account, by the base amounts of its commission events, less what it got back;
    /// one amount for each currency.
    #[graphql(guard = "require(Permission::Read)")]
    async fn revenue_generated(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Money>> {
        let earnings = request(ctx)?.loaders().account_earnings.load(self.0.id).await?;
        Ok(earnings.unwrap_or_default().iter().map(|earnings| earnings.revenue).collect())
    }

    /// What the partner earned on this account; one amount for each currency.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commissions_earned(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Money>> {
        let earnings = request(ctx)?.loaders().account_earnings.load(self.0.id).await?;
        Ok(earnings.unwrap_or_default().iter().map(|earnings| earnings.commissions).collect())
    }
}
