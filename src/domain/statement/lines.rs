//! The lines of a statement, and its CSV file, which is written in parts: a payout may have 100,000 lines.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::csv_file::{CsvPart, identifier_cell, instant_cell};
use super::movement::{self, AccountLine};
use super::{Statement, store};
use crate::auth::{Caller, PartnerOwned};
use crate::domain::commission::CommissionEventType;
use crate::domain::db::cursor::Portions;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::formula::escaped;
use crate::primitives::id::{CommissionEventId, MovementId, PartnerId, StatementId, TenantId};
use crate::primitives::money::{Money, Rate};

/// The columns of the CSV file of a payout.
const PAYOUT_COLUMNS: [&str; 13] = [
    "statement_number",
    "line",
    "event_id",
    "event_type",
    "event_date",
    "recorded_at",
    "invoice_id",
    "customer_id",
    "base_amount",
    "commission_rate",
    "commission_amount",
    "currency",
    "reverses_event_id",
];

/// A line of the statement of a payout: a commission event that it paid. None of its values ever changes.
#[derive(Clone, Debug, QueryableByName)]
pub struct PayoutLine {
    /// The tenant of the partner.
    #[diesel(sql_type = Text)]
    pub tenant_id: TenantId,
    /// The partner that was paid.
    #[diesel(sql_type = SqlUuid)]
    pub partner_id: PartnerId,
    /// The commission event.
    #[diesel(sql_type = SqlUuid)]
    pub id: CommissionEventId,
    /// The source of the amount.
    #[diesel(sql_type = Text)]
    pub event_type: CommissionEventType,
    /// The date of the event.
    #[diesel(sql_type = Timestamptz)]
    pub event_date: DateTime<Utc>,
    /// When the event was recorded.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// The invoice id of the billing system; `None` for an adjustment.
    #[diesel(sql_type = Nullable<Text>)]
    pub invoice_id: Option<String>,
    /// The customer id of the billing system; `None` for an adjustment.
    #[diesel(sql_type = Nullable<Text>)]
    pub customer_id: Option<String>,
    /// The rate; `None` for an adjustment.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub commission_rate: Option<Rate>,
    /// The event that a reversal or a reinstatement amends.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub reverses_id: Option<CommissionEventId>,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Nullable<Numeric>)]
    base_amount: Option<Decimal>,
    #[diesel(sql_type = Numeric)]
    commission_amount: Decimal,
}

impl PayoutLine {
    /// Returns the commission.
    pub fn commission(&self) -> Money {
        Money::stored(self.commission_amount, self.currency)
    }

    /// Returns the base amount; `None` for an adjustment.
    pub fn base(&self) -> Option<Money> {
        Some(Money::stored(self.base_amount?, self.currency))
    }

    fn write(&self, part: &mut CsvPart, number: &str, position: i64) -> Result<()> {
        let rate = self.commission_rate.map(|rate| rate.to_decimal_text().0.to_string());
        part.row([
            &*escaped(number),
            &*position.to_string(),
            &*self.id.to_string(),
            &*self.event_type.to_string(),
            &*instant_cell(self.event_date),
            &*instant_cell(self.recorded_at),
            &*identifier_cell(self.invoice_id.as_deref()),
            &*identifier_cell(self.customer_id.as_deref()),
            &*self.base().map(|base| base.amount().to_string()).unwrap_or_default(),
            &*rate.unwrap_or_default(),
            &*self.commission().amount().to_string(),
            self.currency.code(),
            &*self.reverses_id.map(|id| id.to_string()).unwrap_or_default(),
        ])
    }
}

impl PartnerOwned for PayoutLine {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// The CSV file of a statement that a caller may see, read from one snapshot. Dropping it before its end closes its
/// connection.
pub struct CsvDownload {
    session: Session,
    reader: CsvReader,
    /// The name under which the file is saved.
    pub name: String,
}

impl CsvDownload {
    /// Opens the file of a statement; `None` if the caller may see no such statement.
    pub async fn open(pool: &Pool, caller: &Caller, id: StatementId) -> Result<Option<Self>> {
        let mut session = Session::open(pool, caller).await?;
        session.begin_snapshot().await?;
        let Some(statement) = store::by_ids(&mut session, &[id]).await?.pop() else {
            session.roll_back().await?;
            return Ok(None);
        };
        let name = format!("{}.csv", super::file_name(&statement.number));
        Ok(Some(Self { session, reader: CsvReader::new(&statement), name }))
    }

    /// Returns the next part of the file; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        self.reader.next(&mut self.session).await
    }

    /// Returns the number of lines so far.
    pub fn count(&self) -> i64 {
        self.reader.count
    }

    /// Ends the snapshot, so that the connection can be used again.
    pub async fn close(mut self) -> Result<()> {
        self.session.roll_back().await
    }
}

/// The CSV file of a statement, which is written in parts from rows that are read in portions.
///
/// If there is more than a portion, a transaction must be open from the first part to the last.
pub struct CsvReader {
    statement: Statement,
    portions: Portions,
    has_begun: bool,
    /// The number of lines so far.
    pub count: i64,
    /// The sum of the lines so far.
    pub sum: Money,
    /// The ids of the movements so far, of the statement of an account.
    pub movements: Vec<MovementId>,
}

impl CsvReader {
    /// Returns the file of a statement.
    pub fn new(statement: &Statement) -> Self {
        let lines = match statement.payout_id {
            Some(payout) => store::payout_lines(statement.tenant_id.clone(), statement.partner_id, payout),
            None => movement::store::stated_lines(statement),
        };
        Self::of_lines(statement, lines)
    }

    /// Returns the file of a statement whose lines are the rows of this query.
    pub(super) fn of_lines(statement: &Statement, lines: SqlBuilder) -> Self {
        Self {
            statement: statement.clone(),
            portions: Portions::new(lines, statement.line_count),
            has_begun: false,
            count: 0,
            sum: Money::zero(statement.currency),
            movements: Vec::new(),
        }
    }

    /// Returns the next part of the file; `None` at the end.
    pub async fn next(&mut self, db: &mut Session) -> Result<Option<Vec<u8>>> {
        let is_of_payout = self.statement.payout_id.is_some();
        if !std::mem::replace(&mut self.has_begun, true) {
            let mut head = CsvPart::new();
            head.row(if is_of_payout { PAYOUT_COLUMNS } else { movement::COLUMNS })?;
            return head.into_bytes().map(Some);
        }
        let mut part = CsvPart::new();
        if is_of_payout {
            let Some(lines) = self.portions.next::<PayoutLine>(db).await? else { return Ok(None) };
            for line in lines {
                self.count += 1;
                self.sum = self.sum.plus(line.commission())?;
                line.write(&mut part, &self.statement.number, self.count)?;
            }
        } else {
            let opening = self.statement.opening().unwrap_or(Money::zero(self.statement.currency));
            let Some(lines) = self.portions.next::<AccountLine>(db).await? else { return Ok(None) };
            for line in lines {
                self.count += 1;
                self.sum = self.sum.plus(line.amount())?;
                self.movements.push(line.id);
                line.write(&mut part, &self.statement.number, self.count, opening.plus(self.sum)?)?;
            }
        }
        part.into_bytes().map(Some)
    }

    /// Reads the file to its end and returns its hash.
    pub async fn digest(&mut self, db: &mut Session) -> Result<Vec<u8>> {
        let mut hash = Sha256::new();
        while let Some(part) = self.next(db).await? {
            hash.update(part);
        }
        Ok(hash.finalize().to_vec())
    }
}
