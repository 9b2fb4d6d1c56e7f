//! Mails: their recipients, their content, the attempts to send them, and how a recipient unsubscribes.

mod delivery;
mod digest;
mod erasure;
mod preferences;
mod recipients;
mod server;
mod templates;

use std::time::Duration;

use revshare::mail::MailSettings;
use revshare::mail::sender::Sender;
use revshare::worker::Worker;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{TestApp, TestTenant, ok, test_mails, test_webhooks};

/// Returns settings by which mails are sent to an SMTP server.
fn mails_to(url: &str) -> MailSettings {
    let settings = test_mails();
    MailSettings { sender: ok(Sender::smtp(url, &settings.from)), ..settings }
}

/// Starts a worker for an app, which stops when the guard is dropped.
fn worker(app: &TestApp, mails: MailSettings) -> DropGuard {
    let stop = CancellationToken::new();
    let worker = ok(Worker::new(&app.pool, test_webhooks(), mails));
    tokio::spawn(worker.run(stop.clone()));
    stop.drop_guard()
}

/// Links a user to a partner, with an address of its own.
async fn add_user(tenant: &TestTenant, partner: &str, user: &str, role: &str) {
    let email = format!("{user}@example.com");
    let input = json!({ "partnerId": partner, "userId": user, "email": email, "role": role });
    tenant.admin().mutate_ok("addPartnerUser", input, "partnerUser { id }").await;
}

/// Returns the mails of a tenant, the first first.
async fn mails(tenant: &TestTenant) -> Vec<Value> {
    let query = "{ mails(last: 100) { nodes {
        id kind address subject text status attempts code lastError sentAt } } }";
    let data = tenant.admin().query(query).await.data();
    let mut mails = data["mails"]["nodes"].as_array().expect("mails").clone();
    mails.reverse();
    mails
}

/// Returns the kinds and addresses of the mails of a tenant, except invitations, in alphabetical order.
async fn told(tenant: &TestTenant) -> Vec<String> {
    let mails = mails(tenant).await;
    let text = |mail: &Value, field: &str| mail[field].as_str().expect("a text").to_owned();
    let told = mails.iter().map(|mail| format!("{} {}", text(mail, "kind"), text(mail, "address")));
    let mut told: Vec<_> = told.filter(|mail| !mail.starts_with("INVITATION")).collect();
    told.sort();
    told
}

/// Waits until every mail of a tenant is over, and there are this many; returns them.
async fn ended(tenant: &TestTenant, count: usize) -> Vec<Value> {
    for _ in 0..600 {
        let mails = mails(tenant).await;
        if mails.len() >= count && mails.iter().all(|mail| mail["status"] != "PENDING") {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:#?}", mails(tenant).await);
}
