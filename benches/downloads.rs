//! Measures the CSV file of all commission events against `COPY (the same SELECT) TO STDOUT`, and dashboards beside it.
//!
//! `cargo bench --bench downloads [-- <events>]`. A private PostgreSQL with default settings, the server in this process,
//! a client over HTTP; all in turns in one run, so that ratios can be compared on a busy machine.

#![expect(clippy::expect_used, reason = "a benchmark that cannot continue panics with the reason")]
#![expect(clippy::float_arithmetic, reason = "ratios of times and rates")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::{Started, Urls};
use revshare::auth::token::jwt::JwtKeys;
use revshare::auth::{Identity, Role};
use revshare::domain::db::migrate;
use revshare::domain::db::pool::Pool;
use revshare::domain::tenant::create::{NewTenant, create};
use revshare::http::listener::{self, ConnectionLimits};
use revshare::http::{AppState, Options, router};
use revshare::primitives::error::Error;
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};
use tokio_postgres::NoTls;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: u32 = 50_000;
const ROUNDS: usize = 5;
const DASHBOARD_CLIENTS: usize = 4;
const DASHBOARD_TIME: Duration = Duration::from_secs(5);
const PARTNERS: u32 = 200;

/// The statement of the list, as the server runs it.
const COPY: &str = "COPY (SELECT * FROM commission_events WHERE tenant_id = 'acme' \
    ORDER BY event_date DESC, id DESC) TO STDOUT";
const DASHBOARD: &str = "query($id: ID!) { partner(id: $id) { companyName dashboard {
    totalCommissionsEarned { amount } outstandingBalance { amount } nextPayoutDate
    recentCommissionEvents { id payout { id } } recentPayouts { id } } } }";

fn main() {
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(EVENTS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(events));
}

fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

/// A server in this process, and a token of its admin.
#[derive(Clone)]
struct Api {
    address: SocketAddr,
    token: String,
}

impl Api {
    async fn start(pool: Pool) -> Self {
        let keys = ok(JwtKeys::with_secret(b"a secret for benchmarks, of 32 bytes or more", None, None));
        let identity = Identity::operator(TenantId("acme".to_owned()), "ada", Role::Admin);
        let token = ok(keys.sign(&identity, Duration::from_secs(3_600)));
        let mut options = Options::default();
        options.limits.rate_staff = 0;
        let state = ok(AppState::new(pool, Arc::new(keys), options));
        let socket = listener::bind("127.0.0.1:0".parse().expect("an address")).expect("a listener");
        let address = socket.local_addr().expect("an address");
        let timeout = Duration::from_secs(60);
        let limits = ConnectionLimits {
            count_max: 100,
            per_address_max: 0,
            arrival_timeout: timeout,
            delivery_timeout: timeout,
        };
        tokio::spawn(listener::serve(socket, router(state), limits, Default::default()));
        Self { address, token }
    }

