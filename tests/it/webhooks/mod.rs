//! Webhooks: what is written, who is told, what is sent, and what becomes of it.

mod catalog;
mod delivery;
mod endpoints;
mod example_receivers;
mod failures;
mod jobs;
mod receiver;
mod sealed_secrets;
mod stop;
mod sweep;

use std::time::Duration;

use revshare::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{TestApp, TestTenant, ok, test_mails, test_webhooks};

/// Every type that an endpoint can subscribe to.
const EVENT_TYPES: [&str; 24] = [
    "COMMISSION_RECORDED",
    "COMMISSION_REVERSED",
    "COMMISSION_REINSTATED",
    "COMMISSION_ADJUSTED",
    "COMMISSION_APPROVED",
    "COMMISSION_APPROVAL_REVERTED",
    "COMMISSION_CANCELLED",
    "PAYOUT_CREATED",
    "PAYOUT_PROCESSING",
    "PAYOUT_COMPLETED",
    "PAYOUT_FAILED",
    "PAYOUT_CANCELLED",
    "PAYOUT_RETURNED",
    "PAYOUT_ATTENTION",
    "PAYOUT_ACCOUNT_UPDATED",
    "REFERRAL_SUBMITTED",
    "REFERRAL_ADVANCED",
    "REFERRAL_CONVERTED",
    "PARTNER_CREATED",
    "PARTNER_UPDATED",
    "PARTNER_USER_ADDED",
    "PARTNER_USER_DEACTIVATED",
    "WEBHOOK_ENDPOINT_FAILING",
    "WEBHOOK_ENDPOINT_DISABLED",
];

/// Starts a worker for an app, which stops when the guard is dropped.
fn worker(app: &TestApp) -> DropGuard {
    let stop = CancellationToken::new();
    let worker = ok(Worker::new(&app.pool, test_webhooks(), test_mails()));
    tokio::spawn(worker.run(stop.clone()));
    stop.drop_guard()
}

/// Creates an endpoint; returns its id and its secret.
async fn create_endpoint(tenant: &TestTenant, url: &str, event_types: &[&str]) -> (String, String) {
    let input = json!({ "url": url, "eventTypes": event_types });
    let payload = tenant.admin().mutate_ok("createWebhookEndpoint", input, "endpoint { id } secret").await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&payload["endpoint"]["id"]), text(&payload["secret"]))
}

/// Returns the deliveries of a tenant, latest first.
async fn deliveries(tenant: &TestTenant) -> Vec<Value> {
    let query = "{ webhookDeliveries(first: 100) { nodes {
        id status attempts lastStatus lastError replay event { id eventType body } endpoint { id } } } }";
    let data = tenant.admin().query(query).await.data();
    data["webhookDeliveries"]["nodes"].as_array().expect("deliveries").clone()
}

/// Waits until every delivery of a tenant is over; returns them.
async fn ended_deliveries(tenant: &TestTenant, count: usize) -> Vec<Value> {
    for _ in 0..600 {
        let deliveries = deliveries(tenant).await;
        if deliveries.len() >= count && deliveries.iter().all(|delivery| delivery["status"] != "PENDING") {
            return deliveries;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:#?}", deliveries(tenant).await);
}
