//! Returning a completed payout: its money came back, its events can be paid again, and its papers stay.

use serde_json::{Value, json};

use super::statements::{file, sha256};
use crate::support::{TestTenant, acme_with_partner, in_days, with_fields, with_superuser};

const RETURNED: &str = "payout {
    status completedAt paymentReference returnedAt returnReason failureReason totalAmount { amount } commissionCount
    history { from to reason }
    commissionEvents { nodes { status payout { id } paidAt } }
}";

const PAPERS: &str = "query($id: ID!) { payout(id: $id) {
    statement { ...Paper } creditNote { ...Paper }
} }
fragment Paper on Statement {
    id number kind total { amount } lineCount contentHash payout { id } files { format path }
}";

const FIGURES: &str = "query($partner: ID!, $asOf: DateTime) { partner(id: $partner) {
    dashboard(asOf: $asOf) { currentMonthPayouts { amount } balance { approved { amount } settled { amount } } }
    months(count: 2) { payouts { amount } }
} }";

/// A payout of 150.00 + 30.00 - 60.00 that was completed.
async fn acme_with_completed_payout() -> (TestTenant, String, String) {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "INV-1", "1000.00", "EUR").await;
    acme.approved_event("p", "INV-2", "200.00", "EUR").await;
    acme.refund("INV-1", "R-1", "400.00").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    (acme, partner, payout)
}

async fn papers(acme: &TestTenant, payout: &str) -> Value {
    acme.admin().query_with(PAPERS, json!({ "id": payout })).await.data()["payout"].clone()
}

async fn paper(acme: &TestTenant, statement: &Value, format: &str) -> Vec<u8> {
    let files = statement["files"].as_array().expect("files");
    let found = files.iter().find(|file| file["format"] == format).expect("a file");
    file(acme, &acme.admin(), found["path"].as_str().expect("a path")).await
}

