//! Measures the cost of row-level security for queries: the same requests with the policies of the tables and without.
//!
//! `cargo bench --bench row_level_security [-- <events>]`. A private PostgreSQL with default settings; twenty
//! tenants, the first of which has this number of events and the others a tenth of it; sixteen concurrent requests
//! over sixteen connections, every other one of the large tenant. Each side is measured in a process of its own in
//! each round, in alternating order.
//!
//! Without the policies, the connections still set `app.tenant_id`. `BEFORE=<program>` adds a third side that does
//! not: this benchmark, built from a version before sessions did.

// The future of a mutation contains those of its whole payload, deeper than a crate may nest by default.
#![recursion_limit = "256"]
#![expect(clippy::expect_used, reason = "a benchmark that cannot continue panics with the reason")]
#![expect(clippy::float_arithmetic, reason = "ratios of rates")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::Started;
use revshare::auth::{Identity, Role};
use revshare::domain::admission;
use revshare::domain::db::migrate;
use revshare::domain::db::pool::Pool;
use revshare::graphql::{self, Schema};
use revshare::metrics::RequestMetrics;
use revshare::primitives::error::Error;
use revshare::primitives::id::TenantId;
use tokio::task::{JoinSet, unconstrained};
use uuid::Uuid;

const ROUNDS: usize = 9;
const TENANTS: usize = 20;
const CONCURRENCY: usize = 16;
const WARM_UP_TIME: Duration = Duration::from_secs(1);
const MEASURED_TIME: Duration = Duration::from_secs(3);

/// The id of a partner in every tenant, with a tenth of its events.
const PARTNER: &str = "8c1f0000-0000-4000-8000-000000000001";

/// The queries, by name.
const QUERIES: [(&str, &str); 3] = [
    ("a partner", "{partner(id:\"PARTNER\"){companyName status}}"),
    (
        "a page of 50 events",
        "{commissionEvents(first:50){nodes{id status commissionAmount{amount currency} partner{id companyName}
            payout{id status} managedAccount{id customerId} settledAt}}}",
    ),
    (
        "a dashboard",
        "{partner(id:\"PARTNER\"){companyName dashboard{totalCommissionsEarned{amount} outstandingBalance{amount}
            nextPayoutDate balance{pending{amount} approved{amount} inTransit{amount} settled{amount}}
            recentCommissionEvents{id payout{id}} recentPayouts{id}}}}",
    ),
];

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match arguments.as_slice() {
        [side, url] if side == "--side" => runtime.block_on(measure_side(url)),
        _ => {
            let events = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(50_000);
            runtime.block_on(compare(events));
        }
    }
}

fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

/// Prints the requests per second of each query, one per line: the process of one side.
async fn measure_side(url: &str) {
    let pool = ok(Pool::new(url, CONCURRENCY));
    for (_, query) in QUERIES {
        let query: Arc<str> = query.replace("PARTNER", PARTNER).into();
        request_rate(&pool, &query, WARM_UP_TIME).await;
        println!("{}", request_rate(&pool, &query, MEASURED_TIME).await);
    }
    pool.close();
}

