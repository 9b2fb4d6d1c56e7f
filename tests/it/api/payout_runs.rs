//! runPayouts: a payout for everybody.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestApp, TestTenant, in_days, refund_input};

const FIELDS: &str =
    "payoutCount totals{amount currency} payouts{id partner{companyName} totalAmount{amount currency} status}
    skipped{partner{companyName} currency amount{amount currency} code}";

fn everything() -> Value {
    json!({ "periodStart": in_days(-1000), "periodEnd": in_days(1000) })
}

async fn run(tenant: &TestTenant, input: Value) -> Value {
    tenant.finance().mutate_ok("runPayouts", input, FIELDS).await
}

fn skipped(report: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |skip: &Value| {
        [&skip["partner"]["companyName"], &skip["amount"]["amount"], &skip["currency"], &skip["code"]]
            .map(word)
            .join(" ")
    };
    let mut lines: Vec<_> = report["skipped"].as_array().expect("a list").iter().map(line).collect();
    lines.sort();
    lines
}

/// Three partners to pay, one below the minimum, one suspended, one in debt, one with nothing.
async fn acme() -> TestTenant {
    let acme = TestApp::new().await.tenant("acme").await;
    for name in ["one", "two", "yen", "small", "suspended", "debtor", "nothing"] {
        let partner = acme.create_partner_with_account(name).await;
        match name {
            "nothing" => {}
            "yen" => drop(acme.approved_event(name, name, "1000", "JPY").await),
            "small" => drop(acme.approved_event(name, name, "10.00", "EUR").await),
            _ => drop(acme.approved_event(name, name, "100.00", "EUR").await),
        }
        if name == "suspended" {
            acme.admin()
                .mutate_ok("updatePartner", json!({ "id": partner, "status": "SUSPENDED" }), "partner{id}")
                .await;
        }
        if name == "debtor" {
            acme.create_payout(&partner).await;
            acme.billing()
                .mutate_ok("recordInvoiceRefunded", refund_input(name, "r", "40.00"), "outcome")
                .await;
        }
    }
    let minimum = json!({ "minimumPayouts": [{ "amount": "5.00", "currency": "EUR" }] });
    acme.admin().mutate_ok("updateTenantSettings", minimum, "tenant{id}").await;
    acme
}

const SKIPPED: [&str; 3] = [
    "debtor -6.00 EUR NOTHING_PAYABLE",
    "small 1.50 EUR BELOW_MINIMUM",
    "suspended 15.00 EUR PARTNER_NOT_PAYABLE",
];

#[tokio::test]
async fn everybody_is_paid_or_skipped_with_a_reason() {
    let acme = acme().await;
    let mut dry = everything();
    dry["dryRun"] = json!(true);
    dry["idempotencyKey"] = json!("november");
    let preview = run(&acme, dry).await;
    assert_eq!((&preview["payouts"], &preview["payoutCount"]), (&Value::Null, &json!(3)));
    let mut input = everything();
    input["idempotencyKey"] = json!("november");
    let report = run(&acme, input.clone()).await;
    assert_eq!(report["payoutCount"], 3);
    assert_eq!(report["payouts"].as_array().expect("a list").len(), 3);
    assert_eq!(
        report["totals"],
        json!([{ "amount": "30.00", "currency": "EUR" }, { "amount": "150", "currency": "JPY" }])
    );
    assert_eq!(preview["totals"], report["totals"]);
    assert_eq!(skipped(&report), SKIPPED);
    assert_eq!(preview["skipped"], report["skipped"]);
    assert_eq!(run(&acme, input.clone()).await, report, "the same key answers the same");
    input["periodEnd"] = json!(in_days(999));
    assert_eq!(acme.finance().error_code("runPayouts", input).await, "CONFLICT");
    let again = run(&acme, everything()).await;
    assert_eq!(
        (&again["payoutCount"], &again["payouts"], &again["totals"]),
        (&json!(0), &json!([]), &json!([]))
    );
    assert_eq!(skipped(&again), SKIPPED);
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_run_can_be_of_one_currency() {
    let acme = acme().await;
    let mut input = everything();
    input["currency"] = json!("JPY");
    let report = run(&acme, input).await;
    assert_eq!((&report["payoutCount"], &report["skipped"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn runs_at_once_pay_everybody_once() {
    let acme = acme().await;
    let reports = join_all((0..6).map(|_| run(&acme, everything()))).await;
    let count = |report: &Value| report["payoutCount"].as_i64().unwrap_or_default();
    assert_eq!(reports.iter().map(count).sum::<i64>(), 3);
    let mut input = everything();
    input["idempotencyKey"] = json!("k");
    for name in ["one", "two"] {
        acme.approved_event(name, &format!("{name} again"), "100.00", "EUR").await;
    }
    let reports = join_all((0..6).map(|_| run(&acme, input.clone()))).await;
    assert!(reports.iter().all(|report| report == &reports[0]), "{reports:#?}");
    assert_eq!(count(&reports[0]), 2);
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_where_it_was() {
    let acme = acme().await;
    let mut input = everything();
    input["idempotencyKey"] = json!("k");
    let report = run(&acme, input.clone()).await;
    // As if the program had died after two of three payouts: one is undone, and the end was never written.
    let one = report["payouts"][2]["id"].as_str().expect("an id");
    let sql = format!(
        "DELETE FROM payout_run_skips; UPDATE payout_runs SET finished_at = NULL;
         DELETE FROM status_changes WHERE payout_id = '{one}' OR to_status = 'PAID' AND commission_event_id IN
            (SELECT id FROM commission_events WHERE payout_id = '{one}');
         UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL WHERE payout_id = '{one}';
         DELETE FROM payout_lines WHERE payout_id = '{one}'; DELETE FROM payouts WHERE id = '{one}'"
    );
    crate::support::with_superuser(&acme.app.database, &sql).await.expect("to undo a payout");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
    let resumed = run(&acme, input).await;
    for field in ["payoutCount", "totals", "skipped"] {
        assert_eq!(resumed[field], report[field]);
    }
    assert_eq!(resumed["payouts"][0], report["payouts"][0]);
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_run_without_a_period_is_refused() {
    let acme = acme().await;
    for dry_run in [true, false] {
        let input = json!({ "periodStart": in_days(0), "periodEnd": in_days(-1), "dryRun": dry_run });
        assert_eq!(acme.finance().error_code("runPayouts", input).await, "BAD_USER_INPUT");
    }
}
