//! Lists: pages and counts, of one list or of the lists of many parents in one statement.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Text, Untyped, Uuid as SqlUuid};
use uuid::Uuid;

use super::list_order::{walk_order, walk_positions};
use super::plan_cache::PlanCacheMode;
use super::scope_filter::{PartnerTable, ScopeFilter};
use super::session::{Session, grouped};
use crate::auth::{Authorized, Caller, PartnerOwned, Scope};
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::{Ordering, PageRequest, PageSlice, Position, ROWS_MAX};

/// A condition on the rows of a list.
pub type Condition = Box<dyn QueryFragment<Pg> + Send>;

/// A row that the API returns in paginated lists.
pub trait Paginated: PartnerOwned + QueryableByName<Pg> + Send + Sync + Sized + 'static {
    /// The filter of the list.
    type Filter: Clone + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;
    /// The table of the rows.
    const TABLE: PartnerTable;
    /// The columns of a row that are computed and not stored.
    const COMPUTED: &'static [ComputedColumn] = &[];

    /// Returns the conditions of a filter, without its statuses; a row must meet all of them.
    fn conditions(filter: &Self::Filter) -> Vec<Condition>;

    /// Returns the statuses of a filter, each of them once; `None` for any.
    fn statuses(_: &Self::Filter) -> Option<Vec<String>> {
        None
    }

    /// Returns whether an index has the rows of a filter in this order, for each of its statuses and whatever its
    /// values. There is one by partner, status and date, and one for all partners of a tenant.
    fn is_indexed(_: &Self::Filter, _: Ordering) -> bool {
        false
    }

    /// Normalizes and checks a filter.
    fn validate(filter: Self::Filter) -> Result<Self::Filter>;

    /// Returns the partner that a filter names.
    fn partner_of(filter: &Self::Filter) -> Option<PartnerId>;

    /// Returns the position of the row in the order of a page.
    fn position(&self, page: &PageRequest) -> Position;

    /// Returns where the rows of a filter, all or those of a parent, are already counted.
    fn precomputed_count(_: &Self::Filter, _: Option<ParentCondition>) -> Option<PrecomputedCount> {
        None
    }
}

/// A column that is computed from other tables.
pub struct ComputedColumn {
    /// The expression, on the columns of the table.
    pub sql: &'static str,
    /// The name of the column.
    pub name: &'static str,
}

/// A table of counts whose rows add up to the count of a list.
pub struct PrecomputedCount {
    /// The table of counts.
    pub table: PartnerTable,
    /// The column to add up.
    pub column: &'static str,
    /// The conditions on its rows.
    pub conditions: Vec<Condition>,
}

/// The condition that a row belongs to a parent, on the columns of its table and `parent.id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParentCondition(pub(in crate::domain) &'static str);

/// The parents whose lists are read, and the condition that a row belongs to one.
pub struct Parents {
    /// The condition.
    pub condition: ParentCondition,
    /// The ids of the parents.
    pub ids: Vec<Uuid>,
}

/// The condition that a row belongs to a partner.
pub const OF_PARTNER: ParentCondition = ParentCondition("partner_id = parent.id");

/// Returns the names of the statuses of a filter, each of them once.
pub fn distinct<S: ToString>(statuses: &[S]) -> Vec<String> {
    let names: BTreeSet<String> = statuses.iter().map(S::to_string).collect();
    names.into_iter().collect()
}

/// Returns the normalized filter of a caller; rejects an invalid one, and one that names a partner outside of the scope.
pub fn validated_filter<R: Paginated>(caller: &Caller, filter: Option<R::Filter>) -> Result<R::Filter> {
    let filter = R::validate(filter.unwrap_or_default())?;
    if let Some(partner) = R::partner_of(&filter) {
        caller.scope().require_partner(partner)?;
    }
    Ok(filter)
}

/// Returns a page of a list.
pub async fn page<R: Paginated>(
    db: &mut Session,
    filter: &R::Filter,
    page: &PageRequest,
) -> Result<PageSlice<Authorized<R>>> {
    let query = ListQuery::<R>::new(db.scope(), filter, Projection::page(page), None);
    let rows = db.with_plan_cache(query.plan_cache(), async |db| db.load(query).await).await?;
    Ok(page.slice(rows))
}

/// Returns the number of rows of a list.
pub async fn count<R: Paginated>(db: &mut Session, filter: &R::Filter) -> Result<i64> {
    let query = ListQuery::<R>::new(db.scope(), filter, Projection::Count, None);
    let counts: Vec<Count> =
        db.with_plan_cache(query.plan_cache(), async |db| db.aggregate(query).await).await?;
    Ok(counts.iter().map(|count| count.rows).sum())
}

