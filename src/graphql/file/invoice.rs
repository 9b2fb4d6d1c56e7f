//! The file of invoices.

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use super::references::Referred;
use crate::domain::invoice::InvoiceRevision;
use crate::domain::invoice::list::BY_PAYMENT;
use crate::primitives::error::Result;
use crate::primitives::money::Money;
use crate::primitives::pagination::Ordering;

impl FileRow for InvoiceRevision {
    const NAME: &'static str = "invoices";
    const FIELD: &'static str = "invoices";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("invoice_id", |row, _| Cell::text(Some(&row.invoice_id))),
        Column::new("payment_id", |row, _| Cell::text(row.payment_id.as_deref())),
        Column::new("customer_id", |row, _| Cell::text(Some(&row.customer_id))),
        Column::new("total_amount", |row, _| Cell::Number(row.total().amount())),
        Column::new("commissionable_amount", |row, _| Cell::Number(row.base().amount())),
        Column::new("refunded_amount", |row, context| {
            Cell::Number(Money::stored(context.references.refunded(row.id), row.currency).amount())
        }),
        Column::new("currency", |row, _| Cell::word(&row.currency)),
        Column::instant("paid_at", |row, _| Cell::Instant(row.paid_at)),
        Column::instant("received_at", |row, _| Cell::Instant(row.received_at)),
        Column::new("outcome", |row, _| Cell::word(&row.outcome)),
        Column::new("partner_number", |row, context| {
            row.partner_id.map_or(Cell::Empty, |id| context.partner_number(id))
        }),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_PAYMENT)
    }

    fn referred(&self) -> Referred {
        Referred { partner: self.partner_id, invoice: Some(self.id), ..Referred::default() }
    }
}
