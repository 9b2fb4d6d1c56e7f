//! The object type of referral leads.

use async_graphql::{Context, ID, Object};

use super::mask_identifier;
use super::partner::Partner;
use super::person::Erasure;
use crate::auth::Authorized;
use crate::domain::referral::{self, ReferralStatus};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::{counted, request};
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::mask::mask;
use crate::graphql::reference::Reference;
use crate::primitives::error::Result;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A referral lead within the caller's scope.
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
    /// Returns whether the contact is masked: partner users see it unmasked only if their partner submitted the lead.
    fn is_masked(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(request(ctx)?.caller().is_partner_user() && !self.0.submitted_by_partner)
    }
}

/// A potential customer that a partner has referred. Partner users see the contact if their partner submitted the
/// lead; of leads that staff submitted, they see masked names and no telephone number.
#[Object]
impl ReferralLead {
    /// The id of the referral lead: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner that referred the lead.
    async fn partner(&self) -> Reference<Partner> {
        Reference::new(self.0.partner_id)
    }

    /// The name of the potential customer's company; null if unknown. Masked for partner users if staff submitted the
    /// lead.
    async fn company_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let name = self.0.company_name.as_deref();
        Ok(if self.is_masked(ctx)? { name.map(mask) } else { name.map(str::to_owned) })
    }

    /// The name of the contact person. Masked for partner users if staff submitted the lead.
    async fn contact_name(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let name = &self.0.contact_name;
        Ok(if self.is_masked(ctx)? { mask(name) } else { name.clone() })
    }

    /// The e-mail address of the contact person. Masked for partner users if staff submitted the lead.
    async fn contact_email(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let email = &self.0.contact_email;
        Ok(if self.is_masked(ctx)? { mask(email) } else { email.clone() })
    }

    /// The telephone number of the contact person; null if unknown, and for partner users if staff submitted the lead.
    async fn contact_phone(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let is_masked = self.is_masked(ctx)?;
        Ok(self.0.contact_phone.as_deref().filter(|_| !is_masked))
    }

    /// The value that the submitter expects, not negative; null if unknown.
    async fn estimated_value(&self) -> Option<Money> {
        self.0.estimated_value()
    }

    /// The value that the customer turned out to have, not negative; null until staff enter it.
    async fn actual_value(&self) -> Option<Money> {
        self.0.actual_value()
    }

    /// The present status of the lead.
    async fn status(&self) -> ReferralStatus {
        self.0.status
    }

    /// The origin of the lead, a free text of the submitter; null if none was given.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// The notes on the lead; null if there are none. For staff: their own latest notes, or else the submitter's. For
    /// partner users: the notes that their partner submitted, never those of staff.
    async fn notes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        let submitted = self.0.notes.as_deref();
        let request = request(ctx)?;
        let notes = if request.caller().is_partner_user() {
            submitted.filter(|_| self.0.submitted_by_partner)
        } else {
            self.0.staff_notes.as_deref().or(submitted)
        };
        Ok(request.work().count_text(notes)?)
    }

    /// The instant at which the lead was submitted.
    async fn submitted_at(&self) -> Timestamp {
        self.0.submitted_at.into()
    }

    /// The instant at which the lead first became CONTACTED; null if it never did.
    async fn first_contact_at(&self) -> Option<Timestamp> {
        self.0.first_contact_at.map(Timestamp)
    }

    /// The instant at which the lead first became QUALIFIED; null if it never did.
    async fn qualified_at(&self) -> Option<Timestamp> {
        self.0.qualified_at.map(Timestamp)
    }

    /// The instant at which the lead first became CONVERTED; null if it never did.
    async fn converted_at(&self) -> Option<Timestamp> {
        self.0.converted_at.map(Timestamp)
    }

    /// The id of the resulting customer in the billing system; null unless the status is CONVERTED and the id is
    /// known. Masked for partner users if it contains an @.
    async fn converted_customer_id(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let id = self.0.converted_customer_id.as_deref();
        Ok(id.map(|id| mask_identifier(ctx, id)).transpose()?)
    }

    /// The leads of all partners of the tenant that share the contact's e-mail address or, apart from blanks and upper and
    /// lower case, the name of the company: at most 25, latest submission first. Always empty for partner users and for
    /// a lead whose person was erased.
    async fn possible_duplicates(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ReferralLead>> {
        let request = request(ctx)?;
        if !request.caller().sees_staff_notes() {
            return Ok(Vec::new());
        }
        let duplicates = request.loaders().duplicates.load(self.0.id).await?;
        counted(ctx, duplicates.unwrap_or_default().into_iter().map(ReferralLead).collect()).await
    }

    /// The erasure of the person by erasePerson; null if the person was not erased, and always null for partner users.
    async fn erasure(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Erasure>> {
        let request = request(ctx)?;
        if !request.caller().sees_staff_notes() {
            return Ok(None);
        }
        Ok(request.loaders().lead_erasure.load(self.0.id).await?.map(|erasure| Erasure::from(&*erasure)))
    }
}
