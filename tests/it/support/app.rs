//! The whole server over a database of its own.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use revshare::auth::token::jwt::JwtKeys;
use revshare::domain::db::pool::Pool;
use revshare::domain::tenant::create::{NewTenant, create};
use revshare::http::{App, Options, router};
use tower::ServiceExt;

use super::cluster::TestDatabase;
use super::seed::TestTenant;

pub const SECRET: &[u8] = b"a secret for tests, of 32 bytes or more";

/// A server under test. Cheap to clone.
#[derive(Clone)]
pub struct TestApp {
    router: Router,
    pub pool: Pool,
    pub tokens: Arc<JwtKeys>,
    pub database: Arc<TestDatabase>,
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// A server that takes these tokens.
    pub async fn with_tokens(tokens: JwtKeys) -> Self {
        Self::over(Arc::new(TestDatabase::migrated().await), tokens, Options::default(), 16)
    }

    /// A server that answers in this way.
    pub async fn with(options: Options) -> Self {
        Self::over(Arc::new(TestDatabase::migrated().await), own_tokens(), options, 16)
    }

    /// Another server over the same database, with so many connections.
    pub fn with_connections(&self, connections: usize) -> Self {
        Self::over(Arc::clone(&self.database), own_tokens(), Options::default(), connections)
    }

    /// Another server over the same database, which reaches it by this URL.
    pub fn by_way_of(&self, url: &str) -> Self {
        Self::at(url, Arc::clone(&self.database), own_tokens(), Options::default(), 16)
    }

    fn over(database: Arc<TestDatabase>, tokens: JwtKeys, options: Options, connections: usize) -> Self {
        Self::at(&database.urls().serving.clone(), database, tokens, options, connections)
    }

    fn at(
        url: &str,
        database: Arc<TestDatabase>,
        tokens: JwtKeys,
        options: Options,
        connections: usize,
    ) -> Self {
        let pool = Pool::new(url, connections);
        let pool = pool.map_err(|error| error.describe()).expect("a pool");
        let tokens = Arc::new(tokens);
        let app = App::new(pool.clone(), Arc::clone(&tokens), options, None);
        let app = app.map_err(|error| error.describe()).expect("an app");
        Self { router: router(app), pool, tokens, database }
    }

    /// A tenant with its staff: UTC, EUR.
    pub async fn tenant(&self, id: &str) -> TestTenant {
        let new = NewTenant {
            id: id.to_owned(),
            name: format!("Tenant {id}"),
            time_zone: "UTC".to_owned(),
            currency: "EUR".parse().expect("a currency"),
        };
        create(&self.pool, new).await.map_err(|error| error.describe()).expect("a tenant");
        TestTenant { id: id.to_owned(), app: self.clone() }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Response<String> {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Response::from_parts(parts, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
    }
}

fn own_tokens() -> JwtKeys {
    JwtKeys::new(SECRET, None, None).map_err(|error| error.describe()).expect("tokens")
}
