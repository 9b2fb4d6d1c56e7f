//! W5: payouts of many events, compared with the same statements in psql; and a payout run over all partners of a
//! tenant.

use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use revshare::auth::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::baseline::{self, infer_types, inline_values};
use crate::client;
use crate::postgres::{Postgres, execute, psql};
use crate::server::{Server, token};
use crate::size::DatasetSize;
use crate::workload::{Request, at};

const BATCH_TENANT: &str = "batches";
const RUN_TENANT: &str = "run";
const ROUNDS: usize = 2;
const PARTNERS_OF_RUN: u32 = 2_000;
const BATCH: &str =
    "mutation Batch($input: CreatePayoutBatchInput!) { createPayoutBatch(input: $input) { payout {
    id commissionCount } userErrors { code message } } }";
const RUN: &str = "mutation Run($input: RunPayoutsInput!) { runPayouts(input: $input) { payouts { id } userErrors { message } } }";
const INVOICE: &str =
    "mutation Paid($input: RecordInvoicePaidInput!) { recordInvoicePaid(input: $input) { outcome } }";

/// Measures the payouts, and prints the results.
pub async fn report(
    postgres: &Postgres,
    server: &Server,
    superuser: &mut AsyncPgConnection,
    size: DatasetSize,
) {
    for tenant in [BATCH_TENANT, RUN_TENANT] {
        let insert = format!(
            "INSERT INTO tenants (tenant_id, name, time_zone, default_currency)
             VALUES ('{tenant}', '{tenant}', 'UTC', 'EUR')"
        );
        execute(superuser, &insert).await;
    }
    println!("\n| W5 | psql s | server s | ratio | memory of the server MiB |\n|---|---|---|---|---|");
    for events in [size.events / 100, size.events / 10] {
        for round in 1..=ROUNDS {
            compare_batch(postgres, server, superuser, events, round).await;
        }
    }
    record_invoices_during_batch(server, superuser, size.events / 10).await;
    run_payouts(postgres, server, superuser).await;
}

/// Makes a payout by the program, and then the same for another partner by psql, with the statements from the log.
async fn compare_batch(
    postgres: &Postgres,
    server: &Server,
    superuser: &mut AsyncPgConnection,
    events: u32,
    round: usize,
) {
    let partner = insert_partner(superuser, events).await;
    let other_partner = insert_partner(superuser, events).await;
    execute(superuser, "VACUUM ANALYZE").await;
    let memory_before = server.memory();
    baseline::log_statements(superuser, true).await;
    let log_start = postgres.log().len();
    baseline::log_separator(superuser).await;
    let server_time = create_batch(server, partner, events).await;
    baseline::log_separator(superuser).await;
    baseline::log_statements(superuser, false).await;
    let script = psql_script(postgres, &postgres.log()[log_start..], partner, other_partner);
    let started = Instant::now();
    psql(&postgres.urls.serving, &script);
    let psql_time = started.elapsed();
    println!(
        "| batch of {events}, round {round} | {:.2} | {:.2} | {:.2} | {memory_before} to {} |",
        psql_time.as_secs_f64(),
        server_time.as_secs_f64(),
        server_time.as_secs_f64() / psql_time.as_secs_f64(),
        server.memory()
    );
}

/// Returns the statements of a batch from the log, with another partner and another payout id.
fn psql_script(postgres: &Postgres, log: &str, partner: Uuid, other_partner: Uuid) -> String {
    let statements = baseline::parse_log(log).remove(0);
    let insert = statements.iter().find(|statement| statement.sql.contains("INSERT INTO \"payouts\""));
    let payout = insert.expect("a payout").values[1].clone().expect("an id");
    let texts =
        statements.iter().map(|statement| inline_values(statement, &infer_types(postgres, statement)));
    let set_tenant = format!("SELECT set_config('app.tenant_id', '{BATCH_TENANT}', false);\n");
    let script = set_tenant + &texts.collect::<Vec<_>>().join(";\n") + ";\n";
    script
        .replace(&partner.to_string(), &other_partner.to_string())
        .replace(&payout, &Uuid::now_v7().to_string())
}

