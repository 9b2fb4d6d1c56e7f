//! Reads and writes of the tables `invoice_receipts` and `invoice_refunds`.

use diesel::prelude::*;

use super::reversal::RefundReversal;
use super::{InvoiceReceipt, InvoiceRefund, InvoiceRefundedOutcome};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::schema::{invoice_receipts, invoice_refunds, refund_reversals};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;

/// Inserts a receipt unless the invoice has one; returns whether it did.
pub async fn insert_receipt(db: &mut Transaction, receipt: &InvoiceReceipt) -> Result<bool> {
    let insert =
        diesel::insert_into(invoice_receipts::table).values(receipt.clone()).on_conflict_do_nothing();
    Ok(db.execute(CachedStatement(insert)).await? == 1)
}

/// Locks and returns the receipt of an invoice, if there is one. Receipts come first in the lock order.
pub async fn lock_receipt(db: &mut Transaction, invoice_id: &str) -> Result<Option<InvoiceReceipt>> {
    let query = invoice_receipts::table
        .filter(invoice_receipts::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_receipts::invoice_id.eq(invoice_id.to_owned()))
        .for_no_key_update()
        .select(InvoiceReceipt::as_select());
    Ok(db.load_unchecked(query).await?.pop())
}

/// Updates the outcome of an invoice that was assessed again.
pub async fn update_receipt(db: &mut Transaction, receipt: &InvoiceReceipt) -> Result<()> {
    let update = diesel::update(invoice_receipts::table)
        .filter(invoice_receipts::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_receipts::invoice_id.eq(receipt.invoice_id.clone()))
        .set((
            invoice_receipts::outcome.eq(receipt.outcome),
            invoice_receipts::partner_id.eq(receipt.partner_id),
            invoice_receipts::commission_rate.eq(receipt.commission_rate),
        ));
    db.execute(update).await?;
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

/// Returns the refunds of an invoice that were not reversed, in the order in which they were recorded.
pub async fn living_refunds(db: &mut Session, invoice_id: &str) -> Result<Vec<InvoiceRefund>> {
    let reversal = refund_reversals::table
        .filter(refund_reversals::tenant_id.eq(invoice_refunds::tenant_id))
        .filter(refund_reversals::refund_id.eq(invoice_refunds::refund_id));
    let query = invoice_refunds::table
        .filter(invoice_refunds::tenant_id.eq(db.scope().tenant().clone()))
        .filter(invoice_refunds::invoice_id.eq(invoice_id.to_owned()))
        .filter(diesel::dsl::not(diesel::dsl::exists(reversal)))
        .order((invoice_refunds::received_at, invoice_refunds::refund_id))
        .select(InvoiceRefund::as_select());
    db.load_unchecked(query).await
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
