//! The mutations of payment files, of the bank accounts that they pay to, and of the one that they are paid from.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::act::Act;
use crate::domain::paying_account::set::{self, SetPayingAccountInput};
use crate::domain::payment_file::create::{self, CreatePaymentFileInput};
use crate::domain::payment_file::settle::SettlePaymentFileInput;
use crate::domain::payment_file::withdraw::{self, WithdrawPaymentFileInput};
use crate::domain::payout_account::bank::{self, ConfirmBankAccountInput, SetBankAccountInput};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::rail_payload::{
    CreatePaymentFilePayload, PayingAccountPayload, PaymentFilePayload, PayoutAccountPayload,
    SettlePaymentFilePayload,
};
use crate::primitives::error::{Error, Result};
use crate::webhook::WebhookSettings;

/// The mutations of payment files.
#[derive(Default)]
pub struct PaymentFileMutation;

/// Returns the keys that bank details and files are sealed with.
fn keys<'c>(ctx: &Context<'c>) -> Result<&'c SecretKeys> {
    let settings = ctx.data::<WebhookSettings>().map_err(|_| Error::internal("there are no settings"))?;
    settings.required_keys()
}

#[Object]
impl PaymentFileMutation {
    /// Sets the bank account that a partner is paid to by payment files: an UNCONFIRMED payout account, to which
    /// nothing is paid before confirmBankAccount. A bank account that the partner had is ENDED at once, because it may
    /// be the wrong one: payouts wait until the new one is confirmed. The owners of the partner are notified by mail.
    /// Repeating the call with the same details changes nothing. For finance, admins, and the users of the partner with
    /// the role OWNER or FINANCE.
    #[graphql(guard = "require(Permission::ManagePayoutAccounts)")]
    async fn set_bank_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner, and its bank details.")] input: SetBankAccountInput,
    ) -> async_graphql::Result<Option<PayoutAccountPayload>> {
        let input = (&input, keys(ctx)?);
        Ok(Some(request(ctx)?.mutate(Act::SetBankAccount, bank::set, &input).await?.into()))
    }

    /// Confirms an UNCONFIRMED bank account, which becomes READY: payouts can be paid to it. Rejected with SAME_PERSON
    /// for the user who has set it. Before, ask the partner by another way than the one by which the details came, such
    /// as by a phone number that you know. The owners of the partner are notified by mail. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn confirm_bank_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account, and its number if it is to be compared.")]
        input: ConfirmBankAccountInput,
    ) -> async_graphql::Result<Option<PayoutAccountPayload>> {
        let input = (&input, keys(ctx)?);
        Ok(Some(request(ctx)?.mutate(Act::ConfirmBankAccount, bank::confirm, &input).await?.into()))
    }

    /// Sets the bank account that SEPA files are paid from, or replaces it. Files that were created before keep theirs.
    /// For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn set_paying_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The holder and the number of the account.")] input: SetPayingAccountInput,
    ) -> async_graphql::Result<Option<PayingAccountPayload>> {
        let input = (&input, keys(ctx)?);
        Ok(Some(request(ctx)?.mutate(Act::SetPayingAccount, set::set, &input).await?.into()))
    }

    /// Creates a file with READY payouts, which become PROCESSING with an attempt each, all in one transaction. Payouts
    /// that cannot be in the file are skipped, and stay as they are; if none can, the mutation is rejected with a user
    /// error for each. Rejected with RAIL_NOT_CONNECTED if a SEPA file is asked for and the tenant has set no paying
    /// account. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn create_payment_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payouts, the day and the format.")] input: CreatePaymentFileInput,
    ) -> async_graphql::Result<Option<CreatePaymentFilePayload>> {
        let input = (&input, keys(ctx)?);
        Ok(Some(request(ctx)?.mutate(Act::CreatePaymentFile, create::create, &input).await?.into()))
    }

    /// Completes the open payouts of a file that the bank has paid, each in a transaction of its own, with the same
    /// payment reference. Those in `except` stay open: complete them later, or record by failPayout or
    /// resolvePayoutAttempt that they were not paid. Repeating the call completes those that are still open. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn settle_payment_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file, the reference of the bank, and what it has not paid.")]
        input: SettlePaymentFileInput,
    ) -> async_graphql::Result<Option<SettlePaymentFilePayload>> {
        Ok(Some(request(ctx)?.settle_payment_file(&input).await?.into()))
    }

    /// Withdraws a file that was never downloaded: its payouts are READY again, with the attention NOT_SENT. For
    /// finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn withdraw_payment_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file, and the reason.")] input: WithdrawPaymentFileInput,
    ) -> async_graphql::Result<Option<PaymentFilePayload>> {
        Ok(Some(request(ctx)?.mutate(Act::WithdrawPaymentFile, withdraw::withdraw, &input).await?.into()))
    }
}
