//! Deliveries: attempts, signatures, retries, and what ends them.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use revshare::webhook::signature::signatures;
use revshare::worker::Worker;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::receiver::{Answer, Received, Receiver};
use super::{EVENT_TYPES, create_endpoint, deliveries, ended_deliveries, worker};
use crate::support::{
    TestTenant, acme_with_partner, in_days, invoice_input, ok, test_mails, test_webhooks, with_superuser,
};

/// Returns whether a request has a signature by this secret.
fn is_signed(request: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
    let timestamp = request.header("webhook-timestamp").parse().expect("a number");
    let expected = signatures(&[key], request.header("webhook-id"), timestamp, &request.body);
    request.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

/// Makes the attempts that wait due at once.
async fn skip_delays(acme: &TestTenant) {
    let update =
        "UPDATE jobs SET available_at = clock_timestamp() WHERE lease_id IS NULL AND lane <> 'DIGEST'";
    with_superuser(&acme.app.database, update).await.expect("an update");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_is_repeated_with_the_same_id_until_it_succeeds() {
    let (acme, partner) = acme_with_partner().await;
    let receiver = Receiver::start([Answer::Status(500), Answer::Status(503)]).await;
    let (_, secret) = create_endpoint(&acme, &receiver.url, &["PAYOUT_COMPLETED"]).await;
    let _worker = worker(&acme.app);
    acme.approved_event("p", "i", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;

    for attempt in 1..=3 {
        receiver.wait_for(attempt).await;
        while deliveries(&acme).await[0]["attempts"] != attempt {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        skip_delays(&acme).await;
    }
    let ended = ended_deliveries(&acme, 1).await;
    assert_eq!(ended[0]["status"], "DELIVERED");
    assert_eq!(ended[0]["lastStatus"], 200);
    let received = receiver.received();
    assert_eq!(received.len(), 3, "one event, three attempts");
    let ids: BTreeSet<_> = received.iter().map(|request| request.header("webhook-id")).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert!(received.iter().all(|request| is_signed(request, &secret)));
    let body = received[0].json();
    assert_eq!(body["type"], "payout.completed");
    assert_eq!(body["id"], *ids.first().expect("an id"));
    assert_eq!(body["tenantId"], acme.id.as_str());
    assert_eq!(body["data"]["payout"]["id"], payout.as_str());
    assert_eq!(body["data"]["payout"]["totalAmount"], json!({ "amount": "15.00", "currency": "EUR" }));
    assert!(received.iter().all(|request| request.body == received[0].body), "the same bytes each time");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_sign_during_a_rotation() {
    let (acme, _) = acme_with_partner().await;
    let receiver = Receiver::start([]).await;
    let (endpoint, before) = create_endpoint(&acme, &receiver.url, &["PARTNER_CREATED"]).await;
    let rotation = json!({ "id": endpoint });
    let rotated = acme.admin().mutate_ok("rotateWebhookSecret", rotation, "secret").await;
    let after = rotated["secret"].as_str().expect("a secret").to_owned();
    let _worker = worker(&acme.app);
    acme.create_partner("q").await;
    let received = receiver.wait_for(1).await;
    assert!(is_signed(&received[0], &before) && is_signed(&received[0], &after));

    let rotation = json!({ "id": endpoint, "overlapHours": 0 });
    let rotated = acme.admin().mutate_ok("rotateWebhookSecret", rotation, "secret").await;
    acme.create_partner("r").await;
    let received = receiver.wait_for(2).await;
    assert!(is_signed(&received[1], rotated["secret"].as_str().expect("a secret")));
    assert!(!is_signed(&received[1], &after), "an overlap of no hours ends the secret at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_disabled_and_what_it_missed_is_replayed() {
    let (acme, _) = acme_with_partner().await;
    let receiver = Receiver::start([Answer::Status(410)]).await;
    let (endpoint, _) = create_endpoint(&acme, &receiver.url, &["PARTNER_CREATED"]).await;
    let _worker = worker(&acme.app);
    acme.create_partner("one").await;
    let ended = ended_deliveries(&acme, 1).await;
    assert_eq!(ended[0]["status"], "FAILED");
    let data = acme.admin().query("{ webhookEndpoints { status disabledReason } }").await.data();
    assert_eq!(data["webhookEndpoints"][0]["status"], "DISABLED");
    acme.create_partner("two").await;
    acme.create_partner("three").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.received().len(), 1, "nothing is sent to a disabled endpoint");

    let replay = json!({ "endpointId": endpoint, "since": in_days(-1) });
    assert_eq!(acme.admin().error_code("replayWebhooks", replay.clone()).await, "INVALID_STATE");
    let enable = json!({ "id": endpoint, "isEnabled": true });
    acme.admin().mutate_ok("updateWebhookEndpoint", enable, "endpoint { status }").await;
    let payload = acme.admin().mutate_ok("replayWebhooks", replay.clone(), "count").await;
    assert_eq!(payload["count"], 3, "one that failed, and two that were never sent");
    let received = receiver.wait_for(4).await;
    // In any order: none is promised.
    let id = received[0].header("webhook-id");
    assert!(
        received[1..].iter().any(|request| request.header("webhook-id") == id),
        "the id is that of the event"
    );
    ended_deliveries(&acme, 4).await;
    let again = acme.admin().mutate_ok("replayWebhooks", replay, "count").await;
    assert_eq!(again["count"], 0, "everything was delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let (acme, _) = acme_with_partner().await;
    let target = Receiver::start([]).await;
    let receiver = Receiver::start([Answer::Redirect(target.url.clone())]).await;
    create_endpoint(&acme, &receiver.url, &["PARTNER_CREATED"]).await;
    let _worker = worker(&acme.app);
    acme.create_partner("one").await;
    receiver.wait_for(1).await;
    while deliveries(&acme).await[0]["attempts"] != 1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let error = deliveries(&acme).await[0]["lastError"].as_str().expect("an error").to_owned();
    assert!(error.contains("302"), "{error}");
    assert!(target.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenant_s_events_reach_only_its_own_endpoints() {
    let (acme, _) = acme_with_partner().await;
    let other = acme.app.tenant("other").await;
    let (ours, theirs) = (Receiver::start([]).await, Receiver::start([]).await);
    create_endpoint(&acme, &ours.url, &EVENT_TYPES).await;
    create_endpoint(&other, &theirs.url, &EVENT_TYPES).await;
    let _worker = worker(&acme.app);
    acme.create_partner("one").await;
    other.create_partner("two").await;
    other.create_partner("three").await;
    ours.wait_for(1).await;
    theirs.wait_for(2).await;
    ended_deliveries(&acme, 1).await;
    ended_deliveries(&other, 2).await;
    assert!(ours.received().iter().all(|request| request.json()["tenantId"] == acme.id.as_str()));
    assert!(theirs.received().iter().all(|request| request.json()["tenantId"] == "other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_mutation_and_a_repetition_publish_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let receiver = Receiver::start([]).await;
    create_endpoint(&acme, &receiver.url, &EVENT_TYPES).await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", &in_days(-1));
    acme.billing().mutate_ok("recordInvoicePaid", invoice.clone(), "outcome").await;
    acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    let user = json!({ "partnerId": partner, "userId": "u", "email": "u@example.com", "role": "OWNER" });
    acme.admin().mutate_ok("addPartnerUser", user.clone(), "partnerUser { id }").await;
    assert_eq!(acme.admin().error_code("addPartnerUser", user).await, "DUPLICATE");
    acme.update_partner(&partner, json!({})).await;
    let _worker = worker(&acme.app);
    let ended = ended_deliveries(&acme, 2).await;
    let mut types: Vec<_> = ended.iter().map(|delivery| delivery["event"]["eventType"].to_string()).collect();
    types.sort();
    assert_eq!(types, ["\"COMMISSION_RECORDED\"", "\"PARTNER_USER_ADDED\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_arrives_although_receivers_fail_and_workers_and_connections_die() {
    let (acme, _) = acme_with_partner().await;
    let answers = (0..60).map(|n| match n % 4 {
        0 => Answer::Status(500),
        1 => Answer::Late(Duration::from_millis(300)),
        2 => Answer::Status(429),
        _ => Answer::Status(204),
    });
    let receiver = Receiver::start(answers).await;
    create_endpoint(&acme, &receiver.url, &["PARTNER_CREATED"]).await;
    let mut expected = BTreeSet::new();
    for n in 0..40 {
        expected.insert(acme.create_partner(&format!("partner {n}")).await);
    }
    for _ in 0..4 {
        let worker = ok(Worker::new(&acme.app.pool, test_webhooks(), test_mails()));
        let running = tokio::spawn(worker.run(CancellationToken::new()));
        tokio::time::sleep(Duration::from_millis(700)).await;
        // What has begun goes on without the worker, as requests of a killed process do that have left it; its connections
        // are closed.
        running.abort();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user";
        let _ = with_superuser(&acme.app.database, kill).await;
        end_leases(&acme).await;
    }
    let _worker = worker(&acme.app);
    loop {
        let ids: BTreeSet<_> = receiver.received().iter().map(partner_of).collect();
        let jobs = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM jobs WHERE lane <> 'DIGEST'); END $$";
        if ids == expected && with_superuser(&acme.app.database, jobs).await.is_ok() {
            break;
        }
        end_leases(&acme).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let ended = ended_deliveries(&acme, 40).await;
    assert!(ended.iter().all(|delivery| delivery["status"] == "DELIVERED"), "{ended:#?}");
}

fn partner_of(request: &Received) -> String {
    request.json()["data"]["partner"]["id"].as_str().expect("an id").to_owned()
}

/// Makes every job available at once, as if its lease, or the time until its next attempt, had passed.
async fn end_leases(acme: &TestTenant) {
    let update = "UPDATE jobs SET available_at = clock_timestamp(), lease_id = NULL WHERE lane <> 'DIGEST'";
    with_superuser(&acme.app.database, update).await.expect("an update");
}
