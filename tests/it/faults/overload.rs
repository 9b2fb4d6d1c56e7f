//! More requests than the server can handle: the excess is rejected at once, and health checks and invoices go on.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, Response};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use revshare::auth::Role;
use revshare::graphql::request::limits::Limits;
use revshare::http::{MetricsAccess, Options};
use serde_json::{Value, json};

use crate::support::{
    GraphqlResponse, TestApp, TestTenant, acme, in_days, invoice_input, run_input, superuser, with_fields,
};

async fn get(app: &TestApp, path: &str) -> Response<String> {
    app.send(Request::get(path).body(Body::empty()).expect("a request")).await
}

/// Counts the payouts, which a test blocks by a lock on the table.
async fn count_payouts(acme: &TestTenant) -> Response<String> {
    let request = acme.admin().request(Request::post("/graphql"));
    let body = json!({ "query": "{ payouts { totalCount } }" }).to_string();
    acme.app.send(request.body(Body::from(body)).expect("a request")).await
}

#[tokio::test]
async fn requests_over_the_concurrency_limit_are_rejected_as_retryable() {
    let limits = Limits { limit_requests: 4, ..Limits::default() };
    let options = Options { limits, metrics_access: MetricsAccess::Public, ..Options::default() };
    let acme = TestApp::with(options).await.tenant("acme").await;
    let mut holder = superuser(&acme.app.database).await;
    holder.batch_execute("BEGIN; LOCK TABLE payouts").await.expect("a lock");
    let blocked = join_all((0..40).map(|_| count_payouts(&acme)));
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        for path in ["/readyz", "/livez", "/metrics"] {
            assert_eq!(get(&acme.app, path).await.status().as_u16(), 200, "{path}");
        }
        let rejected = count_payouts(&acme).await;
        assert_eq!(rejected.status().as_u16(), 503);
        assert_eq!(rejected.headers()["retry-after"], "1");
        let body: Value = serde_json::from_str(rejected.body()).expect("JSON");
        assert_eq!(body["errors"][0]["extensions"], json!({ "code": "UNAVAILABLE", "retryable": true }));
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
    };
    let (responses, ()) = tokio::join!(blocked, meanwhile);
    let statuses: Vec<_> = responses.iter().map(|response| response.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 4, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 36, "{statuses:?}");
    assert_eq!(count_payouts(&acme).await.status().as_u16(), 200);
    let metrics = get(&acme.app, "/metrics").await;
    assert!(metrics.body().contains("revshare_rejections_total{reason=\"busy\"} 37"), "{}", metrics.body());
}

#[tokio::test]
async fn invoices_are_recorded_while_slow_reports_occupy_the_pool() {
    let acme = acme().await;
    acme.create_partner_with_account("c").await;
    let mut holder = superuser(&acme.app.database).await;
    holder.batch_execute("BEGIN; LOCK TABLE referral_leads").await.expect("a lock");
    // More than the pool has connections.
    let admin = acme.admin();
    let reports = join_all((0..24).map(|_| admin.query("{ referralLeads { totalCount } }")));
    let invoices = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        for n in 0..10 {
            let invoice = invoice_input("c", &format!("i-{n}"), "10.00", "EUR", &in_days(-1));
            acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
        }
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
    };
    let (reports, ()) = tokio::join!(reports, invoices);
    // Reports that had to wait for a connection for too long are rejected; the others are answered.
    assert!(reports.iter().all(|report| ["", "UNAVAILABLE"].contains(&report.code().as_str())));
    assert!(reports.iter().any(|report| report.code().is_empty()));
    acme.assert_reconciled().await;
}

/// Two tenants on one server, with a partner each, and a superuser's connection.
async fn two_tenants(limits: Limits) -> (TestTenant, TestTenant, AsyncPgConnection) {
    let app = TestApp::with(Options { limits, ..Options::default() }).await;
    let (acme, globex) = (app.tenant("acme").await, app.tenant("globex").await);
    for tenant in [&acme, &globex] {
        tenant.create_partner_with_account("c").await;
    }
    let holder = superuser(&app.database).await;
    (acme, globex, holder)
}

const DASHBOARDS: &str =
    "{ partners { nodes { dashboard { totalCommissionsEarned { amount } recentPayouts { id } } } } }";

