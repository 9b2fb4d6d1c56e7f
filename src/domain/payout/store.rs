//! Reads and writes of the tables `payouts` and `payout_lines`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;

use super::{Payout, PayoutAttention, PayoutFilter, PayoutOrder, PayoutOrderField, PayoutStatus};
use crate::auth::Authorized;
use crate::domain::commission::selection::{CountAndSum, Payable};
use crate::domain::db::audit_log::IDS_SHA_256;
use crate::domain::db::list_query::{Condition, Paginated, Totalled, distinct};
use crate::domain::db::schema::{partners, payout_lines, payouts};
use crate::domain::db::scope_filter::{PartnerTable, ScopeFilter};
use crate::domain::db::search_key::BeginsWith;
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::primitives::amount_range;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PayoutId};
use crate::primitives::money::Money;
use crate::primitives::pagination::{
    Ordering, PageRequest, Position, SortDirection, SortKey, SortKind, period,
};
use crate::primitives::text;

pub(super) const TABLE: PartnerTable = PartnerTable { name: "payouts", partner_column: "partner_id" };

/// The column of the date, in whose order an index has the payouts of each partner and status.
const PAYOUT_DATE: &str = "payout_date";

/// The column of the total.
const TOTAL_AMOUNT: &str = "total_amount";

/// The column of the last change.
const CHANGED_AT: &str = "changed_at";

/// The column of the search key of the payment reference.
const REFERENCE_KEY: &str = "payouts.payment_reference_key";

/// The column of the time of completion, in the year 9999 for a payout that is not completed.
const COMPLETED_AT: &str = "completed_at_key";

/// Returns the order of a list; the default is the latest payout first.
pub fn ordering(order: Option<PayoutOrder>) -> Ordering {
    let (field, direction) = match order {
        Some(PayoutOrder { field, direction }) => (field, direction),
        None => (PayoutOrderField::PayoutDate, SortDirection::Desc),
    };
    let (column, kind) = match field {
        PayoutOrderField::PayoutDate => (PAYOUT_DATE, SortKind::Timestamp),
        PayoutOrderField::TotalAmount => (TOTAL_AMOUNT, SortKind::Amount),
        PayoutOrderField::ChangedAt => (CHANGED_AT, SortKind::Timestamp),
        PayoutOrderField::CompletedAt => (COMPLETED_AT, SortKind::Timestamp),
    };
    Ordering { column, kind, descending: direction == SortDirection::Desc }
}

impl Totalled for Payout {
    const AMOUNT: &'static str = TOTAL_AMOUNT;
}

impl Paginated for Payout {
    type Filter = PayoutFilter;
    const TABLE: PartnerTable = TABLE;

    fn conditions(filter: &PayoutFilter) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        if let Some(partner) = filter.partner_id {
            conditions.push(Box::new(payouts::partner_id.eq(partner)));
        }
        if let Some(attention) = &filter.attention {
            conditions.push(Box::new(payouts::attention.eq_any(distinct(attention))));
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
        if let Some(from) = filter.completed_from {
            conditions.push(Box::new(payouts::completed_at.ge(from.0)));
        }
        if let Some(to) = filter.completed_to {
            conditions.push(Box::new(payouts::completed_at.lt(to.0)));
        }
        if let Some(from) = filter.changed_from {
            conditions.push(Box::new(payouts::changed_at.ge(from.0)));
        }
        if let Some(until) = filter.created_until {
            conditions.push(Box::new(payouts::created_at.le(until)));
        }
        if let Some(from) = filter.completed_from {
            conditions.push(Box::new(payouts::completed_at.ge(from.0)));
        }
        if let Some(to) = filter.completed_to {
            conditions.push(Box::new(payouts::completed_at.lt(to.0)));
        }
        add_amounts_and_words(filter, &mut conditions);
        conditions
    }

    fn restrictions(filter: &PayoutFilter) -> Vec<Condition> {
        match filter.attention {
            Some(_) => vec![Box::new(diesel::dsl::sql::<Bool>("false"))],
            None => Vec::new(),
        }
    }

    fn statuses(filter: &PayoutFilter) -> Option<Vec<String>> {
        filter.status.as_deref().map(distinct)
    }

