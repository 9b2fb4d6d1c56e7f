//! The moments of a history are in the order of the acts, whatever runs at the same time.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme_with_partner, batch_input, in_days, invoice_input, refund_input, transition_input,
};

const ROUNDS: usize = 12;

const EVERYTHING: &str = "query($after: String) {
    commissionEvents(first: 100, after: $after) {
        nodes { status recordedAt paidAt heldAt history { from to at kind } }
        pageInfo { endCursor hasNextPage }
    }
    payouts(first: 100) { nodes { status history { from to at kind } } }
}";

/// Fails the test unless the entries of a history follow from each other and end with the status of the row.
fn assert_in_order(row: &Value) {
    let history = row["history"].as_array().expect("a history");
    assert_eq!(history[0]["from"], Value::Null, "{row:#}");
    for pair in history.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{row:#}");
        let at = |entry: &Value| {
            chrono::DateTime::parse_from_rfc3339(entry["at"].as_str().expect("a time")).expect("a time")
        };
        assert!(at(&pair[0]) <= at(&pair[1]), "{row:#}");
    }
    assert_eq!(history[history.len() - 1]["to"], row["status"], "{row:#}");
}

/// Everything that changes events, at the same time.
fn requests(partner: &str, payout: &str, round: usize, ids: &[String]) -> Vec<(&'static str, Value)> {
    let invoice = format!("late {round}");
    let listed = json!({ "ids": [ids[0]], "reason": "r" });
    let approve_all = json!({ "eventDateTo": in_days(1) });
    vec![
        ("recordInvoicePaid", invoice_input("p", &invoice, "100.00", "EUR", &in_days(0))),
        ("approvePendingCommissionEvents", approve_all.clone()),
        ("recordInvoiceRefunded", refund_input(&format!("one {round}"), &format!("r {round}"), "10.00")),
        ("approveCommissionEvents", json!({ "ids": [ids[0], ids[1]] })),
        ("holdCommissionEvents", listed.clone()),
        ("createPayoutBatch", batch_input(partner)),
        ("releaseCommissionEvents", listed.clone()),
        ("revertApproval", listed),
        ("failPayout", transition_input("failPayout", payout)),
        ("cancelCommissionEvents", json!({ "ids": [ids[1]], "reason": "r" })),
        ("startPayout", json!({ "id": payout })),
        ("approvePendingCommissionEvents", approve_all),
    ]
}

async fn assert_histories_in_order(acme: &TestTenant) {
    let mut after = Value::Null;
    loop {
        let data = acme.admin().query_with(EVERYTHING, json!({ "after": after })).await.data();
        for list in ["commissionEvents", "payouts"] {
            data[list]["nodes"].as_array().expect("a list").iter().for_each(assert_in_order);
        }
        let page = &data["commissionEvents"]["pageInfo"];
        if page["hasNextPage"] == false {
            return;
        }
        after = page["endCursor"].clone();
    }
}

#[tokio::test]
async fn the_moment_of_an_act_is_after_those_of_the_rows_that_it_changes() {
    let (acme, partner) = acme_with_partner().await;
    let admin = &acme.admin();
    for round in 0..ROUNDS {
        acme.approved_event("p", &format!("large {round}"), "1000.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        let mut ids = Vec::new();
        for name in ["one", "two"] {
            ids.push(acme.commission_event("p", &format!("{name} {round}"), "100.00", "EUR").await);
        }
        let requests = requests(&partner, &payout, round, &ids);
        join_all(requests.into_iter().map(async |(mutation, input)| {
            if let Err(code) = admin.try_mutate(mutation, input, "__typename").await {
                let expected = ["NOTHING_PAYABLE", "INVALID_STATE"].contains(&code.as_str());
                assert!(expected, "{mutation} in round {round}: {code}");
            }
        }))
        .await;
    }
    assert_histories_in_order(&acme).await;
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_event_is_either_held_or_paid() {
    let (acme, partner) = acme_with_partner().await;
    let admin = &acme.admin();
    for round in 0..ROUNDS {
        acme.approved_event("p", &format!("sure {round}"), "100.00", "EUR").await;
        let doubtful = acme.approved_event("p", &format!("doubtful {round}"), "100.00", "EUR").await;
        let hold = json!({ "ids": [doubtful], "reason": "r" });
        let (held, paid) = tokio::join!(
            admin.try_mutate("holdCommissionEvents", hold, "__typename"),
            admin.try_mutate("createPayoutBatch", batch_input(&partner), "payout { commissionCount }")
        );
        let count = &paid.expect("a payout")["payout"]["commissionCount"];
        assert_eq!(*count, if held.is_ok() { 1 } else { 2 }, "{held:?}");
    }
    acme.assert_reconciled().await;
}
