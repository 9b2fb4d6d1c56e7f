//! More requests than the server can handle: the excess is rejected at once, and health checks and invoices go on.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use revshare::graphql::request::limits::Limits;
use revshare::http::{MetricsAccess, Options};
use serde_json::{Value, json};

use crate::support::{TestApp, TestTenant, acme, in_days, invoice_input, superuser};

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
