//! Compares the program with a thin service over the same data, and with other builds: see README.md in the parent
//! folder.
//!
//! `cargo bench --bench load [-- --small --short --compare PROGRAM W1 W4]`. As a test, it only compares the responses
//! with the small dataset and with each other.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot continue panics with the reason"
)]
#![expect(clippy::float_arithmetic, reason = "ratios of rates")]

mod checks;
mod client;
mod comparison;
mod copy;
mod copy_format;
mod dataset;
mod documents;
mod lists;
mod measurement;
mod partner_sizes;
mod payouts;
mod postgres;
mod process_stats;
/// The program that is measured: `server.rs` starts this executable a second time, as `revshare`.
#[path = "../../src/main.rs"]
mod program;
mod report;
mod server;
mod size;
mod template;
mod thin;
mod webhooks;
mod workload;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use revshare::auth::Role;
use revshare::domain::admission;
use revshare::domain::db::act::Act;
use revshare::domain::db::pool::Pool;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::primitives::id::TenantId;
use serde_json::Value;

use dataset::Dataset;
use measurement::{SHORT, Schedule, THOROUGH};
use postgres::{Database, Postgres, ok, psql};
use report::Benchmark;
use server::{Program, Server};
use size::{DatasetSize, FULL, SMALL, TENANTS};
use workload::{Request, Workload};

/// How many responses of a workload are compared before anything is measured.
const CHECKED_REQUESTS: usize = 100;

/// What the command line asks for.
struct Arguments {
    /// Whether to compare responses only.
    is_test: bool,
    size: DatasetSize,
    schedule: Schedule,
    /// The workloads to measure; none for all.
    names: Vec<String>,
    /// Another build of the program, to compare with.
    other: Option<Program>,
}

fn main() -> ExitCode {
    match Program::of_this_process() {
        Some(Program::Thin) => return thin::main(),
        Some(Program::Present | Program::Other(_)) => return program::main(),
        None => {}
    }
    let mut arguments: Vec<_> = std::env::args().skip(1).collect();
    let other = arguments.iter().position(|argument| argument == "--compare").map(|at| {
        assert!(at + 1 < arguments.len(), "--compare needs the path of a program");
        Program::Other(PathBuf::from(arguments.remove(at + 1)))
    });
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let names: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).cloned().collect();
    let is_test = !has("--bench");
    if is_test && (has("--list") || !names.is_empty()) {
        return ExitCode::SUCCESS;
    }
    let size = if is_test || has("--small") { SMALL } else { FULL };
    let schedule = if has("--short") { SHORT } else { THOROUGH };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(Arguments { is_test, size, schedule, names, other }));
    ExitCode::SUCCESS
}

async fn run(arguments: Arguments) {
    let Arguments { is_test, size, schedule, names, other } = arguments;
    let dataset = Dataset::generate(size);
    let postgres = Postgres::start().await;
    let programs: Vec<_> = [&Program::Present].into_iter().chain(&other).collect();
    let templates = template::of_programs(&postgres, &dataset, size, &programs);
    // Each side has a copy of its own: what one writes does not change what another reads.
    let copy = |n: usize, name: &str| postgres.copy(&templates[n], &format!("load_run_{name}"));
    let billing_database = copy(0, "program");
    let billing_tokens = create_service_tokens(&billing_database).await;
    let program = start(&Program::Present, billing_database, "server");
    let thin_database = copy(0, "thin");
    thin::prepare(&thin_database);
    let thin = start(&Program::Thin, thin_database, "thin");
    let other = other.map(|other| {
        let database = copy(1, "other");
        copy_service_tokens(&program.database, &database);
        start(&other, database, "other")
    });

    let first = &dataset.partners[0];
    let depth = usize::try_from(first.size).unwrap() * 4 / 5;
    let deep = lists::event_of_partner(&program, first.tenant, &first.id.to_string(), depth).await;
    let workloads = workload::all(&dataset, &billing_tokens, &deep);
    let checked = if is_test { CHECKED_REQUESTS / 5 } else { CHECKED_REQUESTS };
    for workload in &workloads {
        check(&program, &thin, &dataset, workload, checked).await;
    }
    payouts::check(&postgres, &program, &thin).await;
    lists::check(&program).await;
    let benchmark = Benchmark { dataset, size, postgres, program, thin, other, schedule };
    if is_test {
        benchmark.reconcile();
        println!("load: the responses are correct");
    } else {
        benchmark.report(&workloads, &names).await;
    }
    benchmark.stop();
}

fn start(program: &Program, database: Database, name: &str) -> Server {
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{name}.log"));
    Server::start(program, database, &log)
}

/// Creates a token for the billing service of each tenant.
async fn create_service_tokens(database: &Database) -> Vec<String> {
    let pool = ok(Pool::new(&database.urls.serving, 1));
    let new = NewServiceToken { name: "billing".to_owned(), ttl: None };
    let mut tokens = Vec::new();
    for tenant in 0..TENANTS {
        let caller =
            ok(admission::operator(&pool, TenantId(format!("t{tenant}")), "bench", Role::Admin).await);
        tokens.push(
            ok(Transaction::run(&pool, &caller, Act::CreateServiceToken, create, &new).await).secret.expose(),
        );
    }
    pool.close();
    tokens
}

/// Makes the tokens of one database valid in another one.
fn copy_service_tokens(from: &Database, to: &Database) {
    let tokens = psql(&from.superuser_url, "COPY service_tokens TO STDOUT");
    psql(&to.superuser_url, &format!("COPY service_tokens FROM STDIN;\n{tokens}\\.\n"));
}

/// Sends the first requests of a workload; compares the responses of the program with the dataset, and those of the
/// thin service with them.
async fn check(program: &Server, thin: &Server, dataset: &Dataset, workload: &Workload, count: usize) {
    for (n, request) in workload.requests.iter().take(count).enumerate() {
        let response = send(program, request, n).await;
        (workload.check)(dataset, request, &response);
        if let Some(request) = workload.thin.get(n) {
            workload.comparison.check(workload.name, &response, &send(thin, request, n).await);
        }
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
