//! The files of statements.

use std::sync::Arc;

use axum::body::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::log::DownloadLog;
use super::output::{Broken, Output, Source};
use super::{AcceptedDownload, File};
use crate::auth::Permission;
use crate::domain::statement::file::{self, Rendered};
use crate::domain::statement::lines::CsvDownload;
use crate::graphql::file::Format;
use crate::http::rejection::Rejection;
use crate::http::state::AppState;
use crate::primitives::id::{PayoutId, StatementId};

/// Opens a file of a statement by its name: the id of the statement and the extension of the format.
pub async fn open(
    state: &Arc<AppState>,
    name: &str,
    accepted: AcceptedDownload,
    log: &mut DownloadLog,
) -> Result<File, Rejection> {
    let AcceptedDownload { admission, params } = accepted;
    admission.caller.require(Permission::Read)?;
    params.finish("no parameter")?;
    let (id, extension) = parse(name)?;
    if extension == Format::Csv.extension() {
        log.set_file("statement.csv");
        let download = CsvDownload::open(&state.download_pool, &admission.caller, StatementId(id)).await?;
        let download = download.ok_or_else(unknown)?;
        let (name, media_type) = (download.name.clone(), Format::Csv.media_type());
        return Ok(File { name, media_type, length: None, source: Box::new(StatementCsv(download)) });
    }
    if extension != Format::Pdf.extension() {
        return Err(unknown());
    }
    log.set_file("statement.pdf");
    let rendered =
        file::pdf(&state.download_pool, &admission.caller, &state.renderer, StatementId(id)).await?;
    Ok(document(rendered.ok_or_else(unknown)?))
}

/// Opens the draft of the statement of a payout by the id of the payout.
pub async fn open_draft(
    state: &Arc<AppState>,
    name: &str,
    accepted: AcceptedDownload,
    log: &mut DownloadLog,
) -> Result<File, Rejection> {
    let AcceptedDownload { admission, params } = accepted;
    admission.caller.require(Permission::Read)?;
    params.finish("no parameter")?;
    let (id, extension) = parse(name)?;
    if extension != Format::Pdf.extension() {
        return Err(unknown());
    }
    log.set_file("draft.pdf");
    let rendered =
        file::draft(&state.download_pool, &admission.caller, &state.renderer, PayoutId(id)).await?;
    Ok(document(rendered.ok_or_else(unknown)?))
}

fn parse(name: &str) -> Result<(Uuid, &str), Rejection> {
    let (id, extension) = name.rsplit_once('.').ok_or_else(unknown)?;
    Ok((Uuid::try_parse(id).map_err(|_| unknown())?, extension))
}

/// Rejects a file that does not exist, or that the caller may not see.
fn unknown() -> Rejection {
    Rejection::not_found("there is no file of this name")
}

fn document(rendered: Rendered) -> File {
    let Rendered { name, bytes } = rendered;
    let (media_type, length) = (Format::Pdf.media_type(), u64::try_from(bytes.len()).ok());
    File { name, media_type, length, source: Box::new(StoredDocument(bytes.into())) }
}

/// The CSV file of a statement.
struct StatementCsv(CsvDownload);

impl Source for StatementCsv {
    fn write<'o>(mut self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>> {
        async move {
            while let Some(part) = self.0.next().await? {
                output.rows = u64::try_from(self.0.count()).unwrap_or_default();
                output.write(part).await?;
                tokio::task::yield_now().await;
            }
            Ok(self.0.close().await?)
        }
        .boxed()
    }
}

/// A document in memory.
struct StoredDocument(Bytes);

impl Source for StoredDocument {
    fn write<'o>(self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>> {
        async move { output.write(self.0).await }.boxed()
    }
}
