//! `/download/audit.jsonl`: the whole audit trail, from which anyone can verify it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::log::DownloadLog;
use super::output::{Broken, Output, Source};
use super::{AcceptedDownload, File, answer};
use crate::auth::Permission;
use crate::domain::audit::export::Export;
use crate::http::rejection::Rejection;
use crate::http::state::AppState;

const NAME: &str = "audit.jsonl";
const MEDIA_TYPE: &str = "application/jsonl; charset=utf-8";

/// Answers with the audit trail. For staff.
pub async fn file(State(state): State<Arc<AppState>>, request: Request) -> Response {
    answer(state, request, async move |state, accepted, log| open(state, accepted, log).await).await
}

async fn open(
    state: &Arc<AppState>,
    accepted: AcceptedDownload,
    log: &mut DownloadLog,
) -> Result<File, Rejection> {
    let AcceptedDownload { admission, params } = accepted;
    log.set_file(NAME);
    admission.caller.require(Permission::ReadAudit)?;
    params.finish("none")?;
    let export = Export::open(&state.download_pool, &admission.caller).await?;
    Ok(File { name: NAME.to_owned(), media_type: MEDIA_TYPE, length: None, source: Box::new(Trail(export)) })
}

struct Trail(Export);

impl Source for Trail {
    fn write<'o>(self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>> {
        self.write_lines(output).boxed()
    }
}

impl Trail {
    async fn write_lines(mut self, output: &mut Output) -> Result<(), Broken> {
        while let Some((lines, rows)) = self.0.next().await? {
            output.rows += rows;
            if !lines.is_empty() {
                output.write(lines).await?;
            }
        }
        Ok(self.0.close().await?)
    }
}
