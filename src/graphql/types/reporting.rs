//! The object types of balances, dashboards, months and the referral funnel.

use async_graphql::{Context, Object, SimpleObject};

use super::commission::CommissionEvent;
use super::payout::Payout;
use crate::domain::referral::ReferralStatus;
use crate::domain::reporting::{self, Dashboard};
use crate::graphql::context::counted;
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// Returns a count as GraphQL's `Int`, which has 32 bits; a larger one saturates.
pub(super) fn to_int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The balance of a partner in one currency.
pub struct PartnerBalance(pub reporting::Balance);

/// The balance of a partner in one currency. Every commission event, reversals included, counts in exactly one of
/// pending, approved, inTransit and settled, unless its status is CANCELLED or CLAWBACK.
#[Object]
impl PartnerBalance {
    /// The currency of all amounts of the balance.
    async fn currency(&self) -> Currency {
        self.0.pending.currency()
    }

    /// The sum of the PENDING events, which staff have not approved yet.
    async fn pending(&self) -> Money {
        self.0.pending
    }

    /// The sum of the APPROVED events, which are in no payout yet.
    async fn approved(&self) -> Money {
        self.0.approved
    }

    /// The part of approved that staff hold back: no payout pays it until they release it. In a balance as of a past time,
    /// what is held now.
    async fn held(&self) -> Money {
        self.0.held
    }

    /// The sum of the PAID events whose payout is not COMPLETED: the payment is in transit.
    async fn in_transit(&self) -> Money {
        self.0.in_transit
    }

    /// The sum of the PAID events whose payout is COMPLETED: the payment has arrived.
    async fn settled(&self) -> Money {
        self.0.settled
    }

    /// The sum of pending, approved, inTransit and settled.
    async fn earned(&self) -> async_graphql::Result<Money> {
        Ok(self.0.earned()?)
    }

    /// The sum of inTransit and settled.
    async fn paid(&self) -> async_graphql::Result<Money> {
        Ok(self.0.paid()?)
    }

    /// The difference of earned and paid: the amount still to be paid, negative if the partner owes it.
    async fn outstanding(&self) -> async_graphql::Result<Money> {
        Ok(self.0.outstanding()?)
    }
}

/// The dashboard of a partner in one currency.
pub struct PartnerRevenueDashboard(pub Dashboard);

/// The revenue, commissions, payouts and leads of a partner in one currency at one instant, all from one snapshot of
/// the database.
#[Object]
impl PartnerRevenueDashboard {
    /// The currency of all amounts of the dashboard.
    async fn currency(&self) -> Currency {
        self.0.total_revenue.currency()
    }

    /// The instant that the amounts are computed for.
    async fn as_of(&self) -> Timestamp {
        self.0.as_of.into()
    }

    /// The sum of the base amounts of the partner's commission events, less refunds. Events with the status CANCELLED
    /// or CLAWBACK do not count.
    async fn total_revenue_generated(&self) -> Money {
        self.0.total_revenue
    }

    /// The sum of all commissions: pending, approved, in transit and settled.
    async fn total_commissions_earned(&self) -> async_graphql::Result<Money> {
        Ok(self.0.balance.earned()?)
    }

    /// The part of totalCommissionsEarned that is in payouts: in transit and settled.
    async fn total_commissions_paid(&self) -> async_graphql::Result<Money> {
        Ok(self.0.balance.paid()?)
    }

    /// The difference of totalCommissionsEarned and totalCommissionsPaid; negative if the partner owes it.
    async fn outstanding_balance(&self) -> async_graphql::Result<Money> {
        Ok(self.0.balance.outstanding()?)
    }

    /// The part of totalRevenueGenerated in the current month, by eventDate. The month starts at midnight of the 1st
    /// in the tenant's time zone.
    async fn current_month_revenue(&self) -> Money {
        self.0.month_revenue
    }

    /// The part of totalCommissionsEarned in the current month, by eventDate.
    async fn current_month_commissions(&self) -> Money {
        self.0.month_commissions
    }

    /// The sum of the payouts COMPLETED in the current month, by completedAt.
    async fn current_month_payouts(&self) -> Money {
        self.0.month_payouts
    }

