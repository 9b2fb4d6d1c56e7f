//! The statement of a list: a page or a count, of one list or of the lists of many parents.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Text, Untyped, Uuid as SqlUuid};

use super::list_order::{walk_order, walk_positions};
use super::paginated::{ComputedColumn, Condition, OF_PARTNER, Paginated, Parents};
use super::plan_cache::PlanCacheMode;
use super::scope_filter::{PartnerTable, ScopeFilter};
use crate::auth::Scope;
use crate::primitives::pagination::{Ordering, PageRequest, ROWS_MAX};

/// The number of rows that is read for the largest page.
const LIMIT_MAX: i32 = ROWS_MAX + 1;

/// What a list query selects.
enum Projection {
    /// The rows of a page, and how many are read: one more than the page has, to detect whether there are further rows.
    Rows(PageRequest, i64),
    /// All rows, in the order of the page.
    All(PageRequest),
    /// The number of rows; of those between the positions of a page if there is one.
    Count(Option<PageRequest>),
    /// The sum of a column.
    Sum(&'static str),
    /// The sum of a column of amounts in each currency.
    Totals(&'static str),
}

/// The statement of a list. Written by hand because Diesel has no LATERAL, by which one statement finds a page for each of
/// many parents through the same index that finds it for one.
pub(super) struct ListQuery<R: Paginated> {
    table: PartnerTable,
    scope: ScopeFilter,
    conditions: Vec<Condition>,
    statuses: Option<Vec<String>>,
    /// Whether an index has the rows of each list and status in their order.
    is_indexed: bool,
    projection: Projection,
    parents: Option<Parents>,
    /// The count of the list, selected with each row of a page.
    total: Option<Box<ListQuery<R>>>,
    row: PhantomData<fn() -> R>,
}

impl<R: Paginated> ListQuery<R> {
    /// Returns the query of a page, of one list or of the list of each parent; with the count of the list if `has_total`.
    pub fn page(
        scope: &Scope,
        filter: &R::Filter,
        page: &PageRequest,
        parents: Option<Parents>,
        has_total: bool,
    ) -> Self {
        // Only the condition matters to the count: it is selected for each parent.
        let condition =
            parents.as_ref().map(|parents| Parents { condition: parents.condition, ids: Vec::new() });
        let total = has_total.then(|| Box::new(Self::count(scope, filter, condition)));
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1);
        Self { total, ..Self::new(scope, filter, Projection::Rows(page.clone(), limit), parents) }
    }

    /// Returns the query of the number of rows, of one list or of the list of each parent.
    pub fn count(scope: &Scope, filter: &R::Filter, parents: Option<Parents>) -> Self {
        Self::new(scope, filter, Projection::Count(None), parents)
    }

    /// Returns the query of the number of rows between the positions of a page.
    pub fn count_between(scope: &Scope, filter: &R::Filter, page: &PageRequest) -> Self {
        Self::new(scope, filter, Projection::Count(Some(page.clone())), None)
    }

    /// Returns the query of all rows of a list, in an order.
    pub fn all(scope: &Scope, filter: &R::Filter, ordering: Ordering) -> Self {
        Self::new(scope, filter, Projection::All(PageRequest::whole(ordering)), None)
    }

    /// Returns the query of the sums of a column of amounts, by currency.
    pub fn totals(scope: &Scope, filter: &R::Filter, column: &'static str) -> Self {
        Self::new(scope, filter, Projection::Totals(column), None)
    }

    fn new(scope: &Scope, filter: &R::Filter, projection: Projection, parents: Option<Parents>) -> Self {
        let precomputed = match projection {
            Projection::Count(None) => {
                R::precomputed_count(filter, parents.as_ref().map(|parents| parents.condition))
            }
            Projection::Rows(..)
            | Projection::All(_)
            | Projection::Count(Some(_))
            | Projection::Sum(_)
            | Projection::Totals(_) => None,
        };
        let (table, conditions, statuses, projection) = match precomputed {
            Some(counted) => (counted.table, counted.conditions, None, Projection::Sum(counted.column)),
            None => {
                let mut conditions = R::conditions(filter);
                if scope.is_restricted() {
                    conditions.extend(R::restrictions(filter));
                }
                (R::TABLE, conditions, R::statuses(filter), projection)
            }
        };
        let is_indexed = match &projection {
            Projection::Rows(page, _) => {
                R::is_indexed(filter, page.ordering)
                    && parents.as_ref().is_none_or(|parents| parents.condition == OF_PARTNER)
            }
            Projection::All(_) | Projection::Count(_) | Projection::Sum(_) | Projection::Totals(_) => false,
        };
        Self {
            table,
            scope: ScopeFilter::by_partner(table, scope),
            conditions,
            statuses,
            is_indexed,
            projection,
            parents,
            total: None,
            row: PhantomData,
        }
    }

    /// Returns the plan cache mode. A filter may match many rows or hardly any, and so may the several partners of a user. If
    /// an index has the rows in their order, it serves any parameters.
    pub fn plan_cache(&self) -> PlanCacheMode {
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
            Projection::Rows(..) | Projection::All(_) => {
                out.push_sql("SELECT ");
                out.push_sql(R::STORED);
                for ComputedColumn { sql, name } in R::COMPUTED {
                    out.push_sql(&format!(", {sql} AS {name}"));
                }
            }
            Projection::Count(_) => out.push_sql("SELECT count(*) AS rows"),
            Projection::Sum(column) => {
                out.push_sql(&format!("SELECT coalesce(sum({column}), 0)::bigint AS rows"));
            }
            Projection::Totals(column) => {
                out.push_sql(&format!("SELECT currency, sum({column}) AS total"));
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
        match &self.projection {
            Projection::Rows(page, _) | Projection::All(page) => {
                walk_positions(R::TABLE.name, page, out.reborrow())?;
                walk_order(R::TABLE.name, page, out);
                Ok(())
            }
            Projection::Count(Some(page)) => walk_positions(R::TABLE.name, page, out),
            Projection::Totals(_) => {
                out.push_sql(" GROUP BY currency ORDER BY currency");
                Ok(())
            }
            Projection::Count(None) | Projection::Sum(_) => Ok(()),
        }
    }
}

impl<R: Paginated> QueryFragment<Pg> for ListQuery<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Projection::Rows(page, _) = &self.projection else { return self.walk_counts(out) };
        out.push_sql(if self.parents.is_some() { "SELECT parent.id" } else { "SELECT NULL::uuid" });
        out.push_sql(" AS parent_id, ");
        match (&self.total, &self.parents) {
            (None, _) => out.push_sql("NULL::bigint"),
            (Some(_), Some(_)) => out.push_sql("counted.rows"),
            (Some(total), None) => {
                out.push_sql("(");
                total.walk_rows(out.reborrow())?;
                out.push_sql(")");
            }
        }
        out.push_sql(" AS total, page.* FROM ");
        if let Some(parents) = &self.parents {
            walk_parents(parents, out.reborrow())?;
            if let Some(total) = &self.total {
                out.push_sql(" CROSS JOIN LATERAL (");
                total.walk_rows(out.reborrow())?;
                out.push_sql(") AS counted");
            }
            out.push_sql(" CROSS JOIN LATERAL ");
        }
        out.push_sql("(");
        self.walk_list(out.reborrow())?;
        out.push_sql(") AS page");
        if self.parents.is_some() {
            walk_order("page", page, out.reborrow());
        }
        Ok(())
    }
}

