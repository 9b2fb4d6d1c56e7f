//! What mutations answer: what they made, or why they were refused.

use async_graphql::SimpleObject;

use super::account::ManagedAccount;
use super::commission::CommissionEvent;
use super::context::Done;
use super::partner::{Partner, PartnerUser};
use super::payout::{Payout, SkippedPayout};
use super::referral::ReferralLead;
use super::viewer::Tenant;
use crate::access::Admitted;
use crate::domain::commission::record::Recorded;
use crate::domain::commission::refund::Refunded;
use crate::domain::invoice::{InvoicePaidOutcome, InvoiceRefundedOutcome};
use crate::domain::payout::run::Report;
use crate::domain::{account, commission, partner, payout, referral, tenant};
use crate::error::UserError;
use crate::money::Money;

/// What was made, or else the refusals.
fn split<T>(done: Done<T>) -> (Option<T>, Vec<UserError>) {
    match done {
        Ok(made) => (Some(made), Vec::new()),
        Err(refusals) => (None, refusals),
    }
}

/// What came of recordInvoicePaid.
#[derive(SimpleObject)]
pub struct RecordInvoicePaidPayload {
    /// What came of the invoice; null when the call was refused.
    outcome: Option<InvoicePaidOutcome>,
    /// The commission event of the invoice, if it earned something, now or when it was first sent.
    commission_event: Option<CommissionEvent>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Recorded>> for RecordInvoicePaidPayload {
    fn from(done: Done<Recorded>) -> Self {
        let (recorded, user_errors) = split(done);
        let (outcome, event) = recorded.map_or((None, None), |(outcome, event)| (Some(outcome), event));
        Self { outcome, commission_event: event.map(CommissionEvent), user_errors }
    }
}

/// What came of recordInvoiceRefunded.
#[derive(SimpleObject)]
pub struct RecordInvoiceRefundedPayload {
    /// What came of the refund; null when the call was refused.
    outcome: Option<InvoiceRefundedOutcome>,
    /// The commission event of the invoice as it is now, if it has one: CLAWBACK when it was taken back in full before it
    /// was in a payout.
    commission_event: Option<CommissionEvent>,
    /// The line that takes part of the commission back, now or when the refund was first sent. Null when the event itself
    /// became CLAWBACK, and when there was nothing to take back.
    clawback: Option<CommissionEvent>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Refunded>> for RecordInvoiceRefundedPayload {
    fn from(done: Done<Refunded>) -> Self {
        let (refunded, user_errors) = split(done);
        let (outcome, event, line) =
            refunded.map_or((None, None, None), |(outcome, event, line)| (Some(outcome), event, line));
        Self {
            outcome,
            commission_event: event.map(CommissionEvent),
            clawback: line.map(CommissionEvent),
            user_errors,
        }
    }
}

/// What came of recordAdjustment.
#[derive(SimpleObject)]
pub struct CommissionEventPayload {
    /// The event as it is now; null when the call was refused.
    commission_event: Option<CommissionEvent>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Admitted<commission::CommissionEvent>>> for CommissionEventPayload {
    fn from(done: Done<Admitted<commission::CommissionEvent>>) -> Self {
        let (event, user_errors) = split(done);
        Self { commission_event: event.map(CommissionEvent), user_errors }
    }
}

/// What came of approving or cancelling commission events.
#[derive(SimpleObject)]
pub struct CommissionEventsPayload {
    /// The events as they are now, in the order in which they were named; null when the call was refused.
    commission_events: Option<Vec<CommissionEvent>>,
    /// Why the call was refused, one entry for each event that stood in the way; empty on success. Refused, it has
    /// changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Vec<Admitted<commission::CommissionEvent>>>> for CommissionEventsPayload {
    fn from(done: Done<Vec<Admitted<commission::CommissionEvent>>>) -> Self {
        let (events, user_errors) = split(done);
        let commission_events = events.map(|events| events.into_iter().map(CommissionEvent).collect());
        Self { commission_events, user_errors }
    }
}

/// What came of approvePendingCommissionEvents.
#[derive(SimpleObject)]
pub struct ApprovePendingCommissionEventsPayload {
    /// How many events were approved, or of a dry run would be; null when the call was refused.
    approved_count: Option<i32>,
    /// Their sum, one amount for each currency, by currency code; null when the call was refused.
    totals: Option<Vec<Money>>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<(i64, Vec<Money>)>> for ApprovePendingCommissionEventsPayload {
    fn from(done: Done<(i64, Vec<Money>)>) -> Self {
        let (approved, user_errors) = split(done);
        let (count, totals) = approved.map_or((None, None), |(count, totals)| (Some(count), Some(totals)));
        let approved_count = count.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        Self { approved_count, totals, user_errors }
    }
}

/// What came of making a payout or moving it on.
#[derive(SimpleObject)]
pub struct PayoutPayload {
    /// The payout as it is now; null when the call was refused.
    payout: Option<Payout>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Admitted<payout::Payout>>> for PayoutPayload {
    fn from(done: Done<Admitted<payout::Payout>>) -> Self {
        let (payout, user_errors) = split(done);
        Self { payout: payout.map(Payout), user_errors }
    }
}

/// What came of runPayouts.
#[derive(SimpleObject)]
pub struct RunPayoutsPayload {
    /// The payouts that the run made, by partner and currency; null of a dry run, and when the call was refused.
    payouts: Option<Vec<Payout>>,
    /// The sum of the payouts, one amount for each currency, by currency code; of a dry run, what it would be. Null when
    /// the call was refused.
    totals: Option<Vec<Money>>,
    /// How many payouts; of a dry run, how many there would be. Null when the call was refused.
    payout_count: Option<i32>,
    /// Whom the run does not pay although something is approved and due, by partner and currency; null when the call was
    /// refused.
    skipped: Option<Vec<SkippedPayout>>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Report>> for RunPayoutsPayload {
    fn from(done: Done<Report>) -> Self {
        let (report, user_errors) = split(done);
        let Some(Report { payouts, count, totals, skipped }) = report else {
            return Self { payouts: None, totals: None, payout_count: None, skipped: None, user_errors };
        };
        Self {
            payouts: payouts.map(|payouts| payouts.into_iter().map(Payout).collect()),
            totals: Some(totals),
            payout_count: Some(i32::try_from(count).unwrap_or(i32::MAX)),
            skipped: Some(skipped.into_iter().map(SkippedPayout).collect()),
            user_errors,
        }
    }
}

/// What came of creating or updating a partner.
#[derive(SimpleObject)]
pub struct PartnerPayload {
    /// The partner as it is now; null when the call was refused.
    partner: Option<Partner>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Admitted<partner::Partner>>> for PartnerPayload {
    fn from(done: Done<Admitted<partner::Partner>>) -> Self {
        let (partner, user_errors) = split(done);
        Self { partner: partner.map(Partner), user_errors }
    }
}

/// What came of linking a user to a partner or ending the link.
#[derive(SimpleObject)]
pub struct PartnerUserPayload {
    /// The link as it is now; null when the call was refused.
    partner_user: Option<PartnerUser>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Admitted<partner::user::PartnerUser>>> for PartnerUserPayload {
    fn from(done: Done<Admitted<partner::user::PartnerUser>>) -> Self {
        let (partner_user, user_errors) = split(done);
        Self { partner_user: partner_user.map(PartnerUser), user_errors }
    }
}

/// What came of assigning, updating or ending a managed account.
#[derive(SimpleObject)]
pub struct ManagedAccountPayload {
    /// The account as it is now; null when the call was refused.
    managed_account: Option<ManagedAccount>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Admitted<account::ManagedAccount>>> for ManagedAccountPayload {
    fn from(done: Done<Admitted<account::ManagedAccount>>) -> Self {
        let (managed_account, user_errors) = split(done);
        Self { managed_account: managed_account.map(ManagedAccount), user_errors }
    }
}

/// What came of updating the tenant's settings.
#[derive(SimpleObject)]
pub struct TenantPayload {
    /// The tenant as it is now; null when the call was refused.
    tenant: Option<Tenant>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<tenant::Tenant>> for TenantPayload {
    fn from(done: Done<tenant::Tenant>) -> Self {
        let (tenant, user_errors) = split(done);
        Self { tenant: tenant.map(Tenant), user_errors }
    }
}

/// What came of submitting a referral lead or moving it on.
#[derive(SimpleObject)]
pub struct ReferralLeadPayload {
    /// The lead as it is now; null when the call was refused.
    referral_lead: Option<ReferralLead>,
    /// Why the call was refused; empty on success. Refused, it has changed nothing.
    user_errors: Vec<UserError>,
}

impl From<Done<Admitted<referral::ReferralLead>>> for ReferralLeadPayload {
    fn from(done: Done<Admitted<referral::ReferralLead>>) -> Self {
        let (referral_lead, user_errors) = split(done);
        Self { referral_lead: referral_lead.map(ReferralLead), user_errors }
    }
}
