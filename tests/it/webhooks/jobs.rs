//! Background jobs: what staff see of them, and what becomes of dead ones.

use revshare::auth::Role;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{create_endpoint, ended_deliveries, worker};
use crate::support::{Folder, TestTenant, acme_with_partner, output_text, with_superuser};

const DEAD: &str = "{ deadJobs { lane subjectId attempts lastError deadSince } }";

async fn sql(tenant: &TestTenant, statement: &str) {
    with_superuser(&tenant.app.database, statement).await.expect("a statement");
}

/// Returns the dead jobs, as staff with this role see them.
async fn dead(tenant: &TestTenant, role: Role) -> Vec<Value> {
    let data = tenant.client("someone", role).query(DEAD).await.data();
    data["deadJobs"].as_array().expect("jobs").clone()
}

/// Creates an endpoint whose test is a dead job, and a dead job and a due one of a lane that only a newer program knows;
/// returns the id of the delivery.
async fn with_dead_job(acme: &TestTenant, url: &str) -> String {
    let (endpoint, _) = create_endpoint(acme, url, &["PARTNER_CREATED"]).await;
    let test = json!({ "id": endpoint });
    let tested = acme.admin().mutate_ok("testWebhookEndpoint", test, "delivery { id }").await;
    sql(
        acme,
        "UPDATE jobs SET dead_at = now(), attempts = 40, last_error = 'a cause that is gone by now'
            WHERE lane = 'WEBHOOK';
        INSERT INTO jobs (tenant_id, lane, subject_id, available_at, created_at, dead_at, attempts)
            VALUES ('acme', 'LATER', gen_random_uuid(), now(), now(), now(), 40),
                   ('acme', 'LATER', gen_random_uuid(), now(), now(), NULL, 0)",
    )
    .await;
    tested["delivery"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_is_seen_by_staff_and_retried_by_admins() {
    let (acme, _) = acme_with_partner().await;
    let other = acme.app.tenant("other").await;
    let receiver = Receiver::start([]).await;
    let delivery = with_dead_job(&acme, &receiver.url).await;
    let _worker = worker(&acme.app);
    for role in [Role::Admin, Role::Auditor, Role::Support, Role::Finance] {
        let jobs = dead(&acme, role).await;
        assert_eq!(jobs.len(), 2, "{jobs:#?}");
        let job = jobs.iter().find(|job| job["lane"] == "WEBHOOK").expect("a job");
        assert_eq!(job["subjectId"], delivery.as_str());
        assert_eq!(job["attempts"], 40);
        assert_eq!(job["lastError"], "a cause that is gone by now");
        assert!(jobs.iter().any(|job| job["lane"].is_null()), "a newer program knows it: {jobs:#?}");
    }
    assert_eq!(dead(&other, Role::Admin).await, Vec::<Value>::new());
    assert_eq!(acme.billing().query(DEAD).await.code(), "FORBIDDEN");
    let retry = json!({ "lane": "WEBHOOK", "subjectId": delivery });
    for role in [Role::Auditor, Role::Support, Role::Finance] {
        let client = acme.client("someone", role);
        assert_eq!(client.error_code("retryDeadJobs", retry.clone()).await, "FORBIDDEN");
    }
    assert_eq!(other.admin().mutate_ok("retryDeadJobs", retry.clone(), "count").await["count"], 0);
    assert_eq!(receiver.received().len(), 0, "a dead job is not tried");

    assert_eq!(acme.admin().mutate_ok("retryDeadJobs", retry.clone(), "count").await["count"], 1);
    receiver.wait_for(1).await;
    assert_eq!(ended_deliveries(&acme, 1).await[0]["status"], "DELIVERED");
    assert_eq!(acme.admin().mutate_ok("retryDeadJobs", retry, "count").await["count"], 0);
    let all = acme.admin().mutate_ok("retryDeadJobs", json!({}), "count").await;
    assert_eq!(all["count"], 0, "what only a newer program knows stays as it is");
    let without_lane = json!({ "subjectId": delivery });
    assert_eq!(acme.admin().error_code("retryDeadJobs", without_lane).await, "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_an_unknown_lane_wait_and_are_counted() {
    let (acme, _) = acme_with_partner().await;
    let receiver = Receiver::start([]).await;
    with_dead_job(&acme, &receiver.url).await;
    acme.admin().mutate_ok("retryDeadJobs", json!({ "lane": "WEBHOOK" }), "count").await;
    let _worker = worker(&acme.app);
    ended_deliveries(&acme, 1).await;
    let query = "{ jobLanes { lane dueCount runningCount waitingCount deadCount oldestDueSeconds } }";
    let data = acme.client("auditor", Role::Auditor).query(query).await.data();
    let lanes = data["jobLanes"].as_array().expect("lanes");
    // The digests of the month wait as well.
    assert_eq!(lanes.len(), 2, "{lanes:#?}");
    let lane = lanes.iter().find(|lane| lane["lane"].is_null()).expect("the lane of a newer program");
    assert_eq!([&lane["dueCount"], &lane["runningCount"], &lane["deadCount"]], [1, 0, 1]);
    assert!(lane["oldestDueSeconds"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_workers_never_end_it_is_dead_at_last() {
    let (acme, _) = acme_with_partner().await;
    let receiver = Receiver::start([]).await;
    let (endpoint, _) = create_endpoint(&acme, &receiver.url, &["PARTNER_CREATED"]).await;
    acme.admin().mutate_ok("testWebhookEndpoint", json!({ "id": endpoint }), "delivery { id }").await;
    sql(&acme, "UPDATE jobs SET attempts = 40, lease_id = gen_random_uuid() WHERE lane = 'WEBHOOK'").await;
    let _worker = worker(&acme.app);
    let mut jobs = Vec::new();
    while jobs.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        jobs = dead(&acme, Role::Admin).await;
    }
    assert_eq!(jobs[0]["attempts"], 41);
    assert!(jobs[0]["lastError"].as_str().expect("an error").contains("stopped before its end"));
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_and_retries_dead_jobs() {
    let (acme, _) = acme_with_partner().await;
    acme.app.tenant("other").await;
    let delivery = with_dead_job(&acme, "http://127.0.0.1:9/").await;
    let urls = acme.app.database.urls();
    let run = |arguments: &[&str]| {
        let output = Folder::new().command_for(&urls, arguments).output().expect("a program");
        (output.status.success(), output_text(&output))
    };
    let (is_ok, listed) = run(&["jobs", "list"]);
    assert!(is_ok, "{listed}");
    assert!(listed.contains("acme: WEBHOOK: due: 0; running: 0; waiting: 0; dead: 1\n"), "{listed}");
    assert!(listed.contains("acme: LATER: due: 1, the oldest for "), "{listed}");
    let line = format!("  dead: WEBHOOK {delivery}: since ");
    assert!(
        listed.contains(&line) && listed.contains("after 40 attempts: a cause that is gone by now"),
        "{listed}"
    );
    let (is_ok, listed) = run(&["jobs", "list", "--tenant", "other"]);
    assert!(is_ok && !listed.contains("WEBHOOK"), "{listed}");

    let (is_ok, text) = run(&["jobs", "retry", "--subject", &delivery]);
    assert!(!is_ok && text.contains("--tenant"), "{text}");
    let (is_ok, text) = run(&["jobs", "retry", "--lane", "WEBHOOKS"]);
    assert!(!is_ok && text.contains("the lanes are FAN_OUT, WEBHOOK"), "{text}");
    let one = ["jobs", "retry", "--tenant", "acme", "--lane", "WEBHOOK", "--subject", &delivery];
    let (is_ok, text) = run(&one);
    assert!(is_ok && text.contains("jobs that are tried again: 1\n"), "{text}");
    let (is_ok, text) = run(&["jobs", "retry"]);
    assert!(is_ok && text.contains("jobs that are tried again: 0\n"), "{text}");
    let data = acme.admin().query("{ auditEntries(first: 1) { nodes { act actor } } }").await.data();
    let entry = json!({ "act": "retryDeadJobs", "actor": "operator" });
    assert_eq!(data["auditEntries"]["nodes"][0], entry);
}
