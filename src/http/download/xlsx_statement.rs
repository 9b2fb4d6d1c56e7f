//! The XLSX file of a statement: the lines of its CSV file as a workbook for people, with typed cells and instants in the time
//! zone that the statement was issued in. The same bytes each time.

use chrono_tz::Tz;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::list::not_rendered;
use super::producer::DOWNLOAD_TIMEOUT;
use super::temporary_file::TemporaryFile;
use super::workbook::ListWorkbook;
use super::xlsx_list::{ROWS_MAX, save};
use crate::domain::statement::line_value::{Line, LineValue, has_instants};
use crate::domain::statement::lines::LineDownload;
use crate::graphql::file::Cell;
use crate::http::rejection::Rejection;
use crate::http::state::AppState;
use crate::primitives::error::{Error, Result};

/// Writes the workbook of a statement into a temporary file; returns it with its length.
pub async fn render(state: &AppState, lines: LineDownload) -> Result<(TemporaryFile, u64), Rejection> {
    let rows = lines.statement().line_count;
    if rows > ROWS_MAX {
        let message =
            format!("the statement has {rows} lines; a worksheet has at most {ROWS_MAX}: download it as CSV");
        return Err(not_rendered(Error::LimitExceeded(message)));
    }
    let _turn = state.workbook_turn()?;
    let written = timeout(DOWNLOAD_TIMEOUT, write(lines)).await;
    written.unwrap_or(Err(Error::Timeout)).map_err(not_rendered)
}

async fn write(mut lines: LineDownload) -> Result<(TemporaryFile, u64)> {
    let statement = lines.statement();
    let zone: Tz = statement.head.time_zone.parse().map_err(Error::internal)?;
    let names = lines.columns().iter().map(|name| match has_instants(name) {
        true => format!("{name} ({zone})"),
        false => (*name).to_owned(),
    });
    let mut workbook = ListWorkbook::new(&names.collect::<Vec<_>>(), "statement", statement.issued_at, zone)?;
    while let Some(portion) = lines.next_lines().await? {
        // Writes to a file.
        let written = spawn_blocking(move || {
            let written = portion.iter().try_for_each(|line| workbook.write_row(cells(line)).map(drop));
            (workbook, written)
        });
        let result;
        (workbook, result) = written.await.map_err(Error::internal)?;
        result?;
    }
    let rows = u64::try_from(lines.count()).unwrap_or_default();
    lines.close().await?;
    let (file, length) = spawn_blocking(move || save(workbook)).await.map_err(Error::internal)??;
    Ok((TemporaryFile { file: file.into(), rows }, length))
}

fn cells(line: &Line) -> impl Iterator<Item = Cell<'_>> {
    line.iter().map(|value| match value {
        LineValue::Empty => Cell::Empty,
        LineValue::Text(text) => Cell::text(Some(text)),
        LineValue::Word(word) => Cell::word(word),
        LineValue::Id(id) => Cell::Id(*id),
        LineValue::Number(number) => Cell::Number(*number),
        LineValue::Count(count) => Cell::Count(*count),
        LineValue::Instant(at) => Cell::Instant(*at),
    })
}
