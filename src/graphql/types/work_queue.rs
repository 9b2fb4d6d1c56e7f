//! The object type of what waits for staff.

use async_graphql::Object;

use super::reporting::to_int;
use crate::domain::reporting::WorkQueue;
use crate::primitives::timestamp::Timestamp;

/// What waits for staff of the caller's tenant.
pub struct WorkQueueCounts(pub WorkQueue);

/// The numbers of rows that wait for staff, all from one state of the database. Each equals the totalCount of the list that its
/// description names.
#[Object]
impl WorkQueueCounts {
    /// The commission events that await approval, reversals included: `commissionEvents` with the status PENDING.
    async fn pending_commissions(&self) -> i32 {
        to_int(self.0.counts.pending_commissions)
    }

    /// The commission events that staff hold back until they release them: `commissionEvents` with isHeld true.
    async fn held_commissions(&self) -> i32 {
        to_int(self.0.counts.held_commissions)
    }

    /// The payouts whose payment has not been sent: `payouts` with the status READY.
    async fn payouts_ready(&self) -> i32 {
        to_int(self.0.counts.payouts_ready)
    }

    /// The payouts whose payment was sent and is not confirmed: `payouts` with the status PROCESSING.
    async fn payouts_unconfirmed(&self) -> i32 {
        to_int(self.0.counts.payouts_unconfirmed)
    }

    /// The payouts that failed recently: `payouts` with the status FAILED and changedFrom at payoutsFailedFrom.
    async fn payouts_failed(&self) -> i32 {
        to_int(self.0.counts.payouts_failed)
    }

    /// The time since which payoutsFailed counts: the start of the day 30 days ago, in the tenant's time zone.
    async fn payouts_failed_from(&self) -> Timestamp {
        self.0.failed_from.into()
    }

    /// The payouts that staff must look at for any reason: `payouts` with an attention of any kind.
    async fn payouts_with_attention(&self) -> i32 {
        to_int(self.0.counts.payouts_with_attention)
    }

    /// The bank accounts that await the confirmation of a user of finance: `partners` with hasUnconfirmedBankAccount true, each
    /// of which has one.
    async fn unconfirmed_bank_accounts(&self) -> i32 {
        to_int(self.0.counts.unconfirmed_bank_accounts)
    }

    /// The invoices that earned nothing and may earn something when they are assessed again: `invoices` with the outcome
    /// NO_MANAGED_ACCOUNT, NO_RATE or PARTNER_INELIGIBLE.
    async fn invoices_that_earned_nothing(&self) -> i32 {
        to_int(self.0.counts.invoices_that_earned_nothing)
    }

    /// The leads that nobody has contacted yet: `referralLeads` with the status NEW.
    async fn new_leads(&self) -> i32 {
        to_int(self.0.counts.new_leads)
    }

    /// The partners that have not been accepted yet: `partners` with the status PENDING.
    async fn pending_partners(&self) -> i32 {
        to_int(self.0.counts.pending_partners)
    }
}
