//! Referral leads as clients see them.

use async_graphql::{Context, ID, Object};

use super::masked;
use super::partner::Partner;
use crate::auth::Authorized;
use crate::domain::referral::{self, ReferralStatus};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::request;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::error::Result;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A referral lead.
pub struct ReferralLead(pub Authorized<referral::ReferralLead>);

impl From<Authorized<referral::ReferralLead>> for ReferralLead {
    fn from(row: Authorized<referral::ReferralLead>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for ReferralLead {
    type Row = referral::ReferralLead;
    const CONNECTION: &'static str = "ReferralLeadConnection";
    const EDGE: &'static str = "ReferralLeadEdge";

    fn lists(loaders: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        Some(&loaders.leads)
    }
}

impl ReferralLead {
    /// Whether names and addresses are kept from whoever asks: a partner's user sees in the clear only what the
    /// partner itself submitted.
    fn hidden(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.caller().is_partner_user() && !self.0.submitted_by_partner)
    }
}

/// A possible customer that a partner told of. Partner users see the contact in the clear if the partner submitted
/// it; of leads that staff took down for the partner they see names masked and no telephone number.
#[Object]
impl ReferralLead {
    /// Its id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that told of it.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The company.
    async fn company_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let name = self.0.company_name.as_deref();
        Ok(if self.hidden(ctx)? { name.map(masked) } else { name.map(str::to_owned) })
    }

    /// Whom to talk to.
    async fn contact_name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let name = &self.0.contact_name;
        Ok(if self.hidden(ctx)? { masked(name) } else { name.clone() })
    }

    /// Their e-mail address.
    async fn contact_email(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let email = &self.0.contact_email;
        Ok(if self.hidden(ctx)? { masked(email) } else { email.clone() })
    }

    /// Their telephone number.
    async fn contact_phone(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let hidden = self.hidden(ctx)?;
        Ok(self.0.contact_phone.as_deref().filter(|_| !hidden))
    }

    /// What the submitter expects it to be worth.
    async fn estimated_value(&self) -> Option<Money> {
        self.0.estimated_value()
    }

    /// What it turned out to be worth.
    async fn actual_value(&self) -> Option<Money> {
        self.0.actual_value()
    }

    /// How far it has come.
    async fn status(&self) -> ReferralStatus {
        self.0.status
    }

    /// Where the partner met it, in its own words.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// What else to know. Staff see what staff wrote last, or else what the submitter wrote; partner users see what
    /// their partner wrote, and never what staff wrote.
    async fn notes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let submitted = self.0.notes.as_deref();
        if request(ctx)?.caller().is_partner_user() {
            return Ok(submitted.filter(|_| self.0.submitted_by_partner));
        }
        Ok(self.0.staff_notes.as_deref().or(submitted))
    }

    /// When it was submitted.
    async fn submitted_at(&self) -> Timestamp {
        self.0.submitted_at.into()
    }

    /// When it first became CONTACTED.
    async fn first_contact_at(&self) -> Option<Timestamp> {
        self.0.first_contact_at.map(Timestamp)
    }

    /// When it first became QUALIFIED.
    async fn qualified_at(&self) -> Option<Timestamp> {
        self.0.qualified_at.map(Timestamp)
    }

    /// When it first became CONVERTED.
    async fn converted_at(&self) -> Option<Timestamp> {
        self.0.converted_at.map(Timestamp)
    }

    /// The customer it became, as the billing system names it; null unless it is CONVERTED.
    async fn converted_customer_id(&self) -> Option<&str> {
        self.0.converted_customer_id.as_deref()
    }
}
