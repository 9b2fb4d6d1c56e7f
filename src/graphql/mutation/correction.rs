//! The mutations that correct what billing reported.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::commission::correct::{self, CorrectInvoiceInput};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::CorrectInvoicePayload;

/// The mutations that correct what billing reported.
#[derive(Default)]
pub struct CorrectionMutation;

#[Object]
impl CorrectionMutation {
    /// Corrects the data of a recorded invoice: replaces it by a new revision, reverses what the invoice earned, and
    /// assesses it again, with its refunds, by the managed account, the rate and the status of the partner at `paidAt`.
    /// With the same data, it attributes the invoice again after an account was moved; if nothing would change, the
    /// outcome is ALREADY_RECORDED. If the event is in no payout, it and its reversals are CANCELLED; otherwise it stays
    /// as it is, and an APPROVED reversal of all that stands is netted by the partner's next payout. For the billing
    /// service, finance and admins.
    #[graphql(guard = "require(Permission::CorrectInvoices)")]
    async fn correct_invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invoice, its right data and the reason.")] input: CorrectInvoiceInput,
    ) -> async_graphql::Result<Option<CorrectInvoicePayload>> {
        Ok(Some(request(ctx)?.mutate(correct::correct, &input).await?.into()))
    }
}
