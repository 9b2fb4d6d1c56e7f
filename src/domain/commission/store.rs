//! Reads and writes of the tables `commission_events` and `adjustment_requests`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bpchar, Text, Timestamptz, Uuid as SqlUuid};

use super::selection::{ApprovedGroup, CountAndSum, CountAndSumRow, Payable, PendingFilter, by_currency};
use super::{CommissionEvent, CommissionStatus, DueRule, Step, published};
use crate::auth::Authorized;
use crate::domain::db::audit_log::IDS_SHA_256;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::schema::commission_events;
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::domain::history::{Change, Correction, StatusChangeKind};
use crate::domain::invoice::store::REVISIONS_MAX;
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{CommissionEventId, InvoiceId, PartnerId, PayoutId};

/// The table of the events, for filters by scope.
pub(super) const TABLE: PartnerTable =
    PartnerTable { name: "commission_events", partner_column: "partner_id" };

/// Returns the events with these ids, ordered by id; unknown ids are left out.
pub async fn by_ids(db: &mut Session, ids: &[CommissionEventId]) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::id.eq_any(ids.to_vec()))
        .order(commission_events::id)
        .select(CommissionEvent::as_select());
    db.load(query).await
}

/// Returns an event that is known to exist.
pub async fn by_id(db: &mut Session, id: CommissionEventId) -> Result<Authorized<CommissionEvent>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| Error::internal("a commission event does not exist"))
}

/// Locks events and their reversals until the end of the transaction, ordered by id.
pub async fn lock_with_reversals(
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

/// Returns the reversals of events, oldest first; one more than `REVERSALS_MAX` at most.
pub async fn reversals_of(
    db: &mut Session,
    ids: &[CommissionEventId],
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::reverses_id.eq_any(ids.to_vec()))
        .order((commission_events::recorded_at, commission_events::id))
        .limit(super::REVERSALS_MAX + 1)
        .select(CommissionEvent::as_select());
    db.load(query).await
}

/// Returns the event of an invoice, if it earned a commission: the one that no correction has replaced.
pub async fn of_invoice(db: &mut Session, invoice: InvoiceId) -> Result<Option<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(commission_events::invoice_row_id.eq(invoice))
        .filter(commission_events::reverses_id.is_null())
        .filter(commission_events::replaced_at.is_null())
        .select(CommissionEvent::as_select());
    db.load_one(query).await
}

/// Returns the events that invoices have earned, those included that corrections have replaced, oldest first; one more
/// than `REVISIONS_MAX` at most.
pub async fn of_invoices(
    db: &mut Session,
    invoices: &[InvoiceId],
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        // Each side of the OR repeats the condition of a partial index.
        .filter(
            commission_events::invoice_row_id
                .eq_any(invoices.to_vec())
                .and(commission_events::reverses_id.is_null())
                .and(commission_events::replaced_at.is_null())
                .or(commission_events::invoice_row_id
                    .eq_any(invoices.to_vec())
                    .and(commission_events::replaced_at.is_not_null())),
        )
        .order((commission_events::invoice_revision, commission_events::id))
        .limit(REVISIONS_MAX + 1)
        .select(CommissionEvent::as_select());
    db.load(query).await
}

/// Returns the reversal of an event by a refund; none if the event itself became CLAWBACK or there was nothing to
/// reverse.
pub async fn of_refund(
    db: &mut Session,
    refund_id: &str,
    event: CommissionEventId,
) -> Result<Option<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(commission_events::refund_id.eq(refund_id.to_owned()))
        .filter(commission_events::reverses_id.eq(event))
        .select(CommissionEvent::as_select());
    db.load_one(query).await
}

/// Returns the reinstatement of a refund that was reversed; none if the refund had clawed back nothing.
pub async fn of_reversed_refund(
    db: &mut Session,
    refund_id: &str,
) -> Result<Option<Authorized<CommissionEvent>>> {
    let query = commission_events::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(commission_events::reversed_refund_id.eq(refund_id.to_owned()))
        .select(CommissionEvent::as_select());
    db.load_one(query).await
}

