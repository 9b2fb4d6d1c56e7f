//! `GET /payment-files/{id}`: the files that banks pay payouts by.

use std::sync::Arc;

use axum::body::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::log::DownloadLog;
use super::output::{Broken, Output, Source};
use super::{AcceptedDownload, File};
use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::db::transaction::Transaction;
use crate::domain::payment_file::download::{self, PaymentFileContent};
use crate::http::rejection::Rejection;
use crate::http::state::AppState;
use crate::primitives::error::{Error, UserErrorCode};
use crate::primitives::id::PaymentFileId;

/// Opens a payment file by its id. The first time, that it was downloaded is committed before a byte is sent.
pub async fn open(
    state: &Arc<AppState>,
    id: &str,
    accepted: AcceptedDownload,
    log: &mut DownloadLog,
) -> Result<File, Rejection> {
    let AcceptedDownload { admission, params } = accepted;
    admission.caller.require(Permission::ManageCommissions)?;
    params.finish("no parameter")?;
    let id = PaymentFileId(Uuid::try_parse(id).map_err(|_| unknown())?);
    let keys = state.secret_keys.as_deref();
    let keys =
        keys.ok_or_else(|| Error::internal("SECRETS_KEY is not set: no payment file can be opened"))?;
    let input = (id, keys);
    let act = Act::DownloadPaymentFile;
    let opened = Transaction::run(&state.pool, &admission.caller, act, download::open, &input).await;
    let content = opened.map_err(rejected)?;
    log.set_file(&format!("payment-file.{}", content.format.extension()));
    Ok(File {
        name: content.name.clone(),
        media_type: content.format.media_type(),
        length: u64::try_from(content.bytes.len()).ok(),
        source: Box::new(content),
    })
}

fn unknown() -> Rejection {
    Rejection::not_found("there is no payment file with this id")
}

/// Returns why a file cannot be had: it does not exist, or must not be given to a bank any more.
fn rejected(error: Error) -> Rejection {
    let Error::UserErrors(errors) = error else { return error.into() };
    let first = errors.into_iter().next().filter(|error| error.code != UserErrorCode::NotFound);
    first.map_or_else(unknown, |error| Rejection::conflict(error.message))
}

impl Source for PaymentFileContent {
    fn write<'o>(self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>> {
        async move {
            output.rows = u64::try_from(self.payout_count).unwrap_or_default();
            output.write(Bytes::from(self.bytes)).await
        }
        .boxed()
    }
}
