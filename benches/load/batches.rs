//! W5: payouts of many events, against the same statements in psql; and a run over all partners of a tenant.

use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use revshare::auth::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::floor::{self, inlined, types};
use crate::load;
use crate::server::{Postgres, Server, psql, run, token};
use crate::size::Size;
use crate::work::{Draw, at};

const TENANT: &str = "batches";
const ROUNDS: usize = 2;
const RUN_OVER: u32 = 2_000;
const BATCH: &str =
    "mutation Batch($input: CreatePayoutBatchInput!) { createPayoutBatch(input: $input) { payout {
    id commissionCount } userErrors { code message } } }";
const RUN: &str = "mutation Run($input: RunPayoutsInput!) { runPayouts(input: $input) { payouts { id } userErrors { message } } }";
const INVOICE: &str =
    "mutation Paid($input: RecordInvoicePaidInput!) { recordInvoicePaid(input: $input) { outcome } }";

pub async fn report(postgres: &Postgres, server: &Server, superuser: &mut AsyncPgConnection, size: Size) {
    let tenant = |id: &str| {
        format!(
            "INSERT INTO tenants (tenant_id, name, time_zone, default_currency) VALUES ('{id}', '{id}', 'UTC', 'EUR')"
        )
    };
    run(superuser, &tenant(TENANT)).await;
    run(superuser, &tenant("run")).await;
    println!("\n| W5 | by hand s | server s | ratio | memory of the server MiB |\n|---|---|---|---|---|");
    for events in [size.events / 100, size.events / 10] {
        for round in 0..ROUNDS {
            let (ours, theirs) =
                (partner(superuser, TENANT, events).await, partner(superuser, TENANT, events).await);
            run(superuser, "VACUUM ANALYZE").await;
            let before = server.memory().0;
            floor::listen(superuser, true).await;
            let from = postgres.log().len();
            floor::mark(superuser).await;
            let took = batch(server, ours, events).await;
            floor::mark(superuser).await;
            floor::listen(superuser, false).await;
            let script = by_hand(postgres, &postgres.log()[from..], ours, theirs);
            let begun = Instant::now();
            psql(&postgres.urls.serving, &script);
            let by_hand = begun.elapsed();
            let ratio = took.as_secs_f64() / by_hand.as_secs_f64();
            println!(
                "| batch of {events}, round {} | {:.2} | {:.2} | {ratio:.2} | {before} to {} |",
                round + 1,
                by_hand.as_secs_f64(),
                took.as_secs_f64(),
                server.memory().0
            );
        }
    }
    meanwhile(server, superuser, size.events / 10).await;
    run_over_all(postgres, server, superuser).await;
}

/// The statements of a batch, for another partner and payout.
fn by_hand(postgres: &Postgres, log: &str, ours: Uuid, theirs: Uuid) -> String {
    let statements = floor::requests(log).remove(0);
    let insert = statements
        .iter()
        .find(|statement| statement.sql.contains("INSERT INTO \"payouts\""))
        .expect("a payout");
    let payout = insert.values[1].clone().expect("an id");
    let texts = statements.iter().map(|statement| inlined(statement, &types(postgres, statement)));
    let tell = format!("SELECT set_config('app.tenant_id', '{TENANT}', false);\n");
    let script = tell + &texts.collect::<Vec<_>>().join(";\n") + ";\n";
    script.replace(&ours.to_string(), &theirs.to_string()).replace(&payout, &Uuid::now_v7().to_string())
}

fn admin() -> String {
    token(TENANT, "fiona", Role::Admin)
}

fn period() -> Value {
    json!({ "periodStart": "2026-01-01T00:00:00Z", "periodEnd": "2026-02-01T00:00:00Z" })
}

async fn ask(server: &Server, token: String, query: &str, input: Value) -> Value {
    let body = json!({ "query": query, "variables": { "input": input } });
    load::ask(&server.address, &Draw { token, body, partner: 0 }, "").await
}

async fn batch(server: &Server, partner: Uuid, events: u32) -> Duration {
    let mut input = period();
    input["partnerId"] = json!(partner);
    let begun = Instant::now();
    let answer = ask(server, admin(), BATCH, input).await;
    assert_eq!(at(&answer, "/data/createPayoutBatch/payout/commissionCount"), &json!(events), "{answer}");
    begun.elapsed()
}