/// Marks the event of an invoice as replaced by a correction, so that the invoice can earn another one.
pub async fn mark_replaced(db: &mut Transaction, event: CommissionEventId, at: DateTime<Utc>) -> Result<()> {
    let update = diesel::update(commission_events::table)
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::id.eq(event))
        .set((commission_events::replaced_at.eq(at), commission_events::changed_at.eq(at)));
    db.execute(update).await?;
    Ok(())
}

/// Inserts an event and the first entry of its history; of an amendment that is held like its original, also the second.
pub async fn insert(db: &mut Transaction, event: &CommissionEvent) -> Result<()> {
    let created =
        Change { from: None, to: event.status, at: event.recorded_at, reason: event.notes.as_deref() };
    let insert = diesel::insert_into(commission_events::table).values(event.clone());
    created.of_inserted_event(db, SqlBuilder::new("").expression(insert)).await?;
    published::recorded(db, event);
    let Some(at) = event.held_at else { return Ok(()) };
    let reason = "the event that it reverses is held";
    Correction { kind: StatusChangeKind::Hold, status: event.status, at, reason }
        .of_events(db, &[event.id])
        .await
}

/// Returns the time of a change of locked events: now, but later than the last change of any of them, even if the clock was
/// set back.
async fn time_of_change(db: &mut Transaction, ids: &[CommissionEventId]) -> Result<DateTime<Utc>> {
    #[derive(QueryableByName)]
    struct Time {
        #[diesel(sql_type = Timestamptz)]
        at: DateTime<Utc>,
    }
    let query = diesel::sql_query(
        "SELECT greatest(clock_timestamp(), max(changed_at) + interval '1 microsecond') AS at
         FROM commission_events WHERE tenant_id = $1 AND id = ANY($2)",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(ids.to_vec());
    let times: Vec<Time> = db.aggregate(CachedStatement(query)).await?;
    times.first().map(|time| time.at).ok_or_else(|| Error::internal("a time is missing"))
}

/// Moves locked events, all of which have the status `step.from()`, to the next status. A final status ends a hold.
pub async fn advance(
    db: &mut Transaction,
    ids: &[CommissionEventId],
    step: Step,
    reason: Option<&str>,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let at = time_of_change(db, ids).await?;
    let ended_hold = step.is_final().then(|| commission_events::held_at.eq(None::<DateTime<Utc>>));
    let update = diesel::update(commission_events::table)
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::id.eq_any(ids.to_vec()))
        .filter(commission_events::status.eq(step.from()))
        .set((commission_events::status.eq(step.to()), commission_events::changed_at.eq(at), ended_hold))
        .returning(CommissionEvent::as_returning());
    let mut changed: Vec<Authorized<CommissionEvent>> = db.load(update).await?;
    if changed.len() != ids.len() {
        return Err(Error::internal("a locked commission event changed its status"));
    }
    Change { from: Some(step.from()), to: step.to(), at, reason }.of_events(db, ids).await?;
    changed.sort_by_key(|event| event.id);
    published::advanced(db, step, changed.iter().map(|event| &**event));
    Ok(changed)
}

/// Holds or releases locked events, all of which have this status.
pub async fn set_held(
    db: &mut Transaction,
    ids: &[CommissionEventId],
    status: CommissionStatus,
    is_held: bool,
    reason: &str,
) -> Result<Vec<Authorized<CommissionEvent>>> {
    let at = time_of_change(db, ids).await?;
    let update = diesel::update(commission_events::table)
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(commission_events::id.eq_any(ids.to_vec()))
        .filter(commission_events::status.eq(status))
        .set((commission_events::held_at.eq(is_held.then_some(at)), commission_events::changed_at.eq(at)))
        .returning(CommissionEvent::as_returning());
    let changed: Vec<Authorized<CommissionEvent>> = db.load(update).await?;
    if changed.len() != ids.len() {
        return Err(Error::internal("a locked commission event changed its status"));
    }
    let kind = if is_held { StatusChangeKind::Hold } else { StatusChangeKind::Release };
    Correction { kind, status, at, reason }.of_events(db, ids).await?;
    Ok(changed)
}

