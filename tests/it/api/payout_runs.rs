//! `runPayouts`: one payout for every partner with something payable.

use async_graphql::MaybeUndefined;
use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use revshare::auth::Role;
use revshare::domain::admission;
use revshare::domain::payout::run::{self, RunPayoutsInput};
use revshare::primitives::error::UserErrorCode;
use revshare::primitives::id::TenantId;
use revshare::primitives::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, batch_input, euros, in_days, money, ok, run_input, with_fields, with_superuser,
};

const SELECTION: &str = "
    payoutCount
    totals { amount currency }
    payouts { id partner { companyName } totalAmount { amount currency } status }
    skipped { partner { companyName } currency amount { amount currency } code }";

/// Runs payouts; returns the payload.
async fn run(tenant: &TestTenant, input: Value) -> Value {
    tenant.finance().mutate_ok("runPayouts", input, SELECTION).await
}

/// The input of a run with an idempotency key.
fn keyed(key: &str) -> Value {
    with_fields(run_input(), json!({ "idempotencyKey": key }))
}

/// Partner, amount, currency and reason of everything that a run skipped, sorted.
fn skipped(run: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let line = |skipped: &Value| {
        [
            &skipped["partner"]["companyName"],
            &skipped["amount"]["amount"],
            &skipped["currency"],
            &skipped["code"],
        ]
        .map(text)
        .join(" ")
    };
    let mut lines: Vec<_> = run["skipped"].as_array().expect("a list").iter().map(line).collect();
    lines.sort();
    lines
}

/// A tenant with seven partners: three to pay, one below the minimum, one suspended, one in debt, one without events.
async fn acme_with_seven_partners() -> TestTenant {
    let acme = acme().await;
    for name in ["one", "two", "yen", "small", "suspended", "debtor", "idle"] {
        let partner = acme.create_partner_with_account(name).await;
        let (amount, currency) = match name {
            "idle" => continue,
            "yen" => ("1000", "JPY"),
            "small" => ("10.00", "EUR"),
            _ => ("100.00", "EUR"),
        };
        acme.approved_event(name, name, amount, currency).await;
        if name == "suspended" {
            acme.update_partner(&partner, json!({ "status": "SUSPENDED" })).await;
        }
        if name == "debtor" {
            acme.create_payout(&partner).await;
            acme.refund(name, "r", "40.00").await;
        }
    }
    acme.update_settings(json!({ "minimumPayouts": [euros("5.00")] })).await;
    acme
}

/// What a run over all of them skips.
const SKIPPED: [&str; 3] = [
    "debtor -6.00 EUR NOTHING_PAYABLE",
    "small 1.50 EUR BELOW_MINIMUM",
    "suspended 15.00 EUR PARTNER_NOT_PAYABLE",
];

