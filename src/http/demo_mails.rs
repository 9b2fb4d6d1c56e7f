//! `/demo/mails`: the mails of the demo tenant, as their recipients would see them. Only on a demo server, for this machine.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use uuid::Uuid;

use super::rejection::{Rejection, not_found};
use super::sign_in::is_local_page;
use super::state::AppState;
use crate::auth::{Caller, Role};
use crate::domain::admission;
use crate::domain::mail::{Mail, latest};
use crate::primitives::error::Result;
use crate::primitives::id::MailId;

/// The policy of the list, and that of a mail, which runs nothing and loads nothing.
const LIST_POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'";
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups";

#[derive(Template)]
#[template(path = "en/demo_mails.html")]
struct List {
    mails: Vec<Mail>,
}

/// The list of the latest mails.
pub async fn list(State(state): State<Arc<AppState>>, uri: Uri, headers: HeaderMap) -> Response {
    if !is_available(&state, &uri, &headers) {
        return not_found();
    }
    match mails(&state).await {
        Ok(mails) => page(List { mails }.render().unwrap_or_default(), LIST_POLICY),
        Err(error) => Rejection::from(error).status().into_response(),
    }
}

/// The HTML of one mail.
pub async fn mail(
    State(state): State<Arc<AppState>>,
    Path(id): Path<Uuid>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if !is_available(&state, &uri, &headers) {
        return not_found();
    }
    match html(&state, MailId(id)).await {
        Ok(Some(html)) => page(html, MAIL_POLICY),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Rejection::from(error).status().into_response(),
    }
}

fn is_available(state: &AppState, uri: &Uri, headers: &HeaderMap) -> bool {
    !state.demo_users.is_empty() && is_local_page(uri, headers)
}

async fn caller(state: &AppState) -> Result<Option<Caller>> {
    let Some(user) = state.demo_users.first() else { return Ok(None) };
    let tenant = user.identity.tenant().clone();
    Ok(Some(admission::operator(&state.pool, tenant, "demo", Role::Auditor).await?))
}

async fn mails(state: &AppState) -> Result<Vec<Mail>> {
    match caller(state).await? {
        Some(caller) => latest::mails(&state.pool, &caller).await,
        None => Ok(Vec::new()),
    }
}

async fn html(state: &AppState, id: MailId) -> Result<Option<String>> {
    match caller(state).await? {
        Some(caller) => latest::html(&state.pool, &caller, id).await,
        None => Ok(None),
    }
}

fn page(html: String, policy: &'static str) -> Response {
    ([(CONTENT_SECURITY_POLICY, policy), (CACHE_CONTROL, "no-store")], Html(html)).into_response()
}
