//! Endpoints that keep failing: announced once to other endpoints, and to the contact of the tenant by mail.

use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::{Answer, Received, Receiver};
use super::{create_endpoint, ended_deliveries, worker};
use crate::support::{TestTenant, acme_with_partner, with_superuser};

const ANNOUNCEMENTS: [&str; 2] = ["WEBHOOK_ENDPOINT_FAILING", "WEBHOOK_ENDPOINT_DISABLED"];

/// Lets an endpoint have failed before: `values` are set in its row.
async fn set(acme: &TestTenant, endpoint: &str, values: &str) {
    let update = format!("UPDATE webhook_endpoints SET {values} WHERE id = '{endpoint}'");
    with_superuser(&acme.app.database, &update).await.expect("an update");
}

/// Tests an endpoint that fails, and waits until it has failed this often.
async fn fail(acme: &TestTenant, endpoint: &str, failures: i64) {
    acme.admin().mutate_ok("testWebhookEndpoint", json!({ "id": endpoint }), "delivery { id }").await;
    loop {
        let data = acme.admin().query("{ webhookEndpoints { id failureCount } }").await.data();
        let endpoints = data["webhookEndpoints"].as_array().expect("endpoints").clone();
        let found = endpoints.into_iter().find(|found| found["id"] == endpoint).expect("the endpoint");
        if found["failureCount"].as_i64() >= Some(failures) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The kinds of the mails to the contact, sorted.
async fn mails(acme: &TestTenant) -> Vec<Value> {
    let data = acme.admin().query("{ mails { nodes { kind address } } }").await.data();
    let mut kinds = Vec::new();
    for mail in data["mails"]["nodes"].as_array().expect("mails") {
        assert_eq!(mail["address"], "ops@acme.example");
        kinds.push(mail["kind"].clone());
    }
    kinds.sort_by_key(ToString::to_string);
    kinds
}

fn announced(received: &[Received]) -> Vec<Value> {
    let announcement = |request: &Received| {
        let body = request.json();
        json!([body["type"], body["data"]["webhookEndpoint"]["status"]])
    };
    received.iter().map(announcement).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_a_day_is_announced_once_and_when_it_is_disabled() {
    let (acme, _) = acme_with_partner().await;
    acme.update_settings(json!({ "contactEmail": "ops@acme.example" })).await;
    let listener = Receiver::start([]).await;
    create_endpoint(&acme, &listener.url, &ANNOUNCEMENTS).await;
    let broken = Receiver::start(std::iter::repeat_n(Answer::Status(500), 100)).await;
    let (endpoint, _) = create_endpoint(&acme, &broken.url, &["PARTNER_CREATED"]).await;
    let _worker = worker(&acme.app);

    fail(&acme, &endpoint, 1).await;
    set(&acme, &endpoint, "failing_since = now() - interval '23 hours'").await;
    fail(&acme, &endpoint, 2).await;
    set(&acme, &endpoint, "failing_since = now() - interval '25 hours'").await;
    fail(&acme, &endpoint, 3).await;
    fail(&acme, &endpoint, 4).await;
    let failing = json!(["webhook.endpoint_failing", "ENABLED"]);
    assert_eq!(announced(&listener.wait_for(1).await), std::slice::from_ref(&failing));

    // It worked in between, and has been failing again for a day.
    let again =
        "failing_announced_at = now() - interval '3 days', failing_since = now() - interval '26 hours'";
    set(&acme, &endpoint, again).await;
    fail(&acme, &endpoint, 5).await;
    assert_eq!(announced(&listener.wait_for(2).await), [failing.clone(), failing.clone()]);

    set(&acme, &endpoint, "failing_since = now() - interval '5 days', failure_count = 30").await;
    fail(&acme, &endpoint, 31).await;
    let disabled = json!(["webhook.endpoint_disabled", "DISABLED"]);
    assert_eq!(announced(&listener.wait_for(3).await), [failing.clone(), failing, disabled]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(listener.received().len(), 3, "each is announced once");
    assert_eq!(mails(&acme).await, ["WEBHOOK_DISABLED", "WEBHOOK_FAILING", "WEBHOOK_FAILING"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_announced() {
    let (acme, _) = acme_with_partner().await;
    let listener = Receiver::start([]).await;
    create_endpoint(&acme, &listener.url, &ANNOUNCEMENTS).await;
    let gone = Receiver::start([Answer::Status(410)]).await;
    create_endpoint(&acme, &gone.url, &["PARTNER_CREATED"]).await;
    let _worker = worker(&acme.app);
    acme.create_partner("one").await;
    assert_eq!(announced(&listener.wait_for(1).await), [json!(["webhook.endpoint_disabled", "DISABLED"])]);
    ended_deliveries(&acme, 2).await;
}
