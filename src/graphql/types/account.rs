//! The object type of managed accounts.

use async_graphql::{Context, ID, Object};
use chrono::Utc;

use super::mask_identifier;
use super::partner::Partner;
use super::terms::ManagedAccountTerms;
use crate::auth::{Authorized, Permission};
use crate::domain::account;
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::{counted, request};
use crate::graphql::guard::require;
use crate::graphql::loader::Loader;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::mask::mask;
use crate::graphql::reference::{Reference, Referenced};
use crate::primitives::decimal::DecimalText;
use crate::primitives::id::ManagedAccountId;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A managed account within the caller's scope.
pub struct ManagedAccount(pub Authorized<account::ManagedAccount>);

impl From<Authorized<account::ManagedAccount>> for ManagedAccount {
    fn from(row: Authorized<account::ManagedAccount>) -> Self {
        Self(row)
    }
}

impl Referenced for ManagedAccount {
    type Key = ManagedAccountId;
    type Row = account::ManagedAccount;

    fn loader(loaders: &Loaders) -> &Loader<ManagedAccountId, Authorized<account::ManagedAccount>> {
        &loaders.account
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

/// The assignment of a customer to a partner for a period of time. The partner earns commissions on the invoices that
/// the customer pays within the period.
#[Object]
impl ManagedAccount {
    /// The id of the managed account: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that manages the customer.
    async fn partner(&self) -> Reference<Partner> {
        Reference::new(self.0.partner_id)
    }

    /// The id of the customer in the billing system. Masked for partner users if it contains an @.
    async fn customer_id(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(mask_identifier(ctx, &self.0.customer_id)?)
    }

    /// The name of the customer; null if none was given. Masked for partner users, who see the first letter of each
    /// word: `"A*** C***"`.
    async fn customer_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let name = self.0.customer_name.as_deref();
        let is_masked = request(ctx)?.caller().is_partner_user();
        Ok(if is_masked { name.map(mask) } else { name.map(str::to_owned) })
    }

    /// The kind of service that the partner provides to the customer, a free text of the tenant.
    async fn engagement_type(&self) -> &str {
        &self.0.engagement_type
    }

    /// Whether the assignment is in force now: startsAt has passed, and endsAt has not.
    async fn is_active(&self) -> bool {
        self.0.is_in_force(Utc::now())
    }

    /// The start of the assignment; an invoice paid at this instant is included.
    async fn starts_at(&self) -> Timestamp {
        self.0.starts_at.into()
    }

    /// The end of the assignment; an invoice paid at this instant is excluded. Null if no end is set.
    async fn ends_at(&self) -> Option<Timestamp> {
        self.0.ends_at.map(Timestamp)
    }

    /// The present rate of this account, which overrides the partner's default rate, as a fraction with 4 decimals: `"0.1500"`
    /// is 15 %. `"0.0000"` earns nothing; null means that the default rate applies.
    async fn custom_commission_rate(&self) -> Option<DecimalText> {
        self.0.custom_commission_rate.map(|rate| rate.to_decimal_text())
    }

    /// The rate of an invoice paid now, as a fraction with 4 decimals: customCommissionRate, or else the partner's
    /// defaultCommissionRate. Null if both are null: then invoices earn no commission.
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
                    .terms
                    .default_commission_rate
            }
        };
        Ok(rate.map(|rate| rate.to_decimal_text()))
    }

    /// The rates of this account, past, present and scheduled, latest effectiveFrom first. Of entries with the same
    /// effectiveFrom, the first one holds and has replaced the others.
    #[graphql(guard = "require(Permission::Read)")]
    async fn terms(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ManagedAccountTerms>> {
        let terms = request(ctx)?.loaders().account_terms.load(self.0.id).await?;
        counted(ctx, terms.unwrap_or_default().into_iter().map(ManagedAccountTerms).collect()).await
    }

    /// The sum of the base amounts of this account's commission events, less refunds: one amount per currency. Events
    /// with the status CANCELLED or CLAWBACK do not count.
    #[graphql(guard = "require(Permission::Read)")]
    async fn revenue_generated(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Money>> {
        let earnings = request(ctx)?.loaders().account_earnings.load(self.0.id).await?;
        counted(ctx, earnings.unwrap_or_default().iter().map(|earnings| earnings.revenue).collect()).await
    }

    /// The sum of the commissions of this account, less reversals: one amount per currency. Events with the status
    /// CANCELLED or CLAWBACK do not count.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commissions_earned(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Money>> {
        let earnings = request(ctx)?.loaders().account_earnings.load(self.0.id).await?;
        counted(ctx, earnings.unwrap_or_default().iter().map(|earnings| earnings.commissions).collect()).await
    }
}
