//! The statement of a payout of 100,000 events: issued, downloaded and rendered in bounded memory.

use std::time::Instant;

use serde_json::json;

use super::statements::{file, sha256};
use crate::support::{acme_with_partner, with_superuser};

const PAYOUT: &str = "00000000-0000-7000-8000-00000000aaaa";

/// Takes half a minute: `cargo test --test it statement_scale -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_payout_of_100_000_events_has_its_statement() {
    let (acme, partner) = acme_with_partner().await;
    let sql = format!(
        "INSERT INTO commission_events (tenant_id, id, partner_id, event_type, status, currency, commission_amount, event_date,
             recorded_at, payable_at, notes)
         SELECT 'acme', gen_random_uuid(), '{partner}', 'ADJUSTMENT', 'APPROVED', 'EUR', 1, now() - n * interval '1 second',
             now(), now(), 'x' FROM generate_series(1, 100000) AS n;
         INSERT INTO payouts (tenant_id, id, partner_id, currency, total_amount, commission_count, status, payment_method,
             payout_date, period_start, period_end, created_at)
         VALUES ('acme', '{PAYOUT}', '{partner}', 'EUR', 100000, 100000, 'READY', 'manual', now(),
             now() - interval '1 year', now(), now());
         INSERT INTO payout_lines (tenant_id, payout_id, commission_event_id, partner_id, currency, commission_amount, added_at)
         SELECT tenant_id, '{PAYOUT}', id, partner_id, currency, commission_amount, now() FROM commission_events;
         UPDATE commission_events SET status = 'PAID', payout_id = '{PAYOUT}', paid_at = now()"
    );
    // Each on a connection of its own: the checks of foreign keys are planned once per connection, for tables of that size.
    for statement in sql.split(';') {
        with_superuser(&acme.app.database, statement).await.expect("events");
        with_superuser(&acme.app.database, "ANALYZE").await.expect("statistics");
    }
    let started = Instant::now();
    acme.complete_payout(PAYOUT).await;
    let completed = started.elapsed();
    let document = "query($id: ID!) { payout(id: $id) { statement { id contentHash lineCount } } }";
    let data = acme.admin().query_with(document, json!({ "id": PAYOUT })).await.data();
    let statement = &data["payout"]["statement"];
    assert_eq!(statement["lineCount"], 100_000);
    let id = statement["id"].as_str().expect("an id");
    let started = Instant::now();
    let csv = file(&acme, &acme.admin(), &format!("/download/statements/{id}.csv")).await;
    let downloaded = started.elapsed();
    assert_eq!(statement["contentHash"], sha256(&csv));
    let started = Instant::now();
    let pdf = file(&acme, &acme.admin(), &format!("/download/statements/{id}.pdf")).await;
    println!(
        "completed in {completed:?}; CSV of {} bytes in {downloaded:?}; PDF of {} bytes in {:?}",
        csv.len(),
        pdf.len(),
        started.elapsed()
    );
}
