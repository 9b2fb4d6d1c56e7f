//! The file of partners.

use async_graphql::Value;

use super::cell::{Cell, Column};
use super::{FileRow, order};
use crate::domain::partner::store::ordering;
use crate::domain::partner::{Partner, PartnerOrder};
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for Partner {
    const NAME: &'static str = "partners";
    const FIELD: &'static str = "partners";
    const ORDER_TYPE: Option<&'static str> = Some("PartnerOrder");
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("partner_id", |row, _| Cell::Id(row.id.0)),
        Column::new("partner_number", |row, _| Cell::text(Some(&row.partner_number))),
        Column::new("company_name", |row, _| Cell::text(Some(&row.company_name))),
        Column::new("status", |row, _| Cell::word(&row.terms.status)),
        Column::new("tier", |row, _| Cell::word(&row.terms.tier)),
        Column::new("default_commission_rate", |row, _| Cell::rate(row.terms.default_commission_rate)),
        Column::new("payout_currency", |row, _| Cell::word(&row.payout_currency)),
        Column::instant("created_at", |row, _| Cell::Instant(row.created_at)),
    ];

    fn ordering(order: Option<Value>) -> Result<Ordering> {
        Ok(ordering(order::parsed(order)?))
    }

    fn order_value(of: Ordering) -> Option<Value> {
        order::value_of(
            of,
            |field, direction| PartnerOrder { field, direction },
            |order| ordering(Some(order)),
        )
    }
}
