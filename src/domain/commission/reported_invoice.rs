//! The data of a paid invoice, as the billing system reports it or as a correction states it.

use chrono::{DateTime, Utc};

use super::event_date::{reject_future_at, reject_unset};
use crate::auth::Caller;
use crate::domain::invoice::{InvoicePaidOutcome, InvoiceRevision};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::InvoiceId;
use crate::primitives::money::MoneyInput;
use crate::primitives::text;
use crate::primitives::timestamp::Timestamp;

/// The fields that the inputs of recordInvoicePaid and correctInvoice have in common.
pub(super) struct ReportedInvoice<'i> {
    pub invoice_id: &'i str,
    pub payment_id: Option<&'i str>,
    pub customer_id: &'i str,
    pub total_amount: &'i MoneyInput,
    pub commissionable_amount: Option<&'i MoneyInput>,
    pub paid_at: Timestamp,
}

impl ReportedInvoice<'_> {
    /// Returns the first revision of an invoice with this data, in one payment; its outcome is not decided, and the time at
    /// which it was received is to be set. Rejects invalid data.
    pub fn validate(&self, caller: &Caller) -> Result<InvoiceRevision> {
        let invoice_id = text::identifier("invoiceId", self.invoice_id)?;
        let payment_id = text::optional_identifier_non_blank("paymentId", self.payment_id)?;
        let customer_id = text::identifier("customerId", self.customer_id)?;
        let total = self.total_amount.not_negative("totalAmount")?;
        let base = match self.commissionable_amount {
            None => total,
            Some(base) => base.not_negative("commissionableAmount")?,
        };
        if base.currency() != total.currency() {
            let message =
                format!("is in {}; must be in {} like the total", base.currency(), total.currency());
            return Err(Error::bad_input("commissionableAmount", message));
        }
        if base.amount() > total.amount() {
            let message = format!("is {base}; must be at most the total of {total}");
            return Err(Error::bad_input("commissionableAmount", message));
        }
        reject_unset("paidAt", self.paid_at)?;
        Ok(InvoiceRevision {
            tenant_id: caller.scope().tenant().clone(),
            id: InvoiceId::new(),
            revision: 1,
            invoice_id,
            payment_id,
            is_first_payment: true,
            customer_id,
            currency: total.currency(),
            total_amount: total.amount(),
            commissionable_amount: base.amount(),
            paid_at: self.paid_at.0,
            outcome: InvoicePaidOutcome::Recorded,
            partner_id: None,
            commission_rate: None,
            received_at: DateTime::UNIX_EPOCH,
            recorded_by: caller.identity().user().to_owned(),
            revised_at: None,
            reason: None,
            idempotency_key: None,
            superseded_at: None,
        })
    }
}

/// Sets the time at which an invoice was received; rejects one that was paid more than 24 hours later.
pub(super) fn set_received_at(invoice: &mut InvoiceRevision, at: DateTime<Utc>) -> Result<()> {
    reject_future_at("paidAt", invoice.paid_at, at)?;
    invoice.received_at = at;
    Ok(())
}
