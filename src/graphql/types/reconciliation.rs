//! The object types of the reconciliation.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::partner::Partner;
use super::payout::Payout;
use super::reporting::to_int;
use crate::auth::Authorized;
use crate::domain::reporting;
use crate::domain::transfer_audit::{self, FindingKind};
use crate::graphql::context::{counted, request};
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// The result of a reconciliation of the caller's tenant.
pub struct Reconciliation(pub reporting::Reconciliation);

/// The comparison of all stored amounts with the rows that they must agree with. Differences are reported and never
/// corrected automatically.
#[Object]
impl Reconciliation {
    /// The instant of the comparison, by the clock of the database.
    async fn as_of(&self) -> Timestamp {
        self.0.as_of.into()
    }

    /// The number of commission events that were compared.
    async fn commission_event_count(&self) -> i32 {
        to_int(self.0.rows.commission_events)
    }

    /// The number of payouts that were compared.
    async fn payout_count(&self) -> i32 {
        to_int(self.0.rows.payouts)
    }

    /// The number of invoices that were compared, each payment of one by itself.
    async fn invoice_count(&self) -> i32 {
        to_int(self.0.rows.invoices)
    }

    /// Whether there are no differences. Debts and stranded events are not differences.
    async fn balanced(&self) -> bool {
        self.0.differences.is_empty()
    }

    /// The differences found, one per rule, partner and currency; empty if everything agrees.
    async fn differences(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ReconciliationDifference>> {
        counted(ctx, self.0.differences.iter().cloned().map(ReconciliationDifference).collect()).await
    }

    /// The APPROVED events past their hold that a payout has missed: they are in no payout, although a payout that is
    /// neither FAILED nor CANCELLED, to the same partner in the same currency, has a later periodEnd. The oldest 500.
    /// The next batch whose period includes them pays them.
    async fn stranded_events(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CommissionEvent>> {
        counted(ctx, self.0.stranded.iter().cloned().map(CommissionEvent).collect()).await
    }

    /// The last comparison of the transfers at Stripe with the payouts that were sent; null if Stripe was never connected. Its
    /// findings are not among the differences, which are those of the books themselves.
    async fn transfer_audit(&self) -> Option<TransferAudit> {
        self.0.transfers.clone().map(TransferAudit)
    }

    /// The partners whose due commission events in a currency have a negative sum. They are paid again once they have
    /// earned more than the debt.
    async fn debts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerDebt>> {
        counted(ctx, self.0.debts.iter().copied().map(PartnerDebt).collect()).await
    }
}

/// The audit of the caller's tenant.
pub struct TransferAudit(reporting::AuditedTransfers);

/// The comparison of the transfers of the last 35 days at Stripe with the payouts that were sent, made each night. It repairs
/// nothing.
#[Object]
impl TransferAudit {
    /// The id of the audit: a UUID, unique over all types. It is the same each night.
    async fn id(&self) -> ID {
        self.0.audit.id.into()
    }

    /// The instant at which the audit began that runs now, or ran last.
    async fn began_at(&self) -> Timestamp {
        self.0.audit.began_at.into()
    }

    /// The instant at which an audit last ended, earlier than beganAt while one runs; null if none has ended yet.
    async fn ended_at(&self) -> Option<Timestamp> {
        self.0.audit.ended_at.map(Timestamp)
    }

    /// The number of transfers at Stripe that were read, those of other origin included.
    async fn transfer_count(&self) -> i32 {
        to_int(self.0.audit.transfers)
    }

    /// Whether everything was compared; false if there were more than 50,000 transfers, or more than 500 findings.
    async fn is_complete(&self) -> bool {
        self.0.audit.is_complete
    }

    /// The reason why Stripe could last not be read, so that the findings are of an earlier time; null if it could.
    async fn failure(&self) -> Option<&str> {
        self.0.audit.failure.as_deref()
    }

    /// The instant at which Stripe could last not be read; null if it could.
    async fn failed_at(&self) -> Option<Timestamp> {
        self.0.audit.failed_at.map(Timestamp)
    }

    /// The transfers that differ from the payouts that were sent, at most 500; empty if all agree.
    async fn findings(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<TransferFinding>> {
        counted(ctx, self.0.findings.iter().cloned().map(TransferFinding).collect()).await
    }
}

/// A finding within the caller's tenant.
pub struct TransferFinding(Authorized<transfer_audit::TransferFinding>);

/// A transfer at Stripe that differs from the payouts that were sent.
#[Object]
impl TransferFinding {
    /// The id of the finding: a UUID, unique over all types. It stays while each audit finds it.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The kind of the difference between transfer and payout.
    async fn kind(&self) -> FindingKind {
        self.0.kind
    }

    /// The reference of the transfer at Stripe, as in `"tr_1AbC"`.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// The payout that the transfer is of, or says it is of; null if there is none.
    async fn payout(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Payout>> {
        let Some(id) = self.0.payout_id else { return Ok(None) };
        Ok(request(ctx)?.loaders().payout.load(id).await?.map(Payout))
    }

    /// The difference as a sentence in English.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The instant at which an audit last found it.
    async fn found_at(&self) -> Timestamp {
        self.0.found_at.into()
    }
}

/// A difference within the caller's tenant.
pub struct ReconciliationDifference(reporting::Difference);

/// Amounts of one partner and currency that must be equal and are not.
#[Object]
impl ReconciliationDifference {
    /// The partner whose rows differ.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The currency of the expected and the actual amount.
    async fn currency(&self) -> Currency {
        self.0.expected.currency()
    }

    /// The amount that the rule requires, summed over the rows that differ.
    async fn expected(&self) -> Money {
        self.0.expected
    }

    /// The amount that is stored, summed over the rows that differ.
    async fn actual(&self) -> Money {
        self.0.actual
    }

    /// The rule that is violated, as a constant sentence.
    async fn rule(&self) -> &str {
        &self.0.rule
    }

    /// The ids of the commission events or payouts that differ, at most 100; empty if an event is missing, or if the
    /// rule compares sums over all rows.
    async fn ids(&self) -> Vec<ID> {
        self.0.ids.iter().map(|id| ID(id.to_string())).collect()
    }
}

/// A debt within the caller's tenant.
pub struct PartnerDebt(pub reporting::Debt);

/// The debt of a partner in one currency.
#[Object]
impl PartnerDebt {
    /// The partner that owes the amount.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The sum of the partner's due commission events in the currency; negative.
    async fn amount(&self) -> Money {
        self.0.amount
    }
}
