//! The mutations of the schema. A mutation is committed before its payload is returned; a rejected one is rolled back.

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

/// Returns the outcome of an invoice or refund as the value of a metric's label.
fn outcome_label<T, O: EnumType>(result: &MutationResult<T>, outcome: impl FnOnce(&T) -> O) -> String {
    match result {
        Ok(value) => enum_value(outcome(value)).to_string(),
        Err(_) => "REJECTED".to_owned(),
    }
}

/// The mutation root.
pub struct Mutation;

/// The mutations. Each takes effect completely or not at all; only `runPayouts` runs several transactions, one per
/// partner and currency. A rejection that a correct client cannot foresee is returned in `userErrors` of the payload,
/// every other error as a top-level error; in both cases nothing has changed, except that an UNAVAILABLE error may state
/// that the outcome is unknown. The mutations of a document run one after the other: a top-level error ends the
/// document, and the mutations before it remain in effect.
#[Object]
impl Mutation {
    /// Records a paid invoice and accrues the commission of the partner that manages the customer at `paidAt`. Each
    /// invoice is recorded exactly once, so that the call can be repeated freely: the same data returns
    /// ALREADY_RECORDED and the same event, other data is rejected with CONFLICT. An invoice that earned no commission
    /// is assessed again when the call is repeated. For the billing service and admins.
    #[graphql(guard = "require(Permission::RecordInvoices)")]
    async fn record_invoice_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The paid invoice, as billing recorded it.")] input: RecordInvoicePaidInput,
    ) -> async_graphql::Result<RecordInvoicePaidPayload> {
        let request = request(ctx)?;
        let result = request.mutate(commission::record::record, &input).await?;
        request.metrics().invoice("paid", outcome_label(&result, |recorded| recorded.outcome));
        Ok(result.into())
    }

    /// Claws back the commission on a refunded invoice, in proportion to the refund. Each refund is recorded exactly
    /// once: the same data returns ALREADY_RECORDED, other data is rejected with CONFLICT. Before the commission is in
    /// a payout, a full refund sets the status of its event to CLAWBACK, and a partial one creates a reversal with the
    /// status of the event; afterwards the refund creates an APPROVED reversal, which the partner's next payout nets.
    /// An unknown invoice is rejected with NOT_FOUND: repeat the call after recordInvoicePaid. For the billing service
    /// and admins.
    #[graphql(guard = "require(Permission::RecordInvoices)")]
    async fn record_invoice_refunded(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refund and its invoice.")] input: RecordInvoiceRefundedInput,
    ) -> async_graphql::Result<RecordInvoiceRefundedPayload> {
        let request = request(ctx)?;
        let result = request.mutate(commission::refund::record, &input).await?;
        request.metrics().invoice("refunded", outcome_label(&result, |recorded| recorded.outcome));
        Ok(result.into())
    }

    /// Adjusts the earnings of a partner by an amount, positive or negative, for a stated reason. A positive
    /// adjustment is PENDING and subject to the hold; a negative one is APPROVED at once, and the partner's next
    /// payout in its currency nets it. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn record_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, the amount and the reason.")] input: RecordAdjustmentInput,
    ) -> async_graphql::Result<CommissionEventPayload> {
        Ok(request(ctx)?.mutate(commission::adjust::adjust, &input).await?.into())
    }

    /// Approves PENDING commission events, all or nothing. Their reversals are approved with them. For finance and
    /// admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn approve_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to be approved.")] input: ApproveCommissionEventsInput,
    ) -> async_graphql::Result<CommissionEventsPayload> {
        Ok(request(ctx)?.mutate(commission::approve::approve, &input).await?.into())
    }

    /// Cancels PENDING or APPROVED commission events, all or nothing. Their reversals are cancelled with them. Events
    /// in a payout cannot be cancelled. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn cancel_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to be cancelled, and the reason.")] input: CancelCommissionEventsInput,
    ) -> async_graphql::Result<CommissionEventsPayload> {
        Ok(request(ctx)?.mutate(commission::approve::cancel, &input).await?.into())
    }

    /// Bulk-approves the PENDING commission events of a partner, currency and period; each condition is optional
    /// except the end of the period. If no event matches, the mutation succeeds with count 0. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn approve_pending_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the events to be approved.")]
        input: ApprovePendingCommissionEventsInput,
    ) -> async_graphql::Result<ApprovePendingCommissionEventsPayload> {
        Ok(request(ctx)?.mutate(commission::approve::approve_pending, &input).await?.into())
    }

    /// Batches all due commission events of a partner, currency and period into one READY payout: APPROVED, past
    /// their hold and in no payout. The events become PAID at once; however many batches run concurrently, each event
    /// is in one of them. Rejected if nothing is payable, the sum is below the tenant's minimum payout or 10^15 and
    /// more, or the status of the partner does not permit payouts. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn create_payout_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, currency and period to be paid.")] input: CreatePayoutBatchInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::batch::create, &input).await?.into())
    }

    /// Runs payouts for every partner and currency with due commission events, each like createPayoutBatch in a
    /// transaction of its own, and reports the skipped ones. If nothing is payable, the mutation succeeds with count
    /// 0. A payout that fails does not affect the others: `skipped` lists it with UNAVAILABLE or INTERNAL_ERROR. After
    /// that, or if the mutation is interrupted, run it again, and it creates the remaining payouts. For finance and
    /// admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn run_payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency and period to be paid or previewed.")] input: RunPayoutsInput,
    ) -> async_graphql::Result<RunPayoutsPayload> {
        Ok(request(ctx)?.run_payouts(&input).await?.into())
    }

    /// Starts a READY payout: it becomes PROCESSING, because its payment was sent. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn start_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout to be started.")] input: StartPayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::start, &input).await?.into())
    }

    /// Completes a READY or PROCESSING payout, because its payment has arrived: its commission events are settled.
    /// Repeating the call with the same reference returns the same payout; another reference is rejected with
    /// CONFLICT. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn complete_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout to be completed, and the reference of its payment.")]
        input: CompletePayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::complete, &input).await?.into())
    }

    /// Fails a READY or PROCESSING payout, because its payment was returned. In the same transaction its commission
    /// events are released: they are APPROVED again and can be paid by another payout. The payout retains its lines
    /// and its total. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn fail_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout that failed, and the reason.")] input: FailPayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::fail, &input).await?.into())
    }

    /// Cancels a READY payout before its payment is sent, and releases its commission events like failPayout. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn cancel_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout to be cancelled, and the reason.")] input: CancelPayoutInput,
    ) -> async_graphql::Result<PayoutPayload> {
        Ok(request(ctx)?.mutate(payout::settle::cancel, &input).await?.into())
    }

    /// Creates a partner with its terms and its first status. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn create_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The terms of the new partner.")] input: CreatePartnerInput,
    ) -> async_graphql::Result<PartnerPayload> {
        Ok(request(ctx)?.mutate(partner::create::create, &input).await?.into())
    }

    /// Updates a partner; absent fields remain unchanged. Recorded commission events are not affected. For support
    /// and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn update_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner and its changed fields.")] input: UpdatePartnerInput,
    ) -> async_graphql::Result<PartnerPayload> {
        Ok(request(ctx)?.mutate(partner::update::update, &input).await?.into())
    }

    /// Links a user to a partner, so that the user may act for it from the next request on. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn add_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user and the partner to be linked.")] input: AddPartnerUserInput,
    ) -> async_graphql::Result<PartnerUserPayload> {
        Ok(request(ctx)?.mutate(partner::user::add::add, &input).await?.into())
    }

    /// Deactivates the link of a user to a partner, from the user's next request on. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn deactivate_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link to be deactivated.")] input: DeactivatePartnerUserInput,
    ) -> async_graphql::Result<PartnerUserPayload> {
        Ok(request(ctx)?.mutate(partner::user::deactivate::deactivate, &input).await?.into())
    }

    /// Assigns a customer to a partner for a period, from startsAt until before endsAt. Rejected with
    /// ACCOUNT_OVERLAPS if any partner manages the customer within that period. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn assign_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, the partner and the period.")] input: AssignManagedAccountInput,
    ) -> async_graphql::Result<ManagedAccountPayload> {
        Ok(request(ctx)?.mutate(account::assign::assign, &input).await?.into())
    }

    /// Edits a managed account; absent fields remain unchanged. Recorded commission events are not affected. For
    /// support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn update_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The managed account and its changed fields.")] input: UpdateManagedAccountInput,
    ) -> async_graphql::Result<ManagedAccountPayload> {
        Ok(request(ctx)?.mutate(account::update::update, &input).await?.into())
    }

    /// Ends a managed account at an instant, or moves its end. Rejected with ACCOUNT_OVERLAPS if a later end reaches
    /// into an assignment of the same customer. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn end_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The managed account and its end.")] input: EndManagedAccountInput,
    ) -> async_graphql::Result<ManagedAccountPayload> {
        Ok(request(ctx)?.mutate(account::update::end, &input).await?.into())
    }

    /// Configures the tenant's settings; absent fields remain unchanged. Recorded commission events are not affected.
    /// For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn update_tenant_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings to be changed.")] input: UpdateTenantSettingsInput,
    ) -> async_graphql::Result<TenantPayload> {
        Ok(request(ctx)?.mutate(tenant::settings::update, &input).await?.into())
    }

    /// Submits a referral lead on behalf of a partner. The users of a partner may submit 100 leads in 24 hours
    /// together, and further ones are rejected with LIMIT_EXCEEDED; there is no such limit for staff. For users of the
    /// partner except those with the role FINANCE, and for support and admins.
    #[graphql(guard = "require(Permission::SubmitLeads)")]
    async fn submit_referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact and company to be submitted.")] input: SubmitReferralLeadInput,
    ) -> async_graphql::Result<ReferralLeadPayload> {
        Ok(request(ctx)?.mutate(referral::submit::submit, &input).await?.into())
    }

    /// Advances a referral lead to another status, in either direction. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn advance_referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and its new status.")] input: AdvanceReferralLeadInput,
    ) -> async_graphql::Result<ReferralLeadPayload> {
        Ok(request(ctx)?.mutate(referral::advance::advance, &input).await?.into())
    }
}
