//! W8: accruals while an endpoint subscribes to them, and while a large backlog of jobs is done.

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use revshare::auth::Role;
use serde_json::json;

use crate::client;
use crate::measurement::{Measurement, Target, median};
use crate::postgres::{Database, psql};
use crate::report::Benchmark;
use crate::server::{Server, token};
use crate::size::TENANTS;
use crate::workload::{Request, at, graphql};

const CONNECTIONS: usize = 16;
/// The rate with a listening endpoint relative to that without, at least.
const TARGET: f64 = 0.9;
/// The rate of accruals during a backlog relative to that without one, at least.
const TARGET_DURING_BACKLOG: f64 = 0.8;
/// By how much the memory of the server may grow while it does a backlog, in MiB.
const MEMORY_TARGET: f64 = 16.0;
/// How long all jobs may take at most.
const TIMEOUT: Duration = Duration::from_secs(1_800);

const CREATE_ENDPOINT: &str = "mutation ($input: CreateWebhookEndpointInput!) {
    createWebhookEndpoint(input: $input) { endpoint { id } userErrors { message } } }";

/// Measures accruals with and without listening endpoints, in turns, and then a backlog; prints the results. `accruals` are of
/// all tenants, each of which has one endpoint.
pub async fn report(benchmark: &Benchmark, accruals: &[Request]) -> Vec<Target> {
    let Benchmark { postgres, program, schedule, size, .. } = benchmark;
    let url = start_receiver().await;
    for tenant in 0..TENANTS {
        create_endpoint(program, tenant, &url).await;
    }
    println!("\n| W8 | req/s | p99 ms | server us | db us |\n|---|---|---|---|---|");
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..schedule.rounds {
        for has_subscriber in [false, true] {
            subscribe(&program.database, has_subscriber);
            let measured = Measurement::of(postgres, program, accruals, CONNECTIONS, schedule.round_time);
            print(
                if has_subscriber { "one endpoint subscribes" } else { "no endpoint subscribes" },
                &measured,
            );
            if has_subscriber { &mut with } else { &mut without }.push(measured);
            // What is still to be sent must not disturb the next round.
            drain(program);
        }
    }
    let ratio = median(with.iter().zip(&without).map(|(with, without)| with.rate / without.rate));
    let mut targets =
        vec![Target::at_least("W8: accruals with a listening endpoint to without".to_owned(), ratio, TARGET)];
    targets.extend(backlog(benchmark, accruals, size.events / 10, &Measurement::median(&without)));
    targets
}

/// Measures how fast a backlog of jobs is done, and accruals meanwhile, to which no endpoint subscribes.
fn backlog(
    benchmark: &Benchmark,
    accruals: &[Request],
    events: u32,
    undisturbed: &Measurement,
) -> [Target; 2] {
    let Benchmark { postgres, program, schedule, .. } = benchmark;
    let memory = program.memory();
    insert_events(&program.database, events);
    let started = Instant::now();
    // Without their endpoints, events would be delivered to no endpoint: those that are to come are of another type.
    subscribe_to(&program.database, "{PAYOUT_COMPLETED}");
    let during = Measurement::of(postgres, program, accruals, CONNECTIONS, schedule.round_time);
    print("during a backlog", &during);
    let left = jobs(&program.database);
    assert!(left > 0, "the backlog was done before the accruals were measured: make it larger");
    let memory_max = drain(program);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "\n{events} events, each for one endpoint, in {seconds:.1} s: {:.0} deliveries per second, of which {:.1} s with accruals; memory of the server {memory} to {memory_max} MiB",
        f64::from(events) / seconds,
        schedule.round_time.as_secs_f64() + 1.0,
    );
    let growth = f64::from(u32::try_from(memory_max.saturating_sub(memory)).unwrap());
    [
        Target::at_least(
            "W8: accruals during a backlog to without".to_owned(),
            during.rate / undisturbed.rate,
            TARGET_DURING_BACKLOG,
        ),
        Target::at_most("W8: growth of the memory during a backlog, MiB".to_owned(), growth, MEMORY_TARGET),
    ]
}

fn print(name: &str, measured: &Measurement) {
    let Measurement { rate, p99, server_cpu, database_cpu, .. } = measured;
    println!("| {name} | {rate:.0} | {p99:.2} | {server_cpu:.0} | {database_cpu:.0} |");
}

/// Starts a receiver that answers 204 at once; returns its URL.
async fn start_receiver() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let router = Router::new().route("/hook", post(async || StatusCode::NO_CONTENT));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Creates an endpoint of a tenant to which recorded commissions are sent.
async fn create_endpoint(program: &Server, tenant: usize, url: &str) {
    let token = token(&format!("t{tenant}"), "ada", Role::Admin);
    let input = json!({ "url": url, "eventTypes": ["COMMISSION_RECORDED"] });
    let body = json!({ "query": CREATE_ENDPOINT, "variables": { "input": input } });
    let response = client::send(&program.address, &graphql(token, body, 0), "").await;
    assert!(at(&response, "/data/createWebhookEndpoint/endpoint/id").is_string(), "{response}");
}

/// Lets the endpoints subscribe, or be deleted: a disabled one would still have its events kept.
fn subscribe(database: &Database, has_subscriber: bool) {
    let values = if has_subscriber {
        "status = 'ENABLED', disabled_at = NULL, deleted_at = NULL"
    } else {
        "status = 'DELETED', disabled_at = now(), deleted_at = now()"
    };
    psql(&database.superuser_url, &format!("UPDATE webhook_endpoints SET {values}"));
}

fn subscribe_to(database: &Database, event_types: &str) {
    psql(&database.superuser_url, &format!("UPDATE webhook_endpoints SET event_types = '{event_types}'"));
}

/// Inserts events of all tenants, with a delivery and a job for each, as after an outage of the receivers.
fn insert_events(database: &Database, events: u32) {
    let insert = format!(
        "WITH event AS (
            INSERT INTO domain_events (tenant_id, id, event_type, data, occurred_at)
            SELECT 't' || n % {TENANTS}, gen_random_uuid(), 'COMMISSION_RECORDED', '{{}}', now()
            FROM generate_series(1, {events}) AS n RETURNING tenant_id, id, occurred_at
        ), delivery AS (
            INSERT INTO webhook_deliveries
                (tenant_id, id, endpoint_id, domain_event_id, replay, status, created_at, next_attempt_at)
            SELECT event.tenant_id, gen_random_uuid(), endpoint.id, event.id, 0, 'PENDING', now(), now()
            FROM event JOIN webhook_endpoints AS endpoint ON endpoint.tenant_id = event.tenant_id
            RETURNING tenant_id, id
        )
        INSERT INTO jobs (tenant_id, lane, subject_id, available_at, created_at)
        SELECT tenant_id, 'WEBHOOK', id, now(), now() FROM delivery;
        ANALYZE domain_events, webhook_deliveries, jobs"
    );
    psql(&database.superuser_url, &insert);
}

/// Returns how many jobs are left, without the digest of each tenant, which waits for its hour.
fn jobs(database: &Database) -> u64 {
    let query = "SELECT count(*) FROM jobs WHERE lane <> 'DIGEST'";
    psql(&database.superuser_url, query).trim().parse().expect("a count")
}

/// Waits until no job is left; returns the largest memory of the server meanwhile, in MiB.
fn drain(program: &Server) -> u64 {
    let started = Instant::now();
    let mut memory = program.memory();
    while jobs(&program.database) > 0 {
        assert!(started.elapsed() < TIMEOUT, "the jobs do not end");
        std::thread::sleep(Duration::from_millis(200));
        memory = memory.max(program.memory());
    }
    memory
}
