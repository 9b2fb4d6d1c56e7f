//! Reads of many rows in portions, so that memory is bounded however many there are.

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;

use super::session::Session;
use super::sql_builder::SqlBuilder;
use crate::auth::{Authorized, PartnerOwned};
use crate::primitives::error::Result;

/// The number of rows in a portion.
const PORTION_ROWS: i64 = 2_000;

/// Plans the statement of a cursor for reading it to the end; PostgreSQL would plan for the first tenth.
const READ_TO_THE_END: &str = "SELECT set_config('cursor_tuple_fraction', '1', true)";

/// The rows of a query, in portions. All are of one moment, that of the first portion.
///
/// A query with more than a portion is read from a cursor: then a transaction must be open from the first portion to the
/// last, and the session reads from one cursor at a time.
pub(in crate::domain) struct Portions(State);

enum State {
    /// No row was read; the second is the expected number of rows.
    Unread(SqlBuilder, i64),
    Open,
    Ended,
}

impl Portions {
    /// Returns the rows of a query, of which about so many are expected.
    pub fn new(query: SqlBuilder, expected: i64) -> Self {
        Self(State::Unread(query, expected))
    }

    /// Returns the next portion, each row checked against the caller's scope; `None` at the end.
    pub async fn next<T>(&mut self, db: &mut Session) -> Result<Option<Vec<Authorized<T>>>>
    where
        T: PartnerOwned + QueryableByName<Pg> + Send + 'static,
    {
        match std::mem::replace(&mut self.0, State::Ended) {
            State::Unread(query, expected) if expected < PORTION_ROWS => Ok(Some(db.load(query).await?)),
            State::Unread(query, _) => {
                db.execute_statement(SqlBuilder::new(READ_TO_THE_END)).await?;
                let declare = SqlBuilder::new("DECLARE portions NO SCROLL CURSOR FOR ").append(query);
                db.execute_statement(declare).await?;
                self.fetch(db).await.map(Some)
            }
            State::Open => self.fetch(db).await.map(Some),
            State::Ended => Ok(None),
        }
    }

    async fn fetch<T>(&mut self, db: &mut Session) -> Result<Vec<Authorized<T>>>
    where
        T: PartnerOwned + QueryableByName<Pg> + Send + 'static,
    {
        let fetch = SqlBuilder::new(format!("FETCH {PORTION_ROWS} FROM portions"));
        let rows: Vec<Authorized<T>> = db.load(fetch).await?;
        if i64::try_from(rows.len()).is_ok_and(|rows| rows < PORTION_ROWS) {
            db.execute_statement(SqlBuilder::new("CLOSE portions")).await?;
        } else {
            self.0 = State::Open;
        }
        Ok(rows)
    }
}
