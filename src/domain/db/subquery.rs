//! Scalar subqueries that are written by hand.

use std::marker::PhantomData;

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// A scalar subquery with a constant text, on columns of the table of the statement around it.
///
/// Unlike `diesel::dsl::sql`, it leaves that statement safe to cache as a prepared statement.
#[derive(Clone, Copy, Debug)]
pub struct Subquery<ST> {
    sql: &'static str,
    sql_type: PhantomData<fn() -> ST>,
}

impl<ST> Subquery<ST> {
    /// Returns the subquery with this text, in parentheses.
    pub const fn new(sql: &'static str) -> Self {
        Self { sql, sql_type: PhantomData }
    }
}

impl<ST: TypedExpressionType> Expression for Subquery<ST> {
    type SqlType = ST;
}

impl<ST: TypedExpressionType, QS> AppearsOnTable<QS> for Subquery<ST> {}

impl<ST: TypedExpressionType, QS> SelectableExpression<QS> for Subquery<ST> {}

impl<ST, GB> ValidGrouping<GB> for Subquery<ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST> QueryId for Subquery<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> QueryFragment<Pg> for Subquery<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        Ok(())
    }
}
