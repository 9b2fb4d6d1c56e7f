//! The statement of a payout: issued in the transaction that completes it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::lines::LineReader;
use super::{FORMAT, Head, InvoiceHead, Statement, store};
use crate::auth::Authorized;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::store::StatementSeries;
use crate::domain::partner::{self, Partner};
use crate::domain::payout::Payout;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::StatementId;

/// The title of the statement of a payout.
pub const TITLE: &str = "Payout statement";

/// Returns the head of the statement of a payout, as of now.
pub(super) async fn head(
    db: &mut Session,
    partner: &Partner,
    payout: &Payout,
    invoice: Option<InvoiceHead>,
) -> Result<Head> {
    Ok(Head::read(db, TITLE, partner).await?.with_payment(payout).with_invoice(invoice))
}

/// Issues the statement of a completed payout, as an invoice if it is one. The partner must be locked, so that its numbers
/// have no gaps.
pub(in crate::domain) async fn issue(
    db: &mut Transaction,
    partner: &Partner,
    payout: &Payout,
    at: DateTime<Utc>,
    invoice: Option<InvoiceHead>,
) -> Result<Authorized<Statement>> {
    let head = head(db, partner, payout, invoice).await?;
    let number = partner::store::next_statement_number(db, partner.id, StatementSeries::Payouts).await?;
    let mut statement = Statement {
        tenant_id: payout.tenant_id.clone(),
        id: StatementId::new(),
        partner_id: payout.partner_id,
        kind: Statement::kind_of_payout(&head),
        payout_id: Some(payout.id),
        currency: payout.currency(),
        number: format!("{}-{number:04}", partner.partner_number),
        period_start: payout.period_start,
        period_end: payout.period_end,
        issued_at: at,
        amount: Decimal::ZERO,
        opening: None,
        closing: None,
        line_count: payout.commission_count,
        head,
        content_hash: Vec::new(),
        format: FORMAT,
    };
    let mut lines = LineReader::new(&statement);
    let hash = lines.digest(db).await?;
    if lines.count != payout.commission_count || lines.sum != payout.total() {
        return Err(Error::internal(format!(
            "payout {} of {} has {} lines, but its statement has {} of {}",
            payout.id,
            payout.total(),
            payout.commission_count,
            lines.count,
            lines.sum
        )));
    }
    statement.amount = lines.sum.amount();
    statement.content_hash = hash;
    store::insert(db, &statement).await?;
    db.scope().authorize(statement)
}
