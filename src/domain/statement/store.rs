//! Reads and writes of the tables `statements` and `statement_movements`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bpchar, Nullable, Text, Timestamptz, Uuid as SqlUuid};

use super::{Statement, StatementFilter, StatementKind};
use crate::auth::Authorized;
use crate::domain::db::audit_log::hex;
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::statement_schema::statements;
use crate::domain::db::transaction::Transaction;
use crate::domain::payout::Payout;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, PayoutId, StatementId, TenantId};
use crate::primitives::pagination::{Ordering, PageRequest, Position, SortKey, SortKind};

const TABLE: PartnerTable = PartnerTable { name: "statements", partner_column: "partner_id" };

/// The order of lists of statements: the latest first.
pub const BY_ISSUE: Ordering = Ordering { column: "issued_at", kind: SortKind::Timestamp, descending: true };

impl Paginated for Statement {
    type Filter = StatementFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &StatementFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(statements::partner_id.eq(partner)));
        }
        if let Some(currency) = filter.currency {
            conditions.push(Box::new(statements::currency.eq(currency)));
        }
        if let Some(kind) = filter.kind {
            conditions.push(Box::new(statements::kind.eq(kind)));
        }
        conditions
    }

    fn validate(filter: StatementFilter) -> Result<StatementFilter> {
        Ok(filter)
    }

    fn partner_of(filter: &StatementFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.issued_at), id: self.id.0 }
    }
}

/// Returns the statements with these ids; unknown ids are left out.
pub async fn by_ids(db: &mut Session, ids: &[StatementId]) -> Result<Vec<Authorized<Statement>>> {
    let query = statements::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(statements::id.eq_any(ids.to_vec()))
        .select(Statement::as_select());
    db.load(query).await
}

/// Returns the statements after an id, in the order of their ids.
pub async fn after(db: &mut Session, id: StatementId, limit: i64) -> Result<Vec<Authorized<Statement>>> {
    let query = statements::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(statements::id.gt(id))
        .order(statements::id)
        .limit(limit)
        .select(Statement::as_select());
    db.load(query).await
}

/// Returns the statements of these payouts; payouts without one are left out.
pub async fn of_payouts(db: &mut Session, payouts: &[PayoutId]) -> Result<Vec<Authorized<Statement>>> {
    let query = statements::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(statements::payout_id.eq_any(payouts.to_vec()))
        .filter(statements::kind.ne(StatementKind::CreditNote))
        .select(Statement::as_select());
    db.load(query).await
}

/// Returns the credit notes of these payouts; payouts without one are left out.
pub async fn credit_notes_of_payouts(
    db: &mut Session,
    payouts: &[PayoutId],
) -> Result<Vec<Authorized<Statement>>> {
    let query = statements::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(statements::payout_id.eq_any(payouts.to_vec()))
        .filter(statements::kind.eq(StatementKind::CreditNote))
        .select(Statement::as_select());
    db.load(query).await
}

/// Returns the last statement of an account, if there is one.
pub async fn last_of_account(
    db: &mut Session,
    partner: PartnerId,
    currency: Currency,
) -> Result<Option<Authorized<Statement>>> {
    let query = statements::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(statements::partner_id.eq(partner))
        .filter(statements::currency.eq(currency))
        .filter(statements::kind.eq(StatementKind::Account))
        .order(statements::period_start.desc())
        .limit(1)
        .select(Statement::as_select());
    db.load_one(query).await
}

/// Inserts a statement.
pub async fn insert(db: &mut Transaction, statement: &Statement) -> Result<()> {
    db.execute(diesel::insert_into(statements::table).values(statement.clone())).await?;
    let issued = format!("{} {}", statement.number, hex(&statement.content_hash));
    db.record_field(None, "statement", None, Some(issued));
    Ok(())
}

/// Returns the query of the lines of a payout: its commission events, ordered by date and id.
pub fn payout_lines(tenant: TenantId, partner: PartnerId, payout: PayoutId) -> SqlBuilder {
    SqlBuilder::new(
        "SELECT event.tenant_id, event.partner_id, event.id, event.event_type, event.event_date, event.recorded_at,
             event.invoice_id, event.customer_id, event.commission_rate, event.reverses_id, event.currency,
             event.base_amount, event.commission_amount
         FROM payout_lines AS line
         JOIN commission_events AS event
             ON event.tenant_id = line.tenant_id AND event.id = line.commission_event_id
         WHERE line.tenant_id = ",
    )
    .bind::<Text, _>(tenant)
    .sql(" AND line.payout_id = ")
    .bind::<SqlUuid, _>(payout)
    .sql(" AND line.partner_id = ")
    .bind::<SqlUuid, _>(partner)
    .sql(" ORDER BY event.event_date, event.id")
}

