//! The HTTP server: /graphql, the pages, and what those who run it ask.

mod about;
mod caller;
pub mod connections;
pub mod cors;
mod cost;
mod document;
mod graphql;
mod known;
mod limits;
mod media;
mod pages;
mod parameters;
mod probes;
mod rate;
mod refused;
mod sign_in;
mod tokens;
mod trace;
mod weight;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::access::Identity;
use crate::access::token::Tokens;
use crate::domain::session::Pool;
use crate::error::Result;
use crate::graphql::{Schema, schema, sdl};
use crate::metrics::Metrics;

pub use known::TrustedDocuments;
pub use limits::Limits;
pub use sign_in::{Provider, SignIn};

use cors::Origin;
use cost::Prices;
use document::Documents;
use known::Known;
use media::Media;
use rate::Rates;
use refused::Refused;

/// What requests are answered with. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What requests are answered with.
pub struct Parts {
    /// What is being done, and whether more may be begun.
    pub work: Work,
    /// The figures.
    pub metrics: Arc<Metrics>,
    schema: Schema,
    pool: Pool,
    /// A connection for those who ask whether the server is ready: no load takes it from them.
    probe: Pool,
    /// How many more requests may be in hand.
    places: Arc<Semaphore>,
    tokens: Arc<Tokens>,
    limits: Limits,
    documents: Documents,
    rates: Rates,
    known: Known,
    origins: Vec<Origin>,
    figures: Figures,
    provider: Option<Provider>,
    demo: Vec<DemoUser>,
}

/// How requests are answered, beside from where and to whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much a request may ask for.
    pub limits: Limits,
    /// Which documents are executed.
    pub trusted_documents: TrustedDocuments,
    /// Whether documents of clients are remembered by their hash.
    pub remembers_documents: bool,
    /// Whose pages may ask from a browser.
    pub origins: Vec<Origin>,
    /// Who may see the figures.
    pub figures: Figures,
    /// Where people sign in to the portal.
    pub provider: Option<Provider>,
    /// Users that anybody may be, of a server to try.
    pub demo: Vec<DemoUser>,
}

/// As safe as can be.
impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            trusted_documents: TrustedDocuments::Prefer,
            remembers_documents: true,
            origins: Vec::new(),
            figures: Figures::ForNobody,
            provider: None,
            demo: Vec::new(),
        }
    }
}

/// Who may see the figures of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figures {
    /// Nobody.
    ForNobody,
    /// Whoever reaches the server.
    ForAnybody,
    /// Whoever has this token.
    ForHolderOf(String),
}

/// Somebody whom anybody may be, on a server to try.
#[derive(Clone, Debug)]
pub struct DemoUser {
    /// What they would ask.
    pub what: &'static str,
    /// Who they are.
    pub identity: Identity,
    /// For how long they may be.
    pub good_for: Duration,
}

impl App {
    /// Answers requests from a database, to whoever has a token.
    pub fn new(pool: Pool, tokens: Arc<Tokens>, options: Options, trusted: Option<&Path>) -> Result<Self> {
        let Options { limits, trusted_documents, remembers_documents, origins, figures, provider, demo } =
            options;
        Ok(Self(Arc::new(Parts {
            work: Work::default(),
            metrics: Arc::default(),
            schema: schema(),
            probe: pool.apart()?,
            pool,
            places: Arc::new(Semaphore::new(limits.limit_requests.into())),
            tokens,
            documents: Documents::new(&limits, Prices::of(&sdl())?),
            rates: Rates::new(&limits),
            known: Known::new(trusted_documents, trusted, remembers_documents)?,
            limits,
            origins,
            figures,
            provider,
            demo,
        })))
    }
}

impl Parts {
    /// A place among the requests in hand, if there is one. Whoever finds none is told so at once: a queue that only grows
    /// answers everybody too late.
    fn place(&self) -> Result<OwnedSemaphorePermit, Refused> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refused::busy())
    }
}

/// The requests in flight. Closed, it lets no new ones begin.
#[derive(Clone, Debug, Default)]
pub struct Work(TaskTracker);

impl Work {
    /// Does something that is finished even when nobody waits for it any more.
    fn begin<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
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

/// The addresses of the portal.
const PORTAL: [&str; 8] =
    ["/", "/sign-in", "/partners", "/partners/", "/partners/{*path}", "/staff", "/staff/", "/staff/{*path}"];

/// The routes.
pub fn router(app: App) -> Router {
    let mut graphql = any(graphql::answer);
    if !app.origins.is_empty() {
        graphql = graphql.layer(cors::allow(&app.origins));
    }
    // A page's files are sent once; answers, over and over.
    let pages = PORTAL.iter().fold(Router::new(), |router, path| router.route(path, get(pages::portal)));
    let pages = pages.route("/graphiql", get(pages::graphiql)).route("/assets/{*path}", get(pages::asset));
    Router::new()
        .route("/graphql", graphql.layer(CompressionLayer::new().quality(CompressionLevel::Fastest)))
        .merge(pages.layer(CompressionLayer::new()))
        .route("/sign-in/options", get(sign_in::options))
        .route("/livez", get(probes::live))
        .route("/readyz", get(probes::ready))
        .route("/health", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .fallback(async || nothing_here())
        .method_not_allowed_fallback(async || {
            let advice = "this address answers another method";
            Refused::request(StatusCode::METHOD_NOT_ALLOWED, "method", advice).response(Media::Json, "")
        })
        .with_state(app)
}

/// The answer at an address where there is nothing.
fn nothing_here() -> Response {
    Refused::address("there is nothing at this address").response(Media::Json, "")
}
