//! Lists: pages and counts, of one list or of the lists of many parents in one statement.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bpchar, Nullable, Numeric, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::list_statement::ListQuery;
pub use super::paginated::{
    ComputedColumn, Condition, OF_PARTNER, Paginated, ParentCondition, Parents, PrecomputedCount, distinct,
};
use super::session::{Session, grouped};
use crate::auth::{Authorized, Caller};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::money::Money;
use crate::primitives::pagination::{Ordering, PageRequest, PageSlice};

/// Returns the normalized filter of a caller; rejects an invalid one, and one that names a partner outside of the scope.
pub fn validated_filter<R: Paginated>(caller: &Caller, filter: Option<R::Filter>) -> Result<R::Filter> {
    let filter = R::validate(filter.unwrap_or_default())?;
    if let Some(partner) = R::partner_of(&filter) {
        caller.scope().require_partner(partner)?;
    }
    Ok(filter)
}

/// Rejects an order that is for staff, if the caller is a partner user.
pub fn require_order<R: Paginated>(caller: &Caller, ordering: Ordering) -> Result<()> {
    if R::is_for_staff(ordering) && caller.is_partner_user() {
        return Err(Error::Forbidden("this order is for staff".to_owned()));
    }
    Ok(())
}

/// Returns a page of a list, with the number of rows of the list if `has_total`.
pub async fn page<R: Paginated>(
    db: &mut Session,
    filter: &R::Filter,
    page: &PageRequest,
    has_total: bool,
) -> Result<PageSlice<Authorized<R>>> {
    let rows = rows(db, ListQuery::page(db.scope(), filter, page, None, has_total)).await?;
    Ok(slice(page, rows))
}

/// Returns the number of rows of a list.
pub async fn count<R: Paginated>(db: &mut Session, filter: &R::Filter) -> Result<i64> {
    count_of::<R>(db, ListQuery::count(db.scope(), filter, None)).await
}

/// Returns the number of rows of a list between the positions of a page, whatever its limit is.
pub async fn count_between<R: Paginated>(
    db: &mut Session,
    filter: &R::Filter,
    page: &PageRequest,
) -> Result<i64> {
    count_of::<R>(db, ListQuery::count_between(db.scope(), filter, page)).await
}

/// A list with amounts, each in the currency of its row.
pub trait Totalled: Paginated {
    /// The column of the amount that is added up.
    const AMOUNT: &'static str;
}

/// Returns the sums of the amounts of a list, by currency.
pub async fn totals<R: Totalled>(db: &mut Session, filter: &R::Filter) -> Result<Vec<Money>> {
    let query = ListQuery::<R>::totals(db.scope(), filter, R::AMOUNT);
    let rows: Vec<Total> =
        db.with_plan_cache(query.plan_cache(), async |db| db.aggregate(query).await).await?;
    Ok(rows.into_iter().map(|row| Money::stored(row.total, row.currency)).collect())
}

async fn count_of<R: Paginated>(db: &mut Session, query: ListQuery<R>) -> Result<i64> {
    let counts: Vec<Count> =
        db.with_plan_cache(query.plan_cache(), async |db| db.aggregate(query).await).await?;
    Ok(counts.iter().map(|count| count.rows).sum())
}

/// Returns the same page of the list of each parent, by parent id; parents without rows are left out.
pub async fn pages_of<R: Paginated>(
    db: &mut Session,
    parents: Parents,
    filter: &R::Filter,
    page: &PageRequest,
    has_total: bool,
) -> Result<HashMap<Uuid, PageSlice<Authorized<R>>>> {
    let rows = rows(db, ListQuery::page(db.scope(), filter, page, Some(parents), has_total)).await?;
    let of_parents = rows.into_iter().filter_map(|(list, row)| Some((list.parent_id?, (list, row))));
    Ok(grouped(of_parents).into_iter().map(|(parent, rows)| (parent, slice(page, rows))).collect())
}

/// Returns the rows of the pages that a query selects, each checked against the caller's scope.
async fn rows<R: Paginated>(db: &mut Session, query: ListQuery<R>) -> Result<Vec<(ListRow, Authorized<R>)>> {
    let rows: Vec<(ListRow, R)> =
        db.with_plan_cache(query.plan_cache(), async |db| db.load_unchecked(query).await).await?;
    rows.into_iter().map(|(list, row)| Ok((list, db.scope().authorize(row)?))).collect()
}

fn slice<R>(page: &PageRequest, rows: Vec<(ListRow, Authorized<R>)>) -> PageSlice<Authorized<R>> {
    let total_count = rows.first().and_then(|(list, _)| list.total);
    let slice = page.slice(rows.into_iter().map(|(_, row)| row).collect());
    PageSlice { total_count: total_count.or(slice.total_count), ..slice }
}

/// Returns the number of rows of the list of each parent, by parent id.
pub async fn counts_of<R: Paginated>(
    db: &mut Session,
    parents: Parents,
    filter: &R::Filter,
) -> Result<HashMap<Uuid, i64>> {
    let query = ListQuery::<R>::count(db.scope(), filter, Some(parents));
    let counts: Vec<(Parent, Count)> =
        db.with_plan_cache(query.plan_cache(), async |db| db.aggregate(query).await).await?;
    Ok(counts.into_iter().map(|(parent, count)| (parent.parent_id, count.rows)).collect())
}

/// The list that a row of a page belongs to.
#[derive(Clone, Copy, QueryableByName)]
struct ListRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    parent_id: Option<Uuid>,
    /// The number of rows of the list; `None` if they are not counted.
    #[diesel(sql_type = Nullable<BigInt>)]
    total: Option<i64>,
}

#[derive(QueryableByName)]
struct Parent {
    #[diesel(sql_type = SqlUuid)]
    parent_id: Uuid,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    total: Decimal,
}
