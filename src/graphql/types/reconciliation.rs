//! The object types of the reconciliation.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::partner::Partner;
use super::reporting::to_int;
use crate::domain::reporting;
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

    /// The partners whose due commission events in a currency have a negative sum. They are paid again once they have
    /// earned more than the debt.
    async fn debts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerDebt>> {
        counted(ctx, self.0.debts.iter().copied().map(PartnerDebt).collect()).await
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