impl<R: Paginated> ListQuery<R> {
    /// Writes the statement that counts one list, or the list of each parent.
    fn walk_counts<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some(parents) = &self.parents else { return self.walk_rows(out) };
        out.push_sql("SELECT parent.id AS parent_id, counted.* FROM ");
        walk_parents(parents, out.reborrow())?;
        out.push_sql(" CROSS JOIN LATERAL (");
        self.walk_rows(out.reborrow())?;
        out.push_sql(") AS counted");
        Ok(())
    }
}

/// Writes the parents as rows `parent`.
fn walk_parents<'b>(parents: &'b Parents, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    out.push_sql("unnest(");
    out.push_bind_param::<Array<SqlUuid>, _>(&parents.ids)?;
    out.push_sql(") AS parent (id)");
    Ok(())
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
    use std::collections::HashMap;

    use uuid::Uuid;

    use super::*;
    use crate::auth::{Identity, Role};
    use crate::domain::commission::{self, CommissionEvent, CommissionEventFilter};
    use crate::primitives::error::Result;
    use crate::primitives::id::TenantId;
    use crate::primitives::pagination::PageArgs;

    #[test]
    fn a_page_is_limited_for_one_list_and_for_each_parent() -> Result<()> {
        let staff = Identity::operator(TenantId("acme".to_owned()), "ada", Role::Admin);
        let staff = staff.with_links(HashMap::new())?;
        let args = PageArgs { first: Some(10), ..PageArgs::default() };
        let page = PageRequest::new(commission::list::ordering(None), args)?;
        for parents in [None, Some(Parents { condition: OF_PARTNER, ids: vec![Uuid::nil()] })] {
            let filter = CommissionEventFilter::default();
            let query = ListQuery::<CommissionEvent>::page(staff.scope(), &filter, &page, parents, true);
            let text = diesel::debug_query::<Pg, _>(&query).to_string();
            let within_parent = text.split(") AS page").next().unwrap_or_default();
            assert!(within_parent.contains("LIMIT 101) AS list LIMIT $"), "{text}");
        }
        Ok(())
    }
}
