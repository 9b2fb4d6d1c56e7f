//! Reads and writes of the tables `invoice_revisions` and `invoice_refunds`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sum;
use diesel::prelude::*;
use rust_decimal::Decimal;

use super::reversal::RefundReversal;
use super::{InvoiceRefund, InvoiceRefundedOutcome, InvoiceRevision};
use crate::auth::{Authorized, Scope};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::schema::{invoice_refunds, invoice_revisions, refund_reversals};
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::InvoiceId;

/// The table of the revisions, for filters by scope.
pub(super) const TABLE: PartnerTable =
    PartnerTable { name: "invoice_revisions", partner_column: "partner_id" };

/// The most revisions that are loaded at a time: a response could not contain more.
pub const REVISIONS_MAX: i64 = 25_000;

/// Inserts the first revision of an invoice, or of a payment of it, unless it is recorded; returns whether it did.
pub async fn insert(db: &mut Transaction, invoice: &InvoiceRevision) -> Result<bool> {
    let insert =
        diesel::insert_into(invoice_revisions::table).values(invoice.clone()).on_conflict_do_nothing();
    Ok(db.execute(CachedStatement(insert)).await? == 1)
}

/// The first revision of the first payment of an invoice.
#[diesel::dsl::auto_type(no_type_alias)]
fn first_of(scope: &Scope, invoice_id: &str) -> _ {
    let scope: ScopeFilter = ScopeFilter::by_partner(TABLE, scope);
    let invoice_id: String = invoice_id.to_owned();
    invoice_revisions::table
        .filter(scope)
        .filter(invoice_revisions::invoice_id.eq(invoice_id))
        .filter(invoice_revisions::is_first_payment)
        .filter(invoice_revisions::revised_at.is_null())
}

/// Locks the first payment of an invoice until the end of the transaction, and returns its first revision. Every change
/// of a recorded invoice begins with this lock; invoices come first in the lock order.
pub(super) async fn lock_first_payment(
    db: &mut Transaction,
    invoice_id: &str,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    let query = first_of(db.scope(), invoice_id).for_no_key_update().select(InvoiceRevision::as_select());
    db.load_one(query).await
}

/// Returns the first payment of an invoice, by its first revision.
pub(super) async fn first_payment(
    db: &mut Session,
    invoice_id: &str,
) -> Result<Option<Authorized<InvoiceRevision>>> {
    let query = first_of(db.scope(), invoice_id).select(InvoiceRevision::as_select());
    db.load_one(query).await
}

/// Returns the ids of the payments of an invoice, in the order in which they were recorded; none for an invoice that is
/// paid at once.
pub(super) async fn payment_ids(db: &mut Session, invoice_id: &str) -> Result<Vec<InvoiceId>> {
    let query = invoice_revisions::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(invoice_revisions::invoice_id.eq(invoice_id.to_owned()))
        .filter(invoice_revisions::payment_id.is_not_null())
        .filter(invoice_revisions::revised_at.is_null())
        .order((invoice_revisions::received_at, invoice_revisions::id))
        .select(InvoiceRevision::as_select());
    let payments: Vec<Authorized<InvoiceRevision>> = db.load(query).await?;
    Ok(payments.iter().map(|payment| payment.id).collect())
}

/// Returns the present revisions of invoices; unknown ids are left out.
pub async fn present(db: &mut Session, ids: &[InvoiceId]) -> Result<Vec<Authorized<InvoiceRevision>>> {
    let query = invoice_revisions::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(invoice_revisions::id.eq_any(ids.to_vec()))
        .filter(invoice_revisions::superseded_at.is_null())
        .select(InvoiceRevision::as_select());
    db.load(query).await
}

/// Returns the present revision of an invoice that is known to exist.
pub async fn present_by_id(db: &mut Session, id: InvoiceId) -> Result<Authorized<InvoiceRevision>> {
    present(db, &[id]).await?.pop().ok_or_else(|| Error::internal("an invoice has no present revision"))
}

/// Returns all revisions of invoices, oldest first; one more than `REVISIONS_MAX` at most.
pub async fn revisions(db: &mut Session, ids: &[InvoiceId]) -> Result<Vec<Authorized<InvoiceRevision>>> {
    let query = invoice_revisions::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(invoice_revisions::id.eq_any(ids.to_vec()))
        .order((invoice_revisions::id, invoice_revisions::revision))
        .limit(REVISIONS_MAX + 1)
        .select(InvoiceRevision::as_select());
    db.load(query).await
}

