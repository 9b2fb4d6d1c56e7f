//! The server under test: the whole router, called in process, over a database of its own.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use revshare::auth::secrets::SecretKeys;
use revshare::auth::token::jwt::JwtKeys;
use revshare::domain::db::pool::Pool;
use revshare::domain::tenant::create::{NewTenant, create};
use revshare::http::{AppState, Options, router};
use revshare::mail::MailSettings;
use revshare::mail::sender::Sender;
use revshare::metrics::{MemoryState, Metrics};
use revshare::webhook::WebhookSettings;
use revshare::webhook::address::AddressPolicy;
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::database::TestDatabase;
use super::fixtures::TestTenant;
use super::ok;

/// The HS256 secret of the servers under test.
pub const SECRET: &[u8] = b"a secret for tests, of 32 bytes or more";

/// Database connections of a server under test.
const CONNECTIONS: usize = 16;

/// A server under test. Cheap to clone.
#[derive(Clone)]
pub struct TestApp {
    router: Router,
    pub pool: Pool,
    pub tokens: Arc<JwtKeys>,
    metrics: Arc<Metrics>,
    pub database: Arc<TestDatabase>,
}

impl TestApp {
    /// A server with default options, which can sign webhooks and send them to this machine, over a new, migrated database.
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// A server with these options over a new, migrated database.
    pub async fn with(options: Options) -> Self {
        let options = Options { webhooks: test_webhooks(), ..options };
        Self::over(Arc::new(TestDatabase::migrated().await), hs256_tokens(), options, CONNECTIONS)
    }

    /// A server that verifies tokens in this way, over a new, migrated database.
    pub async fn with_tokens(tokens: JwtKeys) -> Self {
        Self::over(Arc::new(TestDatabase::migrated().await), tokens, Options::default(), CONNECTIONS)
    }

    /// Another server over the same database, with a pool of this many connections.
    pub fn with_connections(&self, connections: usize) -> Self {
        Self::over(Arc::clone(&self.database), hs256_tokens(), Options::default(), connections)
    }

    /// Another server over the same database, which connects to it by this URL.
    pub fn by_way_of(&self, url: &str) -> Self {
        Self::at(url, Arc::clone(&self.database), hs256_tokens(), Options::default(), CONNECTIONS)
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
        let pool = ok(Pool::new(url, connections)).with_tenant_limits(options.limits.tenant_limits());
        let tokens = Arc::new(tokens);
        let state = ok(AppState::new(pool.clone(), Arc::clone(&tokens), options));
        let metrics = Arc::clone(&state.metrics);
        Self { router: router(state), pool, tokens, metrics, database }
    }

    /// A new tenant in UTC and EUR.
    pub async fn tenant(&self, id: &str) -> TestTenant {
        let new = NewTenant {
            id: id.to_owned(),
            name: format!("Tenant {id}"),
            time_zone: "UTC".to_owned(),
            currency: "EUR".parse().expect("a currency"),
        };
        ok(create(&self.pool, new).await);
        TestTenant { id: id.to_owned(), app: self.clone() }
    }

    /// Returns how many statements the requests so far have sent to the database.
    pub fn statements(&self) -> u64 {
        let text = self.metrics.encode(self.pool.state(), &MemoryState::default()).expect("metrics");
        let sums = text.lines().filter(|line| line.starts_with("revshare_request_statements_sum"));
        let values = sums.filter_map(|line| line.rsplit(' ').next()?.split('.').next()?.parse::<u64>().ok());
        values.sum()
    }

    /// Sends a request to the router and reads the whole response as text.
    pub async fn send(&self, request: Request<Body>) -> Response<String> {
        self.send_bytes(request).await.map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    }

    /// Serves the router on a port of this machine until the test ends; returns its URL.
    pub async fn served(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    /// Sends a request to the router; returns the response, whose body is not read yet.
    pub async fn open(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.expect("a response")
    }

    /// Sends a request to the router and reads the whole response.
    pub async fn send_bytes(&self, request: Request<Body>) -> Response<Vec<u8>> {
        let (parts, body) = self.open(request).await.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Response::from_parts(parts, bytes.to_vec())
    }
}

/// What the servers under test need for webhooks: any key, and the loopback addresses.
pub fn test_webhooks() -> WebhookSettings {
    let policy = AddressPolicy { allows_loopback: true, ..AddressPolicy::default() };
    WebhookSettings { policy: Arc::new(policy), keys: Some(Arc::new(ok(SecretKeys::new(&[7; 32], None)))) }
}

/// What the servers under test need for mails: an SMTP server that nobody listens for, and the keys of webhooks.
pub fn test_mails() -> MailSettings {
    let from = "mails@revshare.example".parse().expect("an address");
    MailSettings {
        sender: ok(Sender::smtp("smtp://127.0.0.1:9", &from)),
        from,
        public_url: "https://portal.revshare.example".to_owned(),
        keys: test_webhooks().keys,
    }
}

fn hs256_tokens() -> JwtKeys {
    ok(JwtKeys::with_secret(SECRET, None, None))
}
