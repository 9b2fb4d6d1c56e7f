//! Cursors over whole lists: all rows of a list from one snapshot, some at a time.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;

use super::list_query::{self, Paginated};
use super::list_statement::ListQuery;
use super::pool::Pool;
use super::session::Session;
use super::sql_builder::SqlBuilder;
use crate::auth::{Authorized, Caller};
use crate::primitives::error::Result;
use crate::primitives::pagination::Ordering;

/// Plans a cursor for all of its rows. By default, PostgreSQL plans it for the first tenth.
const PLAN_FOR_ALL_ROWS: &str = "SET LOCAL cursor_tuple_fraction = 1";

/// A cursor over all rows of a list, within a transaction of its own that is REPEATABLE READ, READ ONLY.
///
/// Dropping it before its end closes its connection, by which PostgreSQL ends the statement and the snapshot.
pub struct ListCursor<R: Paginated> {
    session: Session,
    filter: R::Filter,
    row: PhantomData<fn() -> R>,
}

impl<R: Paginated> ListCursor<R> {
    /// Opens a cursor over the rows of a valid filter that are within the caller's scope.
    pub async fn open(pool: &Pool, caller: &Caller, filter: R::Filter, ordering: Ordering) -> Result<Self> {
        let mut session = Session::open(pool, caller).await?;
        session.use_custom_plans();
        session.begin_snapshot().await?;
        session.execute_statement(SqlBuilder::new(PLAN_FOR_ALL_ROWS)).await?;
        let list = ListQuery::<R>::all(session.scope(), &filter, ordering);
        session.execute_statement(Declaration(list)).await?;
        Ok(Self { session, filter, row: PhantomData })
    }

    /// Returns the number of rows of the list.
    pub async fn count(&mut self) -> Result<i64> {
        list_query::count::<R>(&mut self.session, &self.filter).await
    }

    /// Returns the next rows, at most `count`; fewer at the end of the list.
    pub async fn fetch(&mut self, count: u32) -> Result<Vec<Authorized<R>>> {
        // Not cached: PostgreSQL would expect the columns of the first list of this connection.
        let fetch = SqlBuilder::new(format!("FETCH FORWARD {count} FROM list"));
        self.session.load(fetch).await
    }

    /// Returns the session, for look-ups in the same snapshot.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Ends the transaction, so that the connection can be used again.
    pub async fn close(mut self) -> Result<()> {
        self.session.roll_back().await
    }
}

/// `DECLARE list CURSOR FOR …`, with the parameters of the list.
struct Declaration<R: Paginated>(ListQuery<R>);

impl<R: Paginated> QueryFragment<Pg> for Declaration<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("DECLARE list NO SCROLL CURSOR FOR ");
        self.0.walk_ast(out)
    }
}

impl<R: Paginated> QueryId for Declaration<R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
