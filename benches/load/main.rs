//! Compares the throughput of the program with that of the database alone: see README.md in the parent folder.
//!
//! `cargo bench --bench load [-- --small --short W1 W4]`. As a test, it only compares the responses with
//! the small dataset.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot continue panics with the reason"
)]
#![expect(clippy::float_arithmetic, reason = "ratios of rates")]

mod baseline;
mod client;
mod copy;
mod copy_format;
mod dataset;
mod payouts;
mod postgres;
mod process_stats;
/// The program that is measured: `server.rs` starts this executable a second time, as `revshare`.
#[path = "../../src/main.rs"]
mod program;
mod report;
mod server;
mod size;
mod workload;

use std::path::Path;
use std::process::ExitCode;

use revshare::auth::Role;
use revshare::domain::admission;
use revshare::domain::db::pool::Pool;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::primitives::id::TenantId;
use serde_json::Value;

use dataset::Dataset;
use postgres::{Postgres, ok};
use report::{Benchmark, SHORT, Schedule, THOROUGH};
use server::Server;
use size::{DatasetSize, FULL, SMALL, TENANTS};
use workload::{Request, Workload};

/// How many responses of a workload are compared with the dataset before anything is measured.
const CHECKED_REQUESTS: usize = 100;

fn main() -> ExitCode {
    if server::is_program() {
        return program::main();
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let names: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).cloned().collect();
    let is_test = !has("--bench");
    if is_test && (has("--list") || !names.is_empty()) {
        return ExitCode::SUCCESS;
    }
    let size = if is_test || has("--small") { SMALL } else { FULL };
    let schedule = if has("--short") { SHORT } else { THOROUGH };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(size, is_test, schedule, &names));
    ExitCode::SUCCESS
}

async fn run(size: DatasetSize, is_test: bool, schedule: Schedule, names: &[String]) {
    let dataset = Dataset::generate(size);
    let postgres = Postgres::start(&dataset, size).await;
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load-server.log");
    let server = Server::start(&postgres.urls, &log);
    let billing_tokens = create_service_tokens(&postgres).await;
    let workloads = workload::all(&dataset, &billing_tokens);
    let checked = if is_test { CHECKED_REQUESTS / 5 } else { CHECKED_REQUESTS };
    for workload in &workloads {
        check(&server, &dataset, workload, checked).await;
    }
    let benchmark = Benchmark { dataset, postgres, server, schedule };
    if is_test {
        for workload in [workload::list_page(&benchmark.dataset, None), workload::count(&benchmark.dataset)] {
            check(&benchmark.server, &benchmark.dataset, &workload, 1).await;
        }
        benchmark.reconcile();
        println!("load: the responses are correct");
    } else {
        benchmark.report(&workloads, names, size).await;
    }
    benchmark.server.stop();
    benchmark.postgres.stop();
}

/// Creates a token for the billing service of each tenant.
async fn create_service_tokens(postgres: &Postgres) -> Vec<String> {
    let pool = ok(Pool::new(&postgres.urls.serving, 1));
    let new = NewServiceToken { name: "billing".to_owned(), ttl: None };
    let mut tokens = Vec::new();
    for tenant in 0..TENANTS {
        let caller = ok(admission::operator(&pool, TenantId(format!("t{tenant}")), "bench", Role::Admin).await);
        tokens.push(ok(Transaction::run(&pool, &caller, create, &new).await).secret.expose());
    }
    pool.close();
    tokens
}

/// Sends the first requests of a workload, and compares the responses with the dataset.
async fn check(server: &Server, dataset: &Dataset, workload: &Workload, count: usize) {
    for (n, request) in workload.requests.iter().take(count).enumerate() {
        (workload.check)(dataset, request, &send(server, request, n).await);
    }
}

async fn send(server: &Server, request: &Request, n: usize) -> Value {
    client::send(&server.address, request, &unique_number(n)).await
}

/// Returns an invoice number that no other request has.
fn unique_number(n: usize) -> String {
    let now = chrono::Utc::now().timestamp_micros();
    format!("check-{now}-{n}")
}
