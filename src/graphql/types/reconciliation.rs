//! The books of a tenant as staff see them.

use async_graphql::{Context, ID, Object};

use super::commission::CommissionEvent;
use super::partner::Partner;
use crate::domain::reporting;
use crate::graphql::context::request;
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;

/// What the books of a tenant look like.
pub struct Reconciliation(pub reporting::Reconciliation);

/// The proof that no money was lost or made: every stored figure held against rows that it was not made from. Nothing is
/// put right here; a difference is for people to explain.
#[Object]
impl Reconciliation {
    /// Whether there is no difference. Debts and stranded events are none.
    async fn balanced(&self) -> bool {
        self.0.differences.is_empty()
    }

    /// What does not agree, one entry for each rule, partner and currency; empty in sound books.
    async fn differences(&self) -> Vec<ReconciliationDifference> {
        self.0.differences.iter().cloned().map(ReconciliationDifference).collect()
    }

    /// Events that were APPROVED, past their hold and in no payout although a living payout of the same partner and
    /// currency has a periodEnd after their date: what a batch forgot or came too early for. The 500 oldest. The next batch
    /// whose period reaches back takes them.
    async fn stranded_events(&self) -> Vec<CommissionEvent> {
        self.0.stranded.iter().cloned().map(CommissionEvent).collect()
    }

    /// The partners whose approved, due events in a currency add up to less than zero. They are paid again when they have
    /// earned more than that.
    async fn debts(&self) -> Vec<PartnerDebt> {
        self.0.debts.iter().copied().map(PartnerDebt).collect()
    }
}

/// Figures of one partner and currency that should be the same, and are not.
pub struct ReconciliationDifference(reporting::Difference);

/// Figures of one partner and currency that should be the same, and are not.
#[Object]
impl ReconciliationDifference {
    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The currency of both amounts.
    async fn currency(&self) -> Currency {
        self.0.expected.currency()
    }

    /// What there should be: the sum over the rows that disagree.
    async fn expected(&self) -> Money {
        self.0.expected
    }

    /// What there is: the sum over the rows that disagree.
    async fn actual(&self) -> Money {
        self.0.actual
    }

    /// What should hold and does not, as a sentence that stays the same.
    async fn rule(&self) -> &str {
        &self.0.rule
    }

    /// The events or payouts that disagree, the first 100; empty when an event is missing or a sum over all rows is meant.
    async fn ids(&self) -> Vec<ID> {
        self.0.ids.iter().map(|id| ID(id.to_string())).collect()
    }
}

/// What a partner owes in one currency.
pub struct PartnerDebt(reporting::Debt);

/// What a partner owes in one currency.
#[Object]
impl PartnerDebt {
    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// What is due to the partner: below zero.
    async fn amount(&self) -> Money {
        self.0.amount
    }
}
