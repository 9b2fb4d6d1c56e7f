//! The lines of a statement, and its CSV file, which is written in parts: a payout may have 100,000 lines.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::csv_file::CsvPart;
use super::line_value::{Line, LineValue, VALUES};
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
use crate::primitives::id::{CommissionEventId, MovementId, PartnerId, StatementId, TenantId};
use crate::primitives::money::{Money, Rate};

/// The columns of the CSV file of a payout.
const PAYOUT_COLUMNS: [&str; VALUES] = [
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

    fn values(&self, number: &str, position: i64) -> Line {
        [
            LineValue::Text(number.to_owned()),
            LineValue::Count(position),
            LineValue::Id(self.id.0),
            LineValue::Word(self.event_type.to_string()),
            LineValue::Instant(self.event_date),
            LineValue::Instant(self.recorded_at),
            LineValue::identifier(self.invoice_id.as_deref()),
            LineValue::identifier(self.customer_id.as_deref()),
            LineValue::amount(self.base()),
            LineValue::rate(self.commission_rate),
            LineValue::amount(Some(self.commission())),
            LineValue::Word(self.currency.code().to_owned()),
            LineValue::id(self.reverses_id.map(|id| id.0)),
        ]
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

/// The lines of a statement that a caller may see, read from one snapshot for a file. Dropping it before its end closes its
/// connection.
pub struct LineDownload {
    session: Session,
    reader: LineReader,
}

impl LineDownload {
    /// Opens the lines of a statement; `None` if the caller may see no such statement.
    pub async fn open(pool: &Pool, caller: &Caller, id: StatementId) -> Result<Option<Self>> {
        let mut session = Session::open(pool, caller).await?;
        session.begin_snapshot().await?;
        let Some(statement) = store::by_ids(&mut session, &[id]).await?.pop() else {
            session.roll_back().await?;
            return Ok(None);
        };
        Ok(Some(Self { session, reader: LineReader::new(&statement) }))
    }

    /// Returns the statement.
    pub fn statement(&self) -> &Statement {
        &self.reader.statement
    }

    /// Returns the names of the columns.
    pub fn columns(&self) -> &'static [&'static str; VALUES] {
        self.reader.columns()
    }

    /// Returns the next lines; `None` at the end.
    pub async fn next_lines(&mut self) -> Result<Option<Vec<Line>>> {
        self.reader.next_lines(&mut self.session).await
    }

    /// Returns the next part of the CSV file; `None` at the end.
    pub async fn next_part(&mut self) -> Result<Option<Vec<u8>>> {
        self.reader.next_part(&mut self.session).await
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

/// The lines of a statement, and its CSV file, which is written in parts from rows that are read in portions.
///
/// If there is more than a portion, a transaction must be open from the first part to the last.
pub struct LineReader {
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

impl LineReader {
    /// Returns the lines of a statement.
    pub fn new(statement: &Statement) -> Self {
        Self::of_lines(statement, statement.lines())
    }

    /// Returns the lines of a statement that are the rows of this query.
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

    fn columns(&self) -> &'static [&'static str; VALUES] {
        if self.statement.payout_id.is_some() { &PAYOUT_COLUMNS } else { &movement::COLUMNS }
    }

    /// Returns the next lines; `None` at the end.
    async fn next_lines(&mut self, db: &mut Session) -> Result<Option<Vec<Line>>> {
        let mut values = Vec::new();
        if self.statement.payout_id.is_some() {
            let Some(lines) = self.portions.next::<PayoutLine>(db).await? else { return Ok(None) };
            for line in lines {
                self.count += 1;
                self.sum = self.sum.plus(line.commission())?;
                values.push(line.values(&self.statement.number, self.count));
            }
        } else {
            let opening = self.statement.opening().unwrap_or(Money::zero(self.statement.currency));
            let Some(lines) = self.portions.next::<AccountLine>(db).await? else { return Ok(None) };
            for line in lines {
                self.count += 1;
                self.sum = self.sum.plus(line.amount())?;
                self.movements.push(line.id);
                values.push(line.values(&self.statement.number, self.count, opening.plus(self.sum)?));
            }
        }
        Ok(Some(values))
    }

    /// Returns the next part of the CSV file; `None` at the end.
    pub async fn next_part(&mut self, db: &mut Session) -> Result<Option<Vec<u8>>> {
        let mut part = CsvPart::new();
        if std::mem::replace(&mut self.has_begun, true) {
            let Some(lines) = self.next_lines(db).await? else { return Ok(None) };
            for line in lines {
                let cells: Vec<_> = line.iter().map(LineValue::csv_cell).collect();
                part.row(cells.iter().map(|cell| &**cell))?;
            }
        } else {
            part.row(self.columns().iter().copied())?;
        }
        part.into_bytes().map(Some)
    }

    /// Reads the CSV file to its end and returns its hash.
    pub async fn digest(&mut self, db: &mut Session) -> Result<Vec<u8>> {
        let mut hash = Sha256::new();
        while let Some(part) = self.next_part(db).await? {
            hash.update(part);
        }
        Ok(hash.finalize().to_vec())
    }
}
