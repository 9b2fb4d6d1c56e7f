//! `revshare serve`: from an empty folder to an API that answers, and back to nothing running.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::access::token::Tokens;
use crate::access::{Identity, Role};
use crate::cli::Settings;
use crate::database::Database;
use crate::demo;
use crate::domain::session::Pool;
use crate::error::{Error, Result};
use crate::http::connections::{self, Keeping};
use crate::http::{App, DemoUser, router};
use crate::id::TenantId;
use crate::key;

/// How many connections to the database requests can have at a time.
pub const CONNECTIONS_MAX: usize = 16;
/// How many files are open beside the connections of clients, at most: those to the database, the log, keys being fetched.
const OTHER_FILES: u64 = 64;
const DRAIN_WITHIN: Duration = Duration::from_secs(20);
const DEMO_TOKEN_TTL: Duration = Duration::from_secs(24 * 3_600);

/// Serves the API until it is told to stop.
pub async fn serve(settings: &Settings) -> Result<()> {
    // What is set wrong is told before anything is started.
    settings.sign_in.provider()?;
    drop(listener(settings.listen_addr).await?);
    let (tokens, local) = key::tokens(settings).await?;
    let database = Database::own(settings).await?;
    let served = database.while_kept(serve_database(settings, &database, tokens, local)).await;
    database.close();
    served
}

async fn serve_database(settings: &Settings, database: &Database, tokens: Tokens, local: bool) -> Result<()> {
    let migrations = database.migrate().await?;
    if !migrations.is_empty() {
        tracing::info!(migrations = migrations.len(), "brought the database's schema up to date");
    }
    let pool = Pool::new(database.url(), CONNECTIONS_MAX)?;
    if database.is_ours() && demo::is_wanted(&pool).await? {
        tracing::info!("loading the demo tenant");
        demo::load(&pool).await?;
    }
    let listener = listener(settings.listen_addr).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    if local {
        tracing::info!(folder = %settings.data_dir.display(), "tokens are signed with the local key of the data folder");
    }
    // Before anybody can know that there is something to stop.
    let stop = stop_signal()?;
    // Nobody has to read it: a closed terminal is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{}", greeting(address, &pool, &tokens, local).await?);
    let has_demo = local && demo::is_loaded(&pool).await?;
    let options = settings.options(if has_demo { demo_users() } else { Vec::new() })?;
    let app = App::new(pool.clone(), Arc::new(tokens), options, settings.trusted_documents_file.as_deref())?;
    run(listener, app, within_open_files(settings.keeping()), stop).await;
    pool.close();
    Ok(())
}

async fn listener(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::internal(format!(
            "cannot listen on {address}: {error}; choose another address with --listen-addr"
        ))
    })
}

/// Has the system let the program open as many files as it may, of which each connection is one, and keeps no more connections
/// than that is enough for: the others wait to be accepted, which is better than a file that cannot be opened in the middle of
/// a request.
fn within_open_files(keeping: Keeping) -> Keeping {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return keeping };
    let files = if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft };
    let most = usize::try_from(files.saturating_sub(OTHER_FILES).max(1)).unwrap_or(usize::MAX);
    if keeping.most > most {
        tracing::warn!(
            files,
            connections = most,
            "the system lets too few files be open for as many connections as are wanted; raise its limit (ulimit -n, LimitNOFILE)"
        );
    }
    Keeping { most: keeping.most.min(most), ..keeping }
}

/// Ends when the program is told to stop, by Ctrl-C or by SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Serves until it is told to stop, then finishes what is in flight: meanwhile it still answers, that it is not ready.
async fn run(listener: TcpListener, app: App, keeping: Keeping, stop: impl Future<Output = ()>) {
    let (work, end) = (app.work.clone(), CancellationToken::new());
    let server = tokio::spawn(connections::accept(listener, router(app), keeping, end.clone()));
    stop.await;
    tracing::info!("stopping: finishing the requests in flight");
    if tokio::time::timeout(DRAIN_WITHIN, work.finish()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    end.cancel();
    let _ = server.await;
}

/// Whom anybody at the machine may be, with the demo: its personas, and an admin, who may do everything.
fn demo_users() -> Vec<DemoUser> {
    let user = |what, user, role| {
        let identity = Identity::operator(TenantId(demo::TENANT.to_owned()), user, role);
        DemoUser { what, identity, good_for: DEMO_TOKEN_TTL }
    };
    let admin = user("an admin: may do everything within the tenant", "ada", Role::Admin);
    let both = user("a user of two partners: whom am I looking at?", demo::SAM, Role::Partner);
    let personas = demo::personas().into_iter().map(|persona| user(persona.what, persona.user, persona.role));
    personas.chain([both, admin]).collect()
}

/// What somebody at the terminal wants to know first.
async fn greeting(address: SocketAddr, pool: &Pool, tokens: &Tokens, local: bool) -> Result<String> {
    let mut text = format!(
        "\nrevshare is ready.\n\n  Portal    http://{address}/\n  GraphiQL  http://{address}/graphiql\n  Health    http://{address}/health\n"
    );
    if !local || !demo::is_loaded(pool).await? {
        return Ok(text);
    }
    text.push_str(
        "\nThe demo tenant has three ready-made tokens, good for a day at most. Paste a line to try one:\n",
    );
    for demo::Persona { what, user, role, query } in demo::personas() {
        let identity = Identity::operator(TenantId(demo::TENANT.to_owned()), user, role);
        let token = tokens.mint(&identity, DEMO_TOKEN_TTL.min(tokens.ttl_max()))?;
        let body = serde_json::json!({ "query": query });
        text.push_str(&format!(
            "\n# {what}\ncurl -s http://{address}/graphql -H 'Content-Type: application/json' \
             -H 'Authorization: Bearer {token}' -d '{body}'\n"
        ));
    }
    Ok(text)
}
