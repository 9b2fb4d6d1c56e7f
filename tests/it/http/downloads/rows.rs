//! The rows of a file are those of its list, in the same order.

use serde_json::{Value, json};

use super::{adjust, column, copy_adjustment, csv_file, path};
use crate::support::{TestTenant, acme_with_partner, in_days};

const EVENTS: &str = "query($filter: CommissionEventFilter, $orderBy: CommissionEventOrder) {
    commissionEvents(filter: $filter, orderBy: $orderBy) {
        totalCount
        nodes { id commissionAmount { amount } }
        download(format: CSV) { path }
    }
}";

/// Returns the texts at a JSON pointer of the nodes of a connection.
fn texts(connection: &Value, pointer: &str) -> Vec<String> {
    let nodes = connection["nodes"].as_array().expect("nodes").iter();
    nodes.map(|node| node.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn a_file_has_the_rows_of_its_list_in_order() {
    let (acme, p) = acme_with_partner().await;
    acme.create_partner_with_account("q").await;
    for n in 0..7 {
        let (customer, invoice) = (if n % 3 == 0 { "q" } else { "p" }, format!("i{n}"));
        let amount = format!("{}0.00", 1 + n % 4);
        acme.approved_event_at(customer, &invoice, &amount, "EUR", &in_days(-n)).await;
    }
    acme.commission_event("p", "pending", "10.00", "EUR").await;
    acme.commission_event("p", "dollars", "10.00", "USD").await;
    let from = in_days(-6);
    let filter = json!({ "status": ["APPROVED"], "currency": "EUR", "eventDateFrom": from, "partnerId": p });
    for order in [
        json!({ "field": "EVENT_DATE", "direction": "ASC" }),
        json!({ "field": "COMMISSION_AMOUNT", "direction": "DESC" }),
        json!({ "field": "CHANGED_AT", "direction": "DESC" }),
    ] {
        let variables = json!({ "filter": filter, "orderBy": order });
        let list = acme.admin().query_with(EVENTS, variables).await.data()["commissionEvents"].clone();
        let by_hand = path("commission-events.csv", &[("filter", &filter), ("orderBy", &order)]);
        for path in [by_hand.as_str(), list["download"]["path"].as_str().expect("a path")] {
            let file = csv_file(&acme.app, &acme.admin(), path).await;
            assert_eq!(column(&file, "event_id"), texts(&list, "/id"), "{path}");
            assert_eq!(column(&file, "commission_amount"), texts(&list, "/commissionAmount/amount"));
            assert_eq!(json!(column(&file, "event_id").len()), list["totalCount"]);
        }
    }
}

#[tokio::test]
async fn each_list_has_a_file() {
    let (acme, p) = acme_with_partner().await;
    for n in 0..3 {
        acme.create_partner_with_account(&format!("q{n}")).await;
        acme.submit_lead(&p).await;
        acme.approved_event("p", &format!("i{n}"), "100.00", "EUR").await;
        acme.create_payout(&p).await;
    }
    acme.refund("i1", "r1", "40.00").await;
    let document = "{
        partners { nodes { key: id } download(format: CSV) { path } }
        commissionEvents { nodes { key: id } download(format: CSV) { path } }
        payouts { nodes { key: id } download(format: CSV) { path } }
        managedAccounts { nodes { key: id } download(format: CSV) { path } }
        referralLeads { nodes { key: id } download(format: CSV) { path } }
        invoices { nodes { key: invoiceId } download(format: CSV) { path } }
    }";
    let data = acme.admin().query(document).await.data();
    for (list, key) in [
        ("partners", "partner_id"),
        ("commissionEvents", "event_id"),
        ("payouts", "payout_id"),
        ("managedAccounts", "managed_account_id"),
        ("referralLeads", "referral_lead_id"),
        ("invoices", "invoice_id"),
    ] {
        let path = data[list]["download"]["path"].as_str().expect("a path");
        let file = csv_file(&acme.app, &acme.admin(), path).await;
        let keys = column(&file, key);
        assert!(keys.len() >= 3, "{list}");
        assert_eq!(keys, texts(&data[list], "/key"), "{list}");
    }
    let invoices =
        csv_file(&acme.app, &acme.admin(), "/download/invoices.csv?columns=invoice_id,refunded_amount").await;
    let mut lines: Vec<_> = invoices.split("\r\n").collect();
    lines.sort_unstable();
    assert_eq!(lines, ["", "i0,0.00", "i1,40.00", "i2,0.00", "invoice_id,refunded_amount"]);
}

async fn list_of_parent(acme: &TestTenant, document: &str, parent: &str, id: &str) -> Value {
    let data = acme.admin().query_with(document, json!({ "id": id })).await.data();
    data[parent]["commissionEvents"].clone()
}

#[tokio::test]
async fn the_list_of_a_parent_has_a_file() {
    let (acme, p) = acme_with_partner().await;
    let q = acme.create_partner_with_account("q").await;
    for (customer, invoice) in [("p", "i1"), ("q", "i2"), ("p", "i3")] {
        acme.approved_event(customer, invoice, "100.00", "EUR").await;
    }
    let payout = acme.create_payout(&p).await;
    acme.approved_event("p", "i4", "100.00", "EUR").await;
    let of_partner = "query($id: ID!) { partner(id: $id) { commissionEvents(filter: { status: [APPROVED] }) {
        nodes { invoiceId } download(format: CSV, columns: [\"invoice_id\"]) { path }
    } } }";
    let of_payout = "query($id: ID!) { payout(id: $id) { commissionEvents {
        nodes { invoiceId } download(format: CSV, columns: [\"invoice_id\"]) { path }
    } } }";
    for (list, rows) in [
        (list_of_parent(&acme, of_partner, "partner", &p).await, 1),
        (list_of_parent(&acme, of_partner, "partner", &q).await, 1),
        (list_of_parent(&acme, of_payout, "payout", &payout).await, 2),
    ] {
        let path = list["download"]["path"].as_str().expect("a path");
        let file = csv_file(&acme.app, &acme.admin(), path).await;
        assert_eq!(column(&file, "invoice_id").len(), rows);
        assert_eq!(column(&file, "invoice_id"), texts(&list, "/invoiceId"));
    }
    let of_other =
        "query($id: ID!, $other: ID) { partner(id: $id) { commissionEvents(filter: { partnerId: $other }) {
        download(format: CSV) { path }
    } } }";
    let response = acme.admin().query_with(of_other, json!({ "id": p, "other": q })).await;
    assert_eq!(response.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_long_list_is_complete_and_of_one_moment() {
    let (acme, p) = acme_with_partner().await;
    adjust(&acme, &p, &"a long note ".repeat(20)).await;
    copy_adjustment(&acme, 6_000).await;
    let file = csv_file(&acme.app, &acme.admin(), "/download/commission-events.csv").await;
    let (ids, dates) = (column(&file, "event_id"), column(&file, "event_date"));
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!([ids.len(), distinct.len()], [6_001; 2]);
    assert!(dates.is_sorted_by(|earlier, later| earlier > later), "latest first");
    assert_eq!(dates[0], "2026-01-31T12:00:00.000000Z");
}
