//! The connections of the pool: their settings, and how much memory PostgreSQL uses for each.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::support::{TestTenant, acme, superuser};

/// The order of magnitude of what a new backend needs, in KiB.
const GROWTH_MAX: u64 = 15 * 1024;

/// Lets the connection of a mutation record what it finds when a partner is created.
const OBSERVATION: &str = "
    CREATE TABLE observations (value text);
    GRANT INSERT ON observations TO revshare_app;
    CREATE FUNCTION observe() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO observations SELECT (<expression>)::text; RETURN NULL; END $$;
    CREATE TRIGGER observe AFTER INSERT ON partners EXECUTE FUNCTION observe()";

async fn observe(acme: &TestTenant, expression: &str) {
    let sql = OBSERVATION.replace("<expression>", expression);
    superuser(&acme.app.database).await.batch_execute(&sql).await.expect("a trigger");
}

/// Creates a partner, and returns the value of the expression on its connection.
async fn observed(acme: &TestTenant) -> String {
    #[derive(QueryableByName)]
    struct Observation {
        #[diesel(sql_type = Text)]
        value: String,
    }
    acme.create_partner("observed").await;
    let query = diesel::sql_query("DELETE FROM observations RETURNING value");
    let rows: Vec<Observation> = query.load(&mut superuser(&acme.app.database).await).await.expect("values");
    rows.into_iter().map(|row| row.value).next_back().expect("an observation")
}

/// Returns a list whose statement has the conditions of the bits of a number, in one of four orders.
fn list(shape: u32) -> String {
    let conditions = [
        "status: [PENDING, PAID]",
        "eventType: [ADJUSTMENT]",
        "currency: \"EUR\"",
        "eventDateFrom: \"2026-01-01T00:00:00Z\"",
        "eventDateTo: \"2027-01-01T00:00:00Z\"",
        "invoiceId: \"i\"",
        "customerId: \"c\"",
        "partnerId: \"00000000-0000-7000-8000-000000000000\"",
    ];
    let chosen = conditions.iter().enumerate().filter(|(bit, _)| shape & (1 << bit) != 0);
    let filter: Vec<_> = chosen.map(|(_, condition)| *condition).collect();
    let field = if shape & 256 == 0 { "EVENT_DATE" } else { "COMMISSION_AMOUNT" };
    let direction = if shape & 512 == 0 { "ASC" } else { "DESC" };
    format!(
        "l{shape}: commissionEvents(first: {}, filter: {{ {} }}, orderBy: {{ field: {field}, direction: {direction} }}) {{
            nodes {{ id }}
        }}",
        1 + shape % 100,
        filter.join(", "),
    )
}

async fn query_lists(acme: &TestTenant, shapes: impl Iterator<Item = u32>) {
    let shapes: Vec<_> = shapes.collect();
    for some in shapes.chunks(32) {
        let lists: Vec<_> = some.iter().map(|shape| list(*shape)).collect();
        acme.admin().query(&format!("{{ {} }}", lists.join("\n"))).await.data();
    }
}

/// Returns the process ids of the backends that serve, with the KiB of memory that each has for itself.
async fn backends(acme: &TestTenant) -> Vec<(i32, u64)> {
    #[derive(QueryableByName)]
    struct Backend {
        #[diesel(sql_type = Integer)]
        pid: i32,
    }
    let query =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'revshare_app'";
    let mut connection = superuser(&acme.app.database).await;
    let backends: Vec<Backend> = diesel::sql_query(query).load(&mut connection).await.expect("backends");
    backends.into_iter().map(|backend| (backend.pid, anonymous_memory(backend.pid))).collect()
}

fn anonymous_memory(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn lists_of_a_thousand_shapes_do_not_fill_the_memory_of_the_database() {
    let acme = acme().await;
    query_lists(&acme, 0..1).await;
    let before = backends(&acme).await.iter().map(|(_, memory)| *memory).max().unwrap_or_default();
    let (mut most, mut pids) = (before, BTreeSet::new());
    for round in 0..8 {
        query_lists(&acme, round * 128..(round + 1) * 128).await;
        for (pid, memory) in backends(&acme).await {
            pids.insert(pid);
            most = most.max(memory);
        }
    }
    assert!(before > 0 && most - before < GROWTH_MAX, "{before} KiB became {most} KiB");
    assert!(pids.len() > 3, "connections are replaced: {pids:?}");
}

#[tokio::test]
async fn the_statements_that_a_connection_keeps_are_bounded() {
    let acme = acme().await;
    observe(&acme, "SELECT count(*) FROM pg_prepared_statements").await;
    let prepared = async || observed(&acme).await.parse::<i64>().expect("a count");
    let mut most = 0;
    for round in 0..16 {
        query_lists(&acme, round * 64..(round + 1) * 64).await;
        most = most.max(prepared().await);
    }
    assert!((100..300).contains(&most), "{most}");
}

#[tokio::test]
async fn pages_of_all_sizes_and_positions_are_a_few_statements() {
    let acme = acme().await;
    observe(&acme, "SELECT count(*) FROM pg_prepared_statements").await;
    let prepared = async || observed(&acme).await.parse::<i64>().expect("a count");
    prepared().await;
    let before = prepared().await;
    for filter in ["{}", "{ status: ACTIVE }"] {
        for argument in ["first", "last"] {
            for size in 1..=100 {
                let few = 1 + size % 10;
                let payouts = format!("payouts({argument}: {few}) {{ nodes {{ id }} }}");
                let query = format!(
                    "{{ partners({argument}: {size}, filter: {filter}) {{ nodes {{ id {payouts} }} }} }}"
                );
                acme.admin().query(&query).await.data();
            }
        }
    }
    let added = prepared().await - before;
    assert!((1..=12).contains(&added), "{added}");
}

#[tokio::test]
async fn what_is_acknowledged_is_durable_whatever_the_database_is_configured_with() {
    for (configured, used) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("on", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let acme = acme().await;
        observe(&acme, "SELECT current_setting('synchronous_commit')").await;
        let sql = format!(
            "DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {configured}', current_database());
            END $$"
        );
        superuser(&acme.app.database).await.batch_execute(&sql).await.expect("a setting");
        let acme = TestTenant { app: acme.app.with_connections(2), ..acme };
        assert_eq!(observed(&acme).await, used, "{configured}");
    }
}
