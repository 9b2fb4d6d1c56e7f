//! The object types of the overview of all partners.

use async_graphql::{Context, Object, SimpleObject};

use super::partner::Partner;
use super::reconciliation::PartnerDebt;
use super::reporting::to_int;
use super::work_queue::WorkQueueCounts;
use crate::domain::reporting::{self, Balance};
use crate::graphql::context::{counted, request};
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// The overview of the caller's tenant.
pub struct Overview(pub reporting::Overview);

/// The sums of all partners of the tenant, all from one snapshot of the database. They add up to those of the partners, of the
/// lists and of `reconciliation`.
#[Object]
impl Overview {
    /// The instant that the amounts are computed for.
    async fn as_of(&self) -> Timestamp {
        self.0.as_of.into()
    }

    /// The sums of all balances, one for each currency in which there are commission events, ordered by currency code.
    async fn balances(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<OverviewBalance>> {
        let debts = &self.0.debt_totals;
        let balance = |balance: &Balance| {
            let currency = balance.pending.currency();
            let debt = debts.iter().find(|debt| debt.amount.currency() == currency);
            OverviewBalance { balance: *balance, debt: debt.copied() }
        };
        counted(ctx, self.0.balances.iter().map(balance).collect()).await
    }

    /// The months, oldest first, and in each the currencies of `balances`. Months start at midnight of the 1st in the
    /// tenant's time zone; a commission event dated in the future counts in the current month.
    async fn months(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<OverviewMonth>> {
        counted(ctx, self.0.months.iter().copied().map(OverviewMonth::from).collect()).await
    }

    /// The largest debts as in `reconciliation`: the partners whose due commission events in a currency have a negative sum.
    /// Ordered by currency code, and in each currency the 10 largest, largest first.
    async fn largest_debts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerDebt>> {
        counted(ctx, self.0.debts.iter().copied().map(PartnerDebt).collect()).await
    }

    /// The partners that earned most in the months of the overview, ordered by currency code, and in each currency the 10 with
    /// the largest sum of commissions, largest first; only sums above zero.
    async fn largest_earners(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerEarnings>> {
        counted(ctx, self.0.earners.iter().copied().map(PartnerEarnings).collect()).await
    }

    /// The numbers of rows that wait for staff, as in the query `workQueue`.
    async fn work_queue(&self) -> WorkQueueCounts {
        WorkQueueCounts(self.0.work_queue)
    }
}

/// The sum of the balances of all partners in one currency.
pub struct OverviewBalance {
    balance: Balance,
    debt: Option<reporting::DebtTotal>,
}

/// The sum of the balances of all partners in one currency; its parts are those of `PartnerBalance`. What some partners owe
/// is deducted in it: `debts` has that part.
#[Object]
impl OverviewBalance {
    /// The currency of all amounts of the balance.
    async fn currency(&self) -> Currency {
        self.balance.pending.currency()
    }

    /// The sum of the PENDING events, which staff have not approved yet.
    async fn pending(&self) -> Money {
        self.balance.pending
    }

    /// The sum of the APPROVED events, which are in no payout yet.
    async fn approved(&self) -> Money {
        self.balance.approved
    }

    /// The part of approved that staff hold back.
    async fn held(&self) -> Money {
        self.balance.held
    }

    /// The sum of the PAID events whose payout is not COMPLETED: the payments are in transit.
    async fn in_transit(&self) -> Money {
        self.balance.in_transit
    }

    /// The sum of the PAID events whose payout is COMPLETED: the payments have arrived.
    async fn settled(&self) -> Money {
        self.balance.settled
    }

    /// The sum of pending and approved: the amount still to be paid.
    async fn outstanding(&self) -> async_graphql::Result<Money> {
        Ok(self.balance.outstanding()?)
    }

    /// The sum of the debts in the currency, as in `reconciliation`; negative, or zero if no partner owes anything.
    async fn debts(&self) -> Money {
        let zero = Money::zero(self.balance.pending.currency());
        self.debt.map_or(zero, |debt| debt.amount)
    }

    /// The number of partners that have a debt in the currency.
    async fn partners_in_debt(&self) -> i32 {
        to_int(self.debt.map_or(0, |debt| debt.partners))
    }
}

/// The revenue, commissions and payouts of all partners in one month and currency.
#[derive(SimpleObject)]
pub struct OverviewMonth {
    /// The year and month in the tenant's time zone, as in `"2026-11"`.
    month: String,
    /// The start of the month, inclusive.
    starts_at: Timestamp,
    /// The end of the month, exclusive: the start of the next one.
    ends_at: Timestamp,
    /// The currency of all amounts of the month.
    currency: Currency,
    /// The sum of the base amounts of the month's commission events, less the refunds of the month. Events with the status
    /// CANCELLED or CLAWBACK do not count.
    revenue: Money,
    /// The sum of the commissions of the same events, reversals included; negative if reversals prevail.
    commissions: Money,
    /// The sum of the payouts COMPLETED in the month, by completedAt.
    payouts: Money,
}

impl From<reporting::Month> for OverviewMonth {
    fn from(month: reporting::Month) -> Self {
        Self {
            month: month.first_day.format("%Y-%m").to_string(),
            starts_at: month.starts_at.into(),
            ends_at: month.ends_at.into(),
            currency: month.revenue.currency(),
            revenue: month.revenue,
            commissions: month.commissions,
            payouts: month.payouts,
        }
    }
}

/// What a partner of the caller's tenant earned in the months of an overview.
pub struct PartnerEarnings(reporting::Earner);

/// The commissions that a partner earned in the months of an overview, in one currency.
#[Object]
impl PartnerEarnings {
    /// The partner that earned the amount.
    async fn partner(&self, ctx: &Context<'_>) -> async_graphql::Result<Partner> {
        Ok(Partner(request(ctx)?.loaders().partner.load_required(self.0.partner_id).await?))
    }

    /// The sum of the commissions of the months, by eventDate, reversals included; above zero.
    async fn commissions(&self) -> Money {
        self.0.commissions
    }
}
