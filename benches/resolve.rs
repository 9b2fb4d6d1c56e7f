//! Measures the CPU time in which this process executes a page of 50 events with their references, without HTTP.
//!
//! `cargo bench --bench resolve [-- <requests>]`. The schema is executed in this process over a private PostgreSQL, whose
//! time is not counted. Two builds are compared by running them in turns; `valgrind --tool=callgrind` shows where the time
//! goes.

// The future of a mutation contains those of its whole payload, deeper than a crate may nest by default.
#![recursion_limit = "256"]
#![expect(clippy::expect_used, reason = "a benchmark that cannot continue panics with the reason")]
#![expect(clippy::float_arithmetic, reason = "microseconds per request")]

use std::path::Path;
use std::sync::Arc;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::sys::resource::{UsageWho, getrusage};
use private_postgres::Started;
use revshare::auth::{Caller, Role};
use revshare::domain::admission::{self, Admission};
use revshare::domain::db::migrate;
use revshare::domain::db::pool::Pool;
use revshare::domain::tenant;
use revshare::domain::tenant::create::NewTenant;
use revshare::graphql::{Request, Schema, Turns, Work, schema};
use revshare::metrics::{Metrics, RequestMetrics};
use revshare::primitives::error::Error;
use revshare::primitives::id::TenantId;
use serde_json::Value;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTNERS: usize = 5;
const EVENTS_OF_PARTNER: usize = 10;
const ROUNDS: usize = 5;

/// The documents, by what is selected of each of the 50 events.
const SELECTIONS: [(&str, &str); 5] = [
    ("{ id }", "id"),
    ("5 scalars", "id status eventType eventDate invoiceId commissionRate"),
    (
        "+ 2 amounts",
        "id status eventType eventDate invoiceId commissionRate
         commissionAmount { amount currency } baseAmount { amount currency }",
    ),
    ("keys of 3 references", "id partner { id } payout { id } managedAccount { id }"),
    (
        "W2",
        "id status eventType eventDate invoiceId commissionAmount { amount currency } baseAmount { amount currency }
         commissionRate partner { id companyName tier } payout { id status payoutDate totalAmount { amount currency } }
         managedAccount { id customerId customerName }",
    ),
];

fn main() {
    let requests = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(measure(requests));
}

fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

struct Api {
    schema: Schema,
    pool: Pool,
    caller: Caller,
    metrics: Arc<Metrics>,
}

impl Api {
    /// Executes a document; returns the response as the server would write it.
    async fn execute(&self, document: &str) -> Vec<u8> {
        let metrics = RequestMetrics::new(Arc::clone(&self.metrics));
        let work = Arc::new(Work::new(u64::MAX, &Turns::default()));
        let admission = Admission { caller: self.caller.clone(), settings: None, partners: Vec::new() };
        let data = Request::new(self.pool.clone(), admission, metrics, Arc::clone(&work));
        let request = async_graphql::Request::new(document).data(data);
        let response = work.paced(self.schema.execute(request)).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        serde_json::to_vec(&response).expect("JSON")
    }

    /// Executes a mutation; returns the value at a JSON pointer below its payload.
    async fn mutate(&self, mutation: &str, pointer: &str) -> String {
        let response = self.execute(&format!("mutation {{ m: {mutation} }}")).await;
        let response: Value = serde_json::from_slice(&response).expect("JSON");
        let value = response.pointer(&format!("/data/m{pointer}")).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("{response}")).to_owned()
    }

    /// Creates a partner with an account, and events in a payout.
    async fn create_partner(&self, n: usize) {
        let create = format!(
            r#"createPartner(input: {{ companyName: "Partner {n}", defaultCommissionRate: "0.15" }}) {{ partner {{ id }} }}"#
        );
        let partner = self.mutate(&create, "/partner/id").await;
        let assign = format!(
            r#"assignManagedAccount(input: {{ partnerId: "{partner}", customerId: "customer-{n}", customerName: "Customer {n}",
                startsAt: "2026-01-01T00:00:00Z" }}) {{ managedAccount {{ id }} }}"#
        );
        self.mutate(&assign, "/managedAccount/id").await;
        for invoice in 0..EVENTS_OF_PARTNER {
            let record = format!(
                r#"recordInvoicePaid(input: {{ invoiceId: "invoice-{n}-{invoice}", customerId: "customer-{n}",
                    totalAmount: {{ amount: "1{n}.{invoice}0", currency: "USD" }}, paidAt: "2026-02-0{}T10:00:00Z" }})
                    {{ commissionEvent {{ id }} }}"#,
                invoice % 9 + 1
            );
            self.mutate(&record, "/commissionEvent/id").await;
        }
        let period = r#"{ eventDateTo: "2026-03-01T00:00:00Z" }"#;
        let approve = format!(
            "approvePendingCommissionEvents(input: {period}) {{ userErrors {{ message }} __typename }}"
        );
        self.mutate(&approve, "/__typename").await;
        let pay = format!(
            r#"createPayoutBatch(input: {{ partnerId: "{partner}", periodStart: "2026-01-01T00:00:00Z",
                periodEnd: "2026-03-01T00:00:00Z" }}) {{ payout {{ id }} }}"#
        );
        self.mutate(&pay, "/payout/id").await;
    }
}

async fn measure(requests: u32) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resolve-postgres");
    let Started::Started(server) = private_postgres::start(&folder, &[]).await.expect("a server") else {
        panic!("another benchmark is running");
    };
    let database = format!("bench_{}", Uuid::now_v7().simple());
    let mut postgres =
        AsyncPgConnection::establish(&server.superuser_url("postgres")).await.expect("a connection");
    postgres.batch_execute(&format!("CREATE DATABASE {database} OWNER revshare")).await.expect("a database");
    let urls = server.urls_of(&database);
    ok(migrate::run(&urls.owner, &urls.serving).await);
    let pool = ok(Pool::new(&urls.serving, 1));
    let currency = "USD".parse().expect("a currency");
    let id = "acme".to_owned();
    let new = NewTenant { id: id.clone(), name: id.clone(), time_zone: "UTC".to_owned(), currency };
    ok(tenant::create::create(&pool, new).await);
    let caller = ok(admission::operator(&pool, TenantId(id), "bench", Role::Admin).await);
    let api = Api {
        schema: schema(revshare::webhook::WebhookSettings::default(), None),
        pool: pool.clone(),
        caller,
        metrics: Arc::default(),
    };
    for n in 0..PARTNERS {
        api.create_partner(n).await;
    }

    println!("{requests} requests, {ROUNDS} rounds; us of CPU per request: lowest, median");
    for (name, selection) in SELECTIONS {
        let document = format!("{{ commissionEvents(first: 50) {{ nodes {{ {selection} }} }} }}");
        let response = api.execute(&document).await;
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let before = cpu_us();
            for _ in 0..requests {
                api.execute(&document).await;
            }
            times.push((cpu_us() - before) / f64::from(requests));
        }
        times.sort_by(f64::total_cmp);
        println!("{name:>22} {:>8} bytes {:>8.0} {:>8.0}", response.len(), times[0], times[ROUNDS / 2]);
    }
    pool.close();
    postgres
        .batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)"))
        .await
        .expect("a dropped database");
    server.stop();
}

/// Returns the CPU time of this process in user mode, in microseconds.
fn cpu_us() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the usage");
    let micros = usage.user_time().tv_sec() * 1_000_000 + usage.user_time().tv_usec();
    f64::from(u32::try_from(micros).expect("less than an hour of CPU time"))
}
