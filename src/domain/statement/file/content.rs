//! What a document shows of the lines of its statement: all of them, or sums if there are many.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bpchar, Nullable, Numeric, Text, Uuid as SqlUuid};
use rust_decimal::Decimal;

use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::cursor::Portions;
use crate::domain::db::session::Session;
use crate::domain::statement::lines::{LineReader, PayoutLine};
use crate::domain::statement::movement::AccountLine;
use crate::domain::statement::{Statement, store};
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::Money;

/// The most lines that a document lists; of more, it shows sums.
pub const LINES_MAX: i64 = 2_000;

/// The largest CSV file that is attached, in bytes: it is in memory while the document is rendered.
const CSV_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The content of a document.
pub struct Content {
    /// The table.
    pub table: Rows,
    /// The CSV file; `None` if it is too large to be attached.
    pub csv: Option<Vec<u8>>,
}

/// The rows of the table of a document.
pub enum Rows {
    /// The lines of a payout.
    Payout(Vec<Authorized<PayoutLine>>),
    /// The movements of an account.
    Account(Vec<Authorized<AccountLine>>),
    /// The sums of many lines.
    Sums(Vec<Authorized<LineSum>>),
}

/// The sum of the lines of a customer, or of the movements of a kind.
#[derive(Clone, Debug, QueryableByName)]
pub struct LineSum {
    #[diesel(sql_type = Text)]
    tenant_id: TenantId,
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    /// The customer, or the kind of the movements; `None` for lines without a customer, and for all customers beyond the
    /// largest.
    #[diesel(sql_type = Nullable<Text>)]
    pub label: Option<String>,
    /// The number of customers in the sum of all beyond the largest; 0 in other sums.
    #[diesel(sql_type = BigInt)]
    pub customers: i64,
    /// The number of lines.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    amount: Decimal,
}

impl LineSum {
    /// Returns the sum.
    pub fn amount(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }
}

impl PartnerOwned for LineSum {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// Loads the content of the document of a statement. A transaction must be open.
pub async fn load(db: &mut Session, statement: &Statement) -> Result<Content> {
    let table = load_table(db, statement).await?;
    let (mut reader, mut csv) = (LineReader::new(statement), Vec::new());
    while let Some(part) = reader.next_part(db).await? {
        csv.extend(part);
        if csv.len() > CSV_BYTES_MAX {
            return Ok(Content { table, csv: None });
        }
    }
    Ok(Content { table, csv: Some(csv) })
}

/// Loads the rows of the table of a document.
pub async fn load_table(db: &mut Session, statement: &Statement) -> Result<Rows> {
    let is_long = statement.line_count > LINES_MAX;
    Ok(match statement.payout_id {
        _ if is_long => Rows::Sums(db.load(store::line_sums(statement, LINES_MAX)).await?),
        Some(_) => Rows::Payout(all(db, Portions::new(statement.lines(), statement.line_count)).await?),
        None => Rows::Account(all(db, Portions::new(statement.lines(), statement.line_count)).await?),
    })
}

async fn all<T>(db: &mut Session, mut portions: Portions) -> Result<Vec<Authorized<T>>>
where
    T: PartnerOwned + QueryableByName<diesel::pg::Pg> + Send + Sync + 'static,
{
    let mut rows = Vec::new();
    while let Some(portion) = portions.next(db).await? {
        rows.extend(portion);
    }
    Ok(rows)
}
