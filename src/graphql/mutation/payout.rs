//! The mutations of payouts.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::payout;
use crate::domain::payout::batch::CreatePayoutBatchInput;
use crate::domain::payout::correct::CorrectPaymentReferenceInput;
use crate::domain::payout::returns::ReturnPayoutInput;
use crate::domain::payout::run::RunPayoutsInput;
use crate::domain::payout::settle::{
    CancelPayoutInput, CompletePayoutInput, FailPayoutInput, StartPayoutInput,
};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::{PayoutPayload, RunPayoutsPayload};

/// The mutations of payouts.
#[derive(Default)]
pub struct PayoutMutation;

#[Object]
impl PayoutMutation {
    /// Batches all due commission events of a partner, currency and period into one READY payout: APPROVED, past
    /// their hold and in no payout. The events become PAID at once; however many batches run concurrently, each event
    /// is in one of them. Rejected if nothing is payable, the sum is below the tenant's minimum payout or 10^15 and
    /// more, or the status of the partner does not permit payouts. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn create_payout_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, currency and period to be paid.")] input: CreatePayoutBatchInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::CreatePayoutBatch, payout::batch::create, &input).await?.into()))
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
    ) -> async_graphql::Result<Option<RunPayoutsPayload>> {
        Ok(Some(request(ctx)?.run_payouts(&input).await?.into()))
    }

    /// Starts a READY payout: it becomes PROCESSING, because its payment was sent. Rejected with
    /// PARTNER_NOT_PAYABLE unless the partner is ACTIVE or TERMINATED. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn start_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout to be started.")] input: StartPayoutInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::StartPayout, payout::settle::start, &input).await?.into()))
    }

    /// Completes a READY or PROCESSING payout, because its payment has arrived: its commission events are settled.
    /// Repeating the call with the same reference, or with one that was corrected since, returns the same payout; another
    /// reference is rejected with CONFLICT. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn complete_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout to be completed, and the reference of its payment.")]
        input: CompletePayoutInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::CompletePayout, payout::settle::complete, &input).await?.into()))
    }

    /// Corrects the payment reference of a COMPLETED payout; its history retains both references. Repeating the call has no
    /// further effect. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn correct_payment_reference(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout, the right reference and the reason.")]
        input: CorrectPaymentReferenceInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::CorrectPaymentReference, payout::correct::correct_reference, &input)
                .await?
                .into(),
        ))
    }

    /// Fails a READY or PROCESSING payout, because its payment was returned. In the same transaction its commission
    /// events are released: they are APPROVED again and can be paid by another payout. The payout retains its lines
    /// and its total. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn fail_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout that failed, and the reason.")] input: FailPayoutInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::FailPayout, payout::settle::fail, &input).await?.into()))
    }

    /// Returns a COMPLETED payout, because its money came back after it had arrived. In the same transaction its commission
    /// events are released: they are APPROVED again and can be paid by another payout. Its statement stays as it is, and a
    /// credit note to it is issued. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn return_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout that came back, when and why.")] input: ReturnPayoutInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::ReturnPayout, payout::returns::return_payout, &input).await?.into(),
        ))
    }

    /// Cancels a READY payout before its payment is sent, and releases its commission events like failPayout. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn cancel_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout to be cancelled, and the reason.")] input: CancelPayoutInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::CancelPayout, payout::settle::cancel, &input).await?.into()))
    }
}