fn period() -> Value {
    json!({ "periodStart": "2026-01-01T00:00:00Z", "periodEnd": "2026-02-01T00:00:00Z" })
}

async fn send(server: &Server, token: String, query: &str, input: Value) -> Value {
    let body = json!({ "query": query, "variables": { "input": input } });
    client::send(&server.address, &Request { token, body, partner: 0 }, "").await
}

async fn create_batch(server: &Server, partner: Uuid, events: u32) -> Duration {
    let mut input = period();
    input["partnerId"] = json!(partner);
    let started = Instant::now();
    let response = send(server, token(BATCH_TENANT, "fiona", Role::Admin), BATCH, input).await;
    assert_eq!(at(&response, "/data/createPayoutBatch/payout/commissionCount"), &json!(events), "{response}");
    started.elapsed()
}

/// Records invoices of the same partner, one after the other, while a batch runs.
async fn record_invoices_during_batch(server: &Server, superuser: &mut AsyncPgConnection, events: u32) {
    let partner = insert_partner(superuser, events).await;
    let batch = create_batch(server, partner, events);
    tokio::pin!(batch);
    let (mut recorded, mut slowest) = (0_u32, Duration::ZERO);
    let batch_time = loop {
        let started = Instant::now();
        let amount = json!({ "amount": "10.00", "currency": "EUR" });
        let input = json!({ "invoiceId": format!("during-batch-{recorded}"), "customerId": partner.to_string(),
            "totalAmount": amount, "paidAt": "2026-03-01T00:00:00Z" });
        let accrual = send(server, token(BATCH_TENANT, "billing", Role::Billing), INVOICE, input);
        tokio::pin!(accrual);
        tokio::select! {
            batch_time = &mut batch => { accrual.await; break batch_time }
            response = &mut accrual => assert_eq!(at(&response, "/data/recordInvoicePaid/outcome"), "RECORDED"),
        }
        recorded += 1;
        slowest = slowest.max(started.elapsed());
    };
    println!(
        "\nWhile a batch of {events} ran for {:.2} s, {recorded} invoices of the same partner were recorded, the slowest in {} ms",
        batch_time.as_secs_f64(),
        slowest.as_millis()
    );
}

async fn run_payouts(postgres: &Postgres, server: &Server, superuser: &mut AsyncPgConnection) {
    let partners: Vec<_> = (0..PARTNERS_OF_RUN).map(|_| Uuid::now_v7()).collect();
    for chunk in partners.chunks(100) {
        let inserts: Vec<_> = chunk.iter().map(|id| partner_sql(*id, RUN_TENANT, 5)).collect();
        execute(superuser, &inserts.join(";\n")).await;
    }
    execute(superuser, "VACUUM ANALYZE").await;
    let (memory_before, database_cpu_before) = (server.memory(), postgres.cpu_seconds());
    let started = Instant::now();
    let response = send(server, token(RUN_TENANT, "fiona", Role::Admin), RUN, period()).await;
    let seconds = started.elapsed().as_secs_f64();
    let count = at(&response, "/data/runPayouts/payouts").as_array().unwrap().len();
    assert_eq!(count, partners.len(), "{}", at(&response, "/data/runPayouts/userErrors"));
    println!(
        "runPayouts over {count} partners: {seconds:.2} s, {:.1} s CPU time of the database; memory of the server {memory_before} to {} MiB",
        postgres.cpu_seconds() - database_cpu_before,
        server.memory()
    );
}

/// Inserts a partner with an account and approved events; returns its id.
async fn insert_partner(superuser: &mut AsyncPgConnection, events: u32) -> Uuid {
    let id = Uuid::now_v7();
    execute(superuser, &partner_sql(id, BATCH_TENANT, events)).await;
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
