//! What those who run the server ask it: whether it lives (/livez), whether it is ready (/readyz, /health), and its figures
//! (/metrics).

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{App, Figures};
use crate::domain::migrate;

/// The text format of OpenMetrics, which Prometheus reads.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// GET /livez: the process answers.
pub async fn live() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// GET /readyz: requests can be answered. The database does, its schema is the one that this program speaks, and the server
/// is not about to end.
pub async fn ready(State(app): State<App>) -> Response {
    let reason = match migrate::latest_is_applied(&app.probe).await {
        _ if app.work.is_over() => "the server is stopping",
        Ok(true) => return Json(json!({ "status": "ok" })).into_response(),
        Ok(false) => "the database lacks a migration of this program",
        Err(_) => "the database does not answer",
    };
    let body = Json(json!({ "status": "unavailable", "reason": reason }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

/// GET /metrics: the figures, for whoever has the token; without one, for whoever reaches a server that only this machine
/// reaches.
pub async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    let sent = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    match &app.figures {
        Figures::ForNobody => return super::nothing_here(),
        Figures::ForAnybody => {}
        Figures::ForHolderOf(token) => {
            let sent = sent.unwrap_or_default().as_bytes();
            if !bool::from(token.as_bytes().ct_eq(sent)) {
                let advice = "send METRICS_TOKEN in the header: Authorization: Bearer <token>\n";
                return (StatusCode::UNAUTHORIZED, advice).into_response();
            }
        }
    }
    match app.metrics.text(app.pool.state()) {
        Ok(text) => ([(CONTENT_TYPE, METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