async fn request_rate(pool: &Pool, query: &Arc<str>, time: Duration) -> f64 {
    let (schema, count, started) = (
        graphql::schema(revshare::webhook::WebhookSettings::default(), None),
        Arc::new(AtomicU32::new(0)),
        Instant::now(),
    );
    let mut clients = JoinSet::new();
    for n in 0..CONCURRENCY {
        let (schema, pool, query, count) =
            (schema.clone(), pool.clone(), Arc::clone(query), Arc::clone(&count));
        let tenant = if n % 2 == 0 { 0 } else { n };
        clients.spawn(async move {
            while started.elapsed() < time {
                execute_query(&schema, &pool, tenant, &query).await;
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.expect("a client");
    }
    f64::from(count.load(Ordering::Relaxed)) / started.elapsed().as_secs_f64()
}

/// Executes a query as the server does, including the lookup of the caller.
async fn execute_query(schema: &Schema, pool: &Pool, tenant: usize, query: &str) {
    let identity = Identity::operator(TenantId(format!("t{tenant}")), "bench", Role::Finance);
    let admission = ok(admission::admit(pool, identity).await);
    let request = async_graphql::Request::new(query).data(graphql::Request::new(
        pool.clone(),
        admission,
        RequestMetrics::new(Arc::default()),
        Arc::new(graphql::Work::new(u64::MAX, &graphql::Turns::default())),
    ));
    let response = unconstrained(schema.execute(request)).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    let data = response.data.to_string();
    assert!(data.contains(&format!("\"t{tenant} ")), "{data}");
}

/// A program that sends the queries, and whether the policies are in force meanwhile.
struct Side {
    name: &'static str,
    program: PathBuf,
    has_policies: bool,
}

async fn compare(events: u32) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-postgres");
    let Started::Started(server) = private_postgres::start(&folder, &[]).await.expect("a server") else {
        panic!("another benchmark is running");
    };
    let database = format!("bench_{}", Uuid::now_v7().simple());
    let mut postgres = connect(&server.superuser_url("postgres")).await;
    execute(&mut postgres, &format!("CREATE DATABASE {database} OWNER revshare")).await;
    let urls = server.urls_of(&database);
    ok(migrate::run(&urls.owner, &urls.serving).await);
    let mut owner = connect(&server.superuser_url(&database)).await;
    insert_data(&mut owner, events).await;

    let this = std::env::current_exe().expect("the path of this executable");
    let mut sides = vec![
        Side { name: "with policies", program: this.clone(), has_policies: true },
        Side { name: "without policies", program: this, has_policies: false },
    ];
    if let Some(program) = std::env::var_os("BEFORE") {
        sides.push(Side { name: "without tenant_id", program: program.into(), has_policies: false });
    }
    println!("{events} events, {ROUNDS} rounds of {} s for each query", MEASURED_TIME.as_secs());
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let mut rates_of_round = vec![Vec::new(); sides.len()];
        for turn in 0..sides.len() {
            let n = (turn + round) % sides.len();
            set_policies(&mut owner, sides[n].has_policies).await;
            rates_of_round[n] = measure(&sides[n].program, &urls.serving);
        }
        rates.push(rates_of_round);
    }
    report(&sides, &rates);
    drop(owner);
    execute(&mut postgres, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
    server.stop();
}

fn measure(program: &Path, url: &str) -> Vec<f64> {
    let output = Command::new(program).args(["--side", url]).output().expect("a side");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| line.parse().expect("a rate")).collect()
}

/// Prints the median rates, and the ratios of the rate with policies to those of each side within a round.
fn report(sides: &[Side], rates: &[Vec<Vec<f64>>]) {
    let spread = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[0], values[values.len() - 1])
    };
    for (query, (name, _)) in QUERIES.iter().enumerate() {
        println!("\n{name}");
        for (n, side) in sides.iter().enumerate() {
            let (rate, ..) = spread(rates.iter().map(|round| round[n][query]).collect());
            let (ratio, least, most) =
                spread(rates.iter().map(|round| round[0][query] / round[n][query]).collect());
            println!(
                "{:>20} {rate:>8.0}/s   with policies {ratio:.2} of it ({least:.2} to {most:.2})",
                side.name
            );
        }
    }
}

