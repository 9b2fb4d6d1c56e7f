//! Endpoints for operators: liveness (`/livez`), readiness (`/readyz`, `/health`) and metrics (`/metrics`).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::options::MetricsAccess;
use super::rejection::not_found;
use super::state::AppState;

/// The text format of OpenMetrics, which Prometheus scrapes.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /livez`: 200 as long as the process runs.
pub async fn live() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `GET /readyz`: 200 if requests can be answered; 503 with the reason if the database does not answer or lacks a
/// migration, or if the server is shutting down.
pub async fn ready(State(state): State<Arc<AppState>>) -> Response {
    let reason = state.readiness.obstacle().await;
    let Some(reason) = state.in_flight.is_draining().then_some("the server is stopping").or(reason) else {
        return Json(json!({ "status": "ok" })).into_response();
    };
    let body = Json(json!({ "status": "unavailable", "reason": reason }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

/// `GET /metrics`: the metrics, for clients that [`MetricsAccess`] admits.
pub async fn metrics(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let sent = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    match &state.metrics_access {
        MetricsAccess::Disabled => return not_found(),
        MetricsAccess::Public => {}
        MetricsAccess::BearerToken(token) => {
            let sent = sent.unwrap_or_default().as_bytes();
            if !bool::from(token.as_bytes().ct_eq(sent)) {
                let message = "send METRICS_TOKEN in the header: Authorization: Bearer <token>\n";
                return (StatusCode::UNAUTHORIZED, message).into_response();
            }
        }
    }
    match state.metrics.encode(state.pool.state(), &state.memory_state()) {
        Ok(text) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