    /// Sends a request; returns the length of the response, and its beginning.
    fn exchange(&self, head: &str, body: &str) -> (usize, Vec<u8>) {
        let mut client = TcpStream::connect(self.address).expect("a connection");
        let request = format!(
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        client.write_all(request.as_bytes()).expect("a request");
        let (mut length, mut start, mut buffer) = (0, Vec::new(), vec![0; 64 * 1024]);
        loop {
            let count = client.read(&mut buffer).expect("a response");
            if count == 0 {
                return (length, start);
            }
            length += count;
            start.extend(buffer.iter().take(count.min(64 * 1024 - start.len())));
        }
    }

    /// Executes a document; returns its data.
    fn query(&self, document: &str, variables: &Value) -> Value {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let (_, response) = self.exchange("POST /graphql", &body);
        let response = String::from_utf8_lossy(&response).into_owned();
        let body = response.split("\r\n\r\n").nth(1).expect("a body");
        let response: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{response}"));
        assert!(response.get("errors").is_none(), "{response}");
        response["data"].clone()
    }

    /// Downloads all events; returns the time.
    fn download(&self) -> Duration {
        let started = Instant::now();
        let (length, start) = self.exchange("GET /download/commission-events.csv", "");
        assert!(start.starts_with(b"HTTP/1.1 200") && length > 1_000, "{}", String::from_utf8_lossy(&start));
        started.elapsed()
    }

    /// Returns the dashboards per second.
    fn dashboards(&self, partner: &str) -> f64 {
        let (count, started, variables) = (AtomicU32::new(0), Instant::now(), json!({ "id": partner }));
        std::thread::scope(|scope| {
            for _ in 0..DASHBOARD_CLIENTS {
                scope.spawn(|| {
                    while started.elapsed() < DASHBOARD_TIME {
                        self.query(DASHBOARD, &variables);
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        f64::from(count.load(Ordering::Relaxed)) / started.elapsed().as_secs_f64()
    }
}

async fn measure(events: u32) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downloads-postgres");
    let Started::Started(server) = private_postgres::start(&folder, &[]).await.expect("a server") else {
        panic!("another benchmark is running");
    };
    let database = format!("bench_{}", Uuid::now_v7().simple());
    let mut postgres =
        AsyncPgConnection::establish(&server.superuser_url("postgres")).await.expect("a connection");
    postgres.batch_execute(&format!("CREATE DATABASE {database} OWNER revshare")).await.expect("a database");
    let urls = server.urls_of(&database);
    ok(migrate::run(&urls.owner, &urls.serving).await);
    let pool = ok(Pool::new(&urls.serving, 16));
    let new = NewTenant {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        time_zone: "UTC".to_owned(),
        currency: "EUR".parse().expect("a currency"),
    };
    ok(create(&pool, new).await);
    let api = Api::start(pool.clone()).await;
    let partner = tokio::task::block_in_place(|| create_event(&api));
    let mut superuser =
        AsyncPgConnection::establish(&server.superuser_url(&database)).await.expect("a connection");
    superuser.batch_execute(&copies(events)).await.expect("events");
    compare(&api, &urls, &partner, events).await;
    drop(superuser);
    pool.close();
    let drop_database = format!("DROP DATABASE {database} WITH (FORCE)");
    postgres.batch_execute(&drop_database).await.expect("a dropped database");
    server.stop();
}

/// Creates a partner with an event; returns the id of the partner.
fn create_event(api: &Api) -> String {
    let create = "mutation { createPartner(input: { companyName: \"p\", defaultCommissionRate: \"0.15\" })
        { partner { id } } }";
    let data = api.query(create, &json!({}));
    let id = data["createPartner"]["partner"]["id"].as_str().expect("an id").to_owned();
    let record = "mutation($id: ID!) {
        assignManagedAccount(input: { partnerId: $id, customerId: \"customer-1\", startsAt: \"2020-01-01T00:00:00Z\" })
            { managedAccount { id } }
        recordInvoicePaid(input: { invoiceId: \"invoice-1\", customerId: \"customer-1\",
            totalAmount: { amount: \"1234.56\", currency: \"EUR\" }, paidAt: \"2026-02-01T10:00:00Z\" }) { outcome }
    }";
    api.query(record, &json!({ "id": id }));
    id
}

/// Returns the statements that copy the only event and its partner many times.
fn copies(events: u32) -> String {
    format!(
        "SET session_replication_role = replica;
         INSERT INTO partners (tenant_id, id, partner_number, company_name, payout_currency, created_at)
         SELECT tenant_id, gen_random_uuid(), 'X-' || n, 'Partner ' || n, payout_currency, created_at
         FROM partners CROSS JOIN generate_series(1, {PARTNERS}) AS n;
         INSERT INTO partner_terms (tenant_id, partner_id, effective_from, number, status, tier, default_commission_rate,
             changed_by, changed_at)
         SELECT terms.tenant_id, partner.id, effective_from, number, status, tier, default_commission_rate, changed_by,
             changed_at
         FROM (SELECT * FROM partner_terms LIMIT 1) AS terms, (SELECT id FROM partners WHERE partner_number LIKE 'X-%') AS partner;
         INSERT INTO commission_events (tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id,
             customer_id, currency, base_amount, commission_rate, rate_source, commission_amount, event_date,
             recorded_at, payable_at, invoice_row_id, invoice_revision, changed_at)
         SELECT event.tenant_id, gen_random_uuid(), partner.id, event.managed_account_id, event.event_type,
             event.status, 'invoice-' || n, 'customer-' || n % 5000, event.currency, event.base_amount,
             event.commission_rate, event.rate_source, event.commission_amount,
             event.event_date - n * interval '37 seconds', event.recorded_at, event.payable_at,
             gen_random_uuid(), event.invoice_revision, event.changed_at
         FROM (SELECT * FROM commission_events LIMIT 1) AS event, generate_series(1, {events}) AS n
         JOIN (SELECT id, row_number() OVER () - 1 AS number FROM partners WHERE partner_number LIKE 'X-%') AS partner
             ON partner.number = n % {PARTNERS};
         RESET session_replication_role;
         ANALYZE;"
    )
}

async fn compare(api: &Api, urls: &Urls, partner: &str, events: u32) {
    let (client, connection) = tokio_postgres::connect(&urls.serving, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
        .batch_execute("SET app.tenant_id = 'acme'; SET TIME ZONE 'UTC'; SET jit = off")
        .await
        .expect("settings");
    let mut ratios = Vec::new();
    println!("{events} events, {ROUNDS} rounds: COPY, CSV, their ratio");
    api.clone().run(Api::download).await;
    let before = memory_mib();
    for _ in 0..ROUNDS {
        let copy = copy(&client).await;
        let csv = api.clone().run(Api::download).await;
        ratios.push(csv.as_secs_f64() / copy.as_secs_f64());
        println!("{copy:>10.2?} {csv:>10.2?} {:>6.2}", ratios.last().expect("a ratio"));
    }
    ratios.sort_by(f64::total_cmp);
    let (ratio, grown) = (ratios[ROUNDS / 2], peak_mib() - before);
    println!(
        "ratio {ratio:.2} (at most 3); peak of the memory {grown:+.1} MiB (at most +32, with the client)"
    );
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        let (name, ended) = (partner.to_owned(), Arc::new(AtomicBool::new(false)));
        let alone = api.clone().run({
            let name = name.clone();
            move |api| api.dashboards(&name)
        });
        let alone = alone.await;
        let downloads = tokio::spawn({
            let (api, ended) = (api.clone(), Arc::clone(&ended));
            async move {
                while !ended.load(Ordering::Relaxed) {
                    api.clone().run(Api::download).await;
                }
            }
        });
        let beside = api.clone().run(move |api| api.dashboards(&name)).await;
        ended.store(true, Ordering::Relaxed);
        downloads.await.expect("downloads");
        println!("dashboards per second: alone {alone:.0}, beside a download {beside:.0}");
        shares.push(beside / alone);
    }
    shares.sort_by(f64::total_cmp);
    println!("share {:.2} (at least 0.8)", shares[ROUNDS / 2]);
}

impl Api {
    /// Runs blocking work on a thread of its own.
    async fn run<T: Send + 'static>(self, work: impl FnOnce(&Self) -> T + Send + 'static) -> T {
        tokio::task::spawn_blocking(move || work(&self)).await.expect("a thread")
    }
}

/// Copies all events; returns the time.
async fn copy(client: &tokio_postgres::Client) -> Duration {
    use futures_util::StreamExt;
    let started = Instant::now();
    let mut rows = std::pin::pin!(client.copy_out(COPY).await.expect("a copy"));
    while let Some(row) = rows.next().await {
        row.expect("a row");
    }
    started.elapsed()
}

/// Returns a figure of this process in MiB.
fn process_mib(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure");
    let kib: u32 = line.trim_matches([':', '\t', ' ', 'k', 'B']).parse().expect("a number");
    f64::from(kib) / 1024.0
}

/// Returns the resident memory, and makes it the peak.
fn memory_mib() -> f64 {
    std::fs::write("/proc/self/clear_refs", "5").expect("a reset of the peak");
    process_mib("VmRSS")
}

fn peak_mib() -> f64 {
    process_mib("VmHWM")
}
