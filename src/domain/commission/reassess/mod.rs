//! reassessInvoices: assesses invoices that earned nothing again, after the cause was removed.

mod report;
mod selection;

use async_graphql::{InputObject, MaybeUndefined};

pub use self::report::{EarningInvoice, FailedInvoice, OutcomeCount, Report};
use self::report::{Reassessment, Results};
use self::selection::Selection;
use super::record::{assess, assess_again};
use super::remaining_base::Remaining;
use crate::auth::{Authorized, Caller};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::transaction_series::TransactionSeries;
use crate::domain::invoice::{self, InvoicePaidOutcome, InvoiceRevision, payment};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{InvoiceId, PartnerId};
use crate::primitives::money::Rate;
use crate::primitives::nullable::not_null;
use crate::primitives::timestamp::Timestamp;

/// The invoices to assess again. At least one of `ids`, `outcome`, `customerId`, `paidFrom` and `paidTo` is required, and an
/// invoice must meet all that are given. Invoices that earned a commission, and those of a zero amount, are never selected.
#[derive(Clone, Debug, InputObject)]
pub struct ReassessInvoicesInput {
    /// Only the invoices, or payments of invoices, with these ids: 1 to 500, each once. An unknown id is NOT_FOUND. Left out,
    /// invoices with any id; null is BAD_USER_INPUT.
    pub ids: MaybeUndefined<Vec<InvoiceId>>,
    /// Only the invoices with one of these outcomes: at least one of NO_MANAGED_ACCOUNT, NO_RATE and PARTNER_INELIGIBLE. Left
    /// out, those of all three; null is BAD_USER_INPUT.
    pub outcome: MaybeUndefined<Vec<InvoicePaidOutcome>>,
    /// Only the invoices of the customer with this id in the billing system. Left out, those of all customers; null is
    /// BAD_USER_INPUT.
    pub customer_id: MaybeUndefined<String>,
    /// Only the invoices paid at this time or later. Left out, no start; null is BAD_USER_INPUT.
    pub paid_from: MaybeUndefined<Timestamp>,
    /// Only the invoices paid before this time. Left out, no end; null is BAD_USER_INPUT.
    pub paid_to: MaybeUndefined<Timestamp>,
    /// The most invoices to assess, those with the earliest payment first: 1 to 500; default 500.
    pub first: Option<i32>,
    /// The `endCursor` of the call before: only the invoices after those of that call. Default all of the selection.
    pub after: Option<String>,
    /// Whether to write nothing and return what would be earned now; left out, false. Null is BAD_USER_INPUT.
    pub dry_run: MaybeUndefined<bool>,
}

/// Assesses the selected invoices again, each in its own transaction, or returns what that would do.
///
/// A failure of one invoice is reported beside the results of the others. An invoice that has earned something meanwhile is
/// left alone, so that the whole can be repeated at any time.
pub async fn run(pool: &Pool, caller: &Caller, input: &ReassessInvoicesInput) -> Result<Report> {
    let is_dry_run = not_null("dryRun", &input.dry_run)?.cloned() == Some(true);
    let selection = Selection::of(input)?;
    // In a block, so that the assessments do not occupy the connection.
    let batch = {
        let mut db = Session::open(pool, caller).await?;
        db.read_snapshot(async |db| selection.batch(db).await).await?
    };
    let mut series = TransactionSeries::new(pool, caller);
    let mut results = Results::default();
    for invoice in batch.invoices {
        let name = format!("assessment of invoice {}", invoice.id);
        let result = if is_dry_run {
            series.run(&name, Act::ReassessInvoices, preview, &invoice).await
        } else {
            series.run(&name, Act::ReassessInvoices, reassess, &invoice).await
        };
        results.add(invoice, result);
    }
    results.into_report(batch.remaining, batch.end_cursor)
}

/// Assesses a selected invoice again, and applies the refunds that were recorded meanwhile.
///
/// Not marked as idempotent, although it is: run again after an unknown outcome of COMMIT, it would find that the invoice
/// earned something, and not that this call made it.
async fn reassess(db: &mut Transaction, selected: &Authorized<InvoiceRevision>) -> Result<Reassessment> {
    payment::lock(db, &selected.invoice_id).await?;
    let Some(present) = still_without_commission(db, selected).await? else {
        db.record_nothing();
        return Ok(Reassessment::Superseded);
    };
    let (invoice, event) = assess_again(db, &present).await?;
    db.record_changed(&*present, &invoice);
    if let Some(event) = event {
        db.record_created(&*event);
    }
    match (invoice.partner_id, invoice.commission_rate) {
        (Some(partner_id), Some(rate)) => {
            let invoice = db.scope().authorize(invoice)?;
            earns(db, invoice, partner_id, rate).await
        }
        (_, _) => Ok(Reassessment::EarnsNothing(invoice.outcome)),
    }
}

/// Returns what assessing a selected invoice again would do. Writes nothing, and locks no invoice.
async fn preview(db: &mut Transaction, selected: &Authorized<InvoiceRevision>) -> Result<Reassessment> {
    db.mark_idempotent();
    db.record_nothing();
    let Some(present) = still_without_commission(db, selected).await? else {
        return Ok(Reassessment::Superseded);
    };
    match assess(db, &present).await? {
        Ok(event) => {
            let rate = event.commission_rate.ok_or_else(|| Error::internal("an event without a rate"))?;
            earns(db, present, event.partner_id, rate).await
        }
        Err(outcome) => Ok(Reassessment::EarnsNothing(outcome)),
    }
}

/// Returns the present revision of a selected invoice; `None` if the invoice was corrected or has earned something since.
async fn still_without_commission(
    db: &mut Session,
    selected: &InvoiceRevision,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    let present = invoice::store::present_by_id(db, selected.id).await?;
    let is_same = present.revision == selected.revision && present.outcome.is_reassessable();
    Ok(is_same.then_some(present))
}

/// Returns the result of an invoice that earns: the commission on what was not refunded of it.
async fn earns(
    db: &mut Session,
    invoice: Authorized<InvoiceRevision>,
    partner_id: PartnerId,
    rate: Rate,
) -> Result<Reassessment> {
    let refunds = invoice::store::living_refunds(db, invoice.id).await?;
    let remaining = Remaining::after(invoice.total(), invoice.base(), &refunds)?;
    let commission = remaining.base().share(rate)?;
    Ok(Reassessment::Earns(EarningInvoice { invoice, partner_id, commission }))
}