/// Returns the partners of the events that a filter matches.
pub async fn partners_with_pending(db: &mut Session, filter: &PendingFilter) -> Result<Vec<PartnerId>> {
    #[derive(QueryableByName)]
    struct Partner {
        #[diesel(sql_type = SqlUuid)]
        partner_id: PartnerId,
    }
    let tenant = db.scope().tenant().clone();
    let query = SqlBuilder::new("SELECT DISTINCT partner_id FROM commission_events AS event WHERE ")
        .part(|statement| filter.append(statement, &tenant))
        .sql(" ORDER BY partner_id");
    let rows: Vec<Partner> = db.load_unchecked(query).await?;
    Ok(rows.into_iter().map(|row| row.partner_id).collect())
}

/// Counts and sums the events that a filter matches, by currency.
pub async fn pending(db: &mut Session, filter: &PendingFilter) -> Result<Vec<CountAndSum>> {
    let tenant = db.scope().tenant().clone();
    let query = SqlBuilder::new(
        "SELECT currency, count(*), sum(commission_amount) FROM commission_events AS event WHERE ",
    )
    .part(|statement| filter.append(statement, &tenant))
    .sql(" GROUP BY currency ORDER BY currency");
    Ok(by_currency(db.aggregate(query).await?))
}

/// Approves the events that a filter matches and records it in their histories; counts and sums them by partner and currency,
/// with their first ids if `has_ids`, and returns the SHA-256 of all ids.
pub async fn approve_pending(
    db: &mut Transaction,
    filter: &PendingFilter,
    at: DateTime<Utc>,
    has_ids: bool,
) -> Result<(Vec<ApprovedGroup>, String)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        partner_id: PartnerId,
        #[diesel(embed)]
        approved: CountAndSumRow,
        #[diesel(sql_type = Array<SqlUuid>)]
        ids: Vec<CommissionEventId>,
        #[diesel(sql_type = Text)]
        digest: String,
    }
    let ids = if has_ids { "(array_agg(id ORDER BY id))[1:500]" } else { "'{}'::uuid[]" };
    let identity = db.caller().identity().clone();
    let change = Change { from: Some(Step::APPROVE.from()), to: Step::APPROVE.to(), at, reason: None };
    let query = SqlBuilder::new("WITH changed AS (UPDATE commission_events AS event SET status = ")
        .bind::<Text, _>(Step::APPROVE.to())
        .sql(", changed_at = ")
        .bind::<Timestamptz, _>(at)
        .sql(" WHERE ")
        .part(|statement| filter.append(statement, identity.tenant()))
        // An event that was recorded since would have been approved before it existed.
        .sql(" AND event.recorded_at <= ")
        .bind::<Timestamptz, _>(at)
        .sql(" RETURNING event.tenant_id, event.id, event.partner_id, event.currency, event.commission_amount), history AS (")
        .part(|statement| change.append_for_changed_events(statement, identity.user()))
        .sql(") SELECT partner_id, currency, count(*), sum(commission_amount), ")
        .sql(ids)
        .sql(" AS ids, (")
        .sql(IDS_SHA_256)
        .sql(" FROM changed) AS digest FROM changed GROUP BY partner_id, currency ORDER BY currency, partner_id");
    let rows: Vec<Row> = db.aggregate(query).await?;
    let digest = rows.first().map(|row| row.digest.clone()).unwrap_or_default();
    let group = |row: Row| ApprovedGroup {
        partner: row.partner_id,
        approved: row.approved.count_and_sum(),
        ids: row.ids,
    };
    Ok((rows.into_iter().map(group).collect(), digest))
}

