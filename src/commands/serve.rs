//! `revshare serve`: starts the database if it is private, migrates it, and serves the API until the process is stopped.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::audit_sealing;
use super::database::Database;
use super::demo;
use super::mail_settings;
use super::memory;
use super::secret_keys;
use super::settings::{DATABASE_CONNECTIONS_MAX, Settings, WorkerMode};
use super::signing_key::{self, InstalledKeys, KeyOrigin};
use crate::auth::token::jwt::JwtKeys;
use crate::auth::{Identity, Role};
use crate::domain::db::pool::Pool;
use crate::http::listener::{self, ConnectionLimits};
use crate::http::{AppState, DemoUser, router};
use crate::mail::MailSettings;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::stripe::client::StripeClient;
use crate::webhook::WebhookSettings;
use crate::worker::Worker;

/// The files that are open besides the connections of clients, at most: the database, the log, a JWKS request.
const OTHER_FILES: u64 = 64;
/// How long requests in flight may take after a signal to stop. The whole shutdown takes at most this, the time in which
/// connections close (`listener::SHUTDOWN_TIMEOUT`), and the time in which a private PostgreSQL stops
/// (`private_postgres::STOP_TIMEOUT` and `KILL_TIMEOUT`): 35 seconds.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
const DEMO_TOKEN_TTL: Duration = Duration::from_secs(24 * 3_600);

/// Serves the API until the process is stopped.
pub async fn serve(settings: &Settings) -> Result<()> {
    memory::disable_huge_pages();
    // Report invalid settings before anything is started.
    settings.sign_in.provider()?;
    settings.stripe()?;
    drop(bind(settings.listen_addr)?);
    let keys = signing_key::verifier(settings).await?;
    let webhooks = secret_keys::webhooks(settings)?;
    let mails = mail_settings::of(settings, webhooks.keys.clone())?;
    let database = Database::open_exclusive(settings).await?;
    let serving = serve_database(settings, &database, keys, (webhooks, mails));
    let result = database.supervised(serving).await;
    database.close();
    result
}

async fn serve_database(
    settings: &Settings,
    database: &Database,
    keys: InstalledKeys,
    (webhooks, mails): (WebhookSettings, MailSettings),
) -> Result<()> {
    let migrations = database.migrate().await?;
    if !migrations.is_empty() {
        tracing::info!(migrations = migrations.len(), "migrated the database");
    }
    let limits = settings.limits.tenant_limits();
    let pool = Pool::new(database.url(), DATABASE_CONNECTIONS_MAX)?.with_tenant_limits(limits);
    if database.is_private() && demo::is_wanted(&pool).await? {
        tracing::info!("loading the demo tenant");
        demo::load(&pool).await?;
    }
    let listener = bind(settings.listen_addr)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let InstalledKeys { keys, origin } = keys;
    if origin == KeyOrigin::LocalDev {
        tracing::info!(folder = %settings.data_dir.display(), "tokens are signed with the local key of the data folder");
    }
    // Before the address is printed: a client may stop the process as soon as it is reachable.
    let stop = stop_signal()?;
    let has_demo = origin == KeyOrigin::LocalDev && demo::is_loaded(&pool).await?;
    let stand_in = if has_demo { connect_stand_in(settings, &pool, &webhooks).await? } else { None };
    // A closed standard output is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{}", greeting(address, &keys, has_demo, stand_in)?);
    // Not before: the operating system chooses the port if it is 0.
    let mails = match settings.public_url {
        None => MailSettings { public_url: mail_settings::local_url(address), ..mails },
        Some(_) => mails,
    };
    let public_url = mails.public_url.clone();
    let worker = match settings.worker {
        WorkerMode::On => {
            let stripe = StripeClient::new(&settings.stripe()?)?;
            Some(Worker::new(&pool, webhooks.clone(), mails)?.with_stripe(stripe))
        }
        WorkerMode::Off => None,
    };
    let options = settings.options(if has_demo { demo_users() } else { Vec::new() }, webhooks, public_url)?;
    let state = AppState::new(pool.clone(), Arc::new(keys), options)?;
    let worker = worker.map(|worker| worker.with_metrics(Arc::clone(&state.metrics)));
    let connections = memory::database_connections(settings);
    tracing::info!(
        "the server needs {} and up to {connections} database connections",
        memory::description(settings)
    );
    tokio::select! {
        () = run(listener, state, within_file_limit(settings.connection_limits()), worker, stop) => {}
        // Never ends by itself. Interrupted, a seal is rolled back, and the next server continues.
        () = audit_sealing::run(pool.clone()) => {}
    }
    pool.close();
    Ok(())
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    listener::bind(address).map_err(|error| {
        Error::internal(format!(
            "cannot listen on {address}: {error}; choose another address with --listen-addr"
        ))
    })
}

