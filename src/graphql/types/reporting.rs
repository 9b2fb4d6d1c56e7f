//! A partner's figures as clients see them.

use async_graphql::{Object, SimpleObject};

use super::commission::CommissionEvent;
use super::payout::Payout;
use crate::domain::referral::ReferralStatus;
use crate::domain::reporting::{self, Dashboard};
use crate::primitives::currency::Currency;
use crate::primitives::money::Money;
use crate::primitives::timestamp::Timestamp;

/// A count as clients see it: 32 bits, the largest whole number that GraphQL knows.
fn shown(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A partner's balance in one currency. Every commission event that was not called off or taken back in full is in
/// exactly one of four buckets: pending, approved, inTransit, settled.
pub struct PartnerBalance(pub reporting::Balance);

/// A partner's balance in one currency. Every commission event that was not called off or taken back in full is in
/// exactly one of four buckets: pending, approved, inTransit, settled.
#[Object]
impl PartnerBalance {
    /// The currency of all its amounts.
    async fn currency(&self) -> Currency {
        self.0.pending.currency()
    }

    /// The sum of the PENDING events: they wait for staff to approve them.
    async fn pending(&self) -> Money {
        self.0.pending
    }

    /// The sum of the APPROVED events: they are in no payout yet.
    async fn approved(&self) -> Money {
        self.0.approved
    }

    /// The sum of the PAID events whose payout is not completed: the money is on its way.
    async fn in_transit(&self) -> Money {
        self.0.in_transit
    }

    /// The sum of the PAID events whose payout is completed: the money has arrived.
    async fn settled(&self) -> Money {
        self.0.settled
    }

    /// pending + approved + inTransit + settled.
    async fn earned(&self) -> async_graphql::Result<Money> {
        Ok(self.0.earned()?)
    }

    /// inTransit + settled.
    async fn paid(&self) -> async_graphql::Result<Money> {
        Ok(self.0.paid()?)
    }

    /// earned - paid: what the partner is still to be paid; negative when it owes.
    async fn outstanding(&self) -> async_graphql::Result<Money> {
        Ok(self.0.outstanding()?)
    }
}

/// A partner's figures in one currency at one moment, all from one state of the database.
pub struct PartnerRevenueDashboard {
    dashboard: Dashboard,
}

impl PartnerRevenueDashboard {
    /// Shows a dashboard.
    pub fn new(dashboard: Dashboard) -> Self {
        Self { dashboard }
    }

    fn balance(&self) -> &reporting::Balance {
        &self.dashboard.balance
    }
}

/// A partner's figures in one currency at one moment, all from one state of the database.
#[Object]
impl PartnerRevenueDashboard {
    /// The currency of all its amounts.
    async fn currency(&self) -> Currency {
        self.dashboard.total_revenue.currency()
    }

    /// The moment the figures are true at.
    async fn as_of(&self) -> Timestamp {
        self.dashboard.as_of.into()
    }

    /// What customers paid, by the base amounts of the partner's commission events, less what they got back. Events
    /// that were called off or taken back in full do not count.
    async fn total_revenue_generated(&self) -> Money {
        self.dashboard.total_revenue
    }

    /// What the partner earned so far: pending, approved, in transit and settled.
    async fn total_commissions_earned(&self) -> async_graphql::Result<Money> {
        Ok(self.balance().earned()?)
    }

    /// What of it was put into payouts: in transit and settled.
    async fn total_commissions_paid(&self) -> async_graphql::Result<Money> {
        Ok(self.balance().paid()?)
    }

    /// What the partner is still to be paid: totalCommissionsEarned - totalCommissionsPaid, at every moment.
    async fn outstanding_balance(&self) -> async_graphql::Result<Money> {
        Ok(self.balance().outstanding()?)
    }

    /// totalRevenueGenerated of this month, which begins at midnight of the 1st in the tenant's time zone; by the
    /// dates of the events.
    async fn current_month_revenue(&self) -> Money {
        self.dashboard.month_revenue
    }

    /// totalCommissionsEarned of this month, by the dates of the events.
    async fn current_month_commissions(&self) -> Money {
        self.dashboard.month_commissions
    }

    /// What was paid by payouts that were completed this month.
    async fn current_month_payouts(&self) -> Money {
        self.dashboard.month_payouts
    }

    /// How many referral leads there are.
    async fn total_referrals(&self) -> i32 {
        shown(self.dashboard.total_referrals)
    }

    /// How many of them are CONVERTED.
    async fn converted_referrals(&self) -> i32 {
        shown(self.dashboard.converted_referrals)
    }

    /// convertedReferrals as a share of totalReferrals in percent: 0.0 to 100.0, and 0.0 without leads.
    async fn conversion_rate(&self) -> f64 {
        self.dashboard.conversion_rate
    }

    /// How many leads are still on their way: NEW, CONTACTED or QUALIFIED.
    async fn active_referrals(&self) -> i32 {
        shown(self.dashboard.active_referrals)
    }

    /// How many customers the partner manages or ever managed.
    async fn total_customers(&self) -> i32 {
        shown(self.dashboard.total_customers)
    }

    /// How many managed accounts are in force.
    async fn active_customers(&self) -> i32 {
        shown(self.dashboard.active_customers)
    }

    /// How many commission events, of all currencies, are PENDING.
    async fn pending_commission_events(&self) -> i32 {
        shown(self.dashboard.pending_commission_events)
    }

    /// When the next money is due: the earliest payoutDate of a READY or PROCESSING payout; else the tenant's next
    /// payout day, if what is approved and has passed its hold would be paid out then; else null.
    async fn next_payout_date(&self) -> Option<Timestamp> {
        self.dashboard.next_payout_date.map(Timestamp)
    }

    /// The 10 latest commission events, of all currencies, latest first.
    async fn recent_commission_events(&self) -> Vec<CommissionEvent> {
        self.dashboard.recent_commission_events.iter().cloned().map(CommissionEvent).collect()
    }

    /// The 10 latest payouts, of all currencies, latest first.
    async fn recent_payouts(&self) -> Vec<Payout> {
        self.dashboard.recent_payouts.iter().cloned().map(Payout).collect()
    }

    /// The same balance in its four buckets.
    #[graphql(name = "balance")]
    async fn shown_balance(&self) -> PartnerBalance {
        PartnerBalance(*self.balance())
    }
}

/// What a partner earned and was paid in one month and currency. Months begin at midnight of the 1st in the tenant's
/// time zone.
#[derive(SimpleObject)]
pub struct PartnerMonth {
    /// The month, as `"2026-11"`.
    month: String,
    /// When it begins.
    starts_at: Timestamp,
    /// When the next one begins: the first moment that is not part of it.
    ends_at: Timestamp,
    /// What customers paid, by the base amounts of the month's commission events, less what they got back in it. Events
    /// that were called off or taken back in full do not count.
    revenue: Money,
    /// The commissions of the same events. Negative in a month in which more was taken back than earned.
    commissions: Money,
    /// What was paid by payouts that were completed in it.
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

/// A stage on the way of referral leads, and how many came this far.
#[derive(SimpleObject)]
pub struct ReferralStage {
    /// The stage: NEW, CONTACTED, QUALIFIED or CONVERTED.
    status: ReferralStatus,
    /// How many leads ever came this far; whoever came to a later stage came through this one. For CONVERTED, how many
    /// are CONVERTED now.
    leads: i32,
    /// Days from submission until this stage was first reached, of the lead in the middle: half were as fast. Null when
    /// no time of this stage is known, and of NEW.
    median_days: Option<f64>,
}

impl From<reporting::Stage> for ReferralStage {
    fn from(stage: reporting::Stage) -> Self {
        Self { status: stage.status, leads: shown(stage.leads), median_days: stage.median_days }
    }
}