    fn is_indexed(filter: &PayoutFilter, ordering: Ordering) -> bool {
        let indexed = PayoutFilter {
            partner_id: filter.partner_id,
            status: filter.status.clone(),
            payout_date_from: filter.payout_date_from,
            payout_date_to: filter.payout_date_to,
            ..PayoutFilter::default()
        };
        ordering.column == PAYOUT_DATE && *filter == indexed
    }

    fn validate(filter: PayoutFilter) -> Result<PayoutFilter> {
        period("payoutDateTo", filter.payout_date_from, filter.payout_date_to)?;
        period("completedTo", filter.completed_from, filter.completed_to)?;
        amount_range::check(filter.currency, filter.amount_from, filter.amount_to)?;
        let search = text::optional_text("search", filter.search.as_deref())?;
        let reference = filter.reference_prefix.as_deref();
        let reference_prefix = text::optional_identifier_non_blank("referencePrefix", reference)?;
        Ok(PayoutFilter { search, reference_prefix, ..filter })
    }

    fn partner_of(filter: &PayoutFilter) -> Option<PartnerId> {
        filter.partner_id
    }

    fn position(&self, page: &PageRequest) -> Position {
        let key = match page.ordering.column {
            TOTAL_AMOUNT => SortKey::Amount(self.total_amount),
            CHANGED_AT => SortKey::Timestamp(self.changed_at),
            COMPLETED_AT => SortKey::Timestamp(self.completed_at.unwrap_or_else(not_completed)),
            _ => SortKey::Timestamp(self.payout_date),
        };
        Position { key, id: self.id.0 }
    }
}

/// Adds the conditions on the total, the reference and the partner.
fn add_amounts_and_words(filter: &PayoutFilter, conditions: &mut Vec<Condition>) {
    if let Some(from) = filter.amount_from {
        conditions.push(Box::new(payouts::total_amount_key.ge(amount_range::key(from))));
    }
    if let Some(to) = filter.amount_to {
        conditions.push(Box::new(payouts::total_amount_key.le(amount_range::key(to))));
    }
    if let Some(prefix) = &filter.reference_prefix {
        conditions.push(Box::new(BeginsWith::new(&[REFERENCE_KEY], prefix)));
    }
    if let Some(search) = &filter.search {
        let partner = partners::table
            .filter(partners::tenant_id.eq(payouts::tenant_id))
            .filter(partners::id.eq(payouts::partner_id))
            .filter(BeginsWith::new(&["partners.company_name_key", "partners.partner_number_key"], search));
        let reference = BeginsWith::new(&[REFERENCE_KEY], search);
        conditions.push(Box::new(reference.or(diesel::dsl::exists(partner))));
    }
}

/// Returns the time by which payouts that are not completed are ordered.
fn not_completed() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default().and_time(NaiveTime::MIN).and_utc()
}

/// Returns the payouts with these ids; unknown ids are left out.
pub async fn by_ids(db: &mut Session, ids: &[PayoutId]) -> Result<Vec<Authorized<Payout>>> {
    let query = payouts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payouts::id.eq_any(ids.to_vec()))
        .select(Payout::as_select());
    db.load(query).await
}

/// Returns the payout of an input; rejects an unknown id with NOT_FOUND.
pub async fn by_id(db: &mut Session, id: PayoutId) -> Result<Authorized<Payout>> {
    by_ids(db, &[id]).await?.pop().ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such payout");
        Error::user_error(error.at("id").about(id))
    })
}

/// Locks a payout until the end of the transaction. The row of its partner must be locked before.
pub async fn lock(db: &mut Transaction, id: PayoutId) -> Result<Authorized<Payout>> {
    let query = payouts::table
        .filter(ScopeFilter::by_partner(TABLE, db.scope()))
        .filter(payouts::id.eq(id))
        .for_no_key_update()
        .select(Payout::as_select());
    db.load_one(query).await?.ok_or_else(|| Error::internal("a payout does not exist"))
}

