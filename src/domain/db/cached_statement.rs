//! Statements that Diesel prepares once per connection, although it cannot know that their text never changes.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// Marks a statement as safe to cache as a prepared statement.
///
/// Diesel does not cache raw SQL and statements with lists of values, since their text may differ from call to call. They
/// are then parsed and planned on every execution, which can take longer than executing them.
///
/// Only for statements with a small, fixed number of texts: a connection keeps each of them prepared until it is closed.
pub struct CachedStatement<Q>(pub Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for CachedStatement<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Without a static id, Diesel caches the statement by its text.
impl<Q> QueryId for CachedStatement<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for CachedStatement<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Connection> diesel::RunQueryDsl<Connection> for CachedStatement<Q> {}
