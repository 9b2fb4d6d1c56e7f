//! Reads and writes of the tables `payouts` and `payout_lines`, and what a payout does to its commission events.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bpchar, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::{Payout, PayoutFilter, PayoutOrder, PayoutOrderField};
use crate::auth::Authorized;
use crate::domain::commission::Step as EventStep;
use crate::domain::commission::store::is_due;
use crate::domain::db::list_query::{Condition, Paginated};
use crate::domain::db::schema::payouts;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutId};
use crate::primitives::money::Money;
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};

pub(super) const TABLE: PartnerTable = PartnerTable { name: "payouts", partner_column: "partner_id" };

/// The order of a list; by default the latest first.
pub fn ordering(order: Option<PayoutOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(PayoutOrder { field, direction }) => (field, direction),
        None => (PayoutOrderField::PayoutDate, SortDirection::Desc),
    };
    let (column, kind) = match field {
        PayoutOrderField::PayoutDate => ("payout_date", SortKind::Timestamp),
        PayoutOrderField::TotalAmount => ("total_amount", SortKind::Amount),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Paginated for Payout {
    type Filter = PayoutFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &PayoutFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(payouts::partner_id.eq(partner)));
        }
        if let Some(statuses) = &filter.status {
            conditions.push(Box::new(payouts::status.eq_any(statuses.clone())));
        }
        if let Some(currency) = filter.currency {
            conditions.push(Box::new(payouts::currency.eq(currency)));
        }
        if let Some(from) = filter.payout_date_from {
            conditions.push(Box::new(payouts::payout_date.ge(from.0)));
        }
        if let Some(to) = filter.payout_date_to {
            conditions.push(Box::new(payouts::payout_date.lt(to.0)));
        }
        if let Some(until) = filter.created_until {
            conditions.push(Box::new(payouts::created_at.le(until)));
        }
        conditions
    }

    fn validate(filter: PayoutFilter) -> Result<PayoutFilter> {
        period("payoutDateTo", filter.payout_date_from, filter.payout_date_to)?;
        Ok(filter)
    }

    fn partner_of(filter: &PayoutFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.kind {
            SortKind::Amount => SortKey::Amount(self.total_amount),
            SortKind::Timestamp | SortKind::Text => SortKey::Timestamp(self.payout_date),
        };
        Position { key, id: self.id.0 }
    }
}

/// These payouts, as far as there are such.
pub async fn by_ids(db: &mut Session, ids: &[PayoutId]) -> Result<Vec<Authorized<Payout>>> {
    let query = payouts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payouts::id.eq_any(ids.to_vec()))
        .select(Payout::as_select());
    db.load(query).await
}

/// The payout that an input names.
pub async fn named(db: &mut Session, id: PayoutId) -> Result<Authorized<Payout>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such payout");
        Error::user_error(error.at("id").about(id))
    })
}

/// Locks a payout until the end of the act; its partner's row is locked already.
pub async fn lock(db: &mut Transaction, id: PayoutId) -> Result<Authorized<Payout>> {
    let query = payouts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payouts::id.eq(id))
        .for_no_key_update()
        .select(Payout::as_select());
    db.load_one(query).await?.ok_or_else(|| Error::internal("a payout is gone"))
}

/// Inserts a payout; its lines follow.
pub async fn insert(db: &mut Transaction, payout: &Payout) -> Result<()> {
    db.execute(diesel::insert_into(payouts::table).values(payout.clone())).await?;
    Ok(())
}

/// Which events, called `event`, a payout pays: the approved ones of its partner and currency that are due in its period.
/// The status is spelled out for the partial index of payable events.
fn payable_events() -> String {
    format!(
        "event.tenant_id = $1 AND event.partner_id = $2 AND event.currency = $3 AND event.status = 'APPROVED' AND {}",
        is_due("$4", "$5", "$6")
    )
}

/// What a payout would pay: the sum of its events, and how many they are.
///
/// The partner's row is locked: no other batch or approval of the partner runs until the lines are written.
pub async fn payable(db: &mut Transaction, payout: &Payout) -> Result<(Money, i64)> {
    let sums = format!(
        "SELECT coalesce(sum(commission_amount), 0) AS total, count(*) AS lines
         FROM commission_events AS event WHERE {}",
        payable_events()
    );
    sum_of(db, payout, sums).await
}

