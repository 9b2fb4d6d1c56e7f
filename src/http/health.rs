//! Endpoints for operators: liveness (`/livez`), readiness (`/readyz`, `/health`) and metrics (`/metrics`).

use std::sync::Arc;
use std::time::Duration;

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
use crate::domain::db::job::{self, Lane};
use crate::metrics::jobs::LaneState;

/// The text format of OpenMetrics, which Prometheus scrapes.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long the database may take to count the jobs for the metrics.
const JOB_COUNT_TIMEOUT: Duration = Duration::from_secs(3);

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
    state.metrics.jobs().set_jobs(job_states(&state).await);
    match state.metrics.encode(state.pool.state(), &state.memory_state()) {
        Ok(text) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Returns the jobs of all tenants by lane; `None` if the database does not answer in time: all other metrics do not need it.
async fn job_states(state: &AppState) -> Option<Vec<LaneState>> {
    let counts = match tokio::time::timeout(JOB_COUNT_TIMEOUT, job::counts(&state.pool)).await {
        Ok(Ok(counts)) => counts,
        Ok(Err(_)) | Err(_) => return None,
    };
    // A lane without jobs is reported as well, so that a rule about it has a value.
    let empty = Lane::ALL.iter().map(ToString::to_string);
    let empty = empty.filter(|lane| counts.iter().all(|count| count.lane != *lane));
    let empty: Vec<_> = empty.map(|lane| LaneState { lane, ..LaneState::default() }).collect();
    let counted = counts.into_iter().map(|count| LaneState {
        lane: count.lane,
        due: count.due,
        running: count.running,
        waiting: count.waiting,
        dead: count.dead,
        oldest_seconds: count.oldest_seconds.unwrap_or_default(),
    });
    Some(counted.chain(empty).collect())
}
