//! Invoices under self-billing: the statements of payouts to partners that have agreed to them.

use std::io::{Cursor, Read};

use serde_json::{Value, json};

use super::legal::{partner_legal, tenant_legal};
use super::statements::{download, file, sha256};
use crate::support::{
    Folder, TestTenant, acme_with_partner, in_days, output_text, with_fields, with_superuser,
};

const STATEMENT: &str = "query($id: ID!) { payout(id: $id) { statement {
    id number kind total { amount } contentHash files { format path fileName }
} } }";

async fn statement(acme: &TestTenant, payout: &str) -> Value {
    acme.admin().query_with(STATEMENT, json!({ "id": payout })).await.data()["payout"]["statement"].clone()
}

async fn set_partner(acme: &TestTenant, input: Value) {
    acme.admin().mutate_ok("updatePartnerLegal", input, "partner { id }").await;
}

/// A partner that has agreed to self-billing.
async fn self_billed() -> (TestTenant, String) {
    let (acme, partner) = acme_with_partner().await;
    set_partner(&acme, partner_legal(&partner)).await;
    acme.admin().mutate_ok("updateTenantLegal", tenant_legal(), "tenant { id }").await;
    (acme, partner)
}

/// Completes a payout of 15.00, and returns its statement.
async fn complete(acme: &TestTenant, partner: &str, invoice: &str) -> Value {
    acme.approved_event("p", invoice, "100.00", "EUR").await;
    let payout = acme.create_payout(partner).await;
    acme.complete_payout(&payout).await;
    statement(acme, &payout).await
}

async fn pdf(acme: &TestTenant, statement: &Value) -> Vec<u8> {
    let id = statement["id"].as_str().expect("an id");
    file(acme, &acme.admin(), &format!("/download/statements/{id}.pdf")).await
}

