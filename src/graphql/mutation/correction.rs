//! The mutations that correct what billing reported, or what came of it.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::commission::correct::{self, CorrectInvoiceInput};
use crate::domain::commission::reassess::ReassessInvoicesInput;
use crate::domain::db::act::Act;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::{CorrectInvoicePayload, ReassessInvoicesPayload};

/// The mutations that correct what billing reported, or what came of it.
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
        Ok(Some(request(ctx)?.mutate(Act::CorrectInvoice, correct::correct, &input).await?.into()))
    }

    /// Assesses invoices that earned nothing again, after the cause was removed: by the managed account, the rate and the
    /// status of the partner that are now known for `paidAt`, refunds included. Nothing of what was reported changes, and an
    /// invoice that has earned a commission meanwhile is left alone: the call can be repeated freely. Assesses up to 500
    /// invoices, those with the earliest payment first, each in a transaction of its own; `endCursor` continues. An assessment
    /// that fails does not affect the others: `failed` lists it. For the billing service, finance and admins.
    #[graphql(guard = "require(Permission::CorrectInvoices)")]
    async fn reassess_invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the invoices to be assessed.")] input: ReassessInvoicesInput,
    ) -> async_graphql::Result<Option<ReassessInvoicesPayload>> {
        Ok(Some(request(ctx)?.reassess_invoices(&input).await?.into()))
    }
}
