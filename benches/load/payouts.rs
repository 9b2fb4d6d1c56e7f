//! W5: payouts of many events, compared with the thin service; and a payout run over all partners of a tenant.

use std::time::{Duration, Instant};

use revshare::auth::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client;
use crate::comparison::Comparison;
use crate::documents::{BATCH, INVOICE, RUN};
use crate::measurement::{Target, median};
use crate::postgres::{Database, Postgres, psql};
use crate::report::Benchmark;
use crate::server::{Server, token};
use crate::workload::{Request, at, graphql, thin};

const BATCH_TENANT: &str = "batches";
const RUN_TENANT: &str = "run";
const PARTNERS_OF_RUN: u32 = 2_000;
const PERIOD: [&str; 2] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"];
/// How many events the payout has that is compared before anything is measured.
const CHECKED_EVENTS: u32 = 50;
/// The time of a payout of 10,000 events relative to the thin service, at most.
const TARGET: f64 = 2.5;

/// How a payout was made.
struct Batch {
    seconds: f64,
    database_cpu: f64,
    response: Value,
}

/// Makes the same small payout by the program and by the thin service, which must be of the same events and amount.
pub async fn check(postgres: &Postgres, program: &Server, thin: &Server) {
    for server in [program, thin] {
        create_tenant(&server.database, BATCH_TENANT);
    }
    let ours = make_batch(postgres, program, insert_partner(&program.database, CHECKED_EVENTS), false).await;
    let theirs = make_batch(postgres, thin, insert_partner(&thin.database, CHECKED_EVENTS), true).await;
    let path = "/data/createPayoutBatch/payout";
    assert_eq!(at(&ours.response, path)["commissionCount"], CHECKED_EVENTS, "{}", ours.response);
    Comparison { path, ignored: &[] }.check("W5", &ours.response, &theirs.response);
}

