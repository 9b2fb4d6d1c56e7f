//! Lists of commission events: pages, filters, orders and counts.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::support::{Client, UNKNOWN_ID, acme_with_partner, in_days, refund_input, with_fields};

const EVENTS: &str = "query(
    $filter: CommissionEventFilter, $orderBy: CommissionEventOrder,
    $first: Int, $after: String, $last: Int, $before: String
) {
    commissionEvents(
        filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
    ) {
        totalCount
        nodes { invoiceId }
        edges { cursor node { invoiceId } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

const EVENTS_OF_PARTNER: &str = "query(
    $partner: ID!, $filter: CommissionEventFilter, $orderBy: CommissionEventOrder,
    $first: Int, $after: String, $last: Int, $before: String
) {
    partner(id: $partner) {
        commissionEvents(
            filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
        ) {
            totalCount
            nodes { invoiceId }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }
}";

const THREE_ALIASES: &str = "query($partner: ID!) {
    partner(id: $partner) {
        pending: commissionEvents(filter: { status: [PENDING] }) { totalCount nodes { invoiceId } }
        approved: commissionEvents(filter: { status: [APPROVED] }) { totalCount nodes { invoiceId } }
        first: commissionEvents(first: 1) { totalCount nodes { invoiceId } }
    }
}";

/// The same filter on all events, on all events of a partner, and on the events nested in the partner.
const THREE_LISTS: &str = "query(
    $partner: ID!, $filter: CommissionEventFilter, $filterWithPartner: CommissionEventFilter
) {
    all: commissionEvents(filter: $filter, first: 100) { totalCount nodes { id } }
    filtered: commissionEvents(filter: $filterWithPartner, first: 100) { totalCount nodes { id } }
    partner(id: $partner) {
        commissionEvents(filter: $filter, first: 100) { totalCount nodes { id } }
    }
}";

/// The invoice ids of a list of commission events.
fn invoices(nodes: &Value) -> Vec<String> {
    let nodes = nodes.as_array().expect("a list").iter();
    nodes.map(|node| node["invoiceId"].as_str().expect("an invoice").to_owned()).collect()
}

/// Queries the commission events of the tenant; returns the connection.
async fn events(client: &Client, arguments: Value) -> Value {
    client.query_with(EVENTS, arguments).await.data()["commissionEvents"].clone()
}

/// The arguments and fields by which a connection is paged in one direction.
struct Paging {
    count: &'static str,
    cursor: &'static str,
    has_more: &'static str,
    next_cursor: &'static str,
}

const FORWARD: Paging =
    Paging { count: "first", cursor: "after", has_more: "hasNextPage", next_cursor: "endCursor" };

const BACKWARD: Paging =
    Paging { count: "last", cursor: "before", has_more: "hasPreviousPage", next_cursor: "startCursor" };

/// Reads a connection in pages of 50, doing something between two pages; returns the invoice ids of every page.
async fn read_pages(
    client: &Client,
    document: &str,
    variables: &Value,
    paging: &Paging,
    mut between_pages: impl AsyncFnMut(),
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut variables = with_fields(variables.clone(), json!({ paging.count: 50 }));
    loop {
        let data = client.query_with(document, variables.clone()).await.data();
        let connection = match data.get("partner") {
            Some(partner) => &partner["commissionEvents"],
            None => &data["commissionEvents"],
        };
        pages.push(invoices(&connection["nodes"]));
        if connection["pageInfo"][paging.has_more] == false {
            return pages;
        }
        variables[paging.cursor] = connection["pageInfo"][paging.next_cursor].clone();
        between_pages().await;
    }
}

fn sorted(mut invoices: Vec<String>) -> Vec<String> {
    invoices.sort();
    invoices
}

#[tokio::test]
async fn pages_of_events_with_one_date_contain_every_event_once_in_both_directions() {
    let (acme, partner) = acme_with_partner().await;
    let paid_at = in_days(-1);
    let all: Vec<_> = (0..120).map(|n| format!("{n:03}")).collect();
    for invoice in &all {
        acme.commission_event_at("p", invoice, "10.00", "EUR", &paid_at).await;
    }

    let by_amount = json!({ "orderBy": { "field": "COMMISSION_AMOUNT", "direction": "ASC" } });
    for (document, variables) in
        [(EVENTS, json!({})), (EVENTS, by_amount), (EVENTS_OF_PARTNER, json!({ "partner": partner }))]
    {
        for paging in [FORWARD, BACKWARD] {
            let pages = read_pages(&acme.admin(), document, &variables, &paging, async || {}).await;
            let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
            assert_eq!(sizes, [50, 50, 20], "{} {variables}", paging.count);
            assert_eq!(sorted(pages.concat()), all, "{} {variables}", paging.count);
        }
    }

    let record_another = async || {
        let invoice = format!("new {}", uuid::Uuid::now_v7());
        acme.commission_event_at("p", &invoice, "10.00", "EUR", &in_days(0)).await;
    };
    let pages = read_pages(&acme.admin(), EVENTS, &json!({}), &FORWARD, record_another).await;
    assert_eq!(sorted(pages.concat()), all, "events recorded between two pages");
}

#[tokio::test]
async fn a_page_reports_whether_there_are_more_before_and_after_it() {
    let (acme, _) = acme_with_partner().await;
    for n in 0..3 {
        acme.commission_event_at("p", &n.to_string(), "10.00", "EUR", &in_days(n - 10)).await;
    }
    let admin = acme.admin();

    let first = events(&admin, json!({ "first": 1 })).await;
    assert_eq!(first["totalCount"], 3);
    assert_eq!(invoices(&first["nodes"]), ["2"]);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(first["pageInfo"]["startCursor"], first["edges"][0]["cursor"]);

    let rest = events(&admin, json!({ "first": 5, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(invoices(&rest["nodes"]), ["1", "0"]);
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    assert_eq!(rest["pageInfo"]["hasPreviousPage"], true);

    let last = events(&admin, json!({ "last": 2 })).await;
    assert_eq!(invoices(&last["nodes"]), ["1", "0"]);
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);

    let none = events(&admin, json!({ "filter": { "status": ["PAID"] } })).await;
    assert_eq!(none["nodes"], json!([]));
    assert_eq!(none["pageInfo"]["endCursor"], Value::Null);
}

#[tokio::test]
async fn invalid_pages_and_filters_are_rejected() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "i", "10.00", "EUR").await;
    let admin = acme.admin();
    let page = events(&admin, json!({})).await;
    let cursor = page["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let by_date_ascending = json!({ "field": "EVENT_DATE", "direction": "ASC" });
    let by_amount = json!({ "field": "COMMISSION_AMOUNT", "direction": "DESC" });

    for arguments in [
        json!({ "first": 0 }),
        json!({ "first": -1 }),
        json!({ "first": 101 }),
        json!({ "last": 101 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "after": "nonsense" }),
        json!({ "after": "" }),
        json!({ "after": format!("{cursor}x") }),
        // A cursor is valid only in the order in which it was issued.
        json!({ "after": cursor, "orderBy": by_date_ascending }),
        json!({ "before": cursor, "orderBy": by_amount }),
        json!({ "filter": { "eventDateFrom": "2024-02-01T00:00:00Z", "eventDateTo": "2024-01-01T00:00:00Z" } }),
        json!({ "filter": { "invoiceId": "a\0b" } }),
        json!({ "filter": { "partnerId": "x" } }),
        json!({ "filter": { "status": ["NONSENSE"] } }),
    ] {
        let response = admin.query_with(EVENTS, arguments.clone()).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{arguments}");
        let of_partner = with_fields(arguments.clone(), json!({ "partner": partner }));
        let response = admin.query_with(EVENTS_OF_PARTNER, of_partner).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "of a partner: {arguments}");
    }
    events(&admin, json!({ "first": 100, "orderBy": by_date_ascending })).await;
}

#[tokio::test]
async fn every_filter_of_commission_events_filters() {
    let (acme, p) = acme_with_partner().await;
    let q = acme.create_partner_with_account("q").await;
    acme.commission_event_at("p", "a", "10.00", "EUR", "2024-01-01T00:00:00Z").await;
    acme.commission_event_at("p", "b", "1000", "JPY", "2024-02-01T00:00:00Z").await;
    acme.approved_event_at("q", "c", "30.00", "EUR", "2024-03-01T00:00:00Z").await;

    for (filter, expected) in [
        (json!({}), "abc"),
        (json!({ "partnerId": p }), "ab"),
        (json!({ "partnerId": q }), "c"),
        (json!({ "partnerId": UNKNOWN_ID }), ""),
        (json!({ "status": ["PENDING"] }), "ab"),
        (json!({ "status": ["APPROVED", "PAID"] }), "c"),
        (json!({ "status": [] }), ""),
        (json!({ "eventType": ["INVOICE_PAID"] }), "abc"),
        (json!({ "eventType": ["CLAWBACK", "ADJUSTMENT"] }), ""),
        (json!({ "currency": "JPY" }), "b"),
        (json!({ "eventDateFrom": "2024-02-01T00:00:00Z" }), "bc"),
        (json!({ "eventDateTo": "2024-02-01T00:00:00Z" }), "a"),
        (json!({ "eventDateFrom": "2024-02-01T01:00:00+01:00", "eventDateTo": "2024-03-01T00:00:00Z" }), "b"),
        (json!({ "invoiceId": "b" }), "b"),
        (json!({ "customerId": "p", "currency": "EUR" }), "a"),
    ] {
        let oldest_first = json!({ "field": "EVENT_DATE", "direction": "ASC" });
        let page = events(&acme.admin(), json!({ "filter": filter, "orderBy": oldest_first })).await;
        assert_eq!(invoices(&page["nodes"]).concat(), expected, "{filter}");
        assert_eq!(page["totalCount"], expected.len(), "{filter}");
    }
}

#[tokio::test]
async fn aliases_of_one_connection_each_have_their_own_arguments() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "a", "10.00", "EUR").await;
    acme.commission_event("p", "b", "10.00", "EUR").await;

    let data = acme.admin().query_with(THREE_ALIASES, json!({ "partner": partner })).await.data();
    assert_eq!(
        data["partner"],
        json!({
            "pending": { "totalCount": 1, "nodes": [{ "invoiceId": "b" }] },
            "approved": { "totalCount": 1, "nodes": [{ "invoiceId": "a" }] },
            "first": { "totalCount": 2, "nodes": [{ "invoiceId": "b" }] },
        })
    );
}