/// Updates the outcome of a revision that was assessed again.
pub async fn update_outcome(db: &mut Transaction, invoice: &InvoiceRevision) -> Result<()> {
    let update = diesel::update(invoice_revisions::table)
        .filter(invoice_revisions::tenant_id.eq(invoice.tenant_id.clone()))
        .filter(invoice_revisions::id.eq(invoice.id))
        .filter(invoice_revisions::revision.eq(invoice.revision))
        .set((
            invoice_revisions::outcome.eq(invoice.outcome),
            invoice_revisions::partner_id.eq(invoice.partner_id),
            invoice_revisions::commission_rate.eq(invoice.commission_rate),
        ));
    db.execute(update).await?;
    Ok(())
}

/// Inserts the next revision of an invoice, and marks the present one as superseded by it.
pub async fn supersede(
    db: &mut Transaction,
    present: &InvoiceRevision,
    next: &InvoiceRevision,
    at: DateTime<Utc>,
) -> Result<()> {
    let update = diesel::update(invoice_revisions::table)
        .filter(invoice_revisions::tenant_id.eq(present.tenant_id.clone()))
        .filter(invoice_revisions::id.eq(present.id))
        .filter(invoice_revisions::revision.eq(present.revision))
        .filter(invoice_revisions::superseded_at.is_null())
        .set(invoice_revisions::superseded_at.eq(at));
    if db.execute(update).await? != 1 {
        return Err(Error::internal("the present revision of a locked invoice changed"));
    }
    db.execute(diesel::insert_into(invoice_revisions::table).values(next.clone())).await?;
    Ok(())
}

/// Inserts a refund unless it was recorded before; returns whether it did.
pub async fn insert_refund(db: &mut Transaction, refund: &InvoiceRefund) -> Result<bool> {
    let insert = diesel::insert_into(invoice_refunds::table).values(refund.clone()).on_conflict_do_nothing();
    Ok(db.execute(insert).await? == 1)
}

/// Returns a refund, if it was recorded.
pub async fn refund(db: &mut Session, refund_id: &str) -> Result<Option<InvoiceRefund>> {
    Ok(refund_and_reversal(db, refund_id).await?.map(|(refund, _)| refund))
}

/// Returns a refund, if it was recorded, and its reversal, if it was reversed.
pub async fn refund_and_reversal(
    db: &mut Session,
    refund_id: &str,
) -> Result<Option<(InvoiceRefund, Option<RefundReversal>)>> {
    let query = invoice_refunds::table
        .left_join(
            refund_reversals::table.on(refund_reversals::tenant_id
                .eq(invoice_refunds::tenant_id)
                .and(refund_reversals::refund_id.eq(invoice_refunds::refund_id))),
        )
        .filter(invoice_refunds::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_refunds::refund_id.eq(refund_id.to_owned()))
        .select((InvoiceRefund::as_select(), Option::<RefundReversal>::as_select()));
    Ok(db.load_unchecked(query).await?.pop())
}

/// The reversal of the refund in a row of `invoice_refunds`.
#[diesel::dsl::auto_type(no_type_alias)]
fn reversals_of_the_refund() -> _ {
    refund_reversals::table
        .filter(refund_reversals::tenant_id.eq(invoice_refunds::tenant_id))
        .filter(refund_reversals::refund_id.eq(invoice_refunds::refund_id))
}

/// Returns the refunds of an invoice that were not reversed, in the order in which they were recorded.
pub async fn living_refunds(db: &mut Session, invoice: InvoiceId) -> Result<Vec<InvoiceRefund>> {
    let query = invoice_refunds::table
        .filter(invoice_refunds::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_refunds::invoice_row_id.eq(invoice))
        .filter(diesel::dsl::not(diesel::dsl::exists(reversals_of_the_refund())))
        .order((invoice_refunds::received_at, invoice_refunds::refund_id))
        .select(InvoiceRefund::as_select());
    db.load_unchecked(query).await
}

/// Returns the amount of the refunds of each invoice that has refunds, without those that were reversed, in the currency
/// of the invoice.
pub async fn refunded_amounts(db: &mut Session, ids: &[InvoiceId]) -> Result<HashMap<InvoiceId, Decimal>> {
    let query = invoice_refunds::table
        .filter(invoice_refunds::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_refunds::invoice_row_id.eq_any(ids.to_vec()))
        .filter(diesel::dsl::not(diesel::dsl::exists(reversals_of_the_refund())))
        .group_by(invoice_refunds::invoice_row_id)
        .select((invoice_refunds::invoice_row_id, sum(invoice_refunds::amount).assume_not_null()));
    Ok(db.aggregate::<(InvoiceId, Decimal), _>(query).await?.into_iter().collect())
}

/// Updates the outcome of refunds.
pub async fn update_refunds(
    db: &mut Transaction,
    refund_ids: Vec<String>,
    outcome: InvoiceRefundedOutcome,
) -> Result<()> {
    let update = diesel::update(invoice_refunds::table)
        .filter(invoice_refunds::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_refunds::refund_id.eq_any(refund_ids))
        .set(invoice_refunds::outcome.eq(outcome));
    db.execute(update).await?;
    Ok(())
}
