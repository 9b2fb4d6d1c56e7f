//! The files of statements and of their movements.

use async_graphql::Value;

use super::FileRow;
use super::cell::{Cell, Column};
use super::references::Referred;
use crate::domain::db::list_query::{OF_PARTNER, ParentCondition};
use crate::domain::statement::Statement;
use crate::domain::statement::movement::Movement;
use crate::domain::statement::movement::store::{BY_MOVEMENT, OF_STATEMENT};
use crate::domain::statement::store::BY_ISSUE;
use crate::primitives::error::Result;
use crate::primitives::money::Money;
use crate::primitives::pagination::Ordering;

impl FileRow for Statement {
    const NAME: &'static str = "statements";
    const FIELD: &'static str = "statements";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("statement_id", |row, _| Cell::Id(row.id.0)),
        Column::new("statement_number", |row, _| Cell::text(Some(&row.number))),
        Column::new("kind", |row, _| Cell::word(&row.kind)),
        Column::new("partner_number", |row, context| context.partner_number(row.partner_id)),
        Column::new("payout_id", |row, _| Cell::id(row.payout_id.map(|id| id.0))),
        Column::instant("period_start", |row, _| Cell::Instant(row.period_start)),
        Column::instant("period_end", |row, _| Cell::Instant(row.period_end)),
        Column::instant("issued_at", |row, _| Cell::Instant(row.issued_at)),
        Column::new("line_count", |row, _| Cell::Count(row.line_count)),
        Column::new("total", |row, _| Cell::Number(row.total().amount())),
        Column::new("opening", |row, _| Cell::number(row.opening().map(Money::amount))),
        Column::new("closing", |row, _| Cell::number(row.closing().map(Money::amount))),
        Column::new("currency", |row, _| Cell::word(&row.currency)),
        Column::new("content_hash", |row, _| Cell::word(&row.content_hash_hex())),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_ISSUE)
    }

    fn referred(&self) -> Referred {
        Referred { partner: Some(self.partner_id), ..Referred::default() }
    }
}

impl FileRow for Movement {
    const NAME: &'static str = "statement-movements";
    const FIELD: &'static str = "statementMovements";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("statement_id", |row, _| Cell::id(row.statement_id.map(|id| id.0))),
        Column::new("partner_number", |row, context| context.partner_number(row.partner_id)),
        Column::new("kind", |row, _| Cell::word(&row.kind)),
        Column::instant("moved_at", |row, _| Cell::Instant(row.moved_at)),
        Column::new("event_id", |row, _| Cell::id(row.commission_event_id.map(|id| id.0))),
        Column::new("payout_id", |row, _| Cell::id(row.payout_id.map(|id| id.0))),
        Column::new("amount", |row, _| Cell::Number(row.amount().amount())),
        Column::new("currency", |row, _| Cell::word(&row.amount().currency())),
    ];

    fn ordering(_: Option<Value>) -> Result<Ordering> {
        Ok(BY_MOVEMENT)
    }

    fn member_of(parent: ParentCondition) -> Option<&'static str> {
        match parent {
            OF_STATEMENT => Some("statementId"),
            OF_PARTNER => Some("partnerId"),
            _ => None,
        }
    }

    fn referred(&self) -> Referred {
        Referred { partner: Some(self.partner_id), ..Referred::default() }
    }
}
