//! Compares a payout batch over 100,000 approved events with hand-written SQL that inserts and updates the same rows, and its
//! completion, which issues its statement, with `COPY` of the lines of that statement.
//!
//! `cargo bench --bench batch [-- <events>]`. A private PostgreSQL with default settings; two partners with the same
//! number of events, in alternating order, so that both sides find tables of the same size.

#![expect(clippy::expect_used, reason = "a benchmark that cannot continue panics with the reason")]
#![expect(clippy::float_arithmetic, reason = "ratios of times")]

use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use async_graphql::MaybeUndefined;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::StreamExt;
use private_postgres::Started;
use revshare::auth::{Caller, Role};
use revshare::domain::account::assign::{self, AssignManagedAccountInput};
use revshare::domain::admission;
use revshare::domain::db::act::Act;
use revshare::domain::db::migrate;
use revshare::domain::db::pool::Pool;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::partner::create::{self, CreatePartnerInput};
use revshare::domain::payout::batch::{self, CreatePayoutBatchInput};
use revshare::domain::payout::settle::{self, CompletePayoutInput};
use revshare::domain::tenant;
use revshare::domain::tenant::create::NewTenant;
use revshare::primitives::error::Error;
use revshare::primitives::id::{ManagedAccountId, PartnerId, PayoutId, TenantId};
use revshare::primitives::timestamp::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::NoTls;
use uuid::Uuid;

const ROUNDS: usize = 3;

fn main() {
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(compare(events));
}

