//! The file of managed accounts.

use async_graphql::Value;

use super::cell::{Cell, Column};
use super::references::Referred;
use super::{FileRow, order};
use crate::domain::account::store::ordering;
use crate::domain::account::{ManagedAccount, ManagedAccountOrder};
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for ManagedAccount {
    const NAME: &'static str = "managed-accounts";
    const FIELD: &'static str = "managedAccounts";
    const ORDER_TYPE: Option<&'static str> = Some("ManagedAccountOrder");
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("managed_account_id", |row, _| Cell::Id(row.id.0)),
        Column::new("partner_number", |row, context| context.partner_number(row.partner_id)),
        Column::new("customer_id", |row, context| context.identifier(Some(&row.customer_id))),
        Column::for_staff("customer_name", |row, _| Cell::text(row.customer_name.as_deref())),
        Column::new("engagement_type", |row, _| Cell::text(Some(&row.engagement_type))),
        Column::instant("starts_at", |row, _| Cell::Instant(row.starts_at)),
        Column::instant("ends_at", |row, _| Cell::instant(row.ends_at)),
        Column::new("is_active", |row, context| Cell::Flag(row.is_in_force(context.at))),
        Column::new("custom_commission_rate", |row, _| Cell::rate(row.custom_commission_rate)),
        Column::new("effective_commission_rate", |row, context| {
            let default_rate = || context.references.default_rate(row.partner_id);
            Cell::rate(row.custom_commission_rate.or_else(default_rate))
        }),
    ];

    fn ordering(order: Option<Value>) -> Result<Ordering> {
        Ok(ordering(order::parsed(order)?))
    }

    fn order_value(of: Ordering) -> Option<Value> {
        order::value_of(
            of,
            |field, direction| ManagedAccountOrder { field, direction },
            |order| ordering(Some(order)),
        )
    }

    fn referred(&self) -> Referred {
        Referred { partner: Some(self.partner_id), ..Referred::default() }
    }
}