/// Gives a payout its lines, and tells their sum and number: those of the very rows written.
pub async fn insert_lines(db: &mut Transaction, payout: &Payout) -> Result<(Money, i64)> {
    let insert = format!(
        "WITH line AS (
             INSERT INTO payout_lines
                 (tenant_id, payout_id, commission_event_id, partner_id, currency, commission_amount, added_at)
             SELECT tenant_id, '{}', id, partner_id, currency, commission_amount, $4
             FROM commission_events AS event WHERE {}
             RETURNING commission_amount
         )
         SELECT coalesce(sum(commission_amount), 0) AS total, count(*) AS lines FROM line",
        payout.id,
        payable_events()
    );
    sum_of(db, payout, insert).await
}

/// What rows of a partner add up to, which a query about a payout finds.
async fn sum_of(db: &mut Transaction, payout: &Payout, sql: String) -> Result<(Money, i64)> {
    let query = diesel::sql_query(sql)
        .bind::<Text, _>(payout.tenant_id.clone())
        .bind::<SqlUuid, _>(payout.partner_id)
        .bind::<Bpchar, _>(payout.currency)
        .bind::<Timestamptz, _>(payout.created_at)
        .bind::<Timestamptz, _>(payout.period_start)
        .bind::<Timestamptz, _>(payout.period_end);
    let sums: Vec<Gathered> = db.aggregate(query).await?;
    let sum = sums.first().ok_or_else(|| Error::internal("a sum is missing"))?;
    Ok((Money::stored(sum.total, payout.currency), sum.lines))
}

#[derive(QueryableByName)]
struct Gathered {
    #[diesel(sql_type = Numeric)]
    total: Decimal,
    #[diesel(sql_type = BigInt)]
    lines: i64,
}

/// Makes the events of a payout PAID and writes it into their histories; tells how many. They are those that its lines were
/// written of, found again in one pass: rows that were just written are joined row by row.
pub async fn pay_events(db: &mut Transaction, payout: &Payout) -> Result<usize> {
    let query = diesel::sql_query(format!(
        "WITH paid AS (
             UPDATE commission_events AS event SET status = $7, payout_id = $8, paid_at = $4 WHERE {}
             RETURNING event.tenant_id, event.id
         )
         INSERT INTO status_changes (tenant_id, commission_event_id, from_status, to_status, changed_at, actor)
         SELECT tenant_id, id, $9, $7, $4, $10 FROM paid",
        payable_events()
    ))
    .bind::<Text, _>(payout.tenant_id.clone())
    .bind::<SqlUuid, _>(payout.partner_id)
    .bind::<Bpchar, _>(payout.currency)
    .bind::<Timestamptz, _>(payout.created_at)
    .bind::<Timestamptz, _>(payout.period_start)
    .bind::<Timestamptz, _>(payout.period_end)
    .bind::<Text, _>(EventStep::PAY.to())
    .bind::<SqlUuid, _>(payout.id)
    .bind::<Text, _>(EventStep::PAY.from())
    .bind::<Text, _>(db.caller().identity().user().to_owned());
    db.execute(query).await
}

/// Lets go of a payout's lines: its events are APPROVED again, in no payout. Tells how many.
pub async fn release_lines(
    db: &mut Transaction,
    payout: &Payout,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<usize> {
    let query = diesel::sql_query(
        "WITH line AS (
             UPDATE payout_lines SET released_at = $3
             WHERE tenant_id = $1 AND payout_id = $2 AND released_at IS NULL
         ), released AS (
             UPDATE commission_events SET status = $5, payout_id = NULL, paid_at = NULL
             WHERE tenant_id = $1 AND partner_id = $8 AND payout_id = $2 AND status = $4
             RETURNING tenant_id, id
         )
         INSERT INTO status_changes
             (tenant_id, commission_event_id, from_status, to_status, changed_at, actor, reason)
         SELECT tenant_id, id, $4, $5, $3, $6, $7 FROM released",
    )
    .bind::<Text, _>(payout.tenant_id.clone())
    .bind::<SqlUuid, _>(payout.id)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(EventStep::RELEASE.from())
    .bind::<Text, _>(EventStep::RELEASE.to())
    .bind::<Text, _>(db.caller().identity().user().to_owned())
    .bind::<Text, _>(reason.to_owned())
    .bind::<SqlUuid, _>(payout.partner_id);
    db.execute(query).await
}

/// Writes what of a payout can change.
pub async fn update(db: &mut Transaction, payout: Payout) -> Result<()> {
    let update = diesel::update(payouts::table)
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payouts::id.eq(payout.id))
        .set((
            payouts::status.eq(payout.status),
            payouts::payment_reference.eq(payout.payment_reference),
            payouts::completed_at.eq(payout.completed_at),
            payouts::released_at.eq(payout.released_at),
            payouts::failure_reason.eq(payout.failure_reason),
        ));
    db.execute(update).await?;
    Ok(())
}