#[tokio::test]
async fn every_partner_is_paid_or_skipped_with_a_reason() {
    let acme = acme_with_seven_partners().await;

    let first = run(&acme, run_input()).await;
    assert_eq!(first["payoutCount"], 3);
    assert_eq!(first["payouts"].as_array().expect("a list").len(), 3);
    assert_eq!(first["totals"], json!([money("30.00", "EUR"), money("150", "JPY")]));
    assert_eq!(skipped(&first), SKIPPED);

    let second = run(&acme, run_input()).await;
    assert_eq!(second["payoutCount"], 0);
    assert_eq!(second["payouts"], json!([]));
    assert_eq!(second["totals"], json!([]));
    assert_eq!(skipped(&second), SKIPPED);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_dry_run_reports_what_a_run_with_the_same_key_then_does() {
    let acme = acme_with_seven_partners().await;
    let input = keyed("november");

    let preview = run(&acme, with_fields(input.clone(), json!({ "dryRun": true }))).await;
    assert_eq!(preview["payouts"], Value::Null);
    assert_eq!(preview["payoutCount"], 3);

    let report = run(&acme, input).await;
    for field in ["payoutCount", "totals", "skipped"] {
        assert_eq!(preview[field], report[field], "{field}");
    }
    assert_eq!(report["payouts"].as_array().expect("a list").len(), 3);
}

#[tokio::test]
async fn the_same_key_returns_the_same_run() {
    let acme = acme_with_seven_partners().await;
    let input = keyed("november");
    let report = run(&acme, input.clone()).await;
    assert_eq!(report["payoutCount"], 3);
    assert_eq!(run(&acme, input.clone()).await, report);

    let other_period = with_fields(input, json!({ "periodEnd": in_days(999) }));
    assert_eq!(acme.finance().error_code("runPayouts", other_period).await, "CONFLICT");
}

#[tokio::test]
async fn a_run_can_be_limited_to_one_currency() {
    let acme = acme_with_seven_partners().await;
    let report = run(&acme, with_fields(run_input(), json!({ "currency": "JPY" }))).await;
    assert_eq!(report["payoutCount"], 1);
    assert_eq!(report["skipped"], json!([]));
}

#[tokio::test]
async fn concurrent_runs_pay_every_partner_once() {
    let acme = acme_with_seven_partners().await;
    let count = |report: &Value| report["payoutCount"].as_i64().expect("a count");

    let without_key = join_all((0..6).map(|_| run(&acme, run_input()))).await;
    assert_eq!(without_key.iter().map(count).sum::<i64>(), 3);

    for name in ["one", "two"] {
        acme.approved_event(name, &format!("{name} again"), "100.00", "EUR").await;
    }
    let input = keyed("k");
    let same_key = join_all((0..6).map(|_| run(&acme, input.clone()))).await;
    for report in &same_key {
        assert_eq!(report, &same_key[0]);
    }
    assert_eq!(count(&same_key[0]), 2);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_interrupted_run_is_resumed_by_its_key() {
    let acme = acme_with_seven_partners().await;
    let input = keyed("k");
    let report = run(&acme, input.clone()).await;

    // The state after two of three payouts: the third is undone, and the end of the run was never written.
    let third = report["payouts"][2]["id"].as_str().expect("an id");
    let sql = format!(
        "DELETE FROM payout_run_skipped;
         UPDATE payout_runs SET finished_at = NULL;
         DELETE FROM status_changes WHERE payout_id = '{third}' OR to_status = 'PAID' AND commission_event_id IN
            (SELECT id FROM commission_events WHERE payout_id = '{third}');
         UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL WHERE payout_id = '{third}';
         DELETE FROM payout_lines WHERE payout_id = '{third}';
         DELETE FROM payouts WHERE id = '{third}'"
    );
    with_superuser(&acme.app.database, &sql).await.expect("to undo a payout");
    acme.assert_reconciled().await;

    let resumed = run(&acme, input).await;
    for field in ["payoutCount", "totals", "skipped"] {
        assert_eq!(resumed[field], report[field], "{field}");
    }
    assert_eq!(resumed["payouts"][0], report["payouts"][0]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_run_needs_a_period_that_ends_after_it_starts() {
    let acme = acme().await;
    for dry_run in [true, false] {
        let input = json!({ "periodStart": in_days(0), "periodEnd": in_days(-1), "dryRun": dry_run });
        assert_eq!(acme.finance().error_code("runPayouts", input).await, "BAD_USER_INPUT");
    }
}

/// Gives a partner approved commissions of 10^15 EUR in all: 101 invoices at a rate of 100 %.
async fn earn_more_than_a_payout_can_hold(acme: &TestTenant, partner: &str) {
    acme.assign_account(partner, "whale", Some("1")).await;
    let earn = async |number: i32| {
        let amount = if number == 0 { "100.00" } else { "9999999999999.00" };
        acme.commission_event("whale", &format!("whale-{number}"), amount, "EUR").await;
    };
    for numbers in (0..=100).collect::<Vec<_>>().chunks(8) {
        join_all(numbers.iter().map(|number| earn(*number))).await;
    }
    acme.approve_all_pending().await;
}

const FIGURES: &str = "query($partner: ID!) {
    partner(id: $partner) {
        dashboard { totalRevenueGenerated { amount } currentMonthCommissions { amount } outstandingBalance { amount } }
        balances { approved { amount } }
        months(count: 1) { commissions { amount } }
        managedAccounts { nodes { commissionsEarned { amount } } }
    }
    reconciliation { balanced }
}";

#[tokio::test]
async fn a_partner_whose_commissions_no_payout_can_hold_does_not_hide_the_others() {
    let acme = acme_with_seven_partners().await;
    let whale = acme.create_partner("whale").await;
    earn_more_than_a_payout_can_hold(&acme, &whale).await;
    let (total, input) = ("1000000000000000.00", keyed("k"));

    let preview = run(&acme, with_fields(input.clone(), json!({ "dryRun": true }))).await;
    let report = run(&acme, input.clone()).await;
    for report in [&preview, &report] {
        assert_eq!(report["payoutCount"], 3);
        let mut expected = SKIPPED.map(str::to_owned).to_vec();
        expected.push(format!("whale {total} EUR AMOUNT_TOO_LARGE"));
        assert_eq!(skipped(report), expected);
    }
    assert_eq!(run(&acme, input).await, report, "which is a finished run");

    let payload = acme.finance().mutate("createPayoutBatch", batch_input(&whale), "payout { id }").await;
    assert_eq!(payload["payout"], Value::Null);
    assert_eq!(payload["userErrors"][0]["code"], "AMOUNT_TOO_LARGE");
    let data = acme.admin().query_with(FIGURES, json!({ "partner": whale })).await.data();
    let amount = json!({ "amount": total });
    let dashboard = json!({
        "totalRevenueGenerated": amount, "currentMonthCommissions": amount, "outstandingBalance": amount,
    });
    assert_eq!(data["partner"]["dashboard"], dashboard);
    assert_eq!(data["partner"]["balances"], json!([{ "approved": amount }]));
    assert_eq!(data["partner"]["months"], json!([{ "commissions": amount }]));
    assert_eq!(data["partner"]["managedAccounts"]["nodes"], json!([{ "commissionsEarned": [amount] }]));
    assert_eq!(data["reconciliation"]["balanced"], true);

    // 100.00 less is what a payout can hold.
    let all =
        "query($partner: ID!) { commissionEvents(filter: { partnerId: $partner, invoiceId: \"whale-0\" }) {
        nodes { id } } }";
    let small = acme.admin().query_with(all, json!({ "partner": whale })).await.data();
    let small = small["commissionEvents"]["nodes"][0]["id"].as_str().expect("an id").to_owned();
    acme.cancel(&[small]).await;
    acme.create_payout(&whale).await;
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_partner_that_cannot_be_paid_at_all_may_be_owed_more_than_a_payout_can_hold() {
    let acme = acme().await;
    let whale = acme.create_partner("whale").await;
    earn_more_than_a_payout_can_hold(&acme, &whale).await;
    acme.update_partner(&whale, json!({ "status": "SUSPENDED" })).await;
    let input = keyed("k");
    let report = run(&acme, input.clone()).await;
    assert_eq!(skipped(&report), ["whale 1000000000000000.00 EUR PARTNER_NOT_PAYABLE"]);
    assert_eq!(run(&acme, input).await, report);
}

/// Makes each payout to one partner fail with this error of the database.
async fn fail_payouts_to(acme: &TestTenant, partner: &str, error: &str) {
    let sql = format!(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF NEW.partner_id = '{partner}' THEN RAISE EXCEPTION 'not now' USING ERRCODE = '{error}'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER fail BEFORE INSERT ON payouts FOR EACH ROW EXECUTE FUNCTION fail();"
    );
    with_superuser(&acme.app.database, &sql).await.expect("a trigger");
}

#[tokio::test]
async fn a_payout_that_fails_is_reported_beside_the_others_and_made_by_the_same_key_later() {
    for (error, code) in [("serialization_failure", "UNAVAILABLE"), ("internal_error", "INTERNAL_ERROR")] {
        let acme = acme_with_seven_partners().await;
        let third = acme.create_partner_with_account("third").await;
        acme.approved_event("third", "third", "100.00", "EUR").await;
        fail_payouts_to(&acme, &third, error).await;

        let input = keyed("k");
        let failed = run(&acme, input.clone()).await;
        assert_eq!(failed["payoutCount"], 3, "{error}");
        let mut expected = SKIPPED.map(str::to_owned).to_vec();
        expected.push(format!("third 15.00 EUR {code}"));
        assert_eq!(skipped(&failed), expected);
        assert_eq!(run(&acme, input.clone()).await, failed, "{error}");

        with_superuser(&acme.app.database, "DROP FUNCTION fail CASCADE").await.expect("no trigger");
        let continued = run(&acme, input.clone()).await;
        assert_eq!(continued["payoutCount"], 4, "{error}");
        assert_eq!(skipped(&continued), SKIPPED);
        assert_eq!(run(&acme, input.clone()).await, continued, "{error}");
        acme.assert_reconciled().await;
    }
}

#[tokio::test]
async fn a_run_that_loses_the_database_reports_what_it_has_paid_and_can_be_continued() {
    let acme = acme().await;
    for number in 0..8 {
        let name = format!("partner {number}");
        acme.create_partner_with_account(&name).await;
        acme.approved_event(&name, &name, "100.00", "EUR").await;
    }
    let input = RunPayoutsInput {
        period_start: Timestamp(Utc::now() - TimeDelta::days(1)),
        period_end: Timestamp(Utc::now() + TimeDelta::days(1)),
        currency: MaybeUndefined::Undefined,
        payment_method: None,
        exclude_partner_ids: MaybeUndefined::Undefined,
        dry_run: MaybeUndefined::Undefined,
        idempotency_key: Some("k".to_owned()),
    };
    let lost = acme.app.with_connections(4);
    let caller =
        ok(admission::operator(&lost.pool, TenantId("acme".to_owned()), "fiona", Role::Finance).await);
    let report = run::run(&lost.pool, &caller, &input, |progress| {
        if progress.done == 2 {
            lost.pool.close();
        }
    });
    let report = ok(report.await);
    assert_eq!(report.count, 2);
    assert_eq!(report.totals.iter().map(ToString::to_string).collect::<Vec<_>>(), ["30.00 EUR"]);
    assert_eq!(report.skipped.len(), 6);
    assert!(report.skipped.iter().all(|skip| skip.code == UserErrorCode::Unavailable));

    let report = ok(run::run(&acme.app.pool, &caller, &input, |_| ()).await);
    assert_eq!((report.count, report.skipped.len()), (8, 0));
    acme.assert_reconciled().await;
}
