//! Reads and writes of the table `statement_movements`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::{Movement, StatementMovementFilter};
use crate::auth::Authorized;
use crate::domain::db::list_order::PageOf;
use crate::domain::db::list_query::{Condition, Paginated, ParentCondition};
use crate::domain::db::scope_filter::PartnerTable;
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::statement_schema::statement_movements;
use crate::domain::db::transaction::Transaction;
use crate::domain::statement::Statement;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{MovementId, PartnerId, StatementId, TenantId};
use crate::primitives::money::Money;
use crate::primitives::pagination::{Ordering, PageRequest, PageSlice, Position, SortKey, SortKind};

/// The order of the movements of a statement: that of its lines.
pub const BY_MOVEMENT: Ordering =
    Ordering { column: "moved_at", kind: SortKind::Timestamp, descending: false };

/// The condition that a movement is on a statement.
pub const OF_STATEMENT: ParentCondition = ParentCondition("statement_id = parent.id");

impl Paginated for Movement {
    type Filter = StatementMovementFilter;
    const TABLE: PartnerTable = PartnerTable { name: "statement_movements", partner_column: "partner_id" };

    fn conditions(filter: &StatementMovementFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(statement) = filter.statement_id {
            conditions.push(Box::new(statement_movements::statement_id.eq(statement)));
        }
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(statement_movements::partner_id.eq(partner)));
        }
        conditions
    }

    fn validate(filter: StatementMovementFilter) -> Result<StatementMovementFilter> {
        Ok(filter)
    }

    fn partner_of(filter: &StatementMovementFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, _: &PageRequest) -> Position {
        Position { key: SortKey::Timestamp(self.moved_at), id: self.id.0 }
    }
}

/// Returns the query of the lines of the statement of an account.
pub fn stated_lines(statement: &Statement) -> SqlBuilder {
    SqlBuilder::new(
        "SELECT movement.tenant_id, movement.partner_id, movement.id, movement.kind, movement.moved_at,
             movement.commission_event_id, event.event_type, event.event_date, event.invoice_id, event.customer_id,
             movement.payout_id, movement.currency, movement.amount
         FROM statement_movements AS movement
         LEFT JOIN commission_events AS event
             ON event.tenant_id = movement.tenant_id AND event.id = movement.commission_event_id
         WHERE movement.tenant_id = ",
    )
    .bind::<Text, _>(statement.tenant_id.clone())
    .sql(" AND movement.statement_id = ")
    .bind::<SqlUuid, _>(statement.id)
    .sql(" AND movement.partner_id = ")
    .bind::<SqlUuid, _>(statement.partner_id)
    .sql(" ORDER BY movement.moved_at, movement.id")
}

/// The kind of the movement that a status change of a commission event is.
const EVENT_KIND: &str = "CASE WHEN change.from_status IS NULL THEN 'RECORDED'
    WHEN change.to_status = 'CANCELLED' THEN 'CANCELLED' ELSE 'CLAWED_BACK' END";

/// The kind of the movement that a status change of a payout is, and its sign.
const PAYOUT_KIND: &str = "CASE change.to_status WHEN 'COMPLETED' THEN 'PAID_OUT' ELSE 'RETURNED' END";
const PAYOUT_SIGN: &str = "CASE change.to_status WHEN 'COMPLETED' THEN -1 ELSE 1 END";

/// An account, and the time before which its movements are stated.
#[derive(Clone, Debug)]
pub struct OpenAccount {
    /// The tenant of the partner.
    pub tenant: TenantId,
    /// The partner.
    pub partner: PartnerId,
    /// The currency.
    pub currency: Currency,
    /// The end of the period, exclusive.
    pub before: DateTime<Utc>,
}

impl OpenAccount {
    /// Returns the query of the movements that are on no statement yet, in their order.
    ///
    /// Reads the whole history of the account: a movement may have been committed after a statement with a later time was
    /// issued, so that no time separates the movements that are on a statement from the others.
    pub fn lines(&self) -> SqlBuilder {
        self.unordered().sql(" ORDER BY moved_at, id")
    }

    fn unordered(&self) -> SqlBuilder {
        let of_events = format!(
            "SELECT event.tenant_id, event.partner_id, change.id, {EVENT_KIND} AS kind, change.changed_at AS moved_at,
                 event.id AS commission_event_id, event.event_type, event.event_date, event.invoice_id,
                 event.customer_id, NULL::uuid AS payout_id, event.currency,
                 CASE WHEN change.from_status IS NULL THEN 1 ELSE -1 END * event.commission_amount AS amount
             FROM commission_events AS event
             JOIN status_changes AS change
                 ON change.tenant_id = event.tenant_id AND change.commission_event_id = event.id
             WHERE change.kind = 'STATUS'
                 AND (change.from_status IS NULL) <> (change.to_status IN ('CANCELLED', 'CLAWBACK')) AND "
        );
        let of_payouts = format!(
            " UNION ALL
             SELECT payout.tenant_id, payout.partner_id, change.id, {PAYOUT_KIND}, change.changed_at, NULL, NULL, NULL,
                 NULL, NULL, payout.id, payout.currency, {PAYOUT_SIGN} * payout.total_amount
             FROM payouts AS payout
             JOIN status_changes AS change
                 ON change.tenant_id = payout.tenant_id AND change.payout_id = payout.id
             WHERE change.kind = 'STATUS' AND change.to_status IN ('COMPLETED', 'RETURNED') AND "
        );
        SqlBuilder::new(of_events)
            .part(|statement| self.conditions(statement, "event"))
            .sql(of_payouts)
            .part(|statement| self.conditions(statement, "payout"))
    }

