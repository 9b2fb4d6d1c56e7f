//! The routes.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::routing::{any, get, post};
use tower_http::compression::predicate::SizeAbove;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::set_header::SetResponseHeaderLayer;

use super::media::Media;
use super::rejection::{Rejection, not_found};
use super::state::AppState;
use super::{
    assets, cors, demo_mails, download, handler, health, logo, sign_in, stripe_webhook, unsubscribe,
};

/// The paths of the portal, which routes by itself from there.
const PORTAL: [&str; 8] =
    ["/", "/sign-in", "/partners", "/partners/", "/partners/{*path}", "/staff", "/staff/", "/staff/{*path}"];

/// Responses of at least this size are compressed. Rejections are smaller, so that the server compresses nothing for clients
/// without a token.
const COMPRESSED_BYTES_MIN: u64 = 1024;

/// Returns the routes of the server.
pub fn router(state: Arc<AppState>) -> Router {
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let mut graphql = Router::new()
        .route("/graphql", any(handler::graphql))
        .layer(header(CACHE_CONTROL, "no-store"))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(SetResponseHeaderLayer::appending(VARY, HeaderValue::from_static("accept")));
    if !state.cors_origins.is_empty() {
        graphql = graphql.layer(cors::layer(&state.cors_origins));
    }
    // Fast, because every response is compressed separately; the pages were compressed when they were built.
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN));
    let pages = PORTAL.iter().fold(Router::new(), |router, path| router.route(path, get(assets::portal)));
    let pages = pages.route("/graphiql", get(assets::graphiql)).route("/assets/{*path}", get(assets::asset));
    Router::new()
        .merge(graphql.layer(compression))
        // Not compressed: a part of a file is sent as soon as it is written.
        .merge(download::routes(&state))
        .merge(pages)
        .route("/tenant-logo/{sha256}", get(logo::logo))
        .route("/unsubscribe/{token}", get(unsubscribe::show).post(unsubscribe::end))
        .route("/webhooks/stripe/{tenant}", post(stripe_webhook::receive))
        .route("/demo/mails", get(demo_mails::list))
        .route("/demo/mails/{id}", get(demo_mails::mail))
        .route("/sign-in/options", get(sign_in::options))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/health", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(async || not_found())
        .method_not_allowed_fallback(async || {
            let message = "this path does not support the method of the request";
            Rejection::request(StatusCode::METHOD_NOT_ALLOWED, "method", message).response(Media::Json, "")
        })
        .with_state(state)
}
