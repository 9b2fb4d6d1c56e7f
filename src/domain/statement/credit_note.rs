//! The credit note of a payout whose money came back: issued in the transaction that returns the payout. The statement or
//! invoice of the payout stays as it is; the credit note refers to it, has the same parties and lines, and the opposite amounts.

use super::lines::LineReader;
use super::{CreditHead, FORMAT, Head, Statement, StatementKind, store};
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::store::StatementSeries;
use crate::domain::partner::{self, Partner};
use crate::domain::payout::Payout;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::StatementId;

/// The title of a credit note.
const TITLE: &str = "Credit note";

/// Issues the credit note of a returned payout; none if the payout has no statement, because it was completed before there
/// were any. The partner must be locked, so that its numbers have no gaps.
pub(in crate::domain) async fn issue(db: &mut Transaction, partner: &Partner, payout: &Payout) -> Result<()> {
    let Some(credited) = store::of_payouts(db, &[payout.id]).await?.pop() else { return Ok(()) };
    let (Some(at), Some(returned_at), Some(reason)) =
        (payout.released_at, payout.returned_at, payout.return_reason.clone())
    else {
        return Err(Error::internal(format!("payout {} was not returned", payout.id)));
    };
    let present = Head::read(db, TITLE, partner).await?;
    let credit =
        CreditHead { number: credited.number.clone(), issued_at: credited.issued_at, returned_at, reason };
    let head = Head {
        title: present.title,
        audit_head: present.audit_head,
        credit: Some(credit),
        ..credited.head.clone()
    };
    let number = partner::store::next_statement_number(db, partner.id, StatementSeries::Payouts).await?;
    let mut statement = Statement {
        id: StatementId::new(),
        kind: StatementKind::CreditNote,
        number: format!("{}-{number:04}", partner.partner_number),
        issued_at: at,
        amount: -credited.amount,
        head,
        content_hash: Vec::new(),
        format: FORMAT,
        ..Statement::clone(&credited)
    };
    let mut lines = LineReader::new(&statement);
    statement.content_hash = lines.digest(db).await?;
    if lines.count != credited.line_count || lines.sum != statement.total() {
        return Err(Error::internal(format!(
            "the credit note of payout {} has {} lines of {}, but its statement has {} of {}",
            payout.id,
            lines.count,
            lines.sum,
            credited.line_count,
            credited.total()
        )));
    }
    store::insert(db, &statement).await
}
