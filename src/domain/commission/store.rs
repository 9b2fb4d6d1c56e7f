//! Reads and writes of the table `commission_events`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bpchar, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::PendingFilter as ApprovePendingCommissionEventsInput;
use super::{
    CommissionEvent, CommissionEventFilter, CommissionEventOrder, CommissionEventOrderField,
    CommissionStatus, Step,
};
use crate::auth::Authorized;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::list_query::{Condition, OF_PARTNER, Paginated, ParentCondition, PrecomputedCount};
use crate::domain::db::schema::{commission_events, commission_sums};
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::Change;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{CommissionEventId, PartnerId};
use crate::primitives::money::Money;
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};
use crate::primitives::text;

const TABLE: PartnerTable = PartnerTable { name: "commission_events", partner_column: "partner_id" };

/// The columns of `commission_sums` that count the events of each status.
const COUNTS: [(CommissionStatus, &str); 5] = [
    (CommissionStatus::Pending, "pending_events"),
    (CommissionStatus::Approved, "approved_events"),
    (CommissionStatus::Paid, "paid_events"),
    (CommissionStatus::Clawback, "clawback_events"),
    (CommissionStatus::Cancelled, "cancelled_events"),
];

/// The events of a payout: also what a failed or cancelled one had held.
pub const OF_PAYOUT: ParentCondition = ParentCondition(
    "(commission_events.tenant_id, commission_events.id) IN \
     (SELECT tenant_id, commission_event_id FROM payout_lines WHERE payout_id = parent.id)",
);

/// The order of a list; by default the latest first.
pub fn ordering(order: Option<CommissionEventOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(CommissionEventOrder { field, direction }) => (field, direction),
        None => (CommissionEventOrderField::EventDate, SortDirection::Desc),
    };
    let (column, kind) = match field {
        CommissionEventOrderField::EventDate => ("event_date", SortKind::Timestamp),
        CommissionEventOrderField::CommissionAmount => ("commission_amount", SortKind::Amount),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Paginated for CommissionEvent {
    type Filter = CommissionEventFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &CommissionEventFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(commission_events::partner_id.eq(partner)));
        }
        if let Some(statuses) = &filter.status {
            conditions.push(Box::new(commission_events::status.eq_any(statuses.clone())));
        }
        if let Some(types) = &filter.event_type {
            conditions.push(Box::new(commission_events::event_type.eq_any(types.clone())));
        }
        if let Some(currency) = filter.currency {
            conditions.push(Box::new(commission_events::currency.eq(currency)));
        }
        if let Some(from) = filter.event_date_from {
            conditions.push(Box::new(commission_events::event_date.ge(from.0)));
        }
        if let Some(to) = filter.event_date_to {
            conditions.push(Box::new(commission_events::event_date.lt(to.0)));
        }
        if let Some(invoice) = &filter.invoice_id {
            conditions.push(Box::new(commission_events::invoice_id.eq(invoice.clone())));
        }
        if let Some(customer) = &filter.customer_id {
            conditions.push(Box::new(commission_events::customer_id.eq(customer.clone())));
        }
        conditions
    }

    fn validate(filter: CommissionEventFilter) -> Result<CommissionEventFilter> {
        period("eventDateTo", filter.event_date_from, filter.event_date_to)?;
        let invoice_id = text::optional_text_non_blank("invoiceId", filter.invoice_id.as_deref())?;
        let customer_id = text::optional_text_non_blank("customerId", filter.customer_id.as_deref())?;
        Ok(CommissionEventFilter { invoice_id, customer_id, ..filter })
    }

    fn partner_of(filter: &CommissionEventFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.kind {
            SortKind::Amount => SortKey::Amount(self.commission_amount),
            SortKind::Timestamp | SortKind::Text => SortKey::Timestamp(self.event_date),
        };
        Position { key, id: self.id.0 }
    }

    /// By status, currency and partner they are counted where their amounts are summed.
    fn precomputed_count(
        filter: &CommissionEventFilter,
        under: Option<ParentCondition>,
    ) -> Option<PrecomputedCount> {
        let CommissionEventFilter {
            partner_id,
            status,
            event_type: None,
            currency,
            event_date_from: None,
            event_date_to: None,
            invoice_id: None,
            customer_id: None,
        } = filter
        else {
            return None;
        };
        if under.is_some_and(|under| under != OF_PARTNER) {
            return None;
        }
        let is_asked = |known| status.as_ref().is_none_or(|asked| asked.contains(known));
        let columns =
            COUNTS.iter().filter(|(status, _)| is_asked(status)).map(|(_, column)| *column).collect();
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = partner_id {
            conditions.push(Box::new(commission_sums::partner_id.eq(*partner)));
        }
        if let Some(currency) = currency {
            conditions.push(Box::new(commission_sums::currency.eq(*currency)));
        }
        let table = PartnerTable { name: "commission_sums", partner_column: "partner_id" };
        Some(PrecomputedCount { table, columns, conditions })
    }
}

