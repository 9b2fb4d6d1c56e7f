//! The acts. Each is one transaction: what it answers is committed, and what it refuses has left no trace.

use async_graphql::resolver_utils::{EnumType, enum_value};
use async_graphql::{Context, Object};

use super::context::{MutationResult, request};
use super::guard::require;
use super::payload::{
    ApprovePendingCommissionEventsPayload, CommissionEventPayload, CommissionEventsPayload,
    ManagedAccountPayload, PartnerPayload, PartnerUserPayload, PayoutPayload, RecordInvoicePaidPayload,
    RecordInvoiceRefundedPayload, ReferralLeadPayload, RunPayoutsPayload, TenantPayload,
};
use crate::auth::Permission;
use crate::domain::account::assign::AssignManagedAccountInput;
use crate::domain::account::update::{EndManagedAccountInput, UpdateManagedAccountInput};
use crate::domain::commission::adjust::RecordAdjustmentInput;
use crate::domain::commission::approve::{
    ApproveCommissionEventsInput, ApprovePendingCommissionEventsInput, CancelCommissionEventsInput,
};
use crate::domain::commission::record::RecordInvoicePaidInput;
use crate::domain::commission::refund::RecordInvoiceRefundedInput;
use crate::domain::partner::create::CreatePartnerInput;
use crate::domain::partner::update::UpdatePartnerInput;
use crate::domain::partner::user::add::AddPartnerUserInput;
use crate::domain::partner::user::deactivate::DeactivatePartnerUserInput;
use crate::domain::payout::batch::CreatePayoutBatchInput;
use crate::domain::payout::run::RunPayoutsInput;
use crate::domain::payout::settle::{
    CancelPayoutInput, CompletePayoutInput, FailPayoutInput, StartPayoutInput,
};
use crate::domain::referral::advance::AdvanceReferralLeadInput;
use crate::domain::referral::submit::SubmitReferralLeadInput;
use crate::domain::tenant::settings::UpdateTenantSettingsInput;
use crate::domain::{account, commission, partner, payout, referral, tenant};

/// What came of an invoice, as a word for the figures.
fn outcome<T, O: EnumType>(done: &MutationResult<T>, outcome: impl FnOnce(&T) -> O) -> String {
    match done {
        Ok(made) => enum_value(outcome(made)).to_string(),
        Err(_) => "REFUSED".to_owned(),
    }
}

/// The acts.
pub struct Mutation;

