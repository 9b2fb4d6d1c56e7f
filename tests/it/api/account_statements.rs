//! The statements of accounts: each movement is on one of them, and each begins where the one before ended.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::statements::{file, sha256};
use crate::support::{
    Folder, TestTenant, acme_with_partner, in_days, output_text, with_fields, with_superuser,
};

/// The latest statement of an account.
const LATEST: &str = "{ statements(filter: { kind: ACCOUNT }, first: 1) { nodes {
    id number opening { amount } closing { amount } lineCount contentHash
    movements { totalCount nodes { kind amount { amount } commissionEvent { invoiceId eventDate } payout { id } } }
    files { path }
} } }";

/// Issues the statement of one account, and returns it.
async fn issue(acme: &TestTenant, input: Value) -> Value {
    let selection = "statements { id } failedCount hasMore";
    let payload = acme.finance().mutate_ok("issueStatements", input, selection).await;
    assert_eq!((&payload["failedCount"], &payload["hasMore"]), (&json!(0), &json!(false)));
    assert_eq!(payload["statements"].as_array().map(Vec::len), Some(1));
    let latest = acme.admin().query(LATEST).await.data()["statements"]["nodes"][0].clone();
    assert_eq!(latest["id"], payload["statements"][0]["id"]);
    latest
}

