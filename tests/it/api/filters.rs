//! Filters and orders of the lists of payouts, partners, managed accounts and referral leads.

use serde_json::{Value, json};

use crate::support::{Client, acme_with_partner, batch_input, in_days, with_fields};

const PAYOUTS: &str = "query($filter: PayoutFilter, $orderBy: PayoutOrder) {
    payouts(filter: $filter, orderBy: $orderBy) { nodes { totalAmount { amount } } }
}";

const PARTNERS: &str = "query($filter: PartnerFilter) {
    partners(filter: $filter) { nodes { companyName } }
}";

const ACCOUNTS: &str = "query($filter: ManagedAccountFilter) {
    managedAccounts(filter: $filter) { nodes { customerId } }
}";

const LEADS: &str = "query($filter: ReferralLeadFilter) {
    referralLeads(filter: $filter) { totalCount nodes { id } }
}";

/// Queries a list; returns the text at a JSON pointer of each node.
async fn nodes(client: &Client, document: &str, variables: Value, pointer: &str) -> Vec<String> {
    let data = client.query_with(document, variables).await.data();
    let connection = data.as_object().and_then(|data| data.values().next()).expect("a connection");
    let nodes = connection["nodes"].as_array().expect("a list").iter();
    nodes.map(|node| node.pointer(pointer).and_then(Value::as_str).expect("text").to_owned()).collect()
}

#[tokio::test]
async fn payouts_are_filtered_and_ordered() {
    let (acme, p) = acme_with_partner().await;
    let q = acme.create_partner_with_account("q").await;
    for (customer, partner, amount, payout_in_days) in
        [("p", &p, "10.00", -2), ("q", &q, "30.00", -3), ("p", &p, "20.00", -1)]
    {
        acme.approved_event(customer, amount, amount, "EUR").await;
        let date = json!({ "payoutDate": in_days(payout_in_days) });
        let input = with_fields(batch_input(partner), date);
        acme.finance().mutate_ok("createPayoutBatch", input, "payout { id }").await;
    }
    let admin = acme.admin();
    let totals = async |variables: Value| nodes(&admin, PAYOUTS, variables, "/totalAmount/amount").await;

    assert_eq!(totals(json!({})).await, ["3.00", "1.50", "4.50"], "latest payout date first");
    let by_total = json!({ "orderBy": { "field": "TOTAL_AMOUNT", "direction": "ASC" } });
    assert_eq!(totals(by_total).await, ["1.50", "3.00", "4.50"]);
    let of_q = json!({ "partnerId": q, "status": ["READY"], "currency": "EUR" });
    assert_eq!(totals(json!({ "filter": of_q })).await, ["4.50"]);
    let late = json!({ "payoutDateFrom": in_days(-2) });
    assert_eq!(totals(json!({ "filter": late })).await, ["3.00"]);
}

#[tokio::test]
async fn partners_are_filtered_and_searched() {
    let (acme, _) = acme_with_partner().await;
    acme.create_partner("q").await;
    let gold = json!({ "companyName": "50%_Off", "tier": "GOLD" });
    acme.admin().mutate_ok("createPartner", gold, "partner { id }").await;
    let admin = acme.admin();
    let names =
        async |filter: Value| nodes(&admin, PARTNERS, json!({ "filter": filter }), "/companyName").await;

    assert_eq!(names(json!({})).await, ["50%_Off", "p", "q"], "by name");
    assert_eq!(names(json!({ "tier": "GOLD" })).await, ["50%_Off"]);
    assert_eq!(names(json!({ "status": "SUSPENDED" })).await, [""; 0]);
    assert_eq!(names(json!({ "search": "%_o" })).await, ["50%_Off"], "wildcards are literal");
    assert_eq!(names(json!({ "search": "p-0000" })).await.len(), 3, "by partner number, in any case");
}

#[tokio::test]
async fn managed_accounts_are_filtered_by_customer_partner_and_activity() {
    let (acme, p) = acme_with_partner().await;
    acme.create_partner_with_account("q").await;
    let past = acme.assign_account(&p, "past", None).await;
    let end = json!({ "id": past, "endsAt": in_days(-1) });
    acme.admin().mutate_ok("endManagedAccount", end, "managedAccount { id }").await;
    let admin = acme.admin();
    let customers = async |filter: Value| {
        let mut ids = nodes(&admin, ACCOUNTS, json!({ "filter": filter }), "/customerId").await;
        ids.sort();
        ids
    };

    assert_eq!(customers(json!({ "customerId": "past" })).await, ["past"]);
    assert_eq!(customers(json!({ "isActive": true })).await, ["p", "q"]);
    assert_eq!(customers(json!({ "isActive": false })).await, ["past"]);
    assert_eq!(customers(json!({ "partnerId": p })).await, ["p", "past"]);
}

#[tokio::test]
async fn referral_leads_are_filtered_by_status() {
    let (acme, partner) = acme_with_partner().await;
    acme.submit_lead(&partner).await;
    let lost = acme.submit_lead(&partner).await;
    acme.advance_lead(&lost, "LOST").await;

    let data = acme.admin().query_with(LEADS, json!({ "filter": { "status": ["LOST"] } })).await.data();
    assert_eq!(data["referralLeads"], json!({ "totalCount": 1, "nodes": [{ "id": lost }] }));
}