/// What can be done. Every act is all or nothing: a refusal that a correct client could not have foreseen is in
/// `userErrors`, and nothing has changed; everything else is a top-level error, and nothing has changed either. Several
/// acts in one document are done one after the other, each by itself: a top-level error of one ends the document, and
/// what came before it stands.
#[Object]
impl Mutation {
    /// Records that a customer paid an invoice, and the commission that its partner earned. Exactly once per invoice, for
    /// ever: sent again with the same data it answers ALREADY_RECORDED with the same event; with other data it is a
    /// CONFLICT, and nothing changes. For the billing service and admins.
    #[graphql(guard = "require(Permission::RecordInvoices)")]
    async fn record_invoice_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The paid invoice.")] input: RecordInvoicePaidInput,
    ) -> async_graphql::Result<RecordInvoicePaidPayload> {
        let request = request(ctx)?;
        let done = request.mutate(commission::record::record, &input).await?;
        request.metrics().invoice("paid", outcome(&done, |recorded| recorded.outcome));
        Ok(done.into())
    }

    /// Records that a customer got money back, and takes back what its partner had earned on it, in proportion. Exactly once
    /// per refund, for ever: sent again with the same data it answers ALREADY_RECORDED; with other data it is a CONFLICT.
    /// Before the commission is in a payout, a refund in full makes the event CLAWBACK, and one in part makes a negative
    /// line that goes wherever the event goes; after that it makes a negative line that the partner's next payout nets. An
    /// invoice that is not known yet is NOT_FOUND: send the refund again later. For the billing service and admins.
    #[graphql(guard = "require(Permission::RecordInvoices)")]
    async fn record_invoice_refunded(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refund.")] input: RecordInvoiceRefundedInput,
    ) -> async_graphql::Result<RecordInvoiceRefundedPayload> {
        let request = request(ctx)?;
        let done = request.mutate(commission::refund::record, &input).await?;
        request.metrics().invoice("refunded", outcome(&done, |recorded| recorded.outcome));
        Ok(done.into())
    }

    /// Gives a partner an amount, or takes one, with a reason. Above zero it is PENDING and has a hold like any commission;
    /// below zero it is APPROVED at once, and the partner's next payout in its currency nets it. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn record_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, the amount, and why.")] input: RecordAdjustmentInput,
    ) -> async_graphql::Result<CommissionEventPayload> {
        Ok(request(ctx)?.mutate(commission::adjust::adjust, &input).await?.into())
    }

    /// Approves PENDING commission events, all or none. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn approve_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events.")] input: ApproveCommissionEventsInput,
    ) -> async_graphql::Result<CommissionEventsPayload> {
        Ok(request(ctx)?.mutate(commission::approve::approve, &input).await?.into())
    }

    /// Calls off PENDING and APPROVED commission events, all or none; an event in a payout cannot be called off. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn cancel_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events, and why.")] input: CancelCommissionEventsInput,
    ) -> async_graphql::Result<CommissionEventsPayload> {
        Ok(request(ctx)?.mutate(commission::approve::cancel, &input).await?.into())
    }

    /// Approves all PENDING commission events of a partner, currency and period; finding none is a success with count 0.
    /// For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn approve_pending_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] input: ApprovePendingCommissionEventsInput,
    ) -> async_graphql::Result<ApprovePendingCommissionEventsPayload> {
        Ok(request(ctx)?.mutate(commission::approve::approve_pending, &input).await?.into())
    }

    /// Makes one READY payout of all APPROVED commission events of a partner, currency and period that have passed their
    /// hold and are in no payout; they become PAID at once. However many batches run at the same time, an event is in one
    /// of them. Refused, with nothing changed, when there is nothing to pay, the sum is not above zero or below the
    /// minimum, or the partner cannot be paid. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn create_payout_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to pay.")] input: CreatePayoutBatchInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::batch::create, &input).await?.into())
    }

    /// Makes a payout, as createPayoutBatch does, for every partner and currency that something is payable to, each in its
    /// own transaction, and tells who is skipped and why. With nothing to pay it succeeds with count 0. Cut off, or answered
    /// by a top-level error, it may have paid some: run it again, and it finds what is left. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn run_payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to pay, or only to preview.")] input: RunPayoutsInput,
    ) -> async_graphql::Result<RunPayoutsPayload> {
        Ok(request(ctx)?.run_payouts(&input).await?.into())
    }

    /// READY -> PROCESSING: the money is sent. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn start_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout.")] input: StartPayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::start, &input).await?.into())
    }

    /// READY or PROCESSING -> COMPLETED: the money has arrived, and the commissions are settled. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn complete_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout, and the reference of the payment.")] input: CompletePayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::complete, &input).await?.into())
    }

    /// READY or PROCESSING -> FAILED: the money came back. Its commission events are APPROVED again in the same
    /// transaction and can be paid by another payout at once; the payout keeps its lines and its total. For finance and
    /// admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn fail_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout, and why.")] input: FailPayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::fail, &input).await?.into())
    }

    /// READY -> CANCELLED: the payout is called off before the money is sent; its commission events are released as by
    /// failPayout. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn cancel_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout, and why.")] input: CancelPayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::cancel, &input).await?.into())
    }

    /// Creates a partner. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn create_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner.")] input: CreatePartnerInput,
    ) -> async_graphql::Result<PartnerPayload> {
        Ok(request(ctx)?.mutate(partner::create::create, &input).await?.into())
    }

    /// Changes a partner; what is left out stays. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn update_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdatePartnerInput,
    ) -> async_graphql::Result<PartnerPayload> {
        Ok(request(ctx)?.mutate(partner::update::update, &input).await?.into())
    }

    /// Lets a user act for a partner. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn add_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user and the partner.")] input: AddPartnerUserInput,
    ) -> async_graphql::Result<PartnerUserPayload> {
        Ok(request(ctx)?.mutate(partner::user::add::add, &input).await?.into())
    }

    /// Ends the link of a user to a partner, from their next request on. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn deactivate_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link.")] input: DeactivatePartnerUserInput,
    ) -> async_graphql::Result<PartnerUserPayload> {
        Ok(request(ctx)?.mutate(partner::user::deactivate::deactivate, &input).await?.into())
    }

    /// Puts a customer under the management of a partner. Refused with ACCOUNT_OVERLAPS if a partner manages that customer
    /// at any time in between. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn assign_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer and the partner.")] input: AssignManagedAccountInput,
    ) -> async_graphql::Result<ManagedAccountPayload> {
        Ok(request(ctx)?.mutate(account::assign::assign, &input).await?.into())
    }

    /// Changes a managed account; what is left out stays. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn update_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateManagedAccountInput,
    ) -> async_graphql::Result<ManagedAccountPayload> {
        Ok(request(ctx)?.mutate(account::update::update, &input).await?.into())
    }

    /// Ends a managed account, or moves its end. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn end_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account, and its end.")] input: EndManagedAccountInput,
    ) -> async_graphql::Result<ManagedAccountPayload> {
        Ok(request(ctx)?.mutate(account::update::end, &input).await?.into())
    }

    /// Changes the settings of the tenant; what is left out stays. For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn update_tenant_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings.")] input: UpdateTenantSettingsInput,
    ) -> async_graphql::Result<TenantPayload> {
        Ok(request(ctx)?.mutate(tenant::settings::update, &input).await?.into())
    }

    /// Takes down a possible customer that a partner tells of. For users of the partner, except those of its role FINANCE,
    /// and for support and admins.
    #[graphql(guard = "require(Permission::SubmitLeads)")]
    async fn submit_referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead.")] input: SubmitReferralLeadInput,
    ) -> async_graphql::Result<ReferralLeadPayload> {
        Ok(request(ctx)?.mutate(referral::submit::submit, &input).await?.into())
    }

    /// Moves a referral lead to another status. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn advance_referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead, and how far it has come.")] input: AdvanceReferralLeadInput,
    ) -> async_graphql::Result<ReferralLeadPayload> {
        Ok(request(ctx)?.mutate(referral::advance::advance, &input).await?.into())
    }
}
