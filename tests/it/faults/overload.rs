//! More than can be answered: those who come too late are told so, and nobody starves.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use revshare::http::{Figures, Limits, Options};
use serde_json::{Value, json};

use crate::support::{TestTenant, TestApp, in_days, invoice_input, superuser};

async fn get(app: &TestApp, path: &str) -> Response<String> {
    app.send(Request::get(path).body(Body::empty()).expect("a request")).await
}

async fn acme(options: Options) -> TestTenant {
    let acme = TestApp::with(options).await.tenant("acme").await;
    acme.create_partner_with_account("c").await;
    acme
}

#[tokio::test]
async fn what_is_too_much_is_told_to_come_back_and_the_rest_is_answered() {
    let limits = Limits { limit_requests: 4, ..Limits::default() };
    let acme = acme(Options { limits, figures: Figures::ForAnybody, ..Options::default() }).await;
    let mut holder = superuser(&acme.app.database).await;
    holder.batch_execute("BEGIN; LOCK TABLE payouts").await.expect("a lock");
    let admin = acme.admin();
    let report = || {
        let request = admin.request(Request::post("/graphql"));
        let body = json!({ "query": "{payouts{totalCount}}" }).to_string();
        acme.app.send(request.body(Body::from(body)).expect("a request"))
    };
    let many = join_all((0..40).map(|_| report()));
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        for path in ["/readyz", "/livez", "/metrics"] {
            assert_eq!(get(&acme.app, path).await.status().as_u16(), 200, "{path}");
        }
        let late = report().await;
        assert_eq!(
            (late.status().as_u16(), &late.headers()["retry-after"]),
            (503, &"1".parse().expect("a header"))
        );
        let body: Value = serde_json::from_str(late.body()).expect("JSON");
        assert_eq!(body["errors"][0]["extensions"], json!({ "code": "UNAVAILABLE", "retryable": true }));
        holder.batch_execute("COMMIT").await.expect("the lock's end");
    };
    let (answers, ()) = tokio::join!(many, meanwhile);
    let answered = answers.iter().filter(|answer| answer.status().as_u16() == 200).count();
    assert_eq!(answered, 4, "as many as were in hand");
    assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status().as_u16())));
    assert_eq!(report().await.status().as_u16(), 200);
    assert!(get(&acme.app, "/metrics").await.body().contains("revshare_refusals_total{reason=\"busy\"} 37"));
}

#[tokio::test]
async fn slow_reports_do_not_keep_an_invoice_from_being_recorded() {
    let acme = acme(Options::default()).await;
    let mut holder = superuser(&acme.app.database).await;
    holder.batch_execute("BEGIN; LOCK TABLE referral_leads").await.expect("a lock");
    // As many as the server has connections, and more.
    let admin = acme.admin();
    let reports = join_all((0..24).map(|_| admin.query("{referralLeads{totalCount}}")));
    let accruals = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        for n in 0..10 {
            let paid = invoice_input("c", &format!("i-{n}"), "10.00", "EUR", &in_days(-1));
            acme.billing().mutate_ok("recordInvoicePaid", paid, "outcome").await;
        }
        holder.batch_execute("COMMIT").await.expect("the lock's end");
    };
    let (reports, ()) = tokio::join!(reports, accruals);
    // Those who wait longer than a moment are told that the service is busy; the others get their report.
    assert!(reports.iter().all(|report| ["", "UNAVAILABLE"].contains(&report.code().as_str())));
    assert!(reports.iter().any(|report| report.code().is_empty()));
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}
