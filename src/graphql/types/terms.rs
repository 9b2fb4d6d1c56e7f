//! The object types of terms: those of partners and those of managed accounts.

use async_graphql::{Context, Object};

use crate::auth::Authorized;
use crate::domain::partner::{PartnerStatus, PartnerTier};
use crate::domain::{account, partner};
use crate::graphql::context::request;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::Result;
use crate::primitives::timestamp::Timestamp;

/// A change of the terms of a partner within the caller's scope.
pub struct PartnerTerms(pub Authorized<partner::terms::TermsChange>);

/// The terms of a partner from one moment on, until the next one. Never changed: a correction of the past is a further
/// entry with the same effectiveFrom, which replaces the earlier ones.
#[Object]
impl PartnerTerms {
    /// The moment from which the terms hold; 2000-01-01 for those with which the partner began.
    async fn effective_from(&self) -> Timestamp {
        self.0.effective_from.into()
    }

    /// The status: whether the partner earned on invoices paid at that time, and could be paid.
    async fn status(&self) -> PartnerStatus {
        self.0.status
    }

    /// The rank in the tenant's partner programme.
    async fn tier(&self) -> PartnerTier {
        self.0.tier
    }

    /// The rate of managed accounts without a rate of their own, as a fraction with 4 decimals; null if they earned no
    /// commission.
    async fn default_commission_rate(&self) -> Option<DecimalText> {
        self.0.default_commission_rate.map(|rate| rate.to_decimal_text())
    }

    /// The user id of the caller that made the change. Partner users see `"staff"` instead.
    async fn changed_by(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(shown_actor(ctx, &self.0.changed_by)?)
    }

    /// The instant of the change, by the clock of the database: commissions recorded before it are not affected.
    async fn changed_at(&self) -> Timestamp {
        self.0.changed_at.into()
    }
}

/// A change of the terms of a managed account within the caller's scope.
pub struct ManagedAccountTerms(pub Authorized<account::terms::TermsChange>);

/// The rate of a managed account from one moment on, until the next one. Never changed: a correction of the past is a
/// further entry with the same effectiveFrom, which replaces the earlier ones.
#[Object]
impl ManagedAccountTerms {
    /// The moment from which the rate holds; 2000-01-01 for the one with which the account began.
    async fn effective_from(&self) -> Timestamp {
        self.0.effective_from.into()
    }

    /// The rate that overrides the partner's default rate, as a fraction with 4 decimals: `"0.0000"` earns nothing; null
    /// means that the default rate applied.
    async fn custom_commission_rate(&self) -> Option<DecimalText> {
        self.0.custom_commission_rate.map(|rate| rate.to_decimal_text())
    }

    /// The user id of the caller that made the change. Partner users see `"staff"` instead.
    async fn changed_by(&self, ctx: &Context<'_>) -> async_graphql::Result<&str> {
        Ok(shown_actor(ctx, &self.0.changed_by)?)
    }

    /// The instant of the change, by the clock of the database: commissions recorded before it are not affected.
    async fn changed_at(&self) -> Timestamp {
        self.0.changed_at.into()
    }
}

/// Returns the user id of a change as the caller may see it.
fn shown_actor<'a>(ctx: &Context<'_>, actor: &'a str) -> Result<&'a str> {
    Ok(if request(ctx)?.caller().is_partner_user() { "staff" } else { actor })
}