/// These events, as far as there are such.
pub async fn by_ids(db: &mut Session, ids: &[CommissionEventId]) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::id.eq_any(ids.to_vec()))
        .order(commission_events::id)
        .select(CommissionEvent::as_select());
    db.load(query).await
}

/// The event that this program made and remembers.
pub async fn named(db: &mut Session, id: CommissionEventId) -> Result<Authorized<CommissionEvent>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| Error::internal("a commission event is gone"))
}

/// Locks these events and the lines that take back part of them until the end of the act, in the order of their ids.
pub async fn lock_with_lines(
    db: &mut Transaction,
    ids: &[CommissionEventId],
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(
            commission_events::id.eq_any(ids.to_vec()).or(commission_events::reverses_id
                .is_not_null()
                .and(commission_events::reverses_id.assume_not_null().eq_any(ids.to_vec()))),
        )
        .order(commission_events::id)
        .for_no_key_update()
        .select(CommissionEvent::as_select());
    db.load(query).await
}

/// The lines that take back part of each of these events, oldest first.
pub async fn reversals_of(
    db: &mut Session,
    ids: &[CommissionEventId],
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::reverses_id.eq_any(ids.to_vec()))
        .order((commission_events::recorded_at, commission_events::id))
        .select(CommissionEvent::as_select());
    db.load(query).await
}

/// The event that a paid invoice made.
pub async fn of_invoice(db: &mut Session, invoice_id: &str) -> Result<Option<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(commission_events::invoice_id.eq(invoice_id.to_owned()))
        .filter(commission_events::refund_id.is_null())
        .select(CommissionEvent::as_select());
    db.load_one(query).await
}

/// The line that a refund made, if it took back less than everything.
pub async fn of_refund(db: &mut Session, refund_id: &str) -> Result<Option<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(commission_events::refund_id.eq(refund_id.to_owned()))
        .select(CommissionEvent::as_select());
    db.load_one(query).await
}

/// Inserts an event with the first line of its history.
pub async fn insert(db: &mut Transaction, event: &CommissionEvent) -> Result<()> {
    db.execute(CachedStatement(diesel::insert_into(commission_events::table).values(event.clone()))).await?;
    let birth =
        Change { from: None, to: event.status, at: event.recorded_at, reason: event.notes.as_deref() };
    birth.of_events(db, &[event.id]).await
}

/// Takes one permitted step with these events, all of which stand at its start.
pub async fn advance(
    db: &mut Transaction,
    ids: &[CommissionEventId],
    step: Step,
    reason: Option<&str>,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let at = db.clock_timestamp().await?;
    let update = diesel::update(commission_events::table)
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::id.eq_any(ids.to_vec()))
        .filter(commission_events::status.eq(step.from()))
        .set(commission_events::status.eq(step.to()))
        .returning(CommissionEvent::as_returning());
    let mut changed: Vec<Authorized<CommissionEvent>> = db.load(update).await?;
    if changed.len() != ids.len() {
        return Err(Error::internal("a locked commission event changed its status"));
    }
    Change { from: Some(step.from()), to: step.to(), at, reason }.of_events(db, ids).await?;
    changed.sort_by_key(|event| event.id);
    Ok(changed)
}

/// The partners that have pending events which an input names.
pub async fn partners_with_pending(
    db: &mut Session,
    input: &ApprovePendingCommissionEventsInput,
) -> Result<Vec<PartnerId>> {
    let query = diesel::sql_query(format!(
        "SELECT DISTINCT partner_id FROM commission_events AS event WHERE {} ORDER BY partner_id",
        pending_named()
    ))
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Nullable<Array<SqlUuid>>, _>(input.partner_id.map(|partner| vec![partner]))
    .bind::<Nullable<Bpchar>, _>(input.currency)
    .bind::<Nullable<Timestamptz>, _>(input.event_date_from.map(|from| from.0))
    .bind::<Timestamptz, _>(input.event_date_to.0);
    let rows: Vec<PartnerOfEvent> = db.load_unchecked(query).await?;
    Ok(rows.into_iter().map(|row| row.partner_id).collect())
}

/// How many pending events an input names in each currency, and their sum.
pub async fn pending(
    db: &mut Session,
    input: &ApprovePendingCommissionEventsInput,
) -> Result<Vec<(i64, Money)>> {
    let query = diesel::sql_query(format!(
        "SELECT currency, count(*) AS events, sum(commission_amount) AS total
         FROM commission_events AS event WHERE {} GROUP BY currency ORDER BY currency",
        pending_named()
    ))
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Nullable<Array<SqlUuid>>, _>(input.partner_id.map(|partner| vec![partner]))
    .bind::<Nullable<Bpchar>, _>(input.currency)
    .bind::<Nullable<Timestamptz>, _>(input.event_date_from.map(|from| from.0))
    .bind::<Timestamptz, _>(input.event_date_to.0);
    let rows: Vec<Approved> = db.aggregate(query).await?;
    Ok(rows.into_iter().map(|row| (row.events, Money::stored(row.total, row.currency))).collect())
}