/// Returns the query of the lines of a credit note: those of the payout, with the opposite sign.
pub fn credited_lines(statement: &Statement, payout: PayoutId) -> SqlBuilder {
    SqlBuilder::new(
        "SELECT tenant_id, partner_id, id, event_type, event_date, recorded_at, invoice_id, customer_id, commission_rate,
             reverses_id, currency, -base_amount AS base_amount, -commission_amount AS commission_amount FROM (",
    )
    .append(payout_lines(statement.tenant_id.clone(), statement.partner_id, payout))
    .sql(") AS line ORDER BY event_date, id")
}

/// Returns the dates of the first and the last commission event of a payout.
pub async fn supply_dates(db: &mut Session, payout: &Payout) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    #[derive(QueryableByName)]
    struct Dates {
        #[diesel(sql_type = Nullable<Timestamptz>)]
        first: Option<DateTime<Utc>>,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        last: Option<DateTime<Utc>>,
    }
    let query = SqlBuilder::new("SELECT min(event_date) AS first, max(event_date) AS last FROM (")
        .append(payout_lines(payout.tenant_id.clone(), payout.partner_id, payout.id))
        .sql(") AS line");
    let dates: Vec<Dates> = db.aggregate(query).await?;
    let dates = dates.first().and_then(|dates| dates.first.zip(dates.last));
    dates.ok_or_else(|| Error::internal(format!("payout {} has no lines", payout.id)))
}

/// Returns the query of the sums of the lines of a long statement: of a payout for each of the customers with the largest
/// sums, and one for all others; of an account for each kind of movement.
pub fn line_sums(statement: &Statement, limit: i64) -> SqlBuilder {
    let selected = match statement.payout_id {
        Some(_) => "SELECT customer_id AS label, commission_amount AS amount FROM (",
        None => "SELECT kind AS label, amount FROM (",
    };
    let lines = SqlBuilder::new(selected).append(statement.lines());
    SqlBuilder::new(
        "WITH sums AS (
             SELECT label, count(*) AS count, sum(amount) AS amount,
                 row_number() OVER (ORDER BY abs(sum(amount)) DESC, label) AS place
             FROM (",
    )
    .append(lines)
    .sql(") AS line) AS labelled GROUP BY label) SELECT ")
    .bind::<Text, _>(statement.tenant_id.clone())
    .sql(" AS tenant_id, ")
    .bind::<SqlUuid, _>(statement.partner_id)
    .sql(" AS partner_id, ")
    .bind::<Bpchar, _>(statement.currency.code())
    .sql(" AS currency, label, 0::bigint AS customers, count, amount FROM sums WHERE place < ")
    .bind::<BigInt, _>(limit)
    .sql(" UNION ALL SELECT ")
    .bind::<Text, _>(statement.tenant_id.clone())
    .sql(", ")
    .bind::<SqlUuid, _>(statement.partner_id)
    .sql(", ")
    .bind::<Bpchar, _>(statement.currency.code())
    .sql(", NULL, count(*), sum(count)::bigint, sum(amount) FROM sums WHERE place >= ")
    .bind::<BigInt, _>(limit)
    .sql(" HAVING count(*) > 0")
}

/// Returns completed payouts without a statement, the earliest first, with their partners.
pub async fn payouts_without_statement(db: &mut Session, limit: i64) -> Result<Vec<(PartnerId, PayoutId)>> {
    #[derive(QueryableByName)]
    struct Completed {
        #[diesel(sql_type = SqlUuid)]
        partner_id: PartnerId,
        #[diesel(sql_type = SqlUuid)]
        id: PayoutId,
    }
    let query = SqlBuilder::new(
        "SELECT payout.partner_id, payout.id FROM payouts AS payout
         WHERE payout.status = 'COMPLETED' AND NOT EXISTS (
             SELECT FROM statements AS statement
             WHERE statement.tenant_id = payout.tenant_id AND statement.payout_id = payout.id)
             AND payout.tenant_id = ",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .sql(" ORDER BY payout.completed_at, payout.id LIMIT ")
    .bind::<BigInt, _>(limit);
    let rows: Vec<Completed> = db.aggregate(query).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row.id)).collect())
}
