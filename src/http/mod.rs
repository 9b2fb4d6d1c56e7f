//! The HTTP server: POST /graphql, GET /graphiql, GET /health.

mod document;
mod graphiql;
mod graphql;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::access::token::Tokens;
use crate::domain::session::Pool;
use crate::graphql::Schema;

pub use graphiql::EXAMPLES;

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
        .route("/graphql", post(graphql::answer))
        .route("/graphiql", get(graphiql::page))
        .route("/health", get(health))
        .fallback(async || problem(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "BAD_USER_INPUT", "this address answers another method")
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

/// An answer that is no GraphQL result, in the shape of a GraphQL error.
fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, Json(body)).into_response()
}
