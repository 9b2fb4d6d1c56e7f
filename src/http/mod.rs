//! The HTTP server: /graphql, /graphiql and /health.

mod document;
mod graphiql;
mod graphql;
mod media;
mod parameters;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::{Value, json};

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
}

/// The routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/graphiql")))
        .route("/graphql", any(graphql::answer))
        .route("/graphiql", get(graphiql::page))
        .route("/health", get(health))
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

/// Whether the server and its database answer.
async fn health(State(app): State<App>) -> Response {
    match app.pool.ping().await {
        Ok(()) => Json(json!({ "status": "ok" })).into_response(),
        Err(_) => {
            let body = Json(json!({ "status": "unavailable", "reason": "the database does not answer" }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// An error with its code.
fn error(code: &str, message: &str) -> Value {
    json!({ "message": message, "extensions": { "code": code } })
}

/// The answer to what is no request.
fn problem(media: Media, status: StatusCode, code: &str, message: &str) -> Response {
    media.refused(status, &error(code, message))
}
