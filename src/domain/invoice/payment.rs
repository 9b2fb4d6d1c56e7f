//! The payments of an invoice: which one a request is about.

use super::{InvoiceRevision, store};
use crate::auth::Authorized;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::InvoiceId;

/// Locks an invoice with all of its payments, and returns the present revision of the first one.
pub async fn lock(db: &mut Transaction, invoice_id: &str) -> Result<Option<Authorized<InvoiceRevision>>> {
    let first = store::lock_first_payment(db, invoice_id).await?;
    current(db, first).await
}

/// Returns the present revisions of a locked invoice: one for each payment, in the order in which they were recorded.
pub async fn all(
    db: &mut Session,
    first: &Authorized<InvoiceRevision>,
) -> Result<Vec<Authorized<InvoiceRevision>>> {
    if first.payment_id.is_none() {
        return Ok(vec![first.clone()]);
    }
    let ids = store::payment_ids(db, &first.invoice_id).await?;
    let mut payments = store::present(db, &ids).await?;
    payments.sort_by_key(|payment| ids.iter().position(|id| *id == payment.id));
    Ok(payments)
}

/// Returns the payment of a locked invoice that a request is about: the one with this payment id or, if the request
/// names none, the only one. `known` is the payment that an earlier call of the same request was about. `None` if there
/// is no payment with this id.
pub async fn named(
    db: &mut Session,
    first: &Authorized<InvoiceRevision>,
    payment_id: Option<&str>,
    known: Option<InvoiceId>,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    if first.payment_id.as_deref() == payment_id {
        return Ok(Some(first.clone()));
    }
    let mut payments = all(db, first).await?;
    if let Some(payment_id) = payment_id {
        return Ok(payments.into_iter().find(|payment| payment.payment_id.as_deref() == Some(payment_id)));
    }
    let known = payments.iter().position(|payment| Some(payment.id) == known);
    match (known, payments.len()) {
        (Some(known), _) => Ok(Some(payments.swap_remove(known))),
        (None, 1) => Ok(payments.pop()),
        (None, count) => Err(Error::bad_input(
            "paymentId",
            format!("invoice {} has {count} payments; pass the paymentId of one of them", first.invoice_id),
        )),
    }
}

/// Returns the present revision of the invoice with this id, or of its payment, without locking it.
pub async fn find(
    db: &mut Session,
    invoice_id: &str,
    payment_id: Option<&str>,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    let first = store::first_payment(db, invoice_id).await?;
    let Some(first) = current(db, first).await? else { return Ok(None) };
    named(db, &first, payment_id, None).await
}

/// Returns the present revision of an invoice, given its first one.
async fn current(
    db: &mut Session,
    first: Option<Authorized<InvoiceRevision>>,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    match first {
        Some(first) if first.superseded_at.is_some() => Ok(Some(store::present_by_id(db, first.id).await?)),
        first => Ok(first),
    }
}
