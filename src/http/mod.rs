//! The HTTP server: /graphql, /graphiql, and whether it is alive (/livez) and ready (/readyz, /health).

mod caller;
pub mod connections;
mod document;
mod graphiql;
mod graphql;
mod media;
mod parameters;
mod weight;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;

use crate::access::token::Tokens;
use crate::domain::session::Pool;
use crate::graphql::Schema;

pub use graphiql::EXAMPLES;

use media::Media;

/// What requests are answered with.
#[derive(Clone)]
pub struct App {
    /// The schema.
    pub schema: Schema,
    /// The connections to the database.
    pub pool: Pool,
    /// Tells whether a token holds.
    pub tokens: Arc<Tokens>,
    /// What is being done, and whether more may be begun.
    pub work: Work,
}

/// The requests in flight. Closed, it lets no new ones begin.
#[derive(Clone, Debug, Default)]
pub struct Work(TaskTracker);

impl Work {
    /// Does something that is finished even when nobody waits for it any more.
    fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, JoinError>> {
        self.0.spawn(work)
    }

    /// Lets no new requests begin, and waits until those in flight are done.
    pub async fn finish(&self) {
        self.0.close();
        self.0.wait().await;
    }

    fn is_over(&self) -> bool {
        self.0.is_closed()
    }
}

/// The routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/graphiql")))
        .route("/graphql", any(graphql::answer))
        .route("/graphiql", get(graphiql::page))
        .route("/livez", get(async || Json(json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .route("/health", get(ready))
        .fallback(async || {
            problem(Media::Json, StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this address")
        })
        .method_not_allowed_fallback(async || {
            problem(
                Media::Json,
                StatusCode::METHOD_NOT_ALLOWED,
                "BAD_USER_INPUT",
                "this address answers another method",
            )
        })
        .with_state(app)
}

/// Whether requests can be answered: the database does, and the server is not about to end.
async fn ready(State(app): State<App>) -> Response {
    let reason = match app.pool.ping().await {
        _ if app.work.is_over() => "the server is stopping",
        Ok(()) => return Json(json!({ "status": "ok" })).into_response(),
        Err(_) => "the database does not answer",
    };
    let body = Json(json!({ "status": "unavailable", "reason": reason }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

/// An error with its code.
fn error(code: &str, message: &str) -> Value {
    json!({ "message": message, "extensions": { "code": code } })
}

/// The answer to what is no request.
fn problem(media: Media, status: StatusCode, code: &str, message: &str) -> Response {
    media.refused(status, &error(code, message))
}
