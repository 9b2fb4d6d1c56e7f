//! The mutations that send payouts, and those of the accounts that they are sent from and to.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::inbox::replay::{self, ReplayInboxEventsInput};
use crate::domain::payout::attention::{self, DismissPayoutAttentionInput};
use crate::domain::payout_account::link::{
    self, EndPayoutAccountInput, FoundAccount, LinkStripeAccountInput, StartStripeOnboardingInput,
};
use crate::domain::payout_attempt::recall::{self, RecallPayoutInput};
use crate::domain::payout_attempt::resolve::{self, ResolvePayoutAttemptInput};
use crate::domain::payout_attempt::send::SendPayoutsInput;
use crate::domain::payout_attempt::withdraw::{self, WithdrawPayoutAttemptInput};
use crate::domain::stripe_connection::billing::{self, UpdateStripeBillingInput};
use crate::domain::stripe_connection::connect::{self, ConnectStripeInput};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::PayoutPayload;
use crate::graphql::rail_payload::{
    PayoutAccountPayload, PayoutAttemptPayload, ReplayInboxEventsPayload, SendPayoutsPayload,
    StartStripeOnboardingPayload, StripeConnectionPayload,
};
use crate::graphql::stripe::{self, Stripe};

/// The mutations that send payouts.
#[derive(Default)]
pub struct RailMutation;

#[Object]
impl RailMutation {
    /// Sends READY payouts: each becomes PROCESSING with an attempt, in a transaction of its own, and the worker asks Stripe to move
    /// the money. Those that cannot be sent are listed with the reason, and stay as they are. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn send_payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payouts to send.")] input: SendPayoutsInput,
    ) -> async_graphql::Result<Option<SendPayoutsPayload>> {
        Ok(Some(request(ctx)?.send_payouts(&input).await?.into()))
    }

    /// Withdraws an attempt that is QUEUED: nothing is sent, and the payout is READY again. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn withdraw_payout_attempt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The attempt to withdraw, and the reason.")] input: WithdrawPayoutAttemptInput,
    ) -> async_graphql::Result<Option<PayoutAttemptPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::WithdrawPayoutAttempt, withdraw::withdraw, &input).await?.into()))
    }

    /// Resolves an UNCERTAIN attempt, after staff have found out whether the money was moved. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn resolve_payout_attempt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The attempt, and what became of the money.")] input: ResolvePayoutAttemptInput,
    ) -> async_graphql::Result<Option<PayoutAttemptPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::ResolvePayoutAttempt, resolve::resolve, &input).await?.into()))
    }

    /// Asks Stripe to take back the money of a COMPLETED payout, such as from an account that its owner cannot use. The payout
    /// becomes RETURNED once Stripe has taken it back; if Stripe refuses, it stays COMPLETED, and its attempt says why. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn recall_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout whose money is taken back, and the reason.")] input: RecallPayoutInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::RecallPayout, recall::recall, &input).await?.into()))
    }

    /// Ends the attention RETURNED_IN_PART of a payout, after staff have recorded an adjustment for the part that came back. Another
    /// part that comes back sets it again. Rejected with INVALID_STATE if it is repeated. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn dismiss_payout_attention(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout, and what was done about it.")] input: DismissPayoutAttentionInput,
    ) -> async_graphql::Result<Option<PayoutPayload>> {
        let act = Act::DismissPayoutAttention;
        Ok(Some(request(ctx)?.mutate(act, attention::dismiss, &input).await?.into()))
    }

    /// Connects the tenant to the Stripe account that payouts are paid from, or gives the connection another key. Stripe is asked
    /// which account the key is of. Rejected with ATTEMPT_UNDER_WAY while payouts are being sent from another account. For
    /// admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn connect_stripe(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key, and the secrets of webhooks.")] input: ConnectStripeInput,
    ) -> async_graphql::Result<Option<StripeConnectionPayload>> {
        input.validate()?;
        let stripe = Stripe::of(ctx)?;
        let account = match stripe.account_of_key(&input.api_key).await? {
            Ok(account) => account,
            Err(errors) => return Ok(Some(Err(errors).into())),
        };
        let input = (&input, account.as_str(), stripe.keys);
        Ok(Some(request(ctx)?.mutate(Act::ConnectStripe, connect::connect, &input).await?.into()))
    }

    /// Changes whether Stripe Billing is the billing service of the tenant: whether the invoices that are paid at Stripe, and what
    /// goes back of them, are recorded without any call. For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn update_stripe_billing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The choice, and where customers are named.")] input: UpdateStripeBillingInput,
    ) -> async_graphql::Result<Option<StripeConnectionPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::UpdateStripeBilling, billing::update, &input).await?.into()))
    }

    /// Has events of Stripe handled again that were IGNORED or are DEAD, after their cause was removed, and those now that are
    /// PENDING. An event that is handled twice has the effect of once. For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn replay_inbox_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events to handle again.")] input: ReplayInboxEventsInput,
    ) -> async_graphql::Result<Option<ReplayInboxEventsPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::ReplayInboxEvents, replay::replay, &input).await?.into()))
    }

    /// Links an account at Stripe to a partner: its payouts can be sent there once the account is READY. Rejected with DUPLICATE
    /// while the partner has another one. For finance, admins, and the users of the partner with the role OWNER or FINANCE.
    #[graphql(guard = "require(Permission::ManagePayoutAccounts)")]
    async fn link_stripe_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, and its account.")] input: LinkStripeAccountInput,
    ) -> async_graphql::Result<Option<PayoutAccountPayload>> {
        stripe::require_partner(ctx, input.partner_id)?;
        link::validate_stripe_account(&input.account)?;
        let stripe = Stripe::of(ctx)?;
        let connection = match stripe.connection(ctx, "account").await? {
            Ok(connection) => connection,
            Err(errors) => return Ok(Some(Err(errors).into())),
        };
        let state = match stripe.account_state(&connection, &input.account).await? {
            Ok(state) => state,
            Err(errors) => return Ok(Some(Err(errors).into())),
        };
        let found = FoundAccount {
            partner: input.partner_id,
            connection: &connection,
            destination: input.account.clone(),
            state,
        };
        Ok(Some(request(ctx)?.mutate(Act::LinkStripeAccount, link::link, &found).await?.into()))
    }

    /// Opens an account at Stripe for a partner, unless it has one, and returns the page of Stripe where the partner completes it.
    /// For finance, admins, and the users of the partner with the role OWNER or FINANCE.
    #[graphql(guard = "require(Permission::ManagePayoutAccounts)")]
    async fn start_stripe_onboarding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, and its country.")] input: StartStripeOnboardingInput,
    ) -> async_graphql::Result<Option<StartStripeOnboardingPayload>> {
        stripe::require_partner(ctx, input.partner_id)?;
        Ok(Some(Stripe::of(ctx)?.onboarding(ctx, &input).await?.into()))
    }

    /// Ends a payout account: nothing is sent to it any more, and another one can be opened or linked. Attempts that were not sent
    /// yet are refused. For finance, admins, and the users of the partner with the role OWNER or FINANCE.
    #[graphql(guard = "require(Permission::ManagePayoutAccounts)")]
    async fn end_payout_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account to end.")] input: EndPayoutAccountInput,
    ) -> async_graphql::Result<Option<PayoutAccountPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::EndPayoutAccount, link::end, &input).await?.into()))
    }
}
