//! `recordedFrom` and `changedFrom`: what a client has not seen yet, in the order in which it changed.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, in_days};

const EVENTS: &str = "query($filter: CommissionEventFilter, $after: String) {
    commissionEvents(filter: $filter, orderBy: { field: CHANGED_AT, direction: ASC }, first: 1, after: $after) {
        totalCount
        nodes { invoiceId }
        pageInfo { endCursor hasNextPage }
    }
}";

const PAYOUTS: &str = "query($from: DateTime!) {
    payouts(filter: { changedFrom: $from }, orderBy: { field: CHANGED_AT, direction: DESC }) { nodes { id } totalCount }
}";

/// The invoices of the events that a filter matches, the earliest change first, read in pages of one.
async fn invoices(acme: &TestTenant, filter: Value) -> Vec<String> {
    let (mut invoices, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "filter": filter, "after": after });
        let data = acme.finance().query_with(EVENTS, variables).await.data();
        let page = &data["commissionEvents"];
        let nodes = page["nodes"].as_array().expect("a list");
        invoices.extend(nodes.iter().map(|event| event["invoiceId"].as_str().expect("an id").to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], invoices.len());
            return invoices;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn events_that_were_recorded_or_changed_since_are_listed_in_the_order_of_their_changes() {
    let (acme, partner) = acme_with_partner().await;
    let mut events = Vec::new();
    for invoice in ["approved", "held", "paid", "released", "unchanged"] {
        events.push(acme.commission_event("p", invoice, "100.00", "EUR").await);
    }
    acme.approve(&events[2..3]).await;
    let payout = acme.create_payout(&partner).await;
    let since = in_days(0);
    assert_eq!(invoices(&acme, json!({ "changedFrom": since })).await, [""; 0]);

    acme.commission_event_at("p", "late", "100.00", "EUR", "2025-01-01T00:00:00Z").await;
    acme.approve(&events[..1]).await;
    for (mutation, event) in
        [("holdCommissionEvents", 1), ("holdCommissionEvents", 3), ("releaseCommissionEvents", 3)]
    {
        let input = json!({ "ids": [events[event]], "reason": "r" });
        acme.finance().mutate_ok(mutation, input, "commissionEvents { id }").await;
    }
    acme.fail_payout(&payout).await;
    let changed = invoices(&acme, json!({ "changedFrom": since })).await;
    assert_eq!(changed, ["late", "approved", "held", "released", "paid"]);
    assert_eq!(invoices(&acme, json!({ "recordedFrom": since })).await, ["late"]);
    let both = json!({ "recordedFrom": in_days(-1), "changedFrom": since });
    assert_eq!(invoices(&acme, both).await, changed);
    acme.approve_all_pending().await;
    assert_eq!(invoices(&acme, json!({ "changedFrom": since })).await.len(), 6);
    acme.create_payout(&partner).await;
    let held = json!({ "changedFrom": since, "isHeld": true });
    assert_eq!(invoices(&acme, held).await, ["held"]);
}

#[tokio::test]
async fn payouts_that_changed_since_are_listed() {
    let (acme, partner) = acme_with_partner().await;
    let mut payouts = Vec::new();
    for invoice in ["unchanged", "completed", "corrected"] {
        acme.approved_event("p", invoice, "100.00", "EUR").await;
        payouts.push(acme.create_payout(&partner).await);
    }
    acme.complete_payout(&payouts[2]).await;
    let since = in_days(0);
    let input = json!({ "id": payouts[2], "paymentReference": "W-2", "reason": "r" });
    acme.finance().mutate_ok("correctPaymentReference", input, "payout { id }").await;
    acme.complete_payout(&payouts[1]).await;
    let data = acme.finance().query_with(PAYOUTS, json!({ "from": since })).await.data();
    assert_eq!(
        data["payouts"],
        json!({ "nodes": [{ "id": payouts[1] }, { "id": payouts[2] }], "totalCount": 2 })
    );
}