/// Counts and sums the events that a payout would pay.
///
/// The row of the partner must be locked, so that no other payout or approval changes the events.
pub async fn payable(db: &mut Transaction, payable: &Payable) -> Result<CountAndSum> {
    let query = SqlBuilder::new("SELECT ")
        .bind::<Bpchar, _>(payable.currency)
        .sql(
            " AS currency, count(*), coalesce(sum(commission_amount), 0) AS sum
             FROM commission_events AS event WHERE ",
        )
        .part(|statement| payable.append(statement));
    by_currency(db.aggregate(query).await?).pop().ok_or_else(|| Error::internal("a sum is missing"))
}

/// Marks the events of a new payout as PAID and records it in their histories; returns their number.
pub async fn pay(db: &mut Transaction, payable: &Payable, payout: PayoutId) -> Result<usize> {
    let at = payable.due.at;
    let change = Change { from: Some(Step::PAY.from()), to: Step::PAY.to(), at, reason: None };
    let update = SqlBuilder::new("UPDATE commission_events AS event SET status = ")
        .bind::<Text, _>(Step::PAY.to())
        .sql(", payout_id = ")
        .bind::<SqlUuid, _>(payout)
        .sql(", paid_at = ")
        .bind::<Timestamptz, _>(at)
        .sql(", changed_at = ")
        .bind::<Timestamptz, _>(at)
        .sql(" WHERE ")
        .part(|statement| payable.append(statement));
    change.of_updated_events(db, update).await
}

/// Marks the events of a failed or cancelled payout as APPROVED again and records it in their histories; returns their
/// number.
pub async fn release(
    db: &mut Transaction,
    partner: PartnerId,
    payout: PayoutId,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<usize> {
    let tenant = db.scope().tenant().clone();
    let change =
        Change { from: Some(Step::RELEASE.from()), to: Step::RELEASE.to(), at, reason: Some(reason) };
    let update = SqlBuilder::new("UPDATE commission_events AS event SET status = ")
        .bind::<Text, _>(Step::RELEASE.to())
        .sql(", payout_id = NULL, paid_at = NULL, changed_at = ")
        .bind::<Timestamptz, _>(at)
        .sql(" WHERE event.tenant_id = ")
        .bind::<Text, _>(tenant)
        .sql(" AND event.partner_id = ")
        .bind::<SqlUuid, _>(partner)
        .sql(" AND event.payout_id = ")
        .bind::<SqlUuid, _>(payout)
        .sql(" AND event.status = ")
        .bind::<Text, _>(Step::RELEASE.from());
    change.of_updated_events(db, update).await
}

/// Counts and sums the due events of the tenant by partner and currency; `currency` restricts them to one. Partners whose
/// events are all of 0.00 are left out: these events do not wait for a payout.
pub async fn payable_by_partner(
    db: &mut Session,
    currency: Option<Currency>,
    due: DueRule,
) -> Result<Vec<(PartnerId, CountAndSum)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        partner_id: PartnerId,
        #[diesel(embed)]
        due: CountAndSumRow,
    }
    let mut query = SqlBuilder::new(
        "SELECT partner_id, currency, count(*), sum(commission_amount) FROM commission_events AS event
         WHERE event.status = 'APPROVED' AND event.tenant_id = ",
    )
    .bind::<Text, _>(db.scope().tenant().clone());
    if let Some(currency) = currency {
        query = query.sql(" AND event.currency = ").bind::<Bpchar, _>(currency);
    }
    let query = query.sql(" AND ").part(|statement| due.append(statement)).sql(
        " GROUP BY partner_id, currency HAVING bool_or(commission_amount <> 0)
             ORDER BY partner_id, currency",
    );
    let rows: Vec<Row> = db.aggregate(query).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row.due.count_and_sum())).collect())
}
