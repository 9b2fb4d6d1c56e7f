//! A list that is open, whose rows are fetched some at a time.

use crate::auth::Authorized;
use crate::domain::db::list_cursor::ListCursor;
use crate::graphql::file::{Column, FileContext, FileRow};
use crate::primitives::error::Result;

/// The most rows that are fetched at a time.
const ROWS_MAX: u32 = 2_000;
/// The rows that are fetched first, before it is known how long they are.
const ROWS_FIRST: u32 = 200;
/// The bytes of the rows that are fetched at a time, about.
const BYTES_PER_FETCH: u64 = 1024 * 1024;

/// How many rows are fetched at a time: fewer if they have long notes.
pub struct RowsPerFetch(u32);

impl Default for RowsPerFetch {
    fn default() -> Self {
        Self(ROWS_FIRST)
    }
}

impl RowsPerFetch {
    /// Returns how many rows are to be fetched.
    pub fn count(&self) -> u32 {
        self.0
    }

    /// Returns whether fetched rows are the last ones.
    pub fn is_last(&self, rows: usize) -> bool {
        u32::try_from(rows).is_ok_and(|rows| rows < self.0)
    }

    /// Adapts the number to rows of this size in the file.
    pub fn adapt(&mut self, rows: usize, bytes: u64) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let fitting = BYTES_PER_FETCH.saturating_mul(rows).checked_div(bytes).unwrap_or_default();
        self.0 = u32::try_from(fitting).unwrap_or(u32::MAX).clamp(ROWS_FIRST / 4, ROWS_MAX);
    }
}

/// A list that is open, with the columns of its file.
pub struct OpenList<R: FileRow> {
    /// The rows.
    pub cursor: ListCursor<R>,
    /// The columns.
    pub columns: Vec<&'static Column<R>>,
    /// What the cells depend on.
    pub context: FileContext,
}

impl<R: FileRow> OpenList<R> {
    /// Returns the next rows, at most `count`, and loads what they refer to.
    pub async fn fetch(&mut self, count: u32) -> Result<Vec<Authorized<R>>> {
        let rows = self.cursor.fetch(count).await?;
        let referred = rows.iter().map(|row| row.referred());
        self.context.references.load(self.cursor.session(), referred).await?;
        Ok(rows)
    }

    /// Returns the number of rows.
    pub async fn count(&mut self) -> Result<i64> {
        self.cursor.count().await
    }

    /// Ends the snapshot.
    pub async fn close(self) -> Result<()> {
        self.cursor.close().await
    }
}
