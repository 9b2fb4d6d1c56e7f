//! The monthly digests: when they are written, for whom, and what they state.

use serde_json::json;

use super::server::MailServer;
use super::{add_user, ended, mails_to, told, worker};
use crate::support::{TestTenant, acme_with_partner, with_superuser};

/// Makes the digests due now, as if the first day of the month had come.
async fn first_of_the_month(tenant: &TestTenant) {
    let update = "UPDATE jobs SET available_at = clock_timestamp() WHERE lane = 'DIGEST'";
    with_superuser(&tenant.app.database, update).await.expect("an update");
}

/// The digests are due at 08:00 of the next first day of a month, which is today before that time.
async fn assert_scheduled(tenant: &TestTenant, zone: &str) {
    let check = format!(
        "DO $$ BEGIN ASSERT (SELECT count(*) = 1 AND bool_and(lease_id IS NULL AND available_at =
            (date_trunc('month', clock_timestamp() AT TIME ZONE '{zone}' - interval '8 hours') + interval '1 month 8 hours')
                AT TIME ZONE '{zone}')
            FROM jobs WHERE lane = 'DIGEST' AND tenant_id = '{}'); END $$",
        tenant.id
    );
    with_superuser(&tenant.app.database, &check).await.expect(zone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_states_what_the_month_before_brought() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&[]);
    for (user, role) in [("olga", "OWNER"), ("mary", "ACCOUNT_MANAGER")] {
        add_user(&acme, &partner, user, role).await;
    }
    let idle = acme.create_partner("idle").await;
    add_user(&acme, &idle, "ines", "OWNER").await;
    let last_month = chrono::Utc::now() - chrono::Months::new(1);
    let last_month = last_month.format("%Y-%m-15T12:00:00Z").to_string();
    acme.approved_event_at("p", "one", "1234000.00", "EUR", &last_month).await;
    acme.commission_event("p", "two", "100.00", "EUR").await;
    assert_scheduled(&acme, "UTC").await;
    first_of_the_month(&acme).await;
    let _worker = worker(&acme.app, mails_to(&server.url()));
    ended(&acme, 4).await;
    assert_eq!(told(&acme).await, ["MONTHLY_DIGEST olga@example.com"]);
    let mails = super::mails(&acme).await;
    let digest = mails.iter().find(|mail| mail["kind"] == "MONTHLY_DIGEST").expect("a digest");
    let text = digest["text"].as_str().expect("a text");
    assert!(
        text.contains("Earned: EUR 185,100.00\nPaid out: EUR 0.00\nOutstanding now: EUR 185,115.00\n"),
        "{text}"
    );
    assert_scheduled(&acme, "UTC").await;

    // The same month is not told twice.
    first_of_the_month(&acme).await;
    for _ in 0..600 {
        let check = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM jobs WHERE available_at <= clock_timestamp() OR lease_id IS NOT NULL); END $$";
        if with_superuser(&acme.app.database, check).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(told(&acme).await, ["MONTHLY_DIGEST olga@example.com"]);
}

#[tokio::test]
async fn digests_follow_the_time_zone_of_the_tenant() {
    let (acme, _) = acme_with_partner().await;
    acme.update_settings(json!({ "timeZone": "Pacific/Auckland" })).await;
    assert_scheduled(&acme, "Pacific/Auckland").await;
    acme.update_settings(json!({ "timeZone": "America/New_York", "name": "n" })).await;
    assert_scheduled(&acme, "America/New_York").await;
}
