//! The XLSX file of a list: a workbook for people, with typed cells and instants in the time zone of the tenant.

use std::fs::File as TempFile;
use std::io::{Seek, Write};
use std::time::Instant;

use chrono_tz::Tz;
use tokio::task::spawn_blocking;

use super::open_list::{OpenList, RowsPerFetch};
use super::workbook::{CELL_BYTES, ListWorkbook};
use crate::graphql::file::FileRow;
use crate::http::state::AppState;
use crate::primitives::error::{Error, Result};

/// The most rows of a worksheet, besides the names of the columns.
pub const ROWS_MAX: i64 = 1_048_575;
/// The most bytes of a worksheet before it is compressed, about: it is written to a temporary file.
const BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;

/// Writes the workbook of a list into a temporary file, which the system deletes when it is closed; returns it with its
/// length and the number of rows.
pub async fn render<R: FileRow>(
    state: &AppState,
    mut list: OpenList<R>,
    zone: Tz,
) -> Result<(TempFile, u64, u64)> {
    let rows = list.count().await?;
    if rows > ROWS_MAX {
        let message =
            format!("the list has {rows} rows; a worksheet has at most {ROWS_MAX}: download it as CSV");
        return Err(Error::LimitExceeded(message));
    }
    let names = list.columns.iter().map(|column| match column.has_instants {
        true => format!("{} ({zone})", column.name),
        false => column.name.to_owned(),
    });
    let mut workbook = ListWorkbook::new(&names.collect::<Vec<_>>(), R::NAME, list.context.at, zone)?;
    let (mut rows_per_fetch, mut bytes, mut count) = (RowsPerFetch::default(), 0_usize, 0);
    loop {
        let begun = Instant::now();
        let rows = list.fetch(rows_per_fetch.count()).await?;
        let (length, is_last) = (rows.len(), rows_per_fetch.is_last(rows.len()));
        let written;
        // Writes to a file.
        (list, workbook, written) = spawn_blocking(move || {
            let written = rows.iter().try_fold(0, |sum, row| {
                let cells = list.columns.iter().map(|column| (column.cell)(row, &list.context));
                workbook.write_row(cells).map(|bytes| sum + bytes)
            });
            (list, workbook, written)
        })
        .await
        .map_err(Error::internal)?;
        let written = written?;
        bytes += written;
        if bytes > BYTES_MAX {
            let limit = BYTES_MAX / CELL_BYTES;
            let message =
                format!("the list is larger than a workbook of {limit} cells may be: download it as CSV");
            return Err(Error::LimitExceeded(message));
        }
        rows_per_fetch.adapt(length, u64::try_from(written).unwrap_or(u64::MAX));
        count += u64::try_from(length).unwrap_or_default();
        if is_last {
            break;
        }
        state.give_way(begun.elapsed()).await;
    }
    list.close().await?;
    let (file, length) = spawn_blocking(move || save(workbook)).await.map_err(Error::internal)??;
    Ok((file, length, count))
}

/// Writes a workbook into a temporary file; returns it with its length.
pub fn save(mut workbook: ListWorkbook) -> Result<(TempFile, u64)> {
    let mut file = tempfile::tempfile().map_err(Error::internal)?;
    workbook.save(&file)?;
    file.flush().map_err(Error::internal)?;
    let length = file.stream_position().map_err(Error::internal)?;
    file.rewind().map_err(Error::internal)?;
    Ok((file, length))
}
