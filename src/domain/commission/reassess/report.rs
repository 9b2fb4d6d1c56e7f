//! What reassessInvoices reports: the invoices that earn now, and why the others do not.

use std::collections::HashMap;

use crate::auth::Authorized;
use crate::domain::invoice::{InvoicePaidOutcome, InvoiceRevision};
use crate::primitives::error::{Result, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;

/// An invoice that earns a commission now or, in a dry run, would earn one.
#[derive(Clone, Debug)]
pub struct EarningInvoice {
    /// The invoice; in a dry run as it is, without its commission.
    pub invoice: Authorized<InvoiceRevision>,
    /// The partner that earns.
    pub partner_id: PartnerId,
    /// What the partner earns on the part of the invoice that was not refunded.
    pub commission: Money,
}

/// An invoice whose assessment failed.
#[derive(Clone, Debug)]
pub struct FailedInvoice {
    /// The invoice, as it was before.
    pub invoice: Authorized<InvoiceRevision>,
    /// The reason: UNAVAILABLE or INTERNAL_ERROR.
    pub code: UserErrorCode,
}

/// A number of invoices with the same outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeCount {
    /// The outcome.
    pub outcome: InvoicePaidOutcome,
    /// The number of invoices.
    pub count: usize,
}

/// The result of assessing invoices again, or of a dry run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The invoices that earn, earliest payment first.
    pub earning: Vec<EarningInvoice>,
    /// The sums of what they earn, one per currency, ordered by currency code.
    pub totals: Vec<Money>,
    /// The numbers of invoices that still earn nothing, one per outcome.
    pub without_commission: Vec<OutcomeCount>,
    /// The invoices whose assessment failed, earliest payment first.
    pub failed: Vec<FailedInvoice>,
    /// The number of selected invoices after those of this call.
    pub remaining: i64,
    /// The cursor with which the next call continues; `None` if no invoice remains.
    pub end_cursor: Option<String>,
}

impl Report {
    /// Returns how many invoices were assessed.
    pub fn assessed(&self) -> usize {
        self.without_commission.iter().fold(self.earning.len(), |sum, row| sum + row.count)
    }
}

/// What came of an invoice.
#[derive(Clone, Debug)]
pub(super) enum Reassessment {
    Earns(EarningInvoice),
    EarnsNothing(InvoicePaidOutcome),
    /// A concurrent request has recorded or corrected the invoice since it was selected.
    Superseded,
}

/// The results of the invoices so far.
#[derive(Default)]
pub(super) struct Results {
    earning: Vec<EarningInvoice>,
    without_commission: HashMap<InvoicePaidOutcome, usize>,
    failed: Vec<FailedInvoice>,
}

impl Results {
    /// Adds the result of an invoice.
    pub fn add(&mut self, invoice: Authorized<InvoiceRevision>, result: Result<Reassessment>) {
        match result {
            Ok(Reassessment::Earns(earning)) => self.earning.push(earning),
            Ok(Reassessment::EarnsNothing(outcome)) => {
                *self.without_commission.entry(outcome).or_default() += 1;
            }
            Ok(Reassessment::Superseded) => {}
            Err(error) => self.failed.push(FailedInvoice { invoice, code: error.failure_code() }),
        }
    }

    /// Returns the report of the call.
    pub fn into_report(self, remaining: i64, end_cursor: Option<String>) -> Result<Report> {
        let totals = Money::sums_by_currency(self.earning.iter().map(|earning| earning.commission))?;
        let counts = InvoicePaidOutcome::REASSESSABLE.into_iter().filter_map(|outcome| {
            let count = *self.without_commission.get(&outcome)?;
            Some(OutcomeCount { outcome, count })
        });
        Ok(Report {
            without_commission: counts.collect(),
            earning: self.earning,
            totals,
            failed: self.failed,
            remaining,
            end_cursor,
        })
    }
}
