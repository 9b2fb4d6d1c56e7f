//! recordRefundReversed: reinstates the commission that a refund clawed back, exactly once.

use async_graphql::InputObject;

use super::event_date::{reject_before, reject_implausible};
use super::remaining_base::Remaining;
use super::standing::{Source, Standing};
use super::{CommissionEvent, CommissionEventType, store};
use crate::auth::Authorized;
use crate::domain::db::audited_row::{AuditedRow, Field, time_text};
use crate::domain::db::transaction::Transaction;
use crate::domain::invoice::reversal::{self, RefundReversal, RefundReversedOutcome};
use crate::domain::invoice::{self, InvoiceRefund, InvoiceRefundedOutcome, payment};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The reversal of a refund: the refund failed, or the dispute about the payment was won.
#[derive(Clone, Debug, InputObject)]
pub struct RecordRefundReversedInput {
    /// The refund id of the billing system, as passed to recordInvoiceRefunded. An unknown refund is NOT_FOUND. A refund
    /// is reversed once per tenant, however often the reversal is sent.
    pub refund_id: String,
    /// The time at which the refund was reversed, from 24 hours before the refund to 24 hours in the future. The same
    /// refund with another time is a CONFLICT.
    pub reversed_at: Timestamp,
    /// The reason, 1 to 2,000 characters; stored in the history, and never shown to partner users. Not compared when the
    /// reversal is sent again.
    pub reason: String,
}

/// The result of recording the reversal of a refund.
#[derive(Clone, Debug)]
pub struct RecordedReversal {
    /// The outcome.
    pub outcome: RefundReversedOutcome,
    /// The reinstatement, if a commission was reinstated.
    pub reinstatement: Option<Authorized<CommissionEvent>>,
    /// The commission event of the invoice, if it earned a commission.
    pub commission_event: Option<Authorized<CommissionEvent>>,
}

/// Reinstates the commission that a refund clawed back, exactly once per tenant and refund.
///
/// The invoice is locked first, which serializes its refunds and their reversals.
pub async fn record(db: &mut Transaction, input: &RecordRefundReversedInput) -> Result<RecordedReversal> {
    db.mark_idempotent();
    let refund_id = text::identifier("refundId", &input.refund_id)?;
    let reason = text::required_note("reason", &input.reason)?;
    reject_implausible(db, "reversedAt", input.reversed_at).await?;
    db.record_reason(&reason);
    let refund = invoice::store::refund(db, &refund_id).await?.ok_or_else(|| unknown(&refund_id))?;
    payment::lock(db, &refund.invoice_id).await?;
    let receipt = invoice::store::present_by_id(db, refund.invoice_row_id).await?;
    // Read again under the lock: the refund may have been applied meanwhile, or the same reversal recorded.
    let (refund, recorded) =
        invoice::store::refund_and_reversal(db, &refund_id).await?.ok_or_else(|| unknown(&refund_id))?;
    if let Some(recorded) = recorded {
        return replay(db, input, &refund, &recorded).await;
    }
    reject_before("reversedAt", input.reversed_at.0, "the refund", refund.refunded_at)?;
    let standing = match refund.outcome {
        InvoiceRefundedOutcome::NoCommission => None,
        InvoiceRefundedOutcome::Recorded | InvoiceRefundedOutcome::AlreadyRecorded => {
            Standing::lock(db, refund.invoice_row_id).await?
        }
    };
    let outcome = match standing {
        Some(_) => RefundReversedOutcome::Recorded,
        None => RefundReversedOutcome::NoCommission,
    };
    let reversal = RefundReversal {
        tenant_id: refund.tenant_id.clone(),
        refund_id,
        reversed_at: input.reversed_at.0,
        reason,
        actor: db.caller().identity().user().to_owned(),
        outcome,
        received_at: db.clock_timestamp().await?,
    };
    reversal::store::insert(db, &reversal).await?;
    let invoice = Some(receipt.key());
    db.record_field(
        invoice,
        "reversedRefund",
        None,
        Field::identifier("", Some(&reversal.refund_id)).recorded(),
    );
    db.record_field(invoice, "reversedAt", None, Some(time_text(reversal.reversed_at)));
    let Some(mut standing) = standing else {
        let commission_event = store::of_invoice(db, refund.invoice_row_id).await?;
        return Ok(RecordedReversal { outcome, reinstatement: None, commission_event });
    };
    let refunds = invoice::store::living_refunds(db, refund.invoice_row_id).await?;
    let remaining = Remaining::after(receipt.total(), receipt.base(), &refunds)?;
    let source = Source {
        event_type: CommissionEventType::Reinstatement,
        refund_id: &reversal.refund_id,
        at: reversal.reversed_at,
        reason: Some(&reversal.reason),
    };
    let reinstatement = standing.amend(db, &remaining, &source).await?;
    db.record_created(&*reinstatement);
    Ok(RecordedReversal {
        outcome,
        reinstatement: Some(reinstatement),
        commission_event: Some(standing.event),
    })
}

/// Returns the result of a reversal that was recorded before; rejects another time.
async fn replay(
    db: &mut Transaction,
    input: &RecordRefundReversedInput,
    refund: &InvoiceRefund,
    recorded: &RefundReversal,
) -> Result<RecordedReversal> {
    if input.reversed_at.0 != recorded.reversed_at {
        let message = format!(
            "the reversal of refund {} was recorded before with the reversedAt {}",
            refund.refund_id,
            recorded.reversed_at.to_rfc3339()
        );
        return Err(Error::user_error(UserError::new(UserErrorCode::Conflict, message).at("refundId")));
    }
    db.record_nothing();
    Ok(RecordedReversal {
        outcome: RefundReversedOutcome::AlreadyRecorded,
        reinstatement: store::of_reversed_refund(db, &refund.refund_id).await?,
        commission_event: store::of_invoice(db, refund.invoice_row_id).await?,
    })
}

fn unknown(refund_id: &str) -> Error {
    let message =
        format!("refund {refund_id} is unknown; send the reversal again once the refund is recorded");
    Error::user_error(UserError::new(UserErrorCode::NotFound, message).at("refundId"))
}
