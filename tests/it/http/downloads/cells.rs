//! The cells of files: formulas, amounts, instants, and the columns that are chosen.

use std::io::{Cursor, Read};

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::{column, csv_file, names, path};
use crate::support::{TestTenant, acme, in_days};

/// Returns the worksheet of a workbook, as XML.
async fn worksheet(acme: &TestTenant, path: &str) -> String {
    let request = acme.admin().request(Request::get(path)).body(Body::empty()).expect("a request");
    let response = acme.app.send_bytes(request).await;
    assert_eq!(response.status(), 200, "{}", String::from_utf8_lossy(response.body()));
    let length = response.headers()["content-length"].to_str().expect("a length").to_owned();
    assert_eq!(length, response.body().len().to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(response.into_body())).expect("an archive");
    let mut text = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").expect("a worksheet").read_to_string(&mut text).expect("XML");
    text
}

/// A partner and a customer whose names begin like formulas, with a commission of 150.00 and a reversal of 60.00.
async fn formulas() -> TestTenant {
    let acme = acme().await;
    acme.update_settings(json!({ "timeZone": "Asia/Tokyo" })).await;
    let partner = acme.create_partner("=1+1").await;
    acme.assign_account(&partner, "+x", None).await;
    acme.approved_event_at("+x", "-1", "1000.00", "EUR", "2026-01-31T20:00:00.000001Z").await;
    acme.create_payout(&partner).await;
    acme.refund_with("-1", "r", "400.00", json!({ "refundedAt": in_days(0) })).await;
    acme
}

#[tokio::test]
async fn text_that_looks_like_a_formula_is_marked_in_csv_and_numbers_are_not() {
    let acme = formulas().await;
    let admin = acme.admin();
    let partners = csv_file(&acme.app, &admin, "/download/partners.csv").await;
    assert_eq!(column(&partners, "company_name"), ["'=1+1"]);
    let raw = csv_file(&acme.app, &admin, "/download/partners.csv?raw=true").await;
    assert_eq!(column(&raw, "company_name"), ["=1+1"]);
    let order = json!({ "field": "COMMISSION_AMOUNT", "direction": "ASC" });
    let events = csv_file(&acme.app, &admin, &path("commission-events.csv", &[("orderBy", &order)])).await;
    assert_eq!(column(&events, "customer_id"), ["'+x", "'+x"]);
    assert_eq!(column(&events, "invoice_id"), ["'-1", "'-1"]);
    assert_eq!(column(&events, "commission_amount"), ["-60.00", "150.00"]);
    assert_eq!(column(&events, "commission_rate"), ["0.1500", "0.1500"]);
    assert_eq!(column(&events, "event_date")[1], "2026-01-31T20:00:00.000001Z");
    assert_eq!(column(&events, "settled_at"), ["", ""]);
    assert!(events.starts_with("event_id,partner_number,event_type,status,"), "no byte order mark");
    assert_eq!(events.matches("\r\n").count(), 3);
}

#[tokio::test]
async fn a_workbook_has_typed_cells_and_instants_of_the_time_zone() {
    let acme = formulas().await;
    let partners = worksheet(&acme, "/download/partners.xlsx?columns=company_name").await;
    assert!(partners.contains("<c r=\"A2\" t=\"inlineStr\"><is><t>=1+1</t></is></c>"), "{partners}");
    let columns = "columns=customer_id,commission_amount,event_date";
    let order = json!({ "field": "COMMISSION_AMOUNT", "direction": "ASC" });
    let path = format!("{}&{columns}", path("commission-events.xlsx", &[("orderBy", &order)]));
    let events = worksheet(&acme, &path).await;
    assert!(events.contains("<t>event_date (Asia/Tokyo)</t>"), "{events}");
    assert!(events.contains("<c r=\"A2\" t=\"inlineStr\"><is><t>+x</t></is></c>"), "{events}");
    let number = |cell: &str| {
        let rest = events.split(&format!("<c r=\"{cell}\" s=\"")).nth(1).expect("a cell with a format");
        let value = rest.split("<v>").nth(1).expect("a value").split("</v>").next();
        value.expect("its end").to_owned()
    };
    assert_eq!([number("B2"), number("B3")], ["-60", "150"]);
    // 2026-02-01 05:00 in Tokyo, as days since the end of 1899.
    assert!(number("C3").starts_with("46054.2083333"), "{}", number("C3"));
}

#[tokio::test]
async fn columns_are_chosen_in_their_order() {
    let acme = formulas().await;
    let file =
        csv_file(&acme.app, &acme.admin(), "/download/payouts.csv?columns=currency,total_amount").await;
    assert_eq!(file, "currency,total_amount\r\nEUR,150.00\r\n");
    let all = csv_file(&acme.app, &acme.admin(), "/download/payouts.csv?columns=").await;
    assert!(names(&all).len() > 10, "an empty field of a form");
}
