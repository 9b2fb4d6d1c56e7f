//! The CSV file of a list.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use chrono::SecondsFormat;
use csv::{Terminator, WriterBuilder};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::open_list::{OpenList, RowsPerFetch};
use super::output::{Broken, Output, Source};
use crate::auth::Authorized;
use crate::graphql::file::{Cell, FileRow};
use crate::http::state::AppState;
use crate::primitives::error::{Error, Result};
use crate::primitives::formula;

/// The rows of a part of the file: between two parts, other requests have their turn.
const ROWS_PER_PART: usize = 100;

/// The CSV file of a list, by RFC 4180: in UTF-8 without byte order mark, with CRLF at the end of each line.
pub struct CsvList<R: FileRow> {
    /// The list.
    pub list: OpenList<R>,
    /// Whether text that looks like a formula is written as it is.
    pub is_raw: bool,
    /// For the turns of long responses.
    pub state: Arc<AppState>,
}

impl<R: FileRow> Source for CsvList<R> {
    fn write<'o>(self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, std::result::Result<(), Broken>> {
        self.write_rows(output).boxed()
    }
}

impl<R: FileRow> CsvList<R> {
    async fn write_rows(mut self, output: &mut Output) -> std::result::Result<(), Broken> {
        output.write(self.head()?).await?;
        let mut rows_per_fetch = RowsPerFetch::default();
        loop {
            let begun = Instant::now();
            let rows = self.list.fetch(rows_per_fetch.count()).await?;
            let mut worked = begun.elapsed();
            let is_last = rows_per_fetch.is_last(rows.len());
            let before = output.bytes;
            for part in rows.chunks(ROWS_PER_PART) {
                let bytes = {
                    let _turn = self.state.turns.turn().await;
                    let begun = Instant::now();
                    let bytes = self.part(part)?;
                    worked += begun.elapsed();
                    bytes
                };
                output.rows += u64::try_from(part.len()).unwrap_or_default();
                output.write(bytes).await?;
                tokio::task::yield_now().await;
            }
            rows_per_fetch.adapt(rows.len(), output.bytes - before);
            if is_last {
                return Ok(self.list.close().await?);
            }
            self.state.give_way(worked).await;
        }
    }

    /// Returns the first line: the names of the columns.
    fn head(&self) -> Result<Vec<u8>> {
        let mut line = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        line.write_record(self.list.columns.iter().map(|column| column.name)).map_err(Error::internal)?;
        line.into_inner().map_err(Error::internal)
    }

    /// Returns the lines of some rows.
    fn part(&self, rows: &[Authorized<R>]) -> Result<Vec<u8>> {
        let mut lines = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        let mut scratch = String::new();
        for row in rows {
            for column in &self.list.columns {
                scratch.clear();
                let cell = (column.cell)(row, &self.list.context);
                let field = self.field(&cell, &mut scratch)?;
                lines.write_field(field).map_err(Error::internal)?;
            }
            lines.write_record(None::<&[u8]>).map_err(Error::internal)?;
        }
        lines.into_inner().map_err(Error::internal)
    }

    /// Returns the text of a cell, in `scratch` unless the cell has it.
    fn field<'f>(&self, cell: &'f Cell<'_>, scratch: &'f mut String) -> Result<&'f str> {
        let written = match cell {
            Cell::Empty => Ok(()),
            Cell::Text(text) => {
                if self.is_raw {
                    return Ok(text);
                }
                scratch.write_str(&formula::escaped(text))
            }
            Cell::Word(word) => return Ok(word),
            Cell::Id(id) => write!(scratch, "{id}"),
            Cell::Number(number) => write!(scratch, "{number}"),
            Cell::Count(count) => write!(scratch, "{count}"),
            Cell::Flag(flag) => write!(scratch, "{flag}"),
            Cell::Instant(at) => scratch.write_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        };
        written.map_err(Error::internal)?;
        Ok(scratch)
    }
}
