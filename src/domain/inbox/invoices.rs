//! What Stripe Billing reports of invoices, recorded as if the billing service had called the API.

use super::handle::end;
use super::{InboxEventStatus, store};
use crate::domain::commission;
use crate::domain::commission::record::RecordInvoicePaidInput;
use crate::domain::commission::refund::RecordInvoiceRefundedInput;
use crate::domain::commission::reinstate::RecordRefundReversedInput;
use crate::domain::db::act::Act;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::reversal::RefundReversedOutcome;
use crate::domain::invoice::{InvoicePaidOutcome, InvoiceRefundedOutcome};
use crate::primitives::error::Result;
use crate::primitives::id::InboxEventId;

/// What Stripe Billing reports.
#[derive(Clone, Debug)]
pub enum Report {
    /// A paid invoice.
    Paid(RecordInvoicePaidInput),
    /// Money of an invoice that went back.
    Refunded(RecordInvoiceRefundedInput),
    /// A refund that failed after it had succeeded.
    RefundFailed(RecordRefundReversedInput),
}

impl Report {
    /// Returns the act that records it.
    pub fn act(&self) -> Act {
        match self {
            Self::Paid(_) => Act::RecordInvoicePaid,
            Self::Refunded(_) => Act::RecordInvoiceRefunded,
            Self::RefundFailed(_) => Act::RecordRefundReversed,
        }
    }
}

/// What came of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of a paid invoice.
    Paid(InvoicePaidOutcome),
    /// Of a refund.
    Refunded(InvoiceRefundedOutcome),
    /// Of a refund that failed.
    RefundFailed(RefundReversedOutcome),
    /// The event was handled before.
    Nothing,
}

/// Records a report, and ends its event and its job.
pub async fn record(db: &mut Transaction, (job, report): &(&ClaimedJob, &Report)) -> Result<Outcome> {
    db.mark_idempotent();
    let event = store::by_id(db, InboxEventId(job.subject)).await?;
    if event.is_none_or(|event| event.status != InboxEventStatus::Pending) {
        job.finish(db).await?;
        db.record_nothing();
        return Ok(Outcome::Nothing);
    }
    let (outcome, word) = match report {
        Report::Paid(input) => {
            let outcome = commission::record::record(db, input).await?.outcome;
            (Outcome::Paid(outcome), outcome.to_string())
        }
        Report::Refunded(input) => {
            let outcome = commission::refund::record(db, input).await?.outcome;
            (Outcome::Refunded(outcome), outcome.to_string())
        }
        Report::RefundFailed(input) => {
            let outcome = commission::reinstate::record(db, input).await?.outcome;
            (Outcome::RefundFailed(outcome), outcome.to_string())
        }
    };
    end(db, job, InboxEventStatus::Handled, Some(&word)).await?;
    Ok(outcome)
}