#[tokio::test]
async fn a_returned_payout_keeps_its_completion_and_releases_its_events() {
    let (acme, partner, payout) = acme_with_completed_payout().await;
    let input = json!({ "id": payout, "reason": "account closed" });
    let returned = acme.finance().mutate_ok("returnPayout", input.clone(), RETURNED).await["payout"].clone();
    assert_eq!(returned["status"], "RETURNED");
    assert!(returned["completedAt"].is_string() && returned["returnedAt"].is_string());
    assert_eq!((&returned["paymentReference"], &returned["failureReason"]), (&json!("WIRE"), &json!(null)));
    assert_eq!(returned["returnReason"], "account closed");
    assert_eq!(
        (&returned["totalAmount"]["amount"], &returned["commissionCount"]),
        (&json!("120.00"), &json!(3))
    );
    let history = json!([
        { "from": null, "to": "READY", "reason": null },
        { "from": "READY", "to": "COMPLETED", "reason": null },
        { "from": "COMPLETED", "to": "RETURNED", "reason": "account closed" },
    ]);
    assert_eq!(returned["history"], history);
    for event in returned["commissionEvents"]["nodes"].as_array().expect("events") {
        assert_eq!(event, &json!({ "status": "APPROVED", "payout": null, "paidAt": null }));
    }
    let balance = acme.balance(&partner).await;
    assert_eq!([&*balance.earned, &*balance.approved, &*balance.settled], ["120.00", "120.00", "0.00"]);

    // The next payout pays the same events, less what was refunded meanwhile.
    acme.refund("INV-2", "R-2", "200.00").await;
    let next = acme.create_payout(&partner).await;
    acme.complete_payout(&next).await;
    let balance = acme.balance(&partner).await;
    assert_eq!([&*balance.earned, &*balance.approved, &*balance.settled], ["90.00", "0.00", "90.00"]);
    assert_eq!(acme.finance().error_code("returnPayout", input).await, "INVALID_STATE");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_payout_comes_back_between_its_completion_and_now() {
    let (acme, _, payout) = acme_with_completed_payout().await;
    for wrong in
        [json!({ "reason": " " }), json!({ "returnedAt": in_days(-1) }), json!({ "returnedAt": in_days(1) })]
    {
        let input = with_fields(json!({ "id": payout, "reason": "closed" }), wrong.clone());
        assert_eq!(acme.finance().error_code("returnPayout", input).await, "BAD_USER_INPUT", "{wrong}");
    }
    acme.return_payout(&payout).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_of_a_returned_payout_stays_and_gets_a_credit_note() {
    let (acme, _, payout) = acme_with_completed_payout().await;
    let before = papers(&acme, &payout).await;
    assert_eq!(before["creditNote"], json!(null));
    let (csv, pdf) =
        (paper(&acme, &before["statement"], "CSV").await, paper(&acme, &before["statement"], "PDF").await);
    acme.return_payout(&payout).await;

    let after = papers(&acme, &payout).await;
    assert_eq!(after["statement"], before["statement"]);
    assert!(paper(&acme, &after["statement"], "CSV").await == csv);
    assert!(paper(&acme, &after["statement"], "PDF").await == pdf);
    let note = &after["creditNote"];
    assert_eq!((&note["kind"], &note["number"]), (&json!("CREDIT_NOTE"), &json!("P-00001-0002")));
    assert_eq!((&note["total"]["amount"], &note["lineCount"]), (&json!("-120.00"), &json!(3)));
    let lines = paper(&acme, note, "CSV").await;
    assert_eq!(note["contentHash"], sha256(&lines));
    let lines = String::from_utf8(lines).expect("text");
    let mut amounts: Vec<_> =
        lines.lines().skip(1).map(|line| line.split(',').nth(10).expect("one")).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, ["-150.00", "-30.00", "60.00"]);
    assert!(paper(&acme, note, "PDF").await.starts_with(b"%PDF-1.7"));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_account_statement_states_that_a_payout_came_back() {
    let (acme, partner, payout) = acme_with_completed_payout().await;
    acme.return_payout(&payout).await;
    let selection = "statements { closing { amount } movements { nodes { kind amount { amount } } } }";
    let issued =
        acme.finance().mutate_ok("issueStatements", json!({ "partnerId": partner }), selection).await;
    let statement = &issued["statements"][0];
    assert_eq!(statement["closing"]["amount"], "120.00");
    let movements = statement["movements"]["nodes"].as_array().expect("movements");
    let last: Vec<_> = movements.iter().rev().take(2).cloned().collect();
    let expected = [
        json!({ "kind": "RETURNED", "amount": { "amount": "120.00" } }),
        json!({ "kind": "PAID_OUT", "amount": { "amount": "-120.00" } }),
    ];
    assert_eq!(last, expected);
    acme.assert_reconciled().await;
}

/// A payout that was completed in the month before and came back in this one.
#[tokio::test]
async fn a_return_is_subtracted_in_its_own_month() {
    let (acme, partner, payout) = acme_with_completed_payout().await;
    let last_month = "date_trunc('month', clock_timestamp()) - interval '2 days'";
    let move_back = format!(
        "SET session_replication_role = replica;
        UPDATE payouts SET created_at = {last_month}, completed_at = {last_month}, changed_at = {last_month};
        UPDATE payout_lines SET added_at = {last_month};
        UPDATE commission_events SET paid_at = {last_month}, event_date = {last_month} WHERE payout_id IS NOT NULL;
        UPDATE status_changes SET changed_at = {last_month} - interval '1 second'
            WHERE payout_id IS NOT NULL AND from_status IS NULL;
        UPDATE status_changes SET changed_at = {last_month} WHERE payout_id IS NOT NULL AND from_status IS NOT NULL"
    );
    with_superuser(&acme.app.database, &move_back).await.expect("an update");
    let figures = async |as_of: Value| {
        let variables = json!({ "partner": partner, "asOf": as_of });
        let partner = acme.admin().query_with(FIGURES, variables).await.data()["partner"].clone();
        let dashboard = &partner["dashboard"];
        let months = partner["months"].as_array().expect("months").iter();
        let months: Vec<_> = months.map(|month| month["payouts"]["amount"].clone()).collect();
        json!([
            dashboard["currentMonthPayouts"]["amount"],
            dashboard["balance"]["settled"]["amount"],
            dashboard["balance"]["approved"]["amount"],
            months,
        ])
    };
    assert_eq!(figures(json!(null)).await, json!(["0.00", "120.00", "0.00", ["120.00", "0.00"]]));
    acme.return_payout(&payout).await;
    assert_eq!(figures(json!(null)).await, json!(["-120.00", "0.00", "120.00", ["120.00", "-120.00"]]));
    let before = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let before = before.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let figures = figures(json!(before)).await;
    assert_eq!(figures.as_array().expect("figures")[..3], [json!("0.00"), json!("120.00"), json!("0.00")]);
}