/// Locks payouts until the end of the transaction, in the order of their ids. The rows of their partners must be locked before.
pub async fn lock_all(db: &mut Transaction, ids: Vec<PayoutId>) -> Result<Vec<Authorized<Payout>>> {
    let query = payouts::table
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payouts::id.eq_any(ids))
        .order(payouts::id)
        .for_no_key_update()
        .select(Payout::as_select());
    db.load(query).await
}

/// Inserts a payout, without its lines.
pub async fn insert(db: &mut Transaction, payout: &Payout) -> Result<()> {
    db.execute(diesel::insert_into(payouts::table).values(payout.clone())).await?;
    Ok(())
}

/// Inserts the lines of a payout from the events that it pays. Returns the number and the sum of the rows written.
pub async fn insert_lines(db: &mut Transaction, payout: &Payout, payable: &Payable) -> Result<CountAndSum> {
    #[derive(QueryableByName)]
    struct Inserted {
        #[diesel(sql_type = BigInt)]
        count: i64,
        #[diesel(sql_type = Numeric)]
        sum: Decimal,
    }
    let insert = SqlBuilder::new(
        "WITH line AS (
             INSERT INTO payout_lines
                 (tenant_id, payout_id, commission_event_id, partner_id, currency, commission_amount, added_at)
             SELECT tenant_id, ",
    )
    .bind::<SqlUuid, _>(payout.id)
    .sql(", id, partner_id, currency, commission_amount, ")
    .bind::<Timestamptz, _>(payout.created_at)
    .sql(" FROM commission_events AS event WHERE ")
    .part(|statement| payable.append(statement))
    .sql(
        "    RETURNING commission_amount
         )
         SELECT count(*), coalesce(sum(commission_amount), 0) AS sum FROM line",
    );
    let row: Option<Inserted> = db.aggregate(insert).await?.pop();
    let row = row.ok_or_else(|| Error::internal("a sum is missing"))?;
    Ok(CountAndSum { count: row.count, sum: Money::stored(row.sum, payout.currency) })
}

/// Returns the SHA-256 of the ids of the events of a payout, sorted, each followed by a line feed.
pub async fn line_ids_sha_256(db: &mut Transaction, payout: PayoutId) -> Result<String> {
    #[derive(QueryableByName)]
    struct Digest {
        #[diesel(sql_type = Text)]
        digest: String,
    }
    let query = SqlBuilder::new(IDS_SHA_256)
        .sql(" AS digest FROM (SELECT commission_event_id AS id FROM payout_lines WHERE tenant_id = ")
        .bind::<Text, _>(db.scope().tenant().clone())
        .sql(" AND payout_id = ")
        .bind::<SqlUuid, _>(payout)
        .sql(") AS line");
    let row: Option<Digest> = db.aggregate(query).await?.pop();
    row.map(|row| row.digest).ok_or_else(|| Error::internal("a digest is missing"))
}

/// Releases the lines of a payout that failed, was cancelled or came back; returns their number.
pub async fn release_lines(db: &mut Transaction, payout: &Payout, at: DateTime<Utc>) -> Result<usize> {
    let update = diesel::update(payout_lines::table)
        .filter(payout_lines::tenant_id.eq(payout.tenant_id.clone()))
        .filter(payout_lines::payout_id.eq(payout.id))
        .filter(payout_lines::released_at.is_null())
        .set(payout_lines::released_at.eq(at));
    db.execute(update).await
}

/// Updates the status of payouts; returns how many.
pub async fn update_status(
    db: &mut Transaction,
    ids: Vec<PayoutId>,
    status: PayoutStatus,
    attention: Option<PayoutAttention>,
    at: DateTime<Utc>,
) -> Result<usize> {
    let update = diesel::update(payouts::table)
        .filter(ScopeFilter::by_key(TABLE, db.scope()))
        .filter(payouts::id.eq_any(ids))
        .set((payouts::status.eq(status), payouts::attention.eq(attention), payouts::changed_at.eq(at)));
    db.execute(update).await
}

/// Updates the columns of a payout that can change.
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
            payouts::returned_at.eq(payout.returned_at),
            payouts::return_reason.eq(payout.return_reason),
            payouts::attention.eq(payout.attention),
            payouts::changed_at.eq(payout.changed_at),
        ));
    db.execute(update).await?;
    Ok(())
}
