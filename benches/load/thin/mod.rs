//! The thin service: a service written by hand for the pages of the benchmark alone, as the measure of the
//! program.
//!
//! It prepares one statement for each page, whose result PostgreSQL has already made JSON. It knows no tokens, scopes,
//! limits or log, connects as superuser, so that no policy applies, and writes neither history nor payout lines.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::BytesMut;
use revshare::commands::settings::DATABASE_CONNECTIONS_MAX;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

use crate::postgres::{CONNECTION_SETTINGS, Database, psql};

/// The name of a parameter for which the service makes a new id.
const NEW_ID: &str = "new id";

/// A page: its path, its statement, and the fields of the request that are the parameters of the statement.
struct Page {
    path: &'static str,
    sql: String,
    parameters: &'static [&'static str],
}

fn pages() -> Vec<Page> {
    let dashboard = |recent: &str| format!(include_str!("dashboard.sql"), recent = recent);
    let complete = dashboard(include_str!("recent.sql"));
    let page = |path, sql, parameters| Page { path, sql, parameters };
    vec![
        page(
            "/dashboard",
            format!(include_str!("partner.sql"), dashboard = complete),
            &["tenant", "partner"],
        ),
        page("/events", include_str!("events.sql").to_owned(), &["tenant", "from", "to"]),
        page("/page", format!(include_str!("page.sql"), dashboard = complete), &["tenant", "partner"]),
        page(
            "/accrual",
            include_str!("accrual.sql").to_owned(),
            &["tenant", "invoiceId", "customerId", "amount", "currency", "paidAt", NEW_ID, NEW_ID],
        ),
        page(
            "/payout",
            include_str!("payout.sql").to_owned(),
            &["tenant", "partner", "currency", "from", "to", NEW_ID],
        ),
        page("/list", include_str!("list.sql").to_owned(), &["tenant", "partner", "date", "id"]),
        page(
            "/revenue-page",
            format!(include_str!("revenue_page.sql"), dashboard = dashboard("")),
            &["tenant", "partner", "user"],
        ),
    ]
}

/// Prepares a copy of the dataset for the service: events can be paid without payout lines, which it does not write.
pub fn prepare(database: &Database) {
    psql(
        &database.superuser_url,
        "ALTER TABLE commission_events DROP CONSTRAINT commission_event_has_its_payout_line",
    );
}

/// Serves the database whose URL is in `DATABASE_URL`, and prints its address as the program does.
pub fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(serve());
    ExitCode::SUCCESS
}

async fn serve() {
    let service = Arc::new(Service::new(&std::env::var("DATABASE_URL").expect("DATABASE_URL")).await);
    let mut router = Router::new().route("/readyz", get(|| async { "ready" }));
    for (n, page) in service.pages.iter().enumerate() {
        let respond = move |State(service): State<Arc<Service>>, body: Bytes| async move {
            service.respond(n, &body).await
        };
        router = router.route(page.path, post(respond));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("Health  http://{}/health", listener.local_addr().expect("an address"));
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("a signal handler");
    let stopped = async move {
        terminate.recv().await;
    };
    axum::serve(listener, router.with_state(service))
        .with_graceful_shutdown(stopped)
        .await
        .expect("a server");
}

/// The pages, and as many connections as the program has.
struct Service {
    pages: Vec<Page>,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

/// A connection, and the statement of each page.
struct Connection {
    client: Client,
    statements: Vec<Statement>,
}

impl Service {
    async fn new(url: &str) -> Self {
        let pages = pages();
        let mut config: Config = url.parse().expect("a URL");
        config.options(CONNECTION_SETTINGS);
        let mut idle = Vec::new();
        for _ in 0..DATABASE_CONNECTIONS_MAX {
            let (client, connection) = config.connect(NoTls).await.expect("a connection");
            tokio::spawn(connection);
            let mut statements = Vec::new();
            for page in &pages {
                let prepared = client.prepare(&page.sql).await;
                statements.push(prepared.unwrap_or_else(|error| panic!("{}: {error:?}", page.path)));
            }
            idle.push(Connection { client, statements });
        }
        Self { pages, idle: Mutex::new(idle), permits: Semaphore::new(DATABASE_CONNECTIONS_MAX) }
    }

    async fn respond(&self, n: usize, body: &[u8]) -> Response {
        match self.json(n, body).await {
            Ok(Some(json)) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
            Ok(None) => StatusCode::NOT_FOUND.into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
        }
    }

    /// Executes the statement of a page with a request; returns its result, or `None` if it has no row.
    async fn json(&self, n: usize, body: &[u8]) -> Result<Option<String>, String> {
        let fields: HashMap<String, Value> =
            serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let value = |name: &&str| {
            if *name == NEW_ID {
                return Ok(TextValue(Uuid::now_v7().to_string()));
            }
            let value = fields.get(*name).and_then(Value::as_str);
            value.map(|value| TextValue(value.to_owned())).ok_or_else(|| format!("{name} is missing"))
        };
        let values = self.pages[n].parameters.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let parameters: Vec<_> = values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect();
        let _permit = self.permits.acquire().await.map_err(|error| error.to_string())?;
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let lease = Lease { service: self, connection: Some(connection.ok_or("no connection")?) };
        let Connection { client, statements } = lease.connection.as_ref().ok_or("no connection")?;
        let row =
            client.query_opt(&statements[n], &parameters).await.map_err(|error| format!("{error:?}"))?;
        Ok(row.map(|row| row.get(0)))
    }
}

/// A connection in use. It is returned also if the client disconnects before it is answered.
struct Lease<'s> {
    service: &'s Service,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        self.service.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
    }
}

/// A parameter in the text format, which PostgreSQL parses as any type.
#[derive(Debug)]
struct TextValue(String);

impl ToSql for TextValue {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}
