//! Lists by several statuses, which are merged from one list of each, and lists by amounts of any size.

use serde_json::{Value, json};

use crate::support::{Client, TestTenant, acme_with_partner, batch_input, in_days, with_superuser};

const EVENTS: &str = "query(
    $filter: CommissionEventFilter, $orderBy: CommissionEventOrder,
    $first: Int, $after: String, $last: Int, $before: String
) {
    commissionEvents(
        filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
    ) { totalCount nodes { invoiceId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
}";

const NESTED: &str = "query($partner: ID!, $filter: CommissionEventFilter, $first: Int, $after: String) {
    partner(id: $partner) {
        commissionEvents(filter: $filter, first: $first, after: $after) {
            totalCount nodes { invoiceId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }
}";

const LEADS: &str =
    "query($filter: ReferralLeadFilter) { referralLeads(filter: $filter) { totalCount nodes { id } } }";

const PAYOUTS: &str = "query($orderBy: PayoutOrder, $after: String, $first: Int) {
    payouts(orderBy: $orderBy, after: $after, first: $first) { nodes { id } pageInfo { hasNextPage endCursor } }
}";

/// Queries a list; returns the connection.
async fn list(client: &Client, document: &str, variables: Value) -> Value {
    let data = client.query_with(document, variables).await.data();
    let root = data.as_object().and_then(|data| data.values().next()).expect("a field").clone();
    root.get("commissionEvents").cloned().unwrap_or(root)
}

fn texts(nodes: &Value, field: &str) -> Vec<String> {
    let nodes = nodes.as_array().expect("a list").iter();
    nodes.map(|node| node[field].as_str().expect("a text").to_owned()).collect()
}

/// Reads a list in pages of two, from the start or from the end; returns a field of its rows, in its order.
async fn read(
    client: &Client,
    document: &str,
    variables: &Value,
    field: &str,
    is_backward: bool,
) -> Vec<String> {
    let (count, cursor, more, next) = if is_backward {
        ("last", "before", "hasPreviousPage", "startCursor")
    } else {
        ("first", "after", "hasNextPage", "endCursor")
    };
    let mut variables = variables.clone();
    variables[count] = json!(2);
    let mut values = Vec::new();
    loop {
        let connection = list(client, document, variables.clone()).await;
        let page = texts(&connection["nodes"], field);
        if is_backward {
            values.splice(0..0, page);
        } else {
            values.extend(page);
        }
        if connection["pageInfo"][more] == false {
            return values;
        }
        variables[cursor] = connection["pageInfo"][next].clone();
    }
}

/// Records seven invoices, one a day, the latest being 1: alternately PENDING and APPROVED, and the last CANCELLED.
async fn record(acme: &TestTenant) {
    for day in 1..=7 {
        let (invoice, date) = (day.to_string(), in_days(-day));
        match day {
            7 => {
                let event = acme.commission_event_at("p", &invoice, "10.00", "EUR", &date).await;
                let input = json!({ "ids": [event], "reason": "r" });
                acme.finance().mutate_ok("cancelCommissionEvents", input, "commissionEvents { id }").await;
            }
            _ if day % 2 == 0 => drop(acme.approved_event_at("p", &invoice, "10.00", "EUR", &date).await),
            _ => drop(acme.commission_event_at("p", &invoice, "10.00", "EUR", &date).await),
        }
    }
}

#[tokio::test]
async fn events_of_several_statuses_are_merged_in_the_order_of_the_list() {
    let (acme, partner) = acme_with_partner().await;
    record(&acme).await;
    let admin = acme.admin();
    let cases: [(Value, &[&str]); 7] = [
        (json!(["PENDING"]), &["1", "3", "5"]),
        (json!(["APPROVED"]), &["2", "4", "6"]),
        (json!(["APPROVED", "PENDING"]), &["1", "2", "3", "4", "5", "6"]),
        (json!(["CANCELLED", "PENDING", "PENDING"]), &["1", "3", "5", "7"]),
        (
            json!(["PENDING", "APPROVED", "PAID", "CLAWBACK", "CANCELLED"]),
            &["1", "2", "3", "4", "5", "6", "7"],
        ),
        (json!(["PAID"]), &[]),
        (json!([]), &[]),
    ];
    for (statuses, expected) in cases {
        for extra in [json!({}), json!({ "currency": "EUR" }), json!({ "partnerId": partner })] {
            let mut filter = extra;
            filter["status"] = statuses.clone();
            let variables = json!({ "filter": filter, "partner": partner });
            for is_backward in [false, true] {
                let read = read(&admin, EVENTS, &variables, "invoiceId", is_backward).await;
                assert_eq!(read, expected, "{variables} {is_backward}");
            }
            assert_eq!(read(&admin, NESTED, &variables, "invoiceId", false).await, expected, "{variables}");
            let connection = list(&admin, EVENTS, variables.clone()).await;
            assert_eq!(connection["totalCount"], expected.len(), "{variables}");
            let order = json!({ "field": "EVENT_DATE", "direction": "ASC" });
            let ascending = json!({ "filter": variables["filter"], "orderBy": order });
            let reversed: Vec<_> = expected.iter().rev().copied().collect();
            assert_eq!(read(&admin, EVENTS, &ascending, "invoiceId", false).await, reversed, "{variables}");
        }
    }
    // The period begins after the fifth event, by the time that the test has taken.
    let period = json!({ "status": ["PENDING", "APPROVED"], "eventDateFrom": in_days(-5), "eventDateTo": in_days(-2) });
    let found = read(&admin, EVENTS, &json!({ "filter": period }), "invoiceId", false).await;
    assert_eq!(found, ["2", "3", "4"]);
}

#[tokio::test]
async fn leads_of_several_statuses_are_merged() {
    let (acme, partner) = acme_with_partner().await;
    let mut leads = Vec::new();
    for name in ["a", "b", "c"] {
        let input = json!({ "partnerId": partner, "contactName": name, "contactEmail": format!("{name}@example.com") });
        let lead = acme.admin().mutate_ok("submitReferralLead", input, "referralLead { id }").await;
        leads.push(lead["referralLead"]["id"].as_str().expect("an id").to_owned());
    }
    let input = json!({ "id": leads[1], "status": "LOST" });
    acme.admin().mutate_ok("advanceReferralLead", input, "referralLead { id }").await;
    let filter = json!({ "filter": { "status": ["LOST", "NEW", "LOST"] } });
    let found = list(&acme.admin(), LEADS, filter).await;
    leads.reverse();
    assert_eq!(texts(&found["nodes"], "id"), leads);
    assert_eq!(found["totalCount"], 3);
}

/// A key of an amount is a bigint, which cannot tell such totals apart; the id does.
#[tokio::test]
async fn payouts_too_large_for_their_key_are_listed_once() {
    let (acme, partner) = acme_with_partner().await;
    for invoice in ["1", "2", "3"] {
        acme.approved_event("p", invoice, "10.00", "EUR").await;
        acme.finance().mutate_ok("createPayoutBatch", batch_input(&partner), "payout { id }").await;
    }
    let raise = "UPDATE payouts SET total_amount = 990000000000000.01
        WHERE id <> (SELECT id FROM payouts ORDER BY id LIMIT 1)";
    with_superuser(&acme.app.database, raise).await.expect("totals");
    for direction in ["ASC", "DESC"] {
        let variables = json!({ "orderBy": { "field": "TOTAL_AMOUNT", "direction": direction } });
        let mut found = read(&acme.admin(), PAYOUTS, &variables, "id", false).await;
        let is_smallest_first = found.is_sorted();
        assert_eq!(is_smallest_first, direction == "ASC", "{found:?}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 3, "{direction}");
    }
}