/// Enables or disables row-level security on every table that has a policy.
async fn set_policies(owner: &mut AsyncPgConnection, is_enabled: bool) {
    let (enable, force) = if is_enabled { ("ENABLE", "FORCE") } else { ("DISABLE", "NO FORCE") };
    execute(
        owner,
        &format!(
            "DO $$ DECLARE t record; BEGIN
                 FOR t IN SELECT DISTINCT polrelid::regclass AS name FROM pg_policy
                 LOOP EXECUTE format('ALTER TABLE %s {enable} ROW LEVEL SECURITY, {force} ROW LEVEL SECURITY', t.name);
                 END LOOP;
             END $$"
        ),
    )
    .await;
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

async fn execute(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Inserts ten partners for each tenant, each with an account, five completed payouts, and events in payouts and in
/// none. The first tenant has ten times as many events as the others.
async fn insert_data(owner: &mut AsyncPgConnection, events: u32) {
    // Foreign keys are not checked, which would take minutes.
    execute(owner, "SET session_replication_role = replica; SET TIME ZONE 'UTC'").await;
    for n in 0..TENANTS {
        let events = if n == 0 { events } else { events / 10 };
        let id = |kind: u8, number: &str| {
            format!("('8c1f0000-0000-4000-800{kind}-' || lpad(({number})::text, 12, '0'))::uuid")
        };
        let (partner, account, payout) = (id(0, "n % 10"), id(1, "n % 10"), id(2, "n % 60"));
        execute(
            owner,
            &format!(
                "INSERT INTO tenants (tenant_id, name, time_zone, default_currency) VALUES ('t{n}', 't{n}', 'UTC', 'EUR');
                 INSERT INTO partners
                 SELECT 't{n}', {partner}, 'P' || n, 't{n} partner ' || n, 'EUR', '2026-01-01'
                 FROM generate_series(0, 9) AS n;
                 INSERT INTO partner_terms
                 SELECT tenant_id, id, '2000-01-01 00:00:00+00', 1, 'ACTIVE', 'GOLD', 0.15, 'bench', now()
                 FROM partners WHERE tenant_id = 't{n}';
                 INSERT INTO managed_accounts
                 SELECT 't{n}', {account}, {partner}, 'customer ' || n, NULL, 'DIRECT', '2020-01-01', NULL, '2026-01-01'
                 FROM generate_series(0, 9) AS n;
                 INSERT INTO managed_account_terms
                 SELECT tenant_id, id, '2000-01-01 00:00:00+00', 1, partner_id, NULL, 'bench', now()
                 FROM managed_accounts WHERE tenant_id = 't{n}';
                 INSERT INTO invoice_revisions
                 SELECT 't{n}', 'invoice ' || n, 'customer ' || n % 10, 'EUR', 100, 100, '2026-01-01', 'RECORDED', now(), {partner},
                     0.15, md5('t{n} ' || n)::uuid, 1, NULL, true, 'bench'
                 FROM generate_series(1, {events}) AS n;
                 INSERT INTO commission_events
                 SELECT 't{n}', gen_random_uuid(), {partner}, {account}, 'INVOICE_PAID', CASE WHEN paid THEN 'PAID' ELSE 'APPROVED' END,
                     'invoice ' || n, NULL, 'customer ' || n % 10, 'EUR', 100, 0.15, 'PARTNER', 15, day, day, day,
                     CASE WHEN paid THEN {payout} END, CASE WHEN paid THEN timestamptz '2026-06-01' END, NULL, NULL,
                     md5('t{n} ' || n)::uuid, 1
                 FROM generate_series(1, {events}) AS n,
                     LATERAL (SELECT n % 60 < 50, timestamptz '2026-01-01' + n * interval '1 minute') AS event (paid, day);
                 INSERT INTO payout_lines
                 SELECT tenant_id, payout_id, id, partner_id, currency, commission_amount, paid_at
                 FROM commission_events WHERE tenant_id = 't{n}' AND payout_id IS NOT NULL;
                 INSERT INTO payouts
                 SELECT tenant_id, payout_id, partner_id, currency, sum(commission_amount), count(*), 'COMPLETED', 'wire', 'W',
                     '2026-06-01', '2026-01-01', '2026-06-01', '2026-06-01', '2026-06-02'
                 FROM payout_lines WHERE tenant_id = 't{n}' GROUP BY tenant_id, payout_id, partner_id, currency;
                 INSERT INTO status_changes (tenant_id, commission_event_id, to_status, changed_at, actor)
                 SELECT tenant_id, id, status, recorded_at, 'bench' FROM commission_events WHERE tenant_id = 't{n}'"
            ),
        )
        .await;
    }
    execute(owner, "VACUUM ANALYZE").await;
}
