//! What row-level security costs those who read: the same requests with the policies of the tables and without them.
//!
//! `cargo bench --bench second_wall [-- <events>]`. A private PostgreSQL with its ordinary settings, on this machine; a tenant
//! with so many events among twenty; sixteen requests at a time over sixteen connections, every other one of the large
//! tenant. Each side is a program of its own, started anew in every round, in turns.
//!
//! Without the policies, the database is still told whose rows are asked for. `BEFORE=<program>` adds a third side that tells
//! nothing: this benchmark, built where sessions did not yet, which is before the commit "session: Tell the database whose
//! rows are asked for".

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops, with these words")]
#![expect(clippy::float_arithmetic, reason = "ratios of rates")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::{self, Started};
use revshare::auth::{Identity, Role};
use revshare::domain::db::pool::Pool;
use revshare::domain::{migrate, tenant};
use revshare::graphql::{self, Schema};
use revshare::metrics::RequestMetrics;
use revshare::primitives::error::Error;
use revshare::primitives::id::TenantId;
use tokio::task::{JoinSet, unconstrained};
use uuid::Uuid;

const ROUNDS: usize = 9;
const TENANTS: usize = 20;
const AT_ONCE: usize = 16;
const WARMING: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(3);

/// A partner of each tenant, with a tenth of its events.
const PARTNER: &str = "8c1f0000-0000-4000-8000-000000000001";

/// What is read, by name.
const READS: [(&str, &str); 3] = [
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
        [side, url] if side == "--side" => runtime.block_on(read_all(url)),
        _ => {
            let events = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(50_000);
            runtime.block_on(compare(events));
        }
    }
}

fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

/// One side: how many requests of each kind are answered in a second, a line for each.
async fn read_all(url: &str) {
    let pool = ok(Pool::new(url, AT_ONCE));
    for (_, query) in READS {
        let query: Arc<str> = query.replace("PARTNER", PARTNER).into();
        read(&pool, &query, WARMING).await;
        println!("{}", read(&pool, &query, MEASURED).await);
    }
    pool.close();
}

async fn read(pool: &Pool, query: &Arc<str>, within: Duration) -> f64 {
    let (schema, answered, begun) = (graphql::schema(), Arc::new(AtomicU32::new(0)), Instant::now());
    let mut readers = JoinSet::new();
    for n in 0..AT_ONCE {
        let (schema, pool, query, answered) =
            (schema.clone(), pool.clone(), Arc::clone(query), Arc::clone(&answered));
        let tenant = if n % 2 == 0 { 0 } else { n };
        readers.spawn(async move {
            while begun.elapsed() < within {
                ask(&schema, &pool, tenant, &query).await;
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while let Some(reader) = readers.join_next().await {
        reader.expect("a reader");
    }
    f64::from(answered.load(Ordering::Relaxed)) / begun.elapsed().as_secs_f64()
}

/// A request as the server answers it, who is asking included.
async fn ask(schema: &Schema, pool: &Pool, tenant: usize, query: &str) {
    let identity = Identity::operator(TenantId(format!("t{tenant}")), "bench", Role::Finance);
    let caller = ok(tenant::resolve_caller(pool, identity).await);
    let request = async_graphql::Request::new(query).data(graphql::Request::new(
        pool.clone(),
        caller,
        RequestMetrics::new(Arc::default()),
    ));
    let answer = unconstrained(schema.execute(request)).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let found = answer.data.to_string();
    assert!(found.contains(&format!("\"t{tenant} ")), "{found}");
}

/// A program that reads, and whether the policies hold meanwhile.
struct Side {
    name: &'static str,
    program: PathBuf,
    walled: bool,
}

async fn compare(events: u32) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-postgres");
    let Started::Started(server) = private_postgres::start(&folder, &[]).await.expect("a server") else {
        panic!("another benchmark is running");
    };
    let database = format!("bench_{}", Uuid::now_v7().simple());
    let mut postgres = connect(&server.superuser_url("postgres")).await;
    run(&mut postgres, &format!("CREATE DATABASE {database} OWNER revshare")).await;
    let urls = server.urls_of(&database);
    ok(migrate::run(&urls.owner, &urls.serving).await);
    let mut owner = connect(&server.superuser_url(&database)).await;
    fill(&mut owner, events).await;

    let own = std::env::current_exe().expect("this program");
    let mut sides = vec![
        Side { name: "with the wall", program: own.clone(), walled: true },
        Side { name: "without policies", program: own, walled: false },
    ];
    if let Some(program) = std::env::var_os("BEFORE") {
        sides.push(Side { name: "before the wall", program: program.into(), walled: false });
    }
    println!("{events} events, {ROUNDS} rounds of {} s for each read", MEASURED.as_secs());
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let mut of_round = vec![Vec::new(); sides.len()];
        for turn in 0..sides.len() {
            let n = (turn + round) % sides.len();
            wall(&mut owner, sides[n].walled).await;
            of_round[n] = measure(&sides[n].program, &urls.serving);
        }
        rates.push(of_round);
    }
    report(&sides, &rates);
    drop(owner);
    run(&mut postgres, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
    server.stop();
}

fn measure(program: &Path, url: &str) -> Vec<f64> {
    let output = Command::new(program).args(["--side", url]).output().expect("a side");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| line.parse().expect("a rate")).collect()
}

/// The median rates, and how they compare within a round: those of the wall with the others'.
fn report(sides: &[Side], rates: &[Vec<Vec<f64>>]) {
    let spread = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[0], values[values.len() - 1])
    };
    for (read, (name, _)) in READS.iter().enumerate() {
        println!("\n{name}");
        for (n, side) in sides.iter().enumerate() {
            let (rate, ..) = spread(rates.iter().map(|round| round[n][read]).collect());
            let (ratio, least, most) =
                spread(rates.iter().map(|round| round[0][read] / round[n][read]).collect());
            println!("{:>20} {rate:>8.0}/s   the wall keeps {ratio:.2} ({least:.2} to {most:.2})", side.name);
        }
    }
}

