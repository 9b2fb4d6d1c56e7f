//! The file of payouts.

use async_graphql::Value;

use super::cell::{Cell, Column};
use super::references::Referred;
use super::{FileRow, order};
use crate::domain::payout::store::ordering;
use crate::domain::payout::{Payout, PayoutOrder};
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for Payout {
    const NAME: &'static str = "payouts";
    const FIELD: &'static str = "payouts";
    const ORDER_TYPE: Option<&'static str> = Some("PayoutOrder");
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("payout_id", |row, _| Cell::Id(row.id.0)),
        Column::new("partner_number", |row, context| context.partner_number(row.partner_id)),
        Column::new("status", |row, _| Cell::word(&row.status)),
        Column::new("total_amount", |row, _| Cell::Number(row.total().amount())),
        Column::new("currency", |row, _| Cell::word(&row.currency())),
        Column::new("commission_count", |row, _| Cell::Count(row.commission_count)),
        Column::new("payment_method", |row, _| Cell::text(Some(&row.payment_method))),
        Column::new("payment_reference", |row, _| Cell::text(row.payment_reference.as_deref())),
        Column::instant("payout_date", |row, _| Cell::Instant(row.payout_date)),
        Column::instant("period_start", |row, _| Cell::Instant(row.period_start)),
        Column::instant("period_end", |row, _| Cell::Instant(row.period_end)),
        Column::instant("completed_at", |row, _| Cell::instant(row.completed_at)),
        Column::new("failure_reason", |row, _| Cell::text(row.failure_reason.as_deref())),
        Column::instant("returned_at", |row, _| Cell::instant(row.returned_at)),
        Column::new("return_reason", |row, _| Cell::text(row.return_reason.as_deref())),
        Column::for_staff("notes", |row, _| Cell::text(row.notes.as_deref())),
    ];

    fn ordering(order: Option<Value>) -> Result<Ordering> {
        Ok(ordering(order::parsed(order)?))
    }

    fn order_value(of: Ordering) -> Option<Value> {
        order::value_of(
            of,
            |field, direction| PayoutOrder { field, direction },
            |order| ordering(Some(order)),
        )
    }

    fn referred(&self) -> Referred {
        Referred { partner: Some(self.partner_id), ..Referred::default() }
    }
}
