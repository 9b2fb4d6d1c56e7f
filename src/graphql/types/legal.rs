//! The object types of legal identities.

use std::sync::Arc;

use async_graphql::{Context, Object};

use crate::auth::Authorized;
use crate::domain::legal;
use crate::domain::partner::legal::{PartnerLegal, TaxTreatment};
use crate::domain::statement::self_billing;
use crate::graphql::context::{counted, request};
use crate::primitives::timestamp::Timestamp;

/// The legal identity of a partner within the caller's scope.
pub struct LegalIdentity(pub Authorized<PartnerLegal>);

/// The legal identity of a partner, as its invoices state it, and whether the tenant issues them: self-billing.
#[Object]
impl LegalIdentity {
    /// The full name under which the partner is registered.
    async fn name(&self) -> &str {
        &self.0.identity.name
    }

    /// The lines of the address, without the country.
    async fn address_lines(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<&str>> {
        counted(ctx, self.0.identity.address_lines().collect()).await
    }

    /// The country of the address, by its ISO 3166-1 alpha-2 code.
    async fn country(&self) -> &str {
        self.0.identity.country.code()
    }

    /// The VAT identification number, without blanks, points and hyphens; null for none.
    async fn vat_id(&self) -> Option<&str> {
        self.0.identity.vat_id.as_deref()
    }

    /// The way in which VAT applies to what the partner supplies to the tenant; null if it was not stated.
    async fn tax_treatment(&self) -> Option<TaxTreatment> {
        self.0.tax_treatment
    }

    /// A note on invoices about the treatment; null for nothing besides its name.
    async fn tax_note(&self) -> Option<&str> {
        self.0.tax_note.as_deref()
    }

    /// The time at which the partner agreed that the tenant issues its invoices; null without such an agreement.
    async fn self_billing_agreed_at(&self) -> Option<Timestamp> {
        self.0.self_billing_agreed_at.map(Timestamp::from)
    }

    /// Whether the statement of a payout that is completed now is an invoice: with an agreement, a tax treatment and a legal
    /// identity of the tenant, which needs a vatId for REVERSE_CHARGE.
    async fn is_self_billed(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let tenant = self.0.tenant_id.clone();
        let customer = request(ctx)?.loaders().tenant_legal.load(tenant).await?;
        Ok(self_billing::treatment(&self.0, customer.as_deref()).is_some())
    }
}

/// The legal identity of the tenant of the caller.
pub struct TenantLegalIdentity(pub Arc<legal::LegalIdentity>);

/// The legal identity of the tenant, as invoices state it: it is the customer on invoices under self-billing.
#[Object]
impl TenantLegalIdentity {
    /// The full name under which the tenant is registered.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The lines of the address, without the country.
    async fn address_lines(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<&str>> {
        counted(ctx, self.0.address_lines().collect()).await
    }

    /// The country of the address, by its ISO 3166-1 alpha-2 code.
    async fn country(&self) -> &str {
        self.0.country.code()
    }

    /// The VAT identification number, without blanks, points and hyphens; null for none.
    async fn vat_id(&self) -> Option<&str> {
        self.0.vat_id.as_deref()
    }
}
