//! issueStatements: states the movements of accounts, each account in a transaction of its own.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::lines::LineReader;
use super::movement::Movement;
use super::movement::store::{self as movements, OpenAccount};
use super::{FORMAT, Head, Statement, StatementKind, store};
use crate::auth::{Authorized, Caller};
use crate::domain::db::act::Act;
use crate::domain::db::audit_log::BulkChange;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::db::transaction_series::TransactionSeries;
use crate::domain::partner::store::StatementSeries;
use crate::domain::partner::{self, Partner};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{MovementId, PartnerId, StatementId};
use crate::primitives::money::Money;
use crate::primitives::nullable::not_null;
use crate::primitives::pagination::{PageRequest, PageSlice};
use crate::primitives::timestamp::Timestamp;

/// The title of the statement of an account.
pub const TITLE: &str = "Account statement";

/// The most statements of one call: the response contains all of them.
const STATEMENTS_MAX: usize = 500;

/// The accounts to state, and the time before which their movements are stated.
#[derive(Clone, Debug, InputObject)]
pub struct IssueStatementsInput {
    /// Only the accounts of this partner; NOTHING_TO_STATE if they have no movement to state. Left out, the accounts of all
    /// partners; null is BAD_USER_INPUT.
    pub partner_id: MaybeUndefined<PartnerId>,
    /// Only the accounts in this currency; left out, in all currencies. Null is BAD_USER_INPUT.
    pub currency: MaybeUndefined<Currency>,
    /// The end of the period, exclusive, at most now: a movement at this time or later is on the next statement. Default now.
    pub before: Option<Timestamp>,
    /// Whether to write nothing and return what would be issued now; left out, false. Null is BAD_USER_INPUT.
    pub dry_run: MaybeUndefined<bool>,
}

/// The statement of an account that would be issued.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The partner.
    pub partner_id: PartnerId,
    /// The start of the period, inclusive.
    pub period_start: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub period_end: DateTime<Utc>,
    /// The balance before the first movement.
    pub opening: Money,
    /// The balance after the last movement.
    pub closing: Money,
    /// The number of movements.
    pub movement_count: i64,
}

/// The result of issuing statements.
#[derive(Debug, Default)]
pub struct Report {
    /// The statements that were issued; none in a dry run.
    pub statements: Vec<Authorized<Statement>>,
    /// The statements that would be issued; none unless in a dry run.
    pub previews: Vec<Preview>,
    /// The number of accounts whose statement could not be issued because of a fault.
    pub failed: usize,
    /// Whether accounts remain that the call did not reach.
    pub has_more: bool,
}

impl Report {
    fn len(&self) -> usize {
        self.statements.len() + self.previews.len() + self.failed
    }
}

/// Issues the statement of each account with movements to state, or returns what that would do. Repeating the call issues
/// what remains.
pub async fn issue(pool: &Pool, caller: &Caller, input: &IssueStatementsInput) -> Result<Report> {
    let partner = not_null("partnerId", &input.partner_id)?.copied();
    let currency = not_null("currency", &input.currency)?.copied();
    let is_dry_run = not_null("dryRun", &input.dry_run)?.copied().unwrap_or_default();
    let (accounts, before) = {
        let mut db = Session::open(pool, caller).await?;
        if let Some(id) = partner {
            partner::store::by_id(&mut db, "partnerId", id).await?;
        }
        let before = end_of_period(&mut db, input.before).await?;
        (movements::accounts(&mut db, partner).await?, before)
    };
    let mut series = TransactionSeries::new(pool, caller);
    let mut report = Report::default();
    for (partner, currency) in
        accounts.into_iter().filter(|(_, of)| currency.is_none_or(|wanted| wanted == *of))
    {
        if report.len() == STATEMENTS_MAX {
            report.has_more = true;
            break;
        }
        let tenant = caller.scope().tenant().clone();
        let account = OpenAccount { tenant, partner, currency, before };
        if is_dry_run {
            let mut db = Session::open(pool, caller).await?;
            let preview = db.read_snapshot(async |db| preview(db, &account).await).await?;
            report.previews.extend(preview.filter(|preview| preview.movement_count > 0));
        } else {
            match series.run(&partner.to_string(), Act::IssueStatements, issue_one, &account).await {
                Ok(statement) => report.statements.extend(statement),
                Err(_) => report.failed += 1,
            }
        }
    }
    if partner.is_some() && report.len() == 0 {
        return Err(nothing_to_state());
    }
    Ok(report)
}

/// Returns the end of the period; rejects one that lies ahead.
async fn end_of_period(db: &mut Session, before: Option<Timestamp>) -> Result<DateTime<Utc>> {
    let now = db.clock_timestamp().await?;
    match before {
        Some(Timestamp(before)) if before > now => {
            Err(Error::bad_input("before", "lies ahead; a statement is about the past"))
        }
        Some(Timestamp(before)) => Ok(before),
        None => Ok(now),
    }
}

