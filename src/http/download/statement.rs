//! The files of statements.

use std::sync::Arc;

use axum::body::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::log::DownloadLog;
use super::output::{Broken, Output, Source};
use super::{AcceptedDownload, File, xlsx_statement};
use crate::auth::Permission;
use crate::domain::statement;
use crate::domain::statement::file::{self, Rendered};
use crate::domain::statement::lines::LineDownload;
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
    if let Some(format) = Format::from_extension(extension) {
        log.set_file(&format!("statement.{extension}"));
        let lines = LineDownload::open(&state.download_pool, &admission.caller, StatementId(id)).await?;
        let lines = lines.ok_or_else(unknown)?;
        let name = format!("{}.{extension}", statement::file_name(&lines.statement().number));
        let media_type = format.media_type();
        if format == Format::Xlsx {
            let (source, length) = xlsx_statement::render(state, lines).await?;
            return Ok(File { name, media_type, length: Some(length), source: Box::new(source) });
        }
        return Ok(File { name, media_type, length: None, source: Box::new(StatementCsv(lines)) });
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
struct StatementCsv(LineDownload);

impl Source for StatementCsv {
    fn write<'o>(mut self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>> {
        async move {
            while let Some(part) = self.0.next_part().await? {
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