/// Raises the soft limit of open files (RLIMIT_NOFILE) to the hard limit, and reduces the number of connections to fit:
/// a connection that gets 503 is better than a file that cannot be opened in the middle of a request.
fn within_file_limit(limits: ConnectionLimits) -> ConnectionLimits {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return limits };
    let files = if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft };
    let count_max = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    let count_max = count_max.saturating_sub(listener::RESERVE_CONNECTIONS_MAX).max(1);
    if limits.count_max > count_max {
        tracing::warn!(
            files,
            connections = count_max,
            "the limit of open files is too low for LIMIT_CONNECTIONS; raise it (ulimit -n, LimitNOFILE)"
        );
    }
    ConnectionLimits { count_max: limits.count_max.min(count_max), ..limits }
}

/// Returns a future that completes on SIGINT (Ctrl-C) or SIGTERM.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Serves until `stop` completes, then finishes the requests in flight; meanwhile new ones get 503.
async fn run(
    listener: TcpListener,
    state: Arc<AppState>,
    limits: ConnectionLimits,
    worker: Option<Worker>,
    stop: impl Future<Output = ()>,
) {
    let (in_flight, shutdown) = (state.in_flight.clone(), CancellationToken::new());
    let server = tokio::spawn(listener::serve(listener, router(state), limits, shutdown.clone()));
    let stop_working = CancellationToken::new();
    let working = worker.map(|worker| tokio::spawn(worker.run(stop_working.clone())));
    stop.await;
    tracing::info!("stopping: finishing the requests and jobs in flight");
    stop_working.cancel();
    if tokio::time::timeout(DRAIN_TIMEOUT, in_flight.drain()).await.is_err() {
        tracing::warn!("some requests did not finish in time; closing their connections");
    }
    shutdown.cancel();
    let _ = server.await;
    if let Some(working) = working {
        let _ = working.await;
    }
}

/// Returns the users that anyone on this machine may sign in as: the personas of the demo, and an admin.
fn demo_users() -> Vec<DemoUser> {
    let user = |description, user, role| {
        let identity = Identity::operator(TenantId(demo::TENANT.to_owned()), user, role);
        DemoUser { description, identity, token_ttl: DEMO_TOKEN_TTL }
    };
    let admin = user("an admin: has every permission within the tenant", "ada", Role::Admin);
    let both = user("a user of two partners: which one am I looking at?", demo::SAM, Role::Partner);
    let personas =
        demo::personas().into_iter().map(|persona| user(persona.description, persona.user, persona.role));
    personas.chain([both, admin]).collect()
}

/// Returns the text printed when the server is ready: its addresses, and with the demo a request for each persona.
/// Connects the demo tenant to the stand-in for Stripe that `STRIPE_API_URL` names; returns its address if that is one.
async fn connect_stand_in(
    settings: &Settings,
    pool: &Pool,
    webhooks: &WebhookSettings,
) -> Result<Option<String>> {
    let (Some(_), Some(keys)) = (&settings.stripe_api_url, &webhooks.keys) else { return Ok(None) };
    let stripe = settings.stripe()?;
    let client = StripeClient::new(&stripe)?;
    let is_connected = demo::stripe::connect(pool, keys, &client).await?;
    Ok(is_connected.then(|| stripe.api_url().to_string()))
}

fn greeting(address: SocketAddr, keys: &JwtKeys, has_demo: bool, stand_in: Option<String>) -> Result<String> {
    let mut text = format!(
        "\nrevshare is ready.\n\n  Portal    http://{address}/\n  GraphiQL  http://{address}/graphiql\n  Health    http://{address}/health\n"
    );
    if let Some(url) = stand_in {
        text.push_str(&format!("  Stripe    {url} (a stand-in for it: no money moves)\n"));
    }
    if !has_demo {
        return Ok(text);
    }
    text.push_str(
        "\nThe demo tenant has a token for each kind of user, valid for a day at most. Paste a line to try one:\n",
    );
    for demo::Persona { description, user, role, query } in demo::personas() {
        let identity = Identity::operator(TenantId(demo::TENANT.to_owned()), user, role);
        let token = keys.sign(&identity, DEMO_TOKEN_TTL.min(keys.ttl_max()))?;
        let body = serde_json::json!({ "query": query });
        text.push_str(&format!(
            "\n# {description}\ncurl -s http://{address}/graphql -H 'Content-Type: application/json' \
             -H 'Authorization: Bearer {token}' -d '{body}'\n"
        ));
    }
    Ok(text)
}