fn ok<T>(result: Result<T, Error>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
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
    let pool = ok(Pool::new(&urls.serving, 4));
    let mut owner = connect(&server.superuser_url(&database)).await;

    println!("{events} events per batch, {ROUNDS} rounds\n");
    println!(
        "{:>10} {:>12} {:>8} {:>20} {:>14} {:>10}",
        "SQL", "revshare", "ratio", "memory of revshare", "completion", "COPY"
    );
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let caller = create_tenant(&pool, &format!("round-{round}")).await;
        let sql_partner = create_partner(&pool, &caller, &mut owner, events, "sql").await;
        let revshare_partner = create_partner(&pool, &caller, &mut owner, events, "revshare").await;
        execute(&mut owner, "VACUUM ANALYZE").await;
        let (sql_time, revshare_time, growth, payout);
        if round % 2 == 0 {
            sql_time = batch_by_sql(&mut owner, &caller, sql_partner).await;
            (revshare_time, growth, payout) =
                batch_by_revshare(&pool, &caller, revshare_partner, events).await;
        } else {
            (revshare_time, growth, payout) =
                batch_by_revshare(&pool, &caller, revshare_partner, events).await;
            sql_time = batch_by_sql(&mut owner, &caller, sql_partner).await;
        }
        let (sql, revshare) = (sql_time.as_secs_f64(), revshare_time.as_secs_f64());
        let ratio = revshare / sql;
        ratios.push(ratio);
        let copy_time = copy_lines(&server.superuser_url(&database), payout).await;
        let completion_time = complete(&pool, &caller, payout).await;
        let (completion, copy) = (completion_time.as_secs_f64(), copy_time.as_secs_f64());
        println!(
            "{sql:>9.2}s {revshare:>11.2}s {ratio:>8.2} {growth:>16} KiB {completion:>13.3}s {copy:>9.3}s"
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("\nmedian ratio {:.2}", ratios[ROUNDS / 2]);
    pool.close();
    drop(owner);
    execute(&mut postgres, &format!("DROP DATABASE {database} WITH (FORCE)")).await;
    server.stop();
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

async fn execute(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn create_tenant(pool: &Pool, id: &str) -> Caller {
    let currency = "EUR".parse().expect("a currency");
    let new = NewTenant { id: id.to_owned(), name: id.to_owned(), time_zone: "UTC".to_owned(), currency };
    ok(tenant::create::create(pool, new).await);
    ok(admission::operator(pool, TenantId(id.to_owned()), "bench", Role::Admin).await)
}

/// Creates a partner with an account and this number of approved events.
async fn create_partner(
    pool: &Pool,
    caller: &Caller,
    owner: &mut AsyncPgConnection,
    events: u32,
    name: &str,
) -> PartnerId {
    let rate = Some("0.15".parse().expect("a rate"));
    let input = CreatePartnerInput {
        company_name: name.to_owned(),
        partner_number: None,
        tier: MaybeUndefined::Undefined,
        status: MaybeUndefined::Undefined,
        default_commission_rate: rate,
        payout_currency: MaybeUndefined::Undefined,
        idempotency_key: None,
    };
    let partner = ok(Transaction::run(pool, caller, Act::CreatePartner, create::create, &input).await).id;
    let input = AssignManagedAccountInput {
        partner_id: partner,
        customer_id: name.to_owned(),
        customer_name: None,
        engagement_type: MaybeUndefined::Undefined,
        custom_commission_rate: None,
        starts_at: MaybeUndefined::Undefined,
        ends_at: None,
    };
    let account: ManagedAccountId =
        ok(Transaction::run(pool, caller, Act::AssignManagedAccount, assign::assign, &input).await).id;
    let tenant = caller.identity().tenant();
    execute(
        owner,
        &format!(
            "INSERT INTO invoice_revisions
             SELECT '{tenant}', '{name} ' || n, '{name}', 'EUR', 100, 100, '2026-01-01', 'RECORDED', now(), '{partner}', 0.15,
                 md5('{name} ' || n)::uuid, 1, NULL, true, 'bench'
             FROM generate_series(1, {events}) AS n;
             INSERT INTO commission_events
             SELECT '{tenant}', gen_random_uuid(), '{partner}', '{account}', 'INVOICE_PAID', 'APPROVED', '{name} ' || n, NULL,
                 '{name}', 'EUR', 100, 0.15, 'PARTNER', 15, '2026-01-01', '2026-01-01', '2026-01-01', NULL, NULL, NULL, NULL,
                 md5('{name} ' || n)::uuid, 1
             FROM generate_series(1, {events}) AS n;
             INSERT INTO status_changes (tenant_id, commission_event_id, to_status, changed_at, actor)
             SELECT tenant_id, id, status, recorded_at, 'bench' FROM commission_events WHERE partner_id = '{partner}'"
        ),
    )
    .await;
    partner
}

/// Creates the batch by the library; returns the time and the growth of this process, in KiB.
async fn batch_by_revshare(
    pool: &Pool,
    caller: &Caller,
    partner: PartnerId,
    events: u32,
) -> (Duration, i64, PayoutId) {
    let timestamp = |text: &str| Timestamp(text.parse().expect("a timestamp"));
    let input = CreatePayoutBatchInput {
        partner_id: partner,
        period_start: timestamp("2026-01-01T00:00:00Z"),
        period_end: timestamp("2026-02-01T00:00:00Z"),
        currency: MaybeUndefined::Undefined,
        payment_method: None,
        payout_date: None,
        notes: None,
        idempotency_key: None,
    };
    let before = memory();
    let started = Instant::now();
    let payout = ok(Transaction::run(pool, caller, Act::CreatePayoutBatch, batch::create, &input).await);
    let time = started.elapsed();
    assert_eq!(payout.commission_count, i64::from(events));
    (time, memory() - before, payout.id)
}

/// Creates the batch by hand-written SQL.
async fn batch_by_sql(owner: &mut AsyncPgConnection, caller: &Caller, partner: PartnerId) -> Duration {
    let tenant = caller.identity().tenant();
    let payout = Uuid::now_v7();
    let started = Instant::now();
    execute(
        owner,
        &format!(
            "BEGIN;
             INSERT INTO payouts
             SELECT '{tenant}', '{payout}', '{partner}', 'EUR', sum(commission_amount), count(*), 'READY', 'manual', NULL, now(),
                 '2026-01-01', '2026-02-01', now()
             FROM commission_events WHERE tenant_id = '{tenant}' AND partner_id = '{partner}' AND status = 'APPROVED';
             INSERT INTO payout_lines
             SELECT tenant_id, '{payout}', id, partner_id, currency, commission_amount, now()
             FROM commission_events WHERE tenant_id = '{tenant}' AND partner_id = '{partner}' AND status = 'APPROVED';
             UPDATE commission_events SET status = 'PAID', payout_id = '{payout}', paid_at = now()
             WHERE tenant_id = '{tenant}' AND partner_id = '{partner}' AND status = 'APPROVED';
             INSERT INTO status_changes (tenant_id, commission_event_id, from_status, to_status, changed_at, actor)
             SELECT tenant_id, id, 'APPROVED', 'PAID', now(), 'bench'
             FROM commission_events WHERE tenant_id = '{tenant}' AND payout_id = '{payout}' AND partner_id = '{partner}';
             COMMIT"
        ),
    )
    .await;
    started.elapsed()
}

/// Completes a payout, which issues its statement: each line is read, written as CSV, and hashed.
async fn complete(pool: &Pool, caller: &Caller, id: PayoutId) -> Duration {
    let input = CompletePayoutInput { id, payment_reference: format!("WIRE {id}"), completed_at: None };
    let started = Instant::now();
    ok(Transaction::run(pool, caller, Act::CompletePayout, settle::complete, &input).await);
    started.elapsed()
}

/// Reads the lines of a payout in the order of its statement by COPY, and hashes what arrives.
async fn copy_lines(url: &str, payout: PayoutId) -> Duration {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    let connection = tokio::spawn(connection);
    let started = Instant::now();
    let copy = format!(
        "COPY (SELECT e.id, e.event_type, e.event_date, e.recorded_at, e.invoice_id, e.customer_id, e.base_amount,
             e.commission_rate, e.commission_amount, e.currency, e.reverses_id
         FROM payout_lines l JOIN commission_events e ON e.tenant_id = l.tenant_id AND e.id = l.commission_event_id
         WHERE l.payout_id = '{payout}' ORDER BY e.event_date, e.id) TO STDOUT (FORMAT csv)"
    );
    let mut rows = pin!(client.copy_out(&copy).await.expect("rows"));
    let mut hash = Sha256::new();
    while let Some(row) = rows.next().await {
        hash.update(row.expect("a row"));
    }
    std::hint::black_box(hash.finalize());
    let time = started.elapsed();
    connection.abort();
    time
}

/// Returns the resident memory of this process, in KiB.
fn memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