/// Returns what the next statement of an account would say now; `None` if the account is stated up to now.
pub async fn open(db: &mut Session, partner: PartnerId, currency: Currency) -> Result<Option<Preview>> {
    let before = db.clock_timestamp().await?;
    let account = OpenAccount { tenant: db.scope().tenant().clone(), partner, currency, before };
    preview(db, &account).await
}

/// Returns a page of the movements of a preview, earliest first. One that was committed since the preview may be among them.
pub async fn open_movements(
    db: &mut Session,
    preview: &Preview,
    page: &PageRequest,
) -> Result<PageSlice<Authorized<Movement>>> {
    let account = OpenAccount {
        tenant: db.scope().tenant().clone(),
        partner: preview.partner_id,
        currency: preview.opening.currency(),
        before: preview.period_end,
    };
    account.page(db, page).await
}

/// Returns what the next statement of an account would say, which may have no movement. `None` if the account is stated up to a
/// later time.
async fn preview(db: &mut Session, account: &OpenAccount) -> Result<Option<Preview>> {
    let partner = partner::store::by_id(db, "partnerId", account.partner).await?;
    let sums = account.sums(db).await?;
    let Some((period_start, opening)) = start(db, account, &partner, sums.first).await? else {
        return Ok(None);
    };
    let closing = opening.plus(sums.sum(account.currency))?;
    Ok(Some(Preview {
        partner_id: account.partner,
        period_start,
        period_end: account.before,
        opening,
        closing,
        movement_count: sums.count,
    }))
}

/// Returns the start and the opening balance of the next statement; `None` if the account is stated up to a later time.
async fn start(
    db: &mut Session,
    account: &OpenAccount,
    partner: &Partner,
    first: Option<DateTime<Utc>>,
) -> Result<Option<(DateTime<Utc>, Money)>> {
    let start = match store::last_of_account(db, account.partner, account.currency).await? {
        Some(last) => {
            let closing = last.closing().ok_or_else(|| Error::internal("a statement has no closing"))?;
            (last.period_end, closing)
        }
        None => {
            // The clock may have been set back since the partner was created.
            let start = first.map_or(partner.created_at, |first| first.min(partner.created_at));
            (start, Money::zero(account.currency))
        }
    };
    Ok(Some(start).filter(|(start, _)| *start < account.before))
}

/// Issues the statement of an account; `None` if no movement is to be stated.
async fn issue_one(db: &mut Transaction, account: &OpenAccount) -> Result<Option<Authorized<Statement>>> {
    let partner = partner::store::lock_by_id(db, "partnerId", account.partner).await?;
    let sums = account.sums(db).await?;
    let Some((period_start, opening)) = start(db, account, &partner, sums.first).await? else {
        db.record_nothing();
        return Ok(None);
    };
    if sums.count == 0 {
        db.record_nothing();
        return Ok(None);
    }
    let number = partner::store::next_statement_number(db, partner.id, StatementSeries::Accounts).await?;
    let mut statement = Statement {
        tenant_id: account.tenant.clone(),
        id: StatementId::new(),
        partner_id: account.partner,
        kind: StatementKind::Account,
        payout_id: None,
        currency: account.currency,
        number: format!("{}-A{number:04}", partner.partner_number),
        period_start,
        period_end: account.before,
        issued_at: db.clock_timestamp().await?,
        amount: Decimal::ZERO,
        opening: Some(opening.amount()),
        closing: Some(opening.amount()),
        line_count: sums.count,
        head: Head::read(db, TITLE, &partner).await?,
        content_hash: Vec::new(),
        format: FORMAT,
    };
    let ids = digest(db, account, &mut statement).await?;
    db.record_bulk(BulkChange::of([(statement.id.0, statement.total())])?, [partner.id]);
    store::insert(db, &statement).await?;
    db.discard_stale_plans(Some(statement.line_count)).await?;
    let inserted = account.insert(db, statement.id, ids).await?;
    if (inserted.count, inserted.sum(account.currency)) != (statement.line_count, statement.total()) {
        return Err(Error::internal(format!(
            "statement {} has {} lines of {}, but {} movements of {} were inserted",
            statement.number,
            statement.line_count,
            statement.total(),
            inserted.count,
            inserted.sum(account.currency)
        )));
    }
    db.scope().authorize(statement).map(Some)
}

/// Computes the hash and the sums of a statement from the open movements; returns their ids in the order of the lines.
///
/// All are read by one statement, which sees one moment: accruals go on, and what they commit meanwhile is not among the ids,
/// so that it is on the next statement.
async fn digest(
    db: &mut Transaction,
    account: &OpenAccount,
    statement: &mut Statement,
) -> Result<Vec<MovementId>> {
    let mut lines = LineReader::of_lines(statement, account.lines());
    let hash = lines.digest(db).await?;
    let opening = statement.opening().unwrap_or(Money::zero(account.currency));
    statement.amount = lines.sum.amount();
    statement.closing = Some(opening.plus(lines.sum)?.amount());
    statement.line_count = lines.count;
    statement.content_hash = hash;
    Ok(lines.movements)
}

fn nothing_to_state() -> Error {
    let message = "no movement of the partner is to be stated before that time";
    Error::user_error(UserError::new(UserErrorCode::NothingToState, message).at("partnerId"))
}
