//! The mutations of referral leads.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::referral;
use crate::domain::referral::advance::{AdvanceReferralLeadInput, ChangedLead};
use crate::domain::referral::submit::SubmitReferralLeadInput;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::ReferralLeadPayload;

/// The mutations of referral leads.
#[derive(Default)]
pub struct ReferralMutation;

#[Object]
impl ReferralMutation {
    /// Submits a referral lead on behalf of a partner. The users of a partner may submit 100 leads in 24 hours
    /// together, and further ones are rejected with LIMIT_EXCEEDED; there is no such limit for staff. For users of the
    /// partner except those with the role FINANCE, and for support and admins.
    #[graphql(guard = "require(Permission::SubmitLeads)")]
    async fn submit_referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact and company to be submitted.")] input: SubmitReferralLeadInput,
    ) -> async_graphql::Result<Option<ReferralLeadPayload>> {
        let submitted =
            request(ctx)?.mutate(Act::SubmitReferralLead, referral::submit::submit, &input).await?;
        Ok(Some(submitted.map(ChangedLead::from).into()))
    }

    /// Advances a referral lead to another status, in either direction. A customer converts one lead: a second one with
    /// the same customer is rejected with DUPLICATE. With assignAccount, the customer is assigned to the partner of the
    /// lead in the same transaction; without it, `warnings` states if no partner manages the customer. For support and
    /// admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn advance_referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and its new status.")] input: AdvanceReferralLeadInput,
    ) -> async_graphql::Result<Option<ReferralLeadPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::AdvanceReferralLead, referral::advance::advance, &input).await?.into(),
        ))
    }
}
