//! The mutations of commission events.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::commission;
use crate::domain::commission::adjust::RecordAdjustmentInput;
use crate::domain::commission::approve::{
    ApproveCommissionEventsInput, ApprovePendingCommissionEventsInput, CancelCommissionEventsInput,
};
use crate::domain::commission::hold::CommissionEventsWithReasonInput;
use crate::domain::db::act::Act;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::{
    ApprovePendingCommissionEventsPayload, CommissionEventPayload, CommissionEventsPayload,
};

/// The mutations of commission events.
#[derive(Default)]
pub struct CommissionMutation;

#[Object]
impl CommissionMutation {
    /// Adjusts the earnings of a partner by an amount, positive or negative, for a stated reason. A positive
    /// adjustment is PENDING and subject to the hold; a negative one is APPROVED at once, and the partner's next
    /// payout in its currency nets it. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn record_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, the amount and the reason.")] input: RecordAdjustmentInput,
    ) -> async_graphql::Result<Option<CommissionEventPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::RecordAdjustment, commission::adjust::adjust, &input).await?.into(),
        ))
    }

    /// Approves PENDING commission events, all or nothing. Their reversals are approved with them. For finance and
    /// admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn approve_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to be approved.")] input: ApproveCommissionEventsInput,
    ) -> async_graphql::Result<Option<CommissionEventsPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::ApproveCommissionEvents, commission::approve::approve, &input)
                .await?
                .into(),
        ))
    }

    /// Cancels PENDING or APPROVED commission events, all or nothing. Their reversals are cancelled with them. Events
    /// in a payout cannot be cancelled. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn cancel_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to be cancelled, and the reason.")] input: CancelCommissionEventsInput,
    ) -> async_graphql::Result<Option<CommissionEventsPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::CancelCommissionEvents, commission::approve::cancel, &input)
                .await?
                .into(),
        ))
    }

    /// Reverts the approval of APPROVED commission events in no payout, all or nothing: they and their reversals are
    /// PENDING again. Negative adjustments and commissions of 0.00 are APPROVED from the start, which cannot be reverted.
    /// For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn revert_approval(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events whose approval is reverted, and the reason.")]
        input: CommissionEventsWithReasonInput,
    ) -> async_graphql::Result<Option<CommissionEventsPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::RevertApproval, commission::hold::revert_approval, &input)
                .await?
                .into(),
        ))
    }

    /// Holds PENDING or APPROVED commission events back, all or nothing: with their reversals they retain their status, but
    /// no payout pays them until they are released. A held event can be approved, cancelled and refunded; cancelling it or
    /// refunding it in full ends the hold. Held events and negative adjustments are rejected with INVALID_STATE. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn hold_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to be held back, and the reason.")]
        input: CommissionEventsWithReasonInput,
    ) -> async_graphql::Result<Option<CommissionEventsPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::HoldCommissionEvents, commission::hold::hold, &input).await?.into(),
        ))
    }

    /// Releases commission events that are held back, and their reversals, all or nothing: the next payout can pay them.
    /// Events that are not held are rejected with INVALID_STATE. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn release_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to be released, and the reason.")]
        input: CommissionEventsWithReasonInput,
    ) -> async_graphql::Result<Option<CommissionEventsPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::ReleaseCommissionEvents, commission::hold::release, &input)
                .await?
                .into(),
        ))
    }

    /// Bulk-approves the PENDING commission events of a partner, currency and period; each condition is optional
    /// except the end of the period. If no event matches, the mutation succeeds with count 0. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn approve_pending_commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the events to be approved.")]
        input: ApprovePendingCommissionEventsInput,
    ) -> async_graphql::Result<Option<ApprovePendingCommissionEventsPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::ApprovePendingCommissionEvents, commission::approve::approve_pending, &input)
                .await?
                .into(),
        ))
    }
}