fn amounts(statement: &Value) -> Vec<&str> {
    let nodes = statement["movements"]["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["amount"]["amount"].as_str().expect("an amount")).collect()
}

/// 150.00 and 30.00 recorded, the second cancelled, 60.00 of the first refunded, a payout of 90.00 completed.
async fn acme_with_movements() -> (TestTenant, String) {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "INV-1", "1000.00", "EUR").await;
    let second = acme.commission_event("p", "INV-2", "200.00", "EUR").await;
    acme.cancel(&[second]).await;
    acme.refund("INV-1", "R-1", "400.00").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    (acme, partner)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_statement_is_like_that_of_a_bank() {
    let (acme, partner) = acme_with_movements().await;
    let input = json!({ "partnerId": partner });
    let dry_run = with_fields(input.clone(), json!({ "dryRun": true }));
    let selection = "statements { id } previews { closing { amount } movementCount }";
    let preview = acme.finance().mutate_ok("issueStatements", dry_run, selection).await;
    let expected = json!([{ "closing": { "amount": "0.00" }, "movementCount": 5 }]);
    assert_eq!((&preview["statements"], &preview["previews"]), (&json!([]), &expected));
    let first = issue(&acme, input.clone()).await;
    assert_eq!(first["number"], "P-00001-A0001");
    assert_eq!((&first["opening"]["amount"], &first["closing"]["amount"]), (&json!("0.00"), &json!("0.00")));
    assert_eq!(amounts(&first), ["150.00", "30.00", "-30.00", "-60.00", "-90.00"]);
    assert_eq!(first["movements"]["nodes"][4]["kind"], "PAID_OUT");
    let csv = file(&acme, &acme.admin(), first["files"][0]["path"].as_str().expect("a path")).await;
    assert_eq!(first["contentHash"], sha256(&csv));
    let balances: Vec<_> = String::from_utf8_lossy(&csv)
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(11).expect("a balance").to_owned())
        .collect();
    assert_eq!(balances, ["150.00", "180.00", "150.00", "90.00", "0.00"]);
    assert!(
        file(&acme, &acme.admin(), first["files"][1]["path"].as_str().expect("a path"))
            .await
            .starts_with(b"%PDF")
    );

    assert_eq!(acme.finance().error_code("issueStatements", input.clone()).await, "NOTHING_TO_STATE");
    acme.refund("INV-1", "R-2", "600.00").await;
    acme.commission_event("p", "INV-3", "1333.33", "EUR").await;
    let next = issue(&acme, input).await;
    assert_eq!((&next["opening"]["amount"], &next["closing"]["amount"]), (&json!("0.00"), &json!("110.00")));
    assert_eq!(amounts(&next), ["-90.00", "200.00"]);
    let balance = acme.balance(&partner).await;
    assert_eq!((balance.pending.as_str(), balance.approved.as_str()), ("200.00", "-90.00"));
    acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_issued_at_the_same_time_state_each_movement_once() {
    let (acme, partner) = acme_with_movements().await;
    let finance = acme.finance();
    let issue =
        || finance.try_mutate("issueStatements", json!({ "partnerId": partner }), "statements { number }");
    let results = join_all((0..2).map(|_| issue())).await;
    let (issued, rejected): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((issued.len(), rejected), (1, vec![Err("NOTHING_TO_STATE".to_owned())]));
    acme.assert_reconciled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_issues_what_the_mutation_does() {
    let (acme, _) = acme_with_movements().await;
    let urls = acme.app.database.urls();
    let mut outputs = Vec::new();
    for options in [&["--dry-run"][..], &[], &[]] {
        let arguments = [&["statements", "issue", "--tenant", "acme"], options].concat();
        let output = Folder::new().command_for(&urls, &arguments).output().expect("a program");
        assert!(output.status.success(), "{}", output_text(&output));
        outputs.push(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    assert!(
        outputs[0].ends_with("5 lines, closing balance 0.00 EUR\ndry run: statements: 1\n"),
        "{}",
        outputs[0]
    );
    assert_eq!(outputs[1], "P-00001-A0001: 5 lines, closing balance 0.00 EUR\nstatements: 1\n");
    assert_eq!(outputs[2], "statements: 0\n");
}

/// A movement counts by the time at which it was recorded, and keeps its own date.
#[tokio::test]
async fn what_is_recorded_late_is_on_the_next_statement() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "INV-1", "100.00", "EUR").await;
    let input = json!({ "partnerId": partner });
    issue(&acme, input.clone()).await;
    let paid_at = in_days(-40);
    acme.commission_event_at("p", "INV-2", "200.00", "EUR", &paid_at).await;
    let next = issue(&acme, input).await;
    assert_eq!(amounts(&next), ["30.00"]);
    let event = &next["movements"]["nodes"][0]["commissionEvent"];
    assert_eq!((&event["invoiceId"], &event["eventDate"]), (&json!("INV-2"), &json!(paid_at)));
}

#[tokio::test]
async fn a_statement_is_about_the_past() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event("p", "INV-1", "100.00", "EUR").await;
    let ahead = json!({ "before": in_days(1) });
    assert_eq!(acme.finance().error_code("issueStatements", ahead).await, "BAD_USER_INPUT");
    let early = json!({ "partnerId": partner, "before": in_days(-1) });
    assert_eq!(acme.finance().error_code("issueStatements", early).await, "NOTHING_TO_STATE");
    let between = in_days(0);
    acme.cancel(&[event]).await;
    assert_eq!(amounts(&issue(&acme, json!({ "before": between })).await), ["15.00"]);
    assert_eq!(amounts(&issue(&acme, json!({})).await), ["-15.00"]);
}

#[tokio::test]
async fn the_open_statement_shows_what_the_next_one_would_say() {
    let (acme, partner) = acme_with_movements().await;
    let user = acme.partner_user(&partner, "paula").await;
    let document = "query($id: ID!) { partner(id: $id) {
        openStatement(currency: \"EUR\") {
            movementCount opening { amount } closing { amount }
            movements(first: 3) { nodes { kind amount { amount } } totalCount pageInfo { hasNextPage endCursor } }
        }
        statements { totalCount nodes { number kind } }
        accounts: statements(kind: ACCOUNT) { totalCount }
    } }";
    let data = user.query_with(document, json!({ "id": partner })).await.data()["partner"].clone();
    let open = &data["openStatement"];
    assert_eq!((&open["movementCount"], &open["movements"]["totalCount"]), (&json!(5), &json!(5)));
    let page = open["movements"]["pageInfo"].clone();
    assert_eq!(page["hasNextPage"], true);
    let rest = "query($id: ID!, $after: String) { partner(id: $id) { openStatement(currency: \"EUR\") {
        movements(after: $after) { nodes { kind amount { amount } } pageInfo { hasNextPage hasPreviousPage } }
        last: movements(last: 1) { edges { cursor node { kind } } pageInfo { hasPreviousPage } }
    } } }";
    let variables = json!({ "id": partner, "after": page["endCursor"] });
    let rest = user.query_with(rest, variables).await.data()["partner"]["openStatement"].clone();
    let movements = |page: &Value| page["nodes"].as_array().expect("movements").clone();
    let mut all = movements(&open["movements"]);
    all.extend(movements(&rest["movements"]));
    let issued = "statements { movements { nodes { kind amount { amount } } } }";
    let issued = acme.finance().mutate_ok("issueStatements", json!({ "partnerId": partner }), issued).await;
    assert_eq!(all, movements(&issued["statements"][0]["movements"]), "as the statement has them");
    assert_eq!(rest["movements"]["pageInfo"], json!({ "hasNextPage": false, "hasPreviousPage": true }));
    assert_eq!(rest["last"]["edges"][0]["node"]["kind"], all[4]["kind"]);
    assert_eq!((&data["statements"]["totalCount"], &data["accounts"]["totalCount"]), (&json!(1), &json!(0)));
    assert_eq!(user.error_code("issueStatements", json!({})).await, "FORBIDDEN");
}

#[tokio::test]
async fn a_changed_movement_is_found_by_the_reconciliation() {
    let (acme, partner) = acme_with_movements().await;
    issue(&acme, json!({ "partnerId": partner })).await;
    acme.assert_reconciled().await;
    let change = "DELETE FROM statement_movements WHERE kind = 'CANCELLED'";
    with_superuser(&acme.app.database, change).await.expect("a change");
    let differences = acme.reconciliation_differences().await;
    let rules: Vec<_> =
        differences.as_array().expect("a list").iter().map(|difference| difference["rule"].clone()).collect();
    for rule in [
        "the total and the number of lines of a statement are those of the rows that it states",
        "the closing balance of the last statement and the movements since are the balance",
        "the hash of a statement is that of its lines",
    ] {
        assert!(rules.contains(&json!(rule)), "{rule}: {differences:#}");
    }
}