/// Invoices of the same partner while a batch runs.
async fn meanwhile(server: &Server, superuser: &mut AsyncPgConnection, events: u32) {
    let partner = partner(superuser, TENANT, events).await;
    let work = batch(server, partner, events);
    tokio::pin!(work);
    let (mut recorded, mut slowest) = (0_u32, Duration::ZERO);
    let took = loop {
        let begun = Instant::now();
        let amount = json!({ "amount": "10.00", "currency": "EUR" });
        let input = json!({ "invoiceId": format!("meanwhile-{recorded}"), "customerId": partner.to_string(),
            "totalAmount": amount, "paidAt": "2026-03-01T00:00:00Z" });
        let accrual = ask(server, token(TENANT, "billing", Role::Billing), INVOICE, input);
        tokio::pin!(accrual);
        tokio::select! {
            took = &mut work => { accrual.await; break took }
            answer = &mut accrual => assert_eq!(at(&answer, "/data/recordInvoicePaid/outcome"), "RECORDED"),
        }
        recorded += 1;
        slowest = slowest.max(begun.elapsed());
    };
    println!(
        "\nWhile a batch of {events} ran for {:.2} s, {recorded} invoices of the same partner were recorded, the slowest in {} ms",
        took.as_secs_f64(),
        slowest.as_millis()
    );
}

async fn run_over_all(postgres: &Postgres, server: &Server, superuser: &mut AsyncPgConnection) {
    let all: Vec<_> = (0..RUN_OVER).map(|_| Uuid::now_v7()).collect();
    for chunk in all.chunks(100) {
        let made: Vec<_> = chunk.iter().map(|id| sql_of_partner(*id, "run", 5)).collect();
        run(superuser, &made.join(";\n")).await;
    }
    run(superuser, "VACUUM ANALYZE").await;
    let (before, database) = (server.memory().0, postgres.cpu());
    let begun = Instant::now();
    let answer = ask(server, token("run", "fiona", Role::Admin), RUN, period()).await;
    let took = begun.elapsed().as_secs_f64();
    let made = at(&answer, "/data/runPayouts/payouts").as_array().unwrap().len();
    assert_eq!(made, all.len(), "{}", at(&answer, "/data/runPayouts/userErrors"));
    println!(
        "runPayouts over {made} partners: {took:.2} s, {:.1} s of it work of the database; memory of the server {before} to {} MiB",
        postgres.cpu() - database,
        server.memory().0
    );
}

/// A partner with an account and so many approved events.
async fn partner(superuser: &mut AsyncPgConnection, tenant: &str, events: u32) -> Uuid {
    let id = Uuid::now_v7();
    run(superuser, &sql_of_partner(id, tenant, events)).await;
    id
}

fn sql_of_partner(id: Uuid, tenant: &str, events: u32) -> String {
    format!(
        "INSERT INTO partners (tenant_id, id, partner_number, company_name, status, tier, default_commission_rate, payout_currency)
         VALUES ('{tenant}', '{id}', '{id}', '{id}', 'ACTIVE', 'GOLD', 0.15, 'EUR');
         INSERT INTO managed_accounts (tenant_id, id, partner_id, customer_id, engagement_type, starts_at)
         VALUES ('{tenant}', '{id}', '{id}', '{id}', 'DIRECT', '2020-01-01');
         INSERT INTO invoice_receipts (tenant_id, invoice_id, customer_id, currency, total_amount, commissionable_amount, paid_at,
             outcome, partner_id, commission_rate)
         SELECT '{tenant}', '{id} ' || n, '{id}', 'EUR', 100, 100, '2026-01-01', 'RECORDED', '{id}', 0.15
         FROM generate_series(1, {events}) AS n;
         INSERT INTO commission_events (tenant_id, id, partner_id, managed_account_id, event_type, status, invoice_id, customer_id,
             currency, base_amount, commission_rate, rate_source, commission_amount, event_date, recorded_at, payable_at)
         SELECT '{tenant}', gen_random_uuid(), '{id}', '{id}', 'INVOICE_PAID', 'APPROVED', '{id} ' || n, '{id}', 'EUR', 100, 0.15,
             'PARTNER', 15, '2026-01-01', '2026-01-01', '2026-01-01'
         FROM generate_series(1, {events}) AS n;
         INSERT INTO status_changes (tenant_id, commission_event_id, to_status, changed_at, actor)
         SELECT tenant_id, id, status, recorded_at, 'bench' FROM commission_events
         WHERE tenant_id = '{tenant}' AND partner_id = '{id}'"
    )
}