    /// The number of referral leads of the partner.
    async fn total_referrals(&self) -> i32 {
        to_int(self.0.total_referrals)
    }

    /// The number of referral leads that are CONVERTED.
    async fn converted_referrals(&self) -> i32 {
        to_int(self.0.converted_referrals)
    }

    /// The share of convertedReferrals in totalReferrals in percent, 0.0 to 100.0; 0.0 if there are no leads.
    async fn conversion_rate(&self) -> f64 {
        self.0.conversion_rate
    }

    /// The number of referral leads that are NEW, CONTACTED or QUALIFIED.
    async fn active_referrals(&self) -> i32 {
        to_int(self.0.active_referrals)
    }

    /// The number of distinct customers that the partner manages or has managed.
    async fn total_customers(&self) -> i32 {
        to_int(self.0.total_customers)
    }

    /// The number of managed accounts that are in force.
    async fn active_customers(&self) -> i32 {
        to_int(self.0.active_customers)
    }

    /// The number of PENDING commission events in all currencies.
    async fn pending_commission_events(&self) -> i32 {
        to_int(self.0.pending_commission_events)
    }

    /// The instant at which the next payout is due: the earliest payoutDate of a READY or PROCESSING payout, or else
    /// the tenant's next payout day if the due commissions would be payable. Null if neither is known.
    async fn next_payout_date(&self) -> Option<Timestamp> {
        self.0.next_payout_date.map(Timestamp)
    }

    /// The 10 commission events with the latest eventDate in all currencies, latest first.
    async fn recent_commission_events(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<CommissionEvent>> {
        counted(ctx, self.0.recent_commission_events.iter().cloned().map(CommissionEvent).collect()).await
    }

    /// The 10 payouts with the latest payoutDate in all currencies, latest first.
    async fn recent_payouts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Payout>> {
        counted(ctx, self.0.recent_payouts.iter().cloned().map(Payout).collect()).await
    }

    /// The balance that the totals of commissions are computed from.
    async fn balance(&self) -> PartnerBalance {
        PartnerBalance(self.0.balance)
    }
}

/// The revenue, commissions and payouts of a partner in one month and currency. Months start at midnight of the 1st in
/// the tenant's time zone.
#[derive(SimpleObject)]
pub struct PartnerMonth {
    /// The year and month in the tenant's time zone, as in `"2026-11"`.
    month: String,
    /// The start of the month, inclusive.
    starts_at: Timestamp,
    /// The end of the month, exclusive: the start of the next one.
    ends_at: Timestamp,
    /// The sum of the base amounts of the month's commission events, less the refunds of the month; negative if
    /// refunds prevail. Events with the status CANCELLED or CLAWBACK do not count.
    revenue: Money,
    /// The sum of the commissions of the same events, reversals included; negative if reversals prevail.
    commissions: Money,
    /// The sum of the payouts COMPLETED in the month, by completedAt.
    payouts: Money,
}

impl From<reporting::Month> for PartnerMonth {
    fn from(month: reporting::Month) -> Self {
        Self {
            month: month.first_day.format("%Y-%m").to_string(),
            starts_at: month.starts_at.into(),
            ends_at: month.ends_at.into(),
            revenue: month.revenue,
            commissions: month.commissions,
            payouts: month.payouts,
        }
    }
}

/// A stage of the referral funnel and the number of leads that have reached it.
#[derive(SimpleObject)]
pub struct ReferralStage {
    /// The status that the stage stands for: NEW, CONTACTED, QUALIFIED or CONVERTED.
    status: ReferralStatus,
    /// The number of leads that have ever reached this stage or a later one; for CONVERTED, the number of leads that
    /// are CONVERTED now.
    leads: i32,
    /// The median time in days from submission until this stage was first reached. Null for NEW, and if no lead has a
    /// time for this stage.
    median_days: Option<f64>,
}

impl From<reporting::Stage> for ReferralStage {
    fn from(stage: reporting::Stage) -> Self {
        Self { status: stage.status, leads: to_int(stage.leads), median_days: stage.median_days }
    }
}
