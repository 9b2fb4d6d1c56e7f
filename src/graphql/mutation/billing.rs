//! The mutations of the billing service: paid invoices, refunds, and refunds that were reversed.

use async_graphql::resolver_utils::{EnumType, enum_value};
use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::commission;
use crate::domain::commission::record::RecordInvoicePaidInput;
use crate::domain::commission::refund::RecordInvoiceRefundedInput;
use crate::domain::commission::reinstate::RecordRefundReversedInput;
use crate::domain::db::act::Act;
use crate::graphql::context::{MutationResult, request};
use crate::graphql::guard::require;
use crate::graphql::payload::{
    RecordInvoicePaidPayload, RecordInvoiceRefundedPayload, RecordRefundReversedPayload,
};

/// Returns the outcome of an invoice or refund as the value of a metric's label.
fn outcome_label<T, O: EnumType>(result: &MutationResult<T>, outcome: impl FnOnce(&T) -> O) -> String {
    match result {
        Ok(value) => enum_value(outcome(value)).to_string(),
        Err(_) => "REJECTED".to_owned(),
    }
}

/// The mutations of the billing service.
#[derive(Default)]
pub struct BillingMutation;

#[Object]
impl BillingMutation {
    /// Records a paid invoice and accrues the commission of the partner that manages the customer at `paidAt`. Each
    /// invoice is recorded exactly once, so that the call can be repeated freely: the same data returns
    /// ALREADY_RECORDED and the same event, other data is rejected with CONFLICT. An invoice that earned no commission
    /// is assessed again when the call is repeated. For the billing service and admins.
    #[graphql(guard = "require(Permission::RecordInvoices)")]
    async fn record_invoice_paid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The paid invoice, as billing recorded it.")] input: RecordInvoicePaidInput,
    ) -> async_graphql::Result<Option<RecordInvoicePaidPayload>> {
        let request = request(ctx)?;
        let result = request.mutate(Act::RecordInvoicePaid, commission::record::record, &input).await?;
        request.metrics().invoice("paid", outcome_label(&result, |recorded| recorded.outcome));
        Ok(Some(result.into()))
    }

    /// Claws back the commission on a refunded invoice, in proportion to the refund, or on the part of the base that the
    /// refund states. Each refund is recorded exactly
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
    ) -> async_graphql::Result<Option<RecordInvoiceRefundedPayload>> {
        let request = request(ctx)?;
        let result = request.mutate(Act::RecordInvoiceRefunded, commission::refund::record, &input).await?;
        request.metrics().invoice("refunded", outcome_label(&result, |recorded| recorded.outcome));
        Ok(Some(result.into()))
    }

    /// Reinstates the commission that a refund clawed back, because the refund failed or a dispute was won. Each refund is
    /// reversed exactly once: the same data returns ALREADY_RECORDED, another time is rejected with CONFLICT. While the
    /// event of the invoice is PENDING or APPROVED, the reinstatement goes with it and has its status. If the event is
    /// CLAWBACK or in a payout, the reinstatement stands by itself and is PENDING until staff approve it. An unknown
    /// refund is rejected with NOT_FOUND. For the billing service, finance and admins.
    #[graphql(guard = "require(Permission::CorrectInvoices)")]
    async fn record_refund_reversed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refund that was reversed, when and why.")] input: RecordRefundReversedInput,
    ) -> async_graphql::Result<Option<RecordRefundReversedPayload>> {
        let request = request(ctx)?;
        let result = request.mutate(Act::RecordRefundReversed, commission::reinstate::record, &input).await?;
        request.metrics().invoice("refund_reversed", outcome_label(&result, |recorded| recorded.outcome));
        Ok(Some(result.into()))
    }
}