/// Approves the pending events of these partners that an input names, with the lines that take back part of them, and
/// tells how many of which currency, and their sum.
///
/// One statement that never brings the events themselves here: there may be a hundred thousand.
pub async fn approve_pending(
    db: &mut Transaction,
    partners: Vec<PartnerId>,
    input: &ApprovePendingCommissionEventsInput,
    at: DateTime<Utc>,
) -> Result<Vec<(i64, Money)>> {
    let query = diesel::sql_query(format!(
        "WITH approved AS (
             UPDATE commission_events AS event SET status = $6 WHERE {}
             RETURNING event.tenant_id, event.id, event.currency, event.commission_amount
         ), noted AS (
             INSERT INTO status_changes (tenant_id, commission_event_id, from_status, to_status, changed_at, actor)
             SELECT tenant_id, id, $7, $6, $8, $9 FROM approved
         )
         SELECT currency, count(*) AS events, sum(commission_amount) AS total
         FROM approved GROUP BY currency ORDER BY currency",
        pending_named()
    ))
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Nullable<Array<SqlUuid>>, _>(Some(partners))
    .bind::<Nullable<Bpchar>, _>(input.currency)
    .bind::<Nullable<Timestamptz>, _>(input.event_date_from.map(|from| from.0))
    .bind::<Timestamptz, _>(input.event_date_to.0)
    .bind::<Text, _>(Step::APPROVE.to())
    .bind::<Text, _>(Step::APPROVE.from())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(db.caller().identity().user().to_owned());
    let rows: Vec<Approved> = db.aggregate(query).await?;
    Ok(rows.into_iter().map(|row| (row.events, Money::stored(row.total, row.currency))).collect())
}

/// Which events, called `event`, approvePendingCommissionEvents means. Lines go with what they take back.
///
/// One pass over the pending ones, and no join: a table that has just grown is joined with itself row by row.
fn pending_named() -> String {
    let named = |event: &str| {
        format!(
            "($2::uuid[] IS NULL OR {event}.partner_id = ANY($2)) AND ($3::bpchar IS NULL OR {event}.currency = $3)
             AND ($4::timestamptz IS NULL OR {event}.event_date >= $4) AND {event}.event_date < $5"
        )
    };
    format!(
        "event.tenant_id = $1 AND event.status = 'PENDING' AND CASE
             WHEN event.event_type = 'CLAWBACK' THEN EXISTS (
                 SELECT FROM commission_events AS original
                 WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id AND {})
             ELSE {}
         END",
        named("original"),
        named("event")
    )
}

/// Whether an approved event, called `event`, may go into a payout at a moment that pays for a period: an event
/// that has passed its hold, by its own date; a line with what it takes back, or at once when that is in a payout
/// already; a negative adjustment at once.
pub fn is_due(at: &str, period_start: &str, period_end: &str) -> String {
    let by_date = |event: &str| {
        format!(
            "{event}.payable_at <= {at} AND {event}.event_date >= {period_start} AND {event}.event_date < {period_end}"
        )
    };
    format!(
        "CASE
             WHEN event.event_type = 'CLAWBACK' THEN EXISTS (
                 SELECT FROM commission_events AS original
                 WHERE original.tenant_id = event.tenant_id AND original.id = event.reverses_id
                     AND (original.status = 'PAID' OR {}))
             WHEN event.event_type = 'ADJUSTMENT' AND event.commission_amount < 0 THEN true
             ELSE {}
         END",
        by_date("original"),
        by_date("event"),
    )
}

/// The events that are approved and due, and older than the end of a period that a living payout of their partner and
/// currency paid for; oldest first. Lines count by what they take back, until that is in a payout.
pub async fn stranded(
    db: &mut Session,
    at: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = diesel::sql_query(format!(
        "SELECT event.* FROM commission_events AS event
         LEFT JOIN commission_events AS original
             ON original.tenant_id = event.tenant_id AND original.id = event.reverses_id AND original.status = 'APPROVED'
         JOIN (
             SELECT partner_id, currency, max(period_end) AS period_end FROM payouts
             WHERE tenant_id = $1 AND released_at IS NULL GROUP BY partner_id, currency
         ) AS paid ON paid.partner_id = event.partner_id AND paid.currency = event.currency
         WHERE event.tenant_id = $1 AND event.status = 'APPROVED'
             AND coalesce(original.event_date, event.event_date) < paid.period_end AND {}
         ORDER BY event.event_date, event.id LIMIT $3",
        is_due("$2", "'-infinity'", "'infinity'")
    ))
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Timestamptz, _>(at)
    .bind::<BigInt, _>(limit);
    db.load(query).await
}

#[derive(QueryableByName)]
struct PartnerOfEvent {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
}

#[derive(QueryableByName)]
struct Approved {
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = Numeric)]
    total: Decimal,
}
