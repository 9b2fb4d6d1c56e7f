//! The sweep: what has been kept for 90 days is deleted, except what is still needed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{create_endpoint, deliveries, ended_deliveries, worker};
use crate::support::{TestTenant, acme_with_partner, with_superuser};

async fn sql(tenant: &TestTenant, statement: &str) {
    with_superuser(&tenant.app.database, statement).await.expect("a statement");
}

/// Lets all events and deliveries have happened some days earlier.
async fn age(tenant: &TestTenant, days: u32) {
    sql(
        tenant,
        &format!(
            "UPDATE domain_events SET occurred_at = occurred_at - interval '{days} days';
            UPDATE webhook_deliveries SET created_at = created_at - interval '{days} days',
                ended_at = ended_at - interval '{days} days'"
        ),
    )
    .await;
}

/// Waits until an assertion in SQL holds.
async fn wait_for(tenant: &TestTenant, condition: &str) {
    let check = format!("DO $$ BEGIN ASSERT ({condition}), 'not yet'; END $$");
    for _ in 0..600 {
        if with_superuser(&tenant.app.database, &check).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {condition}");
}

fn ids(deliveries: &[Value]) -> BTreeSet<String> {
    deliveries.iter().map(|delivery| delivery["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_90_days_old_is_deleted_except_what_is_due_or_recent() {
    let (acme, _) = acme_with_partner().await;
    let other = acme.app.tenant("other").await;
    let receiver = Receiver::start([]).await;
    for tenant in [&acme, &other] {
        create_endpoint(tenant, &receiver.url, &["PARTNER_CREATED"]).await;
    }
    {
        let _worker = worker(&acme.app);
        acme.create_partner("old").await;
        acme.create_partner("too").await;
        other.create_partner("old").await;
        ended_deliveries(&acme, 2).await;
        ended_deliveries(&other, 1).await;
    }
    age(&acme, 80).await;
    // Replayed recently: the event stays as long as this delivery does.
    sql(
        &acme,
        "INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, domain_event_id, replay, status, created_at, ended_at)
        SELECT tenant_id, gen_random_uuid(), endpoint_id, domain_event_id, 1, 'DELIVERED', now(), now()
        FROM webhook_deliveries WHERE tenant_id = 'acme' ORDER BY id LIMIT 1",
    )
    .await;
    age(&acme, 9).await;
    {
        let _worker = worker(&acme.app);
        acme.create_partner("new").await;
        ended_deliveries(&acme, 4).await;
        wait_for(&acme, "SELECT count(*) = 4 FROM webhook_deliveries WHERE tenant_id = 'acme'").await;
    }
    age(&acme, 2).await;
    // Due for 91 days: an event without its fan-out, and a delivery that waits.
    acme.create_partner("untold").await;
    let endpoint = json!({ "id": deliveries(&acme).await[0]["endpoint"]["id"] });
    acme.admin().mutate_ok("testWebhookEndpoint", endpoint, "delivery { id }").await;
    sql(&acme, "UPDATE jobs SET available_at = now() + interval '1 hour'").await;
    sql(
        &acme,
        "UPDATE domain_events SET occurred_at = now() - interval '91 days' WHERE occurred_at > now() - interval '1 day';
        UPDATE webhook_deliveries SET created_at = now() - interval '91 days' WHERE status = 'PENDING'",
    )
    .await;
    let _worker = worker(&acme.app);
    wait_for(&acme, "SELECT count(*) = 3 FROM webhook_deliveries WHERE tenant_id = 'acme'").await;
    // Of the five events: one replayed recently, one new, one untold, one of the test.
    wait_for(&acme, "SELECT count(*) = 4 FROM domain_events WHERE tenant_id = 'acme'").await;
    let left = deliveries(&acme).await;
    assert_eq!(ids(&left).len(), 3);
    assert_eq!(left.iter().filter(|delivery| delivery["status"] == "PENDING").count(), 1, "{left:#?}");
    assert_eq!(left.iter().filter(|delivery| delivery["replay"] == 1).count(), 1, "{left:#?}");
    wait_for(&acme, "SELECT count(*) = 0 FROM webhook_deliveries WHERE tenant_id = 'other'").await;
    wait_for(&acme, "SELECT count(*) = 0 FROM domain_events WHERE tenant_id = 'other'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_one_transaction_deletes_are_deleted() {
    let (acme, _) = acme_with_partner().await;
    create_endpoint(&acme, "http://127.0.0.1:9/", &["PARTNER_CREATED"]).await;
    sql(
        &acme,
        "INSERT INTO domain_events (tenant_id, id, event_type, data, occurred_at)
            SELECT 'acme', gen_random_uuid(), 'PARTNER_CREATED', '{}', now() - interval '100 days'
            FROM generate_series(1, 2500);
        INSERT INTO webhook_deliveries
            (tenant_id, id, endpoint_id, domain_event_id, replay, status, created_at, ended_at)
            SELECT event.tenant_id, gen_random_uuid(), endpoint.id, event.id, 0, 'FAILED', event.occurred_at,
                event.occurred_at + interval '4 days'
            FROM domain_events AS event, webhook_endpoints AS endpoint",
    )
    .await;
    // Two workers do not disturb each other.
    let _workers = [worker(&acme.app), worker(&acme.app)];
    wait_for(&acme, "SELECT count(*) = 0 FROM domain_events").await;
}