#[tokio::test]
async fn a_list_has_as_many_events_as_its_total_count() {
    let (acme, partner) = acme_with_partner().await;
    acme.create_partner_with_account("q").await;
    let mut ids = HashMap::new();
    for (customer, currency) in [("p", "EUR"), ("p", "JPY"), ("q", "EUR")] {
        for n in 0..6 {
            let invoice = format!("{customer} {currency} {n}");
            let event =
                acme.commission_event_at(customer, &invoice, "100", currency, &in_days(-40 * n)).await;
            ids.insert(invoice, event);
        }
    }
    let ids = |invoices: &[&str]| invoices.iter().map(|invoice| ids[*invoice].clone()).collect::<Vec<_>>();
    acme.approve(&ids(&["p EUR 0", "p EUR 1", "p JPY 0", "q EUR 1", "q EUR 2", "p EUR 5"])).await;
    acme.cancel(&ids(&["p EUR 2", "q EUR 1"])).await;
    for (invoice, amount) in [("p EUR 3", "100"), ("p EUR 5", "10")] {
        let today = json!({ "refundedAt": in_days(0) });
        let input = with_fields(refund_input(invoice, invoice, amount), today);
        acme.billing().mutate_ok("recordInvoiceRefunded", input, "outcome").await;
    }
    acme.create_payout(&partner).await;

    let mut counts = BTreeSet::new();
    for status in [
        json!(null),
        json!([]),
        json!(["PAID", "CLAWBACK", "PAID"]),
        json!(["PENDING"]),
        json!(["APPROVED"]),
        json!(["PAID"]),
        json!(["CLAWBACK"]),
        json!(["CANCELLED"]),
    ] {
        for currency in [json!(null), json!("EUR"), json!("JPY"), json!("USD")] {
            for event_type in [json!(null), json!(["INVOICE_PAID"])] {
                let filter = json!({ "status": status, "currency": currency, "eventType": event_type });
                let with_partner = with_fields(filter.clone(), json!({ "partnerId": partner }));
                let variables =
                    json!({ "partner": partner, "filter": filter, "filterWithPartner": with_partner });
                let data = acme.finance().query_with(THREE_LISTS, variables).await.data();
                for list in [&data["all"], &data["filtered"], &data["partner"]["commissionEvents"]] {
                    let count = list["nodes"].as_array().expect("a list").len();
                    assert_eq!(list["totalCount"], count, "{filter}");
                    counts.insert(count);
                }
            }
        }
    }
    assert!(counts.len() > 5, "the filters find too little to prove anything: {counts:?}");
}