/// Requires that another tenant's requests are answered, and quickly.
async fn assert_served(tenant: &TestTenant) {
    let begun = Instant::now();
    for n in 0..10 {
        tenant.admin().query(DASHBOARDS).await.data();
        let invoice = invoice_input("c", &format!("served-{n}"), "10.00", "EUR", &in_days(-1));
        tenant.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// Returns how many responses have no error, and how many are UNAVAILABLE; fails the test if there are others.
fn count_answers(responses: &[GraphqlResponse]) -> (usize, usize) {
    let count = |code: &str| responses.iter().filter(|response| response.code() == code).count();
    let (answered, unavailable) = (count(""), count("UNAVAILABLE"));
    assert_eq!(answered + unavailable, responses.len(), "{responses:?}");
    (answered, unavailable)
}

#[tokio::test]
async fn the_slow_queries_of_one_tenant_leave_connections_to_its_mutations_and_to_other_tenants() {
    let (acme, globex, mut holder) = two_tenants(Limits::default()).await;
    // Leads of acme only are read while the table is locked.
    holder.batch_execute("BEGIN; LOCK TABLE referral_leads").await.expect("a lock");
    let admin = acme.admin();
    let slow = join_all((0..40).map(|_| admin.query("{ referralLeads { totalCount } }")));
    let others = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        for n in 0..10 {
            globex.admin().query("{ payouts { nodes { id } } }").await.data();
            for (name, tenant) in [("acme", &acme), ("globex", &globex)] {
                let invoice = invoice_input("c", &format!("{name}-{n}"), "10.00", "EUR", &in_days(-1));
                tenant.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
            }
        }
        // The others are rejected after two seconds.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
    };
    let (slow, ()) = tokio::join!(slow, others);
    assert_eq!(count_answers(&slow), (3, 37));
    let rejected = slow.iter().find(|response| !response.code().is_empty()).expect("a rejection");
    assert_eq!(
        rejected.body["errors"][0]["message"],
        "this tenant uses as many database connections as one tenant may use at a time; try again in a moment"
    );
    assert_eq!(rejected.body["errors"][0]["extensions"]["retryable"], true);
    admin.query("{ referralLeads { totalCount } }").await.data();
}

#[tokio::test]
async fn the_blocked_mutations_of_one_tenant_leave_connections_to_other_tenants() {
    let (acme, globex, mut holder) = two_tenants(Limits::default()).await;
    let partner = acme.create_partner("p").await;
    holder
        .batch_execute("BEGIN; UPDATE partners SET company_name = 'locked' WHERE tenant_id = 'acme'")
        .await
        .expect("a lock");
    let admin = acme.admin();
    let blocked = join_all((0..40).map(|n| {
        let input = json!({ "id": partner, "companyName": format!("name {n}") });
        let admin = admin.clone();
        async move { admin.error_code("updatePartner", input).await }
    }));
    let others = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_served(&globex).await;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
    };
    let (codes, ()) = tokio::join!(blocked, others);
    assert_eq!(codes.iter().filter(|code| code.is_empty()).count(), 8, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "UNAVAILABLE").count(), 32, "{codes:?}");
}

#[tokio::test]
async fn a_server_of_one_tenant_can_give_it_all_connections() {
    let limits = Limits {
        limit_tenant_reads: 16,
        limit_tenant_connections: 16,
        limit_query_seconds: 5,
        ..Limits::default()
    };
    let (acme, _, mut holder) = two_tenants(limits).await;
    holder.batch_execute("BEGIN; LOCK TABLE referral_leads").await.expect("a lock");
    let admin = acme.admin();
    let slow = join_all((0..40).map(|_| admin.query("{ referralLeads { totalCount } }")));
    let release = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
    };
    let (slow, ()) = tokio::join!(slow, release);
    // A quarter of the connections is reserved for mutations.
    assert_eq!(count_answers(&slow), (12, 28));
}

const RECONCILIATION: &str = "{ reconciliation { balanced } }";

#[tokio::test]
async fn one_reconciliation_of_a_tenant_runs_at_a_time() {
    let (acme, globex, mut holder) = two_tenants(Limits::default()).await;
    let rows = "SELECT count(*) AS count FROM pg_stat_activity WHERE query LIKE '%adjustment_requests%' AND state = 'active'
        AND usename = 'revshare_app' AND datname = current_database()";
    // The reconciliation reads it, and dashboards do not.
    holder.batch_execute("BEGIN; LOCK TABLE adjustment_requests").await.expect("a lock");
    let auditor = acme.client("alma", Role::Auditor);
    let first = auditor.query(RECONCILIATION);
    let others = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let further = join_all((0..12).map(|_| auditor.query(RECONCILIATION)));
        let run = with_fields(run_input(), json!({ "dryRun": true }));
        let finance = acme.finance();
        let preview = finance.error_code("runPayouts", run);
        let (further, preview, ()) = tokio::join!(further, preview, assert_served(&globex));
        assert_eq!(count_answers(&further), (0, 12));
        assert_eq!(
            further[0].body["errors"][0]["message"],
            "another report of this tenant that reads all of its rows is running; try again when it has ended"
        );
        assert_eq!(preview, "UNAVAILABLE");
        assert_eq!(count(&mut holder, rows).await, 1);
        // Another tenant's reconciliation runs at the same time, and everything else of this one goes on.
        assert_served(&acme).await;
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
        globex.assert_reconciled().await;
    };
    let (first, ()) = tokio::join!(first, others);
    assert_eq!(first.data()["reconciliation"]["balanced"], true);
    acme.assert_reconciled().await;
}

async fn count(connection: &mut AsyncPgConnection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let count: Count = diesel::sql_query(sql).get_result(connection).await.expect("a count");
    count.count
}

#[tokio::test]
async fn the_statement_of_a_query_that_times_out_ends_in_the_database() {
    let limits = Limits { limit_query_seconds: 1, ..Limits::default() };
    let (acme, _, mut holder) = two_tenants(limits).await;
    let active =
        "SELECT count(*) AS count FROM pg_stat_activity WHERE state = 'active' AND usename = 'revshare_app'
        AND datname = current_database()";
    holder.batch_execute("BEGIN; LOCK TABLE adjustment_requests").await.expect("a lock");
    let response = acme.client("alma", Role::Auditor).query(RECONCILIATION).await;
    assert_eq!(response.code(), "TIMEOUT", "{:#}", response.body);
    // In another transaction than the lock: within one, PostgreSQL shows the same activity again.
    let mut observer = superuser(&acme.app.database).await;
    let begun = Instant::now();
    while count(&mut observer, active).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(4), "the statement goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    holder.batch_execute("COMMIT").await.expect("the end of the lock");
}
