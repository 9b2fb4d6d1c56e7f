//! Statements: the documents that a partner keeps of its completed payouts and of its account. They never change: what a
//! statement says is stored with it, its lines are rows that never change, and its hash proves both.

pub mod account_statement;
mod backfill;
pub mod credit_note;
pub mod csv_file;
pub mod file;
mod head;
pub mod line_value;
pub mod lines;
pub mod movement;
pub mod payout_statement;
pub mod self_billing;
pub mod store;

use std::collections::HashMap;

use async_graphql::{Enum, InputObject};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rust_decimal::Decimal;

pub use backfill::{Backfilled, backfill};
pub use head::{CreditHead, Head, InvoiceHead, LegalHead, Party, PaymentHead};

use super::db::session::Session;
use super::db::sql_builder::SqlBuilder;
use super::db::statement_schema::statements;
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::audit::hex;
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, PayoutId, StatementId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::text_enum::text_enum;

/// The version of the CSV files that are issued now. A change of their bytes needs a new version, and the old one is kept:
/// the hash of a statement is that of its file in the version in which it was issued.
const FORMAT: i16 = 1;

/// A statement. It never changes.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = statements, check_for_backend(diesel::pg::Pg))]
pub struct Statement {
    /// The tenant that issued the statement.
    pub tenant_id: TenantId,
    /// The id of the statement.
    pub id: StatementId,
    /// The partner that receives it.
    pub partner_id: PartnerId,
    /// What the statement is of.
    pub kind: StatementKind,
    /// The payout; `None` on the statement of an account.
    pub payout_id: Option<PayoutId>,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The number: without gaps in each of the two series of a partner.
    pub number: String,
    /// The start of the period, inclusive.
    pub period_start: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub period_end: DateTime<Utc>,
    /// When the statement was issued, by the database's clock.
    pub issued_at: DateTime<Utc>,
    /// Not called `total`, as the count that a list selects with each row.
    amount: Decimal,
    opening: Option<Decimal>,
    closing: Option<Decimal>,
    /// The number of lines.
    pub line_count: i64,
    /// What the statement says besides its lines.
    pub head: Head,
    /// The SHA-256 of the bytes of the CSV file.
    pub content_hash: Vec<u8>,
    /// The version of the CSV file.
    pub format: i16,
}

impl Statement {
    /// Returns the sum of the lines.
    pub fn total(&self) -> Money {
        Money::stored(self.amount, self.currency)
    }

    /// Returns the balance before the first line; `None` unless the statement is of an account.
    pub fn opening(&self) -> Option<Money> {
        Some(Money::stored(self.opening?, self.currency))
    }

    /// Returns the balance after the last line; `None` unless the statement is of an account.
    pub fn closing(&self) -> Option<Money> {
        Some(Money::stored(self.closing?, self.currency))
    }

    /// Returns the query of the lines.
    fn lines(&self) -> SqlBuilder {
        match (self.payout_id, self.kind) {
            (Some(payout), StatementKind::CreditNote) => store::credited_lines(self, payout),
            (Some(payout), _) => store::payout_lines(self.tenant_id.clone(), self.partner_id, payout),
            (None, _) => movement::store::stated_lines(self),
        }
    }

    /// Returns the kind of the statement of a payout, by its head.
    fn kind_of_payout(head: &Head) -> StatementKind {
        if head.invoice.is_some() { StatementKind::SelfBilledInvoice } else { StatementKind::Payout }
    }

    /// Returns the hash of the CSV file in hexadecimal.
    pub fn content_hash_hex(&self) -> String {
        hex(&self.content_hash)
    }
}

impl PartnerOwned for Statement {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// Returns the name of the files of a statement, without extension: its number, in which every character that file names and
/// headers may not contain is replaced.
pub fn file_name(number: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    number.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

/// Returns the statements of payouts, by payout; payouts without one are left out.
pub async fn of_payouts(
    db: &mut Session,
    payouts: &[PayoutId],
) -> Result<HashMap<PayoutId, Authorized<Statement>>> {
    let statements = store::of_payouts(db, payouts).await?;
    Ok(statements.into_iter().filter_map(|row| Some((row.payout_id?, row))).collect())
}

/// Returns the credit notes of payouts, by payout; payouts without one are left out.
pub async fn credit_notes_of_payouts(
    db: &mut Session,
    payouts: &[PayoutId],
) -> Result<HashMap<PayoutId, Authorized<Statement>>> {
    let statements = store::credit_notes_of_payouts(db, payouts).await?;
    Ok(statements.into_iter().filter_map(|row| Some((row.payout_id?, row))).collect())
}

/// The kind of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum StatementKind {
    /// The statement of a completed payout: the commission events that it paid.
    Payout,
    /// The statement of a completed payout that is an invoice too, issued by the tenant in the name of the partner: where both
    /// have a legal identity and the partner has agreed to self-billing.
    SelfBilledInvoice,
    /// The credit note to the statement or invoice of a payout whose money came back: the same lines with the opposite sign.
    CreditNote,
    /// The statement of an account: what changed the balance of a partner in one currency, like that of a bank.
    Account,
}

text_enum!(StatementKind);

/// A filter on statements; a statement must meet all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct StatementFilter {
    /// Only the statements of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only the statements in this currency.
    pub currency: Option<Currency>,
    /// Only the statements of this kind.
    pub kind: Option<StatementKind>,
}