/// Returns the title in the metadata, which is not compressed.
fn title(pdf: &[u8]) -> String {
    let text = String::from_utf8_lossy(pdf);
    let title = text.split("<dc:title>").nth(1).and_then(|rest| rest.split("</rdf:li>").next());
    title.and_then(|rest| rest.rsplit('>').next()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_to_a_partner_that_agreed_has_an_invoice() {
    let (acme, partner) = self_billed().await;
    let issued = complete(&acme, &partner, "1").await;
    assert_eq!((&issued["kind"], &issued["number"]), (&json!("SELF_BILLED_INVOICE"), &json!("P-00001-0001")));
    assert_eq!(issued["total"]["amount"], "15.00");
    let bytes = pdf(&acme, &issued).await;
    assert_eq!(title(&bytes), "Self-billing invoice P-00001-0001");
    let csv = file(&acme, &acme.admin(), issued["files"][0]["path"].as_str().expect("a path")).await;
    assert_eq!(issued["contentHash"], sha256(&csv));

    // What is agreed, named or refunded later changes neither the invoice nor its files.
    let ended = json!({ "partnerId": partner, "name": "Renamed", "selfBillingAgreedAt": null });
    set_partner(&acme, ended).await;
    acme.refund("1", "r", "100.00").await;
    assert!(pdf(&acme, &issued).await == bytes);
    let head = with_fields(partner_legal(&partner), json!({ "name": "Renamed" }));
    set_partner(&acme, head).await;
    acme.approved_event("p", "2", "400.00", "EUR").await;
    let list = "query { statements(filter: { kind: SELF_BILLED_INVOICE }) { totalCount } }";
    assert_eq!(acme.admin().query(list).await.data()["statements"]["totalCount"], 1);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn invoices_and_statements_of_payouts_have_one_series() {
    let (acme, partner) = acme_with_partner().await;
    let mut kinds = Vec::new();
    kinds.push(complete(&acme, &partner, "1").await);
    set_partner(&acme, partner_legal(&partner)).await;
    kinds.push(complete(&acme, &partner, "2").await);
    acme.admin().mutate_ok("updateTenantLegal", tenant_legal(), "tenant { id }").await;
    kinds.push(complete(&acme, &partner, "3").await);
    acme.admin().mutate_ok("updateTenantLegal", json!({ "vatId": null }), "tenant { id }").await;
    kinds.push(complete(&acme, &partner, "4").await);
    set_partner(&acme, json!({ "partnerId": partner, "taxTreatment": "OUTSIDE_SCOPE" })).await;
    kinds.push(complete(&acme, &partner, "5").await);
    set_partner(&acme, json!({ "partnerId": partner, "selfBillingAgreedAt": null })).await;
    kinds.push(complete(&acme, &partner, "6").await);
    let kinds: Vec<_> =
        kinds.iter().map(|row| format!("{} {}", row["number"], row["kind"]).replace('"', "")).collect();
    assert_eq!(
        kinds,
        [
            "P-00001-0001 PAYOUT",
            "P-00001-0002 PAYOUT",
            "P-00001-0003 SELF_BILLED_INVOICE",
            "P-00001-0004 PAYOUT",
            "P-00001-0005 SELF_BILLED_INVOICE",
            "P-00001-0006 PAYOUT",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_that_of_an_invoice() {
    let (acme, partner) = self_billed().await;
    acme.approved_event("p", "1", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let path = format!("/download/drafts/{payout}.pdf");
    assert_eq!(title(&file(&acme, &acme.admin(), &path).await), "Draft of a self-billing invoice");
    set_partner(&acme, json!({ "partnerId": partner, "selfBillingAgreedAt": null })).await;
    assert_eq!(title(&file(&acme, &acme.admin(), &path).await), "Draft of a payout statement");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_completed_before_there_were_statements_gets_no_invoice() {
    let (acme, partner) = self_billed().await;
    complete(&acme, &partner, "1").await;
    let forget = "DELETE FROM statements; UPDATE partners SET last_statement_number = 0";
    with_superuser(&acme.app.database, forget).await.expect("no statements");
    let urls = acme.app.database.urls();
    let output = Folder::new().command_for(&urls, &["statements", "backfill"]).output().expect("a program");
    assert!(output.status.success(), "{}", output_text(&output));
    let list = "query { statements { nodes { kind } } }";
    assert_eq!(acme.admin().query(list).await.data()["statements"]["nodes"], json!([{ "kind": "PAYOUT" }]));
}

#[tokio::test]
async fn the_kind_of_a_statement_is_that_of_its_head() {
    let (acme, partner) = self_billed().await;
    complete(&acme, &partner, "1").await;
    for change in ["kind = 'PAYOUT'", "head = head - 'invoice'"] {
        let refused = with_superuser(&acme.app.database, &format!("UPDATE statements SET {change}")).await;
        assert!(
            refused.is_err_and(|error| error.contains("statement_is_an_invoice_by_its_head")),
            "{change}"
        );
    }
}

/// Returns the worksheet of a workbook, as XML.
fn worksheet(bytes: Vec<u8>) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut text = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").expect("a worksheet").read_to_string(&mut text).expect("XML");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workbook_of_a_statement_has_its_lines_with_typed_cells() {
    let (acme, partner) = self_billed().await;
    acme.update_settings(json!({ "timeZone": "Asia/Tokyo" })).await;
    acme.approved_event_at("p", "=2+2", "1000.00", "EUR", "2026-01-31T20:00:00Z").await;
    let issued = complete(&acme, &partner, "1").await;
    let found = issued["files"].as_array().expect("files").iter().find(|file| file["format"] == "XLSX");
    let found = found.expect("a workbook");
    assert_eq!(found["fileName"], "P-00001-0001.xlsx");
    let path = found["path"].as_str().expect("a path");
    let bytes = file(&acme, &acme.admin(), path).await;
    assert!(bytes == file(&acme, &acme.admin(), path).await, "the same bytes each time");
    let sheet = worksheet(bytes);
    assert!(sheet.contains("<t>event_date (Asia/Tokyo)</t>"), "{sheet}");
    assert!(sheet.contains("<t>=2+2</t>") && sheet.contains("<v>150</v>"), "{sheet}");
    // 2026-02-01T05:00 in Tokyo, as the number of days since 1900.
    assert!(sheet.contains("<v>46054.208333333336</v>"), "{sheet}");
    let other = acme.create_partner("other").await;
    let stranger = acme.partner_user(&other, "stan").await;
    assert_eq!(download(&acme.app, &stranger, path).await.status(), 404);
    // The statement of an account has one too.
    let account = acme.finance().mutate_ok("issueStatements", json!({}), "statements { id }").await;
    let id = account["statements"][0]["id"].as_str().expect("an id");
    let sheet = worksheet(file(&acme, &acme.admin(), &format!("/download/statements/{id}.xlsx")).await);
    assert!(sheet.contains("<t>moved_at (Asia/Tokyo)</t>") && sheet.contains("<t>PAID_OUT</t>"), "{sheet}");
}

#[tokio::test]
async fn the_dates_of_supply_are_those_of_the_commissions() {
    let (acme, partner) = self_billed().await;
    acme.approved_event_at("p", "early", "100.00", "EUR", &in_days(-20)).await;
    acme.approved_event_at("p", "late", "100.00", "EUR", &in_days(-10)).await;
    complete(&acme, &partner, "1").await;
    let wrong = with_superuser(
        &acme.app.database,
        "UPDATE statements SET kind = CASE WHEN (head->'invoice'->>'supplied_from')::timestamptz
             = (SELECT min(event_date) FROM commission_events)
             AND (head->'invoice'->>'supplied_to')::timestamptz = (SELECT max(event_date) FROM commission_events)
             THEN kind ELSE 'PAYOUT' END",
    );
    // The constraint on the kind refuses the update unless both dates agree.
    wrong.await.expect("both dates");
}