    fn conditions(&self, statement: SqlBuilder, table: &'static str) -> SqlBuilder {
        statement
            .sql(format!("{table}.tenant_id = "))
            .bind::<Text, _>(self.tenant.clone())
            .sql(format!(" AND {table}.partner_id = "))
            .bind::<SqlUuid, _>(self.partner)
            .sql(format!(" AND {table}.currency = "))
            .bind::<Bpchar, _>(self.currency.code())
            .sql(" AND change.changed_at < ")
            .bind::<Timestamptz, _>(self.before)
            .sql(
                " AND NOT EXISTS (
                    SELECT FROM statement_movements AS movement
                    WHERE movement.tenant_id = change.tenant_id AND movement.id = change.id)",
            )
    }

    /// Returns the sum and the number of the movements that are on no statement yet.
    pub async fn sums(&self, db: &mut Session) -> Result<MovementSums> {
        let query = SqlBuilder::new(
            "SELECT count(*) AS count, coalesce(sum(moved.amount), 0) AS sum, min(moved.moved_at) AS first FROM (",
        )
        .append(self.unordered())
        .sql(") AS moved");
        sums(db.aggregate(query).await?)
    }

    /// Returns a page of the movements that are on no statement yet, earliest first.
    pub async fn page(
        &self,
        db: &mut Session,
        page: &PageRequest,
    ) -> Result<PageSlice<Authorized<Movement>>> {
        let query = SqlBuilder::new(
            "SELECT tenant_id, id, NULL::uuid AS statement_id, partner_id, currency, kind, commission_event_id, payout_id,
                 moved_at, amount FROM (",
        )
        .append(self.unordered())
        .sql(") AS open WHERE true")
        .expression(PageOf::new("open", page));
        Ok(page.slice(db.load(query).await?))
    }

    /// Inserts the movements of a statement, by the ids of their status changes in the order of the lines. Returns what was
    /// written.
    pub async fn insert(
        &self,
        db: &mut Transaction,
        statement: StatementId,
        ids: Vec<MovementId>,
    ) -> Result<MovementSums> {
        let insert = SqlBuilder::new(
            "WITH inserted AS (
                 INSERT INTO statement_movements (tenant_id, id, statement_id, partner_id, currency, position, kind,
                     commission_event_id, payout_id, moved_at, amount)
                 SELECT change.tenant_id, change.id, ",
        )
        .bind::<SqlUuid, _>(statement)
        .sql(", ")
        .bind::<SqlUuid, _>(self.partner)
        .sql(", ")
        .bind::<Bpchar, _>(self.currency.code())
        .sql(format!(
            ", chosen.position, CASE WHEN payout.id IS NOT NULL THEN {PAYOUT_KIND} ELSE {EVENT_KIND} END,
                 change.commission_event_id, change.payout_id, change.changed_at,
                 CASE WHEN payout.id IS NOT NULL THEN {PAYOUT_SIGN} * payout.total_amount
                      WHEN change.from_status IS NULL THEN event.commission_amount
                      ELSE -event.commission_amount END
             FROM unnest("
        ))
        .bind::<Array<SqlUuid>, _>(ids)
        .sql(
            ") WITH ORDINALITY AS chosen (id, position)
             JOIN status_changes AS change ON change.id = chosen.id AND change.tenant_id = ",
        )
        .bind::<Text, _>(self.tenant.clone())
        .sql(
            "    LEFT JOIN commission_events AS event
                     ON event.tenant_id = change.tenant_id AND event.id = change.commission_event_id
                 LEFT JOIN payouts AS payout
                     ON payout.tenant_id = change.tenant_id AND payout.id = change.payout_id
                 RETURNING amount, moved_at
             )
             SELECT count(*) AS count, coalesce(sum(amount), 0) AS sum, min(moved_at) AS first FROM inserted",
        );
        sums(db.aggregate(insert).await?)
    }
}

/// The number and the sum of movements.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct MovementSums {
    /// The number of movements.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Numeric)]
    sum: Decimal,
    /// The time of the first movement.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub first: Option<DateTime<Utc>>,
}

impl MovementSums {
    /// Returns the sum.
    pub fn sum(&self, currency: Currency) -> Money {
        Money::stored(self.sum, currency)
    }
}

fn sums(rows: Vec<MovementSums>) -> Result<MovementSums> {
    rows.into_iter().next().ok_or_else(|| Error::internal("a sum is missing"))
}

/// Returns the accounts of the scope: the partners and currencies in which commissions were recorded.
pub async fn accounts(db: &mut Session, partner: Option<PartnerId>) -> Result<Vec<(PartnerId, Currency)>> {
    #[derive(QueryableByName)]
    struct Account {
        #[diesel(sql_type = SqlUuid)]
        partner_id: PartnerId,
        #[diesel(sql_type = Bpchar)]
        currency: Currency,
    }
    let query = SqlBuilder::new(
        "SELECT DISTINCT partner_id, currency FROM commission_monthly_totals WHERE tenant_id = ",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .sql(" AND (partner_id = ")
    .bind::<Nullable<SqlUuid>, _>(partner)
    .sql(" OR ")
    .bind::<Bool, _>(partner.is_none())
    .sql(") ORDER BY partner_id, currency");
    let rows: Vec<Account> = db.aggregate(query).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row.currency)).collect())
}