async fn wall(owner: &mut AsyncPgConnection, stands: bool) {
    let (enable, force) = if stands { ("ENABLE", "FORCE") } else { ("DISABLE", "NO FORCE") };
    run(
        owner,
        &format!(
            "DO $$ DECLARE walled record; BEGIN
                 FOR walled IN SELECT polrelid::regclass AS name FROM pg_policy WHERE polname = 'rows_of_one_tenant'
                 LOOP EXECUTE format('ALTER TABLE %s {enable} ROW LEVEL SECURITY, {force} ROW LEVEL SECURITY', walled.name);
                 END LOOP;
             END $$"
        ),
    )
    .await;
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

async fn run(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Ten partners for each tenant, each with an account, five completed payouts and events in them and in none; one tenant
/// has ten times as many as the others.
async fn fill(owner: &mut AsyncPgConnection, events: u32) {
    // Written by a superuser that checks no foreign key, because that takes minutes.
    run(owner, "SET session_replication_role = replica; SET TIME ZONE 'UTC'").await;
    for n in 0..TENANTS {
        let events = if n == 0 { events } else { events / 10 };
        let id = |kind: u8, number: &str| {
            format!("('8c1f0000-0000-4000-800{kind}-' || lpad(({number})::text, 12, '0'))::uuid")
        };
        let (partner, account, payout) = (id(0, "n % 10"), id(1, "n % 10"), id(2, "n % 60"));
        run(
            owner,
            &format!(
                "INSERT INTO tenants (tenant_id, name, time_zone, default_currency) VALUES ('t{n}', 't{n}', 'UTC', 'EUR');
                 INSERT INTO partners
                 SELECT 't{n}', {partner}, 'P' || n, 't{n} partner ' || n, 'ACTIVE', 'GOLD', 0.15, 'EUR', '2026-01-01'
                 FROM generate_series(0, 9) AS n;
                 INSERT INTO managed_accounts
                 SELECT 't{n}', {account}, {partner}, 'customer ' || n, NULL, 'DIRECT', NULL, '2020-01-01', NULL, '2026-01-01'
                 FROM generate_series(0, 9) AS n;
                 INSERT INTO invoice_receipts
                 SELECT 't{n}', 'invoice ' || n, 'customer ' || n % 10, 'EUR', 100, 100, '2026-01-01', 'RECORDED', now(), {partner},
                     0.15
                 FROM generate_series(1, {events}) AS n;
                 INSERT INTO commission_events
                 SELECT 't{n}', gen_random_uuid(), {partner}, {account}, 'INVOICE_PAID', CASE WHEN paid THEN 'PAID' ELSE 'APPROVED' END,
                     'invoice ' || n, NULL, 'customer ' || n % 10, 'EUR', 100, 0.15, 'PARTNER', 15, day, day, day,
                     CASE WHEN paid THEN {payout} END, CASE WHEN paid THEN timestamptz '2026-06-01' END
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
    run(owner, "VACUUM ANALYZE").await;
}
