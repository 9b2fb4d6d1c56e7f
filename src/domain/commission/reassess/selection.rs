//! Which invoices reassessInvoices assesses: those that earned nothing and meet the conditions, in batches.

use std::collections::{BTreeSet, HashSet};

use async_graphql::MaybeUndefined;

use super::ReassessInvoicesInput;
use crate::auth::Authorized;
use crate::domain::db::list_query::{self, Paginated};
use crate::domain::db::session::Session;
use crate::domain::invoice::list::{BY_PAYMENT_ASCENDING, InvoiceFilter};
use crate::domain::invoice::{self, InvoicePaidOutcome, InvoiceRevision};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::InvoiceId;
use crate::primitives::nullable::not_null;
use crate::primitives::pagination::{PageArgs, PageRequest};

/// The most invoices that one call assesses, and the most ids that it takes.
const INVOICES_MAX: usize = 500;

/// The invoices that a call selects.
pub(super) struct Selection {
    filter: InvoiceFilter,
    page: PageRequest,
}

/// The invoices that a call assesses.
pub(super) struct Batch {
    /// The invoices, earliest payment first.
    pub invoices: Vec<Authorized<InvoiceRevision>>,
    /// The number of selected invoices after these.
    pub remaining: i64,
    /// The cursor of the last invoice of the batch; `None` if none remains.
    pub end_cursor: Option<String>,
}

impl Selection {
    /// Returns the selection of a valid input; rejects one without a condition, which would select every invoice.
    pub fn of(input: &ReassessInvoicesInput) -> Result<Self> {
        let ReassessInvoicesInput { ids, outcome, customer_id, paid_from, paid_to, first, after, .. } = input;
        let filter = InvoiceFilter {
            ids: checked_ids(ids)?,
            outcome: Some(checked_outcomes(outcome)?),
            customer_id: not_null("customerId", customer_id)?.cloned(),
            paid_from: not_null("paidFrom", paid_from)?.cloned(),
            paid_to: not_null("paidTo", paid_to)?.cloned(),
            ..InvoiceFilter::default()
        };
        let has_condition = filter.ids.is_some()
            || !outcome.is_undefined()
            || filter.customer_id.is_some()
            || filter.paid_from.is_some()
            || filter.paid_to.is_some();
        if !has_condition {
            let message = "has no condition; pass ids, outcome, customerId, paidFrom or paidTo, or all three outcomes to \
                           select every invoice that earned nothing";
            return Err(Error::bad_input("input", message));
        }
        let args = PageArgs { after: after.clone(), ..PageArgs::default() };
        let page = PageRequest { limit: limit(*first)?, ..PageRequest::new(BY_PAYMENT_ASCENDING, args)? };
        Ok(Self { filter: InvoiceRevision::validate(filter)?, page })
    }

    /// Returns the first invoices of the selection, earliest payment first; rejects ids of no invoice.
    pub async fn batch(&self, db: &mut Session) -> Result<Batch> {
        reject_unknown(db, self.filter.ids.as_deref().unwrap_or_default()).await?;
        let page = list_query::page::<InvoiceRevision>(db, &self.filter, &self.page, false).await?;
        let last = page.rows.last().filter(|_| page.has_next_page).map(|last| last.position(&self.page));
        let Some(last) = last else {
            return Ok(Batch { invoices: page.rows, remaining: 0, end_cursor: None });
        };
        let end_cursor = Some(last.cursor(self.page.ordering));
        let rest = PageRequest { after: Some(last), ..self.page.clone() };
        let remaining = list_query::count_between::<InvoiceRevision>(db, &self.filter, &rest).await?;
        Ok(Batch { invoices: page.rows, remaining, end_cursor })
    }
}

/// Returns the outcomes of the invoices to assess, by default all of those that may change.
fn checked_outcomes(outcome: &MaybeUndefined<Vec<InvoicePaidOutcome>>) -> Result<Vec<InvoicePaidOutcome>> {
    const FIELD: &str = "outcome";
    let reassessable = InvoicePaidOutcome::REASSESSABLE;
    let Some(outcomes) = not_null(FIELD, outcome)? else { return Ok(reassessable.to_vec()) };
    if outcomes.is_empty() {
        return Err(Error::bad_input(FIELD, "has no outcome; pass at least one, or leave it out for all"));
    }
    if let Some(other) = outcomes.iter().find(|outcome| !outcome.is_reassessable()) {
        let names = reassessable.map(|outcome| outcome.to_string()).join(", ");
        let message =
            format!("an invoice with the outcome {other} is not assessed again; pass some of {names}");
        return Err(Error::bad_input(FIELD, message));
    }
    Ok(outcomes.clone())
}

/// Returns the ids of an input; rejects an empty list, more than 500 ids, and an id that is named twice.
fn checked_ids(ids: &MaybeUndefined<Vec<InvoiceId>>) -> Result<Option<Vec<InvoiceId>>> {
    const FIELD: &str = "ids";
    let Some(ids) = not_null(FIELD, ids)? else { return Ok(None) };
    if !(1..=INVOICES_MAX).contains(&ids.len()) {
        let message = format!("has {} ids; pass 1 to {INVOICES_MAX}", ids.len());
        return Err(Error::bad_input(FIELD, message));
    }
    if BTreeSet::from_iter(ids).len() < ids.len() {
        return Err(Error::bad_input(FIELD, "contains an id twice; pass each id once"));
    }
    Ok(Some(ids.clone()))
}

/// Returns the most invoices to assess.
fn limit(first: Option<i32>) -> Result<usize> {
    let Some(first) = first else { return Ok(INVOICES_MAX) };
    let limit = usize::try_from(first).ok().filter(|limit| (1..=INVOICES_MAX).contains(limit));
    limit.ok_or_else(|| Error::bad_input("first", format!("is {first}; pass 1 to {INVOICES_MAX}")))
}

/// Rejects ids of no invoice: they may have been meant to be those of others, which would not be assessed.
async fn reject_unknown(db: &mut Session, ids: &[InvoiceId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let known: HashSet<_> =
        invoice::store::present(db, ids).await?.iter().map(|invoice| invoice.id).collect();
    let errors: Vec<_> = ids
        .iter()
        .filter(|id| !known.contains(id))
        .map(|id| UserError::new(UserErrorCode::NotFound, "there is no such invoice").at("ids").about(*id))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::UserErrors(errors)) }
}
