//! The statements of payouts: issued with completion, and never changed by what happens later.

use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::future::join_all;
use revshare::auth::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{
    Client, Folder, TestApp, TestTenant, UNKNOWN_ID, acme, acme_with_partner, in_days, output_text,
    with_superuser,
};

const STATEMENT: &str = "query($id: ID!) { payout(id: $id) { statement {
    id number kind total { amount } lineCount contentHash opening { amount } partner { id }
    files { format fileName path sha256 bytes }
} } }";

/// Returns a file by its path.
pub async fn download(app: &TestApp, client: &Client, path: &str) -> Response<Vec<u8>> {
    app.send_bytes(client.request(Request::get(path)).body(Body::empty()).expect("a request")).await
}

/// Returns the bytes of a file that must exist.
pub async fn file(tenant: &TestTenant, client: &Client, path: &str) -> Vec<u8> {
    let response = download(&tenant.app, client, path).await;
    assert_eq!(response.status(), 200, "{path}: {}", String::from_utf8_lossy(response.body()));
    response.into_body()
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn statement(client: &Client, payout: &str) -> Value {
    client.query_with(STATEMENT, json!({ "id": payout })).await.data()["payout"]["statement"].clone()
}

fn path(statement: &Value, format: &str) -> String {
    let files = statement["files"].as_array().expect("files");
    let found = files.iter().find(|file| file["format"] == format).expect("a file");
    found["path"].as_str().expect("a path").to_owned()
}

/// A completed payout of 150.00 + 30.00 - 60.00.
async fn completed_payout() -> (TestTenant, String, String) {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "INV-1", "1000.00", "EUR").await;
    acme.approved_event("p", "=2+2", "200.00", "EUR").await;
    acme.refund("INV-1", "R-1", "400.00").await;
    let payout = acme.create_payout(&partner).await;
    assert_eq!(statement(&acme.admin(), &payout).await, json!(null), "not completed yet");
    acme.complete_payout(&payout).await;
    (acme, partner, payout)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_of_a_payout_stays_byte_for_byte_the_same() {
    let (acme, partner, payout) = completed_payout().await;
    let issued = statement(&acme.admin(), &payout).await;
    assert_eq!(issued["number"], "P-00001-0001");
    assert_eq!((&issued["lineCount"], &issued["total"]["amount"]), (&json!(3), &json!("120.00")));
    let user = acme.partner_user(&partner, "paula").await;
    let csv = file(&acme, &acme.admin(), &path(&issued, "CSV")).await;
    assert_eq!(issued["contentHash"], sha256(&csv));
    let pdf = file(&acme, &user, &path(&issued, "PDF")).await;
    assert!(pdf.starts_with(b"%PDF-1.7"));

    acme.update_partner(&partner, json!({ "companyName": "Renamed" })).await;
    acme.update_settings(json!({ "name": "Renamed too", "timeZone": "Asia/Tokyo" })).await;
    acme.refund("INV-1", "R-2", "600.00").await;
    acme.refund("=2+2", "R-3", "200.00").await;
    let correction = json!({ "id": payout, "paymentReference": "WIRE-2", "reason": "typed wrongly" });
    acme.finance().mutate_ok("correctPaymentReference", correction, "payout { id }").await;

    // Another server, as after an upgrade.
    let upgraded = TestTenant { app: acme.app.with_connections(4), ..acme.clone() };
    for tenant in [&acme, &upgraded] {
        assert!(file(tenant, &user, &path(&issued, "CSV")).await == csv);
        assert!(file(tenant, &tenant.admin(), &path(&issued, "PDF")).await == pdf);
    }
    let now = statement(&user, &payout).await;
    assert_eq!(now["contentHash"], issued["contentHash"]);
    let stored = &now["files"][1];
    assert_eq!((&stored["sha256"], &stored["bytes"]), (&json!(sha256(&pdf)), &json!(pdf.len())));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_csv_file_of_a_payout_has_its_lines_in_order_and_no_names() {
    let (acme, _, payout) = completed_payout().await;
    let issued = statement(&acme.admin(), &payout).await;
    let csv = String::from_utf8(file(&acme, &acme.admin(), &path(&issued, "CSV")).await).expect("UTF-8");
    let lines: Vec<_> = csv.split_terminator("\r\n").collect();
    assert_eq!(
        lines[0],
        "statement_number,line,event_id,event_type,event_date,recorded_at,invoice_id,customer_id,base_amount,\
         commission_rate,commission_amount,currency,reverses_event_id"
    );
    let cells: Vec<Vec<_>> = lines[1..].iter().map(|line| line.split(',').collect()).collect();
    let column = |column: usize| -> Vec<&str> { cells.iter().map(|cells| cells[column]).collect() };
    assert_eq!(column(0), ["P-00001-0001"; 3]);
    assert_eq!(column(1), ["1", "2", "3"]);
    let mut amounts = column(10);
    amounts.sort_unstable();
    assert_eq!(amounts, ["-60.00", "150.00", "30.00"]);
    assert!(column(6).contains(&"'=2+2"), "a text is not a formula: {csv}");
    assert!(column(4).is_sorted() && column(4).iter().all(|at| at.ends_with('Z') && at.len() == 27), "{csv}");
    assert!(!csv.contains("Cover Name"));
}

#[tokio::test]
async fn numbers_have_no_gaps_even_if_completions_are_rejected_or_run_at_the_same_time() {
    let (acme, partner) = acme_with_partner().await;
    let mut payouts = Vec::new();
    for invoice in ["1", "2", "3", "4"] {
        acme.approved_event("p", invoice, "100.00", "EUR").await;
        payouts.push(acme.create_payout(&partner).await);
    }
    acme.fail_payout(&payouts[0]).await;
    let rejected = json!({ "id": payouts[1], "paymentReference": "W", "completedAt": in_days(1) });
    assert_eq!(acme.finance().error_code("completePayout", rejected).await, "BAD_USER_INPUT");
    join_all(payouts[1..].iter().map(|payout| acme.complete_payout(payout))).await;
    // A repeated completion issues nothing.
    acme.complete_payout(&payouts[2]).await;
    let mut numbers = Vec::new();
    for payout in &payouts[1..] {
        numbers.push(statement(&acme.admin(), payout).await["number"].as_str().expect("a number").to_owned());
    }
    numbers.sort();
    assert_eq!(numbers, ["P-00001-0001", "P-00001-0002", "P-00001-0003"]);
}

#[tokio::test]
async fn personal_identifiers_are_masked_for_everyone() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("ada@example.com").await;
    acme.approved_event("ada@example.com", "1", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    let issued = statement(&acme.admin(), &payout).await;
    let csv = file(&acme, &acme.admin(), &path(&issued, "CSV")).await;
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert!(csv.contains(",a***,") && !csv.contains("ada@"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_file_is_rendered_once() {
    let (acme, _, payout) = completed_payout().await;
    let issued = statement(&acme.admin(), &payout).await;
    assert_eq!(issued["files"][1]["sha256"], json!(null));
    let path = path(&issued, "PDF");
    // As many at a time as a tenant may have.
    let clients = [acme.admin(), acme.finance()];
    let files = join_all((0..4).map(|n| file(&acme, &clients[n % 2], &path))).await;
    assert!(files.iter().all(|one| *one == files[0]));
    // The attached file is compressed; its name is not.
    assert!(files[0].windows(17).any(|window| window == b"P-00001-0001.csv)"), "the CSV file is attached");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_glyph_refuses_the_pdf_file_alone() {
    let (acme, partner, _) = completed_payout().await;
    acme.update_partner(&partner, json!({ "companyName": "\u{65e5}\u{672c} K.K." })).await;
    acme.approved_event("p", "9", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    let issued = statement(&acme.admin(), &payout).await;
    let response = download(&acme.app, &acme.admin(), &path(&issued, "PDF")).await;
    let text = String::from_utf8_lossy(response.body());
    assert_eq!(response.status(), 400, "{text}");
    assert!(
        text.contains("no font for U+65E5 in companyName; name a folder of fonts in STATEMENT_FONTS"),
        "{text}"
    );
    file(&acme, &acme.admin(), &path(&issued, "CSV")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_that_is_not_completed_has_a_draft() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "1", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let path = format!("/download/drafts/{payout}.pdf");
    assert!(file(&acme, &acme.admin(), &path).await.starts_with(b"%PDF"));
    acme.complete_payout(&payout).await;
    assert_eq!(download(&acme.app, &acme.admin(), &path).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_those_who_may_see_the_statement() {
    let (acme, _, payout) = completed_payout().await;
    let other = acme.create_partner("other").await;
    let stranger = acme.partner_user(&other, "stan").await;
    let foreign = acme.app.tenant("globex").await;
    let issued = statement(&acme.admin(), &payout).await;
    assert_eq!(statement(&stranger, &payout).await, json!(null));
    for format in ["CSV", "PDF"] {
        let path = path(&issued, format);
        for client in [&stranger, &foreign.admin()] {
            assert_eq!(download(&acme.app, client, &path).await.status(), 404);
        }
        assert_eq!(download(&acme.app, &acme.billing(), &path).await.status(), 403);
        assert_eq!(download(&acme.app, &Client::anonymous(&acme.app), &path).await.status(), 401);
        assert!(file(&acme, &acme.client("otto", Role::Auditor), &path).await.len() > 100);
    }
    let unknown = format!("/download/statements/{UNKNOWN_ID}.csv");
    assert_eq!(download(&acme.app, &acme.admin(), &unknown).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_completed_before_there_were_statements_get_theirs() {
    let (acme, _, payout) = completed_payout().await;
    let before = statement(&acme.admin(), &payout).await;
    let forget = "DELETE FROM statements; UPDATE partners SET last_statement_number = 0";
    with_superuser(&acme.app.database, forget).await.expect("no statements");
    let urls = acme.app.database.urls();
    for issued in ["acme: statements: 1\n", "acme: statements: 0\n"] {
        let output =
            Folder::new().command_for(&urls, &["statements", "backfill"]).output().expect("a program");
        assert!(output.status.success(), "{}", output_text(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), issued);
    }
    let after = statement(&acme.admin(), &payout).await;
    assert_eq!(after["number"], before["number"]);
    assert_eq!(after["contentHash"], before["contentHash"]);
}

#[tokio::test]
async fn an_erased_person_leaves_statements_as_they_are() {
    let (acme, partner, payout) = completed_payout().await;
    let user = acme.partner_user(&partner, "paula").await;
    let issued = statement(&user, &payout).await;
    let csv = file(&acme, &user, &path(&issued, "CSV")).await;
    let users = "query($id: ID!) { partner(id: $id) { users { id } } }";
    let users = acme.admin().query_with(users, json!({ "id": partner })).await.data();
    let input = json!({ "partnerUserId": users["partner"]["users"][0]["id"], "reason": "asked for it" });
    acme.admin().mutate_ok("erasePerson", input, "partnerUser { id }").await;
    assert!(file(&acme, &acme.admin(), &path(&issued, "CSV")).await == csv);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_changed_line_is_found_by_the_reconciliation() {
    let (acme, _, _) = completed_payout().await;
    acme.assert_reconciled().await;
    let change = "UPDATE commission_events SET customer_id = 'other' WHERE invoice_id = '=2+2'";
    with_superuser(&acme.app.database, change).await.expect("a change");
    let differences = acme.reconciliation_differences().await;
    let differences = differences.as_array().expect("a list");
    let is_hash = |rule: &&Value| rule["rule"] == "the hash of a statement is that of its lines";
    let difference = differences.iter().find(is_hash).expect("a difference of the hash");
    assert_eq!(difference["expected"]["amount"], "120.00");
}
