//! The file of commission events.

use async_graphql::Value;

use super::cell::{Cell, Column};
use super::references::Referred;
use super::{FileRow, order};
use crate::domain::commission::list::{OF_PAYOUT, ordering};
use crate::domain::commission::{CommissionEvent, CommissionEventOrder};
use crate::domain::db::list_query::{OF_PARTNER, ParentCondition};
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for CommissionEvent {
    const NAME: &'static str = "commission-events";
    const FIELD: &'static str = "commissionEvents";
    const ORDER_TYPE: Option<&'static str> = Some("CommissionEventOrder");
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("event_id", |row, _| Cell::Id(row.id.0)),
        Column::new("partner_number", |row, context| context.partner_number(row.partner_id)),
        Column::new("event_type", |row, _| Cell::word(&row.event_type)),
        Column::new("status", |row, _| Cell::word(&row.status)),
        Column::instant("event_date", |row, _| Cell::Instant(row.event_date)),
        Column::instant("recorded_at", |row, _| Cell::Instant(row.recorded_at)),
        Column::instant("payable_at", |row, _| Cell::Instant(row.payable_at)),
        Column::new("invoice_id", |row, context| context.identifier(row.invoice_id.as_deref())),
        Column::new("customer_id", |row, context| context.identifier(row.customer_id.as_deref())),
        Column::new("base_amount", |row, _| Cell::number(row.base().map(|base| base.amount()))),
        Column::new("commission_rate", |row, _| Cell::rate(row.commission_rate)),
        Column::new("rate_source", |row, _| {
            row.rate_source.map_or(Cell::Empty, |source| Cell::word(&source))
        }),
        Column::new("commission_amount", |row, _| Cell::Number(row.commission().amount())),
        Column::new("currency", |row, _| Cell::word(&row.commission().currency())),
        Column::new("managed_account_id", |row, _| Cell::id(row.managed_account_id.map(|id| id.0))),
        Column::new("payout_id", |row, _| Cell::id(row.payout_id.map(|id| id.0))),
        Column::instant("paid_at", |row, _| Cell::instant(row.paid_at)),
        Column::instant("settled_at", |row, context| {
            Cell::instant(row.payout_id.and_then(|id| context.references.completed_at(id)))
        }),
        Column::new("reverses_event_id", |row, _| Cell::id(row.reverses_id.map(|id| id.0))),
        Column::instant("held_at", |row, _| Cell::instant(row.held_at)),
        Column::new("partner_note", |row, _| Cell::text(row.partner_note.as_deref())),
        Column::for_staff("notes", |row, _| Cell::text(row.notes.as_deref())),
    ];

    fn ordering(order: Option<Value>) -> Result<Ordering> {
        Ok(ordering(order::parsed(order)?))
    }

    fn order_value(of: Ordering) -> Option<Value> {
        order::value_of(
            of,
            |field, direction| CommissionEventOrder { field, direction },
            |order| ordering(Some(order)),
        )
    }

    fn member_of(parent: ParentCondition) -> Option<&'static str> {
        match parent {
            OF_PARTNER => Some("partnerId"),
            OF_PAYOUT => Some("payoutId"),
            _ => None,
        }
    }

    fn referred(&self) -> Referred {
        Referred { partner: Some(self.partner_id), payout: self.payout_id, ..Referred::default() }
    }
}