/// Measures the payouts, and prints the results.
pub async fn report(benchmark: &Benchmark) -> Vec<Target> {
    let Benchmark { postgres, program, size, .. } = benchmark;
    if let Some(other) = &benchmark.other {
        create_tenant(&other.database, BATCH_TENANT);
    }
    println!(
        "\n| W5 | s | db CPU s | thin: s | db CPU s | times thin | other build: s | db CPU s | RSS MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut targets = Vec::new();
    for (events, rounds) in [(size.events / 100, 3), (size.events / 10, 2)] {
        let mut ratios = Vec::new();
        for round in 1..=rounds {
            ratios.push(compare_batch(benchmark, events, round).await);
        }
        if targets.is_empty() {
            let name = format!("W5, {events} events: times the thin service");
            targets.push(Target::at_most(name, median(ratios.into_iter()), TARGET));
        }
    }
    record_invoices_during_batch(program, size.events / 10).await;
    run_payouts(postgres, program).await;
    targets
}

/// Makes a payout by each side, in turns; returns the time of the program relative to the thin service.
async fn compare_batch(benchmark: &Benchmark, events: u32, round: usize) -> f64 {
    let Benchmark { postgres, program, thin, other, .. } = benchmark;
    let sides = [Some(program), Some(thin), other.as_ref()];
    let partners = sides.map(|side| side.map(|server| insert_partner(&server.database, events)));
    for server in sides.into_iter().flatten() {
        psql(&server.database.superuser_url, "VACUUM ANALYZE");
    }
    let memory = program.memory();
    let mut batches = [None, None, None];
    for turn in 0..sides.len() {
        let n = (turn + round) % sides.len();
        if let (Some(server), Some(partner)) = (sides[n], partners[n]) {
            batches[n] = Some(make_batch(postgres, server, partner, n == 1).await);
        }
    }
    let [Some(ours), Some(theirs), other] = &batches else { panic!("a side is missing") };
    let count = at(&ours.response, "/data/createPayoutBatch/payout/commissionCount");
    assert!(*count == events && theirs.response["commissionCount"] == events, "{count} events were paid");
    let ratio = ours.seconds / theirs.seconds;
    let columns = |batch: &Batch| format!("{:.2} | {:.2}", batch.seconds, batch.database_cpu);
    println!(
        "| {events} events, round {round} | {} | {} | {ratio:.2} | {} | {memory} to {} |",
        columns(ours),
        columns(theirs),
        other.as_ref().map_or(" | ".to_owned(), columns),
        program.memory()
    );
    ratio
}

async fn make_batch(postgres: &Postgres, server: &Server, partner: Uuid, is_thin: bool) -> Batch {
    let [start, end] = PERIOD;
    let request = if is_thin {
        let body = json!({ "tenant": BATCH_TENANT, "partner": partner, "currency": "EUR", "from": start, "to": end });
        thin("/payout", body, 0)
    } else {
        batch_request(partner)
    };
    let (started, cpu_before) = (Instant::now(), postgres.cpu_seconds());
    let response = client::send(&server.address, &request, "").await;
    let seconds = started.elapsed().as_secs_f64();
    Batch { seconds, database_cpu: postgres.cpu_seconds() - cpu_before, response }
}

fn batch_request(partner: Uuid) -> Request {
    let [start, end] = PERIOD;
    let input = json!({ "partnerId": partner, "periodStart": start, "periodEnd": end });
    mutation(token(BATCH_TENANT, "fiona", Role::Admin), BATCH, &input)
}

fn mutation(token: String, query: &str, input: &Value) -> Request {
    graphql(token, json!({ "query": query, "variables": { "input": input } }), 0)
}

/// Records invoices of the same partner, one after the other, while a batch runs.
async fn record_invoices_during_batch(server: &Server, events: u32) {
    let request = batch_request(insert_partner(&server.database, events));
    let started = Instant::now();
    let batch = client::send(&server.address, &request, "");
    tokio::pin!(batch);
    let partner = &request.body["variables"]["input"]["partnerId"];
    let (mut recorded, mut slowest) = (0_u32, Duration::ZERO);
    let batch_time = loop {
        let recording = Instant::now();
        let amount = json!({ "amount": "10.00", "currency": "EUR" });
        let input = json!({ "invoiceId": format!("during-batch-{recorded}"), "customerId": partner,
            "totalAmount": amount, "paidAt": "2026-03-01T00:00:00Z" });
        let accrual = mutation(token(BATCH_TENANT, "billing", Role::Billing), INVOICE, &input);
        let accrual = client::send(&server.address, &accrual, "");
        tokio::pin!(accrual);
        tokio::select! {
            _ = &mut batch => { accrual.await; break started.elapsed() }
            response = &mut accrual => assert_eq!(at(&response, "/data/recordInvoicePaid/outcome"), "RECORDED"),
        }
        recorded += 1;
        slowest = slowest.max(recording.elapsed());
    };
    println!(
        "\nWhile a batch of {events} ran for {:.2} s, {recorded} invoices of the same partner were recorded, the slowest in {} ms",
        batch_time.as_secs_f64(),
        slowest.as_millis()
    );
}

async fn run_payouts(postgres: &Postgres, server: &Server) {
    create_tenant(&server.database, RUN_TENANT);
    let partners: Vec<_> = (0..PARTNERS_OF_RUN).map(|_| Uuid::now_v7()).collect();
    for chunk in partners.chunks(100) {
        let inserts: Vec<_> = chunk.iter().map(|id| partner_sql(*id, RUN_TENANT, 5)).collect();
        psql(&server.database.superuser_url, &inserts.join(";\n"));
    }
    psql(&server.database.superuser_url, "VACUUM ANALYZE");
    let (memory_before, database_cpu_before) = (server.memory(), postgres.cpu_seconds());
    let [start, end] = PERIOD;
    let input = json!({ "periodStart": start, "periodEnd": end });
    let request = mutation(token(RUN_TENANT, "fiona", Role::Admin), RUN, &input);
    let started = Instant::now();
    let response = client::send(&server.address, &request, "").await;
    let seconds = started.elapsed().as_secs_f64();
    let count = at(&response, "/data/runPayouts/payouts").as_array().unwrap().len();
    assert_eq!(count, partners.len(), "{}", at(&response, "/data/runPayouts/userErrors"));
    println!(
        "runPayouts over {count} partners: {seconds:.2} s, {:.1} s CPU time of the database; memory of the server {memory_before} to {} MiB",
        postgres.cpu_seconds() - database_cpu_before,
        server.memory()
    );
}

fn create_tenant(database: &Database, tenant: &str) {
    psql(
        &database.superuser_url,
        &format!(
            "INSERT INTO tenants (tenant_id, name, time_zone, default_currency)
             VALUES ('{tenant}', '{tenant}', 'UTC', 'EUR')"
        ),
    );
}

/// Inserts a partner with an account and approved events; returns its id.
fn insert_partner(database: &Database, events: u32) -> Uuid {
    let id = Uuid::now_v7();
    psql(&database.superuser_url, &partner_sql(id, BATCH_TENANT, events));
    id
}

fn partner_sql(id: Uuid, tenant: &str, events: u32) -> String {
    format!(
        "INSERT INTO partners (tenant_id, id, partner_number, company_name, payout_currency)
         VALUES ('{tenant}', '{id}', '{id}', '{id}', 'EUR');
         INSERT INTO partner_terms
         VALUES ('{tenant}', '{id}', '2000-01-01 00:00:00+00', 1, 'ACTIVE', 'GOLD', 0.15, 'bench', now());
         INSERT INTO managed_accounts (tenant_id, id, partner_id, customer_id, engagement_type, starts_at)
         VALUES ('{tenant}', '{id}', '{id}', '{id}', 'DIRECT', '2020-01-01');
         INSERT INTO managed_account_terms
         VALUES ('{tenant}', '{id}', '2000-01-01 00:00:00+00', 1, '{id}', NULL, 'bench', now());
         INSERT INTO invoice_revisions (tenant_id, invoice_id, customer_id, currency, total_amount, commissionable_amount, paid_at,
             outcome, received_at, partner_id, commission_rate, id, recorded_by)
         SELECT '{tenant}', '{id} ' || n, '{id}', 'EUR', 100, 100, '2026-01-01', 'RECORDED', '2026-01-01', '{id}', 0.15,
             md5('{id} ' || n)::uuid, 'bench'
         FROM generate_series(1, {events}) AS n;
         INSERT INTO commission_events (tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id, customer_id,
             currency, base_amount, commission_rate, rate_source, commission_amount, event_date, recorded_at, payable_at,
             invoice_row_id, invoice_revision)
         SELECT '{tenant}', gen_random_uuid(), '{id}', '{id}', 'INVOICE_PAID', 'APPROVED', '{id} ' || n, '{id}', 'EUR', 100, 0.15,
             'PARTNER', 15, '2026-01-01', '2026-01-01', '2026-01-01', md5('{id} ' || n)::uuid, 1
         FROM generate_series(1, {events}) AS n;
         INSERT INTO status_changes (tenant_id, commission_event_id, to_status, changed_at, actor)
         SELECT tenant_id, id, status, recorded_at, 'bench' FROM commission_events
         WHERE tenant_id = '{tenant}' AND partner_id = '{id}'"
    )
}
