//! The file of the list of payment files.

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use crate::domain::payment_file::PaymentFile;
use crate::domain::payment_file::list::BY_CREATION;
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

impl FileRow for PaymentFile {
    const NAME: &'static str = "payment-files";
    const FIELD: &'static str = "paymentFiles";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("payment_file_id", |row, _| Cell::Id(row.id.0)),
        Column::new("format", |row, _| Cell::word(&row.format)),
        Column::new("currency", |row, _| Cell::word(&row.currency())),
        Column::new("payout_count", |row, _| Cell::Count(row.payout_count.into())),
        Column::new("total_amount", |row, _| Cell::Number(row.total().amount())),
        Column::new("execution_date", |row, _| Cell::word(&row.execution_date)),
        Column::instant("created_at", |row, _| Cell::Instant(row.created_at)),
        Column::new("created_by", |row, _| Cell::text(Some(&row.created_by))),
        Column::instant("downloaded_at", |row, _| Cell::instant(row.downloaded_at)),
        Column::new("downloaded_by", |row, _| Cell::text(row.downloaded_by.as_deref())),
        Column::instant("withdrawn_at", |row, _| Cell::instant(row.withdrawn_at)),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_CREATION)
    }
}