/// Returns the same page of the list of each parent, by parent id.
pub async fn pages_of<R: Paginated>(
    db: &mut Session,
    parents: Parents,
    filter: &R::Filter,
    page: &PageRequest,
) -> Result<HashMap<Uuid, PageSlice<Authorized<R>>>> {
    let query = ListQuery::<R>::new(db.scope(), filter, Projection::page(page), Some(parents));
    let rows: Vec<(Parent, R)> =
        db.with_plan_cache(query.plan_cache(), async |db| db.load_unchecked(query).await).await?;
    let authorized = rows
        .into_iter()
        .map(|(parent, row)| Ok((parent.parent_id, db.scope().authorize(row)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(grouped(authorized).into_iter().map(|(parent, rows)| (parent, page.slice(rows))).collect())
}

/// Returns the number of rows of the list of each parent, by parent id.
pub async fn counts_of<R: Paginated>(
    db: &mut Session,
    parents: Parents,
    filter: &R::Filter,
) -> Result<HashMap<Uuid, i64>> {
    let query = ListQuery::<R>::new(db.scope(), filter, Projection::Count, Some(parents));
    let counts: Vec<(Parent, Count)> =
        db.with_plan_cache(query.plan_cache(), async |db| db.aggregate(query).await).await?;
    Ok(counts.into_iter().map(|(parent, count)| (parent.parent_id, count.rows)).collect())
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

/// The number of rows that is read for the largest page.
const LIMIT_MAX: i32 = ROWS_MAX + 1;

/// What a list query selects.
enum Projection {
    /// The rows of a page, and how many are read: one more than the page has, to detect whether there are further rows.
    Rows(PageRequest, i64),
    Count,
    /// The sum of a column.
    Sum(&'static str),
}

impl Projection {
    fn page(page: &PageRequest) -> Self {
        Self::Rows(page.clone(), i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1))
    }
}

/// The statement of a list. Written by hand because Diesel has no LATERAL, by which one statement finds a page for each of
/// many parents through the same index that finds it for one.
struct ListQuery<R: Paginated> {
    table: PartnerTable,
    scope: ScopeFilter,
    conditions: Vec<Condition>,
    statuses: Option<Vec<String>>,
    /// Whether an index has the rows of each list and status in their order.
    is_indexed: bool,
    projection: Projection,
    parents: Option<Parents>,
    row: PhantomData<fn() -> R>,
}

impl<R: Paginated> ListQuery<R> {
    fn new(scope: &Scope, filter: &R::Filter, projection: Projection, parents: Option<Parents>) -> Self {
        let precomputed = match projection {
            Projection::Count => {
                R::precomputed_count(filter, parents.as_ref().map(|parents| parents.condition))
            }
            Projection::Rows(..) | Projection::Sum(_) => None,
        };
        let (table, conditions, statuses, projection) = match precomputed {
            Some(counted) => (counted.table, counted.conditions, None, Projection::Sum(counted.column)),
            None => (R::TABLE, R::conditions(filter), R::statuses(filter), projection),
        };
        let is_indexed = match &projection {
            Projection::Rows(page, _) => {
                R::is_indexed(filter, page.ordering)
                    && parents.as_ref().is_none_or(|parents| parents.condition == OF_PARTNER)
            }
            Projection::Count | Projection::Sum(_) => false,
        };
        Self {
            table,
            scope: ScopeFilter::by_partner(table, scope),
            conditions,
            statuses,
            is_indexed,
            projection,
            parents,
            row: PhantomData,
        }
    }

    /// Returns the plan cache mode. A filter may match many rows or hardly any, and so may the several partners of a user.
    /// If an index has the rows in their order, it serves any parameters.
    fn plan_cache(&self) -> PlanCacheMode {
        let has_conditions = !self.conditions.is_empty() || self.statuses.is_some();
        if self.scope.has_several_partners() || (has_conditions && !self.is_indexed) {
            PlanCacheMode::Custom
        } else {
            PlanCacheMode::Generic
        }
    }

    /// Returns the statuses, if there are several and each has its rows in order: they are read one by one and merged.
    fn merged_statuses(&self) -> Option<&Vec<String>> {
        let is_merged = self.is_indexed && self.plan_cache() == PlanCacheMode::Generic;
        self.statuses.as_ref().filter(|statuses| is_merged && statuses.len() > 1)
    }

    /// Writes the rows or the count of one list. A page of several statuses is merged from one page of each.
    fn walk_list<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Projection::Rows(page, limit) = &self.projection else { return self.walk_rows(out) };
        let Some(statuses) = self.merged_statuses() else { return self.walk_page(limit, out) };
        out.push_sql("SELECT list.* FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(statuses)?;
        out.push_sql(") AS wanted (status) CROSS JOIN LATERAL (");
        self.walk_page(limit, out.reborrow())?;
        out.push_sql(") AS list");
        walk_order("list", page, out.reborrow());
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(limit)
    }

    /// Writes the rows of a page.
    ///
    /// The number of rows is a parameter, so that pages of all sizes are one statement. A generic plan does not depend on
    /// parameters: it would be one for a tenth of the list, which may be a sort of all its rows, so that it needs the
    /// largest number in the text.
    fn walk_page<'b>(&'b self, limit: &'b i64, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let is_generic = self.plan_cache() == PlanCacheMode::Generic;
        if is_generic {
            out.push_sql("SELECT * FROM (");
        }
        self.walk_rows(out.reborrow())?;
        if is_generic {
            out.push_sql(&format!(" LIMIT {LIMIT_MAX}) AS list"));
        }
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(limit)
    }

    /// Writes the condition on the status. Only `=` finds the rows of a status in the order of an index.
    fn walk_statuses<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some(statuses) = &self.statuses else { return Ok(()) };
        out.push_sql(&format!(" AND {}.status = ", self.table.name));
        match statuses.as_slice() {
            [status] => out.push_bind_param::<Text, _>(status)?,
            _ if self.merged_statuses().is_some() => out.push_sql("wanted.status"),
            _ => {
                out.push_sql("ANY(");
                out.push_bind_param::<Array<Text>, _>(statuses)?;
                out.push_sql(")");
            }
        }
        Ok(())
    }

    /// Writes `SELECT … FROM table WHERE … [ORDER BY …]`, for one parent if there are parents.
    fn walk_rows<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match &self.projection {
            Projection::Rows(..) => {
                out.push_sql("SELECT *");
                for ComputedColumn { sql, name } in R::COMPUTED {
                    out.push_sql(&format!(", {sql} AS {name}"));
                }
            }
            Projection::Count => out.push_sql("SELECT count(*) AS rows"),
            Projection::Sum(column) => {
                out.push_sql(&format!("SELECT coalesce(sum({column}), 0)::bigint AS rows"));
            }
        }
        out.push_sql(" FROM ");
        out.push_sql(self.table.name);
        out.push_sql(" WHERE ");
        self.scope.walk_ast(out.reborrow())?;
        for condition in &self.conditions {
            out.push_sql(" AND (");
            condition.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        self.walk_statuses(out.reborrow())?;
        if let Some(parents) = &self.parents {
            out.push_sql(" AND ");
            out.push_sql(parents.condition.0);
        }
        let Projection::Rows(page, _) = &self.projection else { return Ok(()) };
        walk_positions(R::TABLE.name, page, out.reborrow())?;
        walk_order(R::TABLE.name, page, out);
        Ok(())
    }
}

impl<R: Paginated> QueryFragment<Pg> for ListQuery<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some(parents) = &self.parents else { return self.walk_list(out) };
        out.push_sql("SELECT parent.id AS parent_id, page.* FROM unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&parents.ids)?;
        out.push_sql(") AS parent (id) CROSS JOIN LATERAL (");
        self.walk_list(out.reborrow())?;
        out.push_sql(") AS page");
        if let Projection::Rows(page, _) = &self.projection {
            walk_order("page", page, out.reborrow());
        }
        Ok(())
    }
}

impl<R: Paginated> QueryId for ListQuery<R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R: Paginated> Query for ListQuery<R> {
    type SqlType = Untyped;
}

impl<R: Paginated, Connection> diesel::RunQueryDsl<Connection> for ListQuery<R> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Identity, Role};
    use crate::domain::commission::{self, CommissionEvent, CommissionEventFilter};
    use crate::primitives::id::TenantId;
    use crate::primitives::pagination::PageArgs;

    #[test]
    fn a_page_is_limited_for_one_list_and_for_each_parent() -> Result<()> {
        let staff = Identity::operator(TenantId("acme".to_owned()), "ada", Role::Admin);
        let staff = staff.with_links(HashMap::new())?;
        let args = PageArgs { first: Some(10), ..PageArgs::default() };
        let page = PageRequest::new(commission::list::ordering(None), args)?;
        for parents in [None, Some(Parents { condition: OF_PARTNER, ids: vec![Uuid::nil()] })] {
            let (filter, projection) = (CommissionEventFilter::default(), Projection::page(&page));
            let query = ListQuery::<CommissionEvent>::new(staff.scope(), &filter, projection, parents);
            let text = diesel::debug_query::<Pg, _>(&query).to_string();
            let within_parent = text.split(") AS page").next().unwrap_or_default();
            assert!(within_parent.contains("LIMIT 101) AS list LIMIT $"), "{text}");
        }
        Ok(())
    }
}
