//! `holdCommissionEvents` and `releaseCommissionEvents`: what staff hold back is in no payout.

use serde_json::{Value, json};

use crate::support::{TestTenant, UNKNOWN_ID, acme_with_partner, batch_input, euros, run_input, user_errors};

const EVENT: &str = "query($id: ID!) {
    commissionEvent(id: $id) { status heldAt history { from to kind reason actor } }
}";

const HELD: &str =
    "query($held: Boolean!) { commissionEvents(filter: { isHeld: $held }) { totalCount nodes { id } } }";

/// Holds events back; returns the payload.
async fn hold(acme: &TestTenant, ids: &[&str]) -> Value {
    let input = json!({ "ids": ids, "reason": "doubtful" });
    acme.finance().mutate("holdCommissionEvents", input, "commissionEvents { id status heldAt }").await
}

/// Holds an event back that can be held.
async fn hold_ok(acme: &TestTenant, id: &str) {
    assert_eq!(user_errors(&hold(acme, &[id]).await), json!([]));
}

/// The code with which a list of one event is rejected, empty if it is not.
async fn error(acme: &TestTenant, mutation: &str, id: &str) -> String {
    acme.finance().error_code(mutation, json!({ "ids": [id], "reason": "r" })).await
}

async fn event(acme: &TestTenant, id: &str) -> Value {
    acme.finance().query_with(EVENT, json!({ "id": id })).await.data()["commissionEvent"].clone()
}

/// The held part of the balance of a partner, from the totals and as of now from the events.
async fn held(acme: &TestTenant, partner: &str) -> [String; 2] {
    let query = "query($id: ID!) { partner(id: $id) {
        dashboard { balance { held { amount } } }
        past: dashboard(asOf: \"2030-01-01T00:00:00Z\") { balance { held { amount } } }
    } }";
    let data = acme.finance().query_with(query, json!({ "id": partner })).await.data();
    ["dashboard", "past"].map(|name| {
        data["partner"][name]["balance"]["held"]["amount"].as_str().expect("an amount").to_owned()
    })
}

#[tokio::test]
async fn of_two_approved_events_the_held_one_stays_out_of_the_payout() {
    let (acme, partner) = acme_with_partner().await;
    let sure = acme.approved_event("p", "sure", "100.00", "EUR").await;
    let doubtful = acme.approved_event("p", "doubtful", "200.00", "EUR").await;
    let payload = hold(&acme, &[&doubtful]).await;
    assert_eq!(payload["commissionEvents"][0]["status"], "APPROVED");
    assert!(payload["commissionEvents"][0]["heldAt"].is_string());
    assert_eq!(held(&acme, &partner).await, ["30.00", "30.00"]);
    assert_eq!(acme.balance(&partner).await.approved, "45.00");

    acme.create_payout(&partner).await;
    assert_eq!(acme.events_of_invoice("sure").await, ["PAID 15.00"]);
    assert_eq!(acme.events_of_invoice("doubtful").await, ["APPROVED 30.00"]);
    let batch = acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await;
    assert_eq!(batch, "NOTHING_PAYABLE");
    let run = acme.finance().mutate_ok("runPayouts", run_input(), "payoutCount skipped { code }").await;
    assert_eq!(run, json!({ "payoutCount": 0, "skipped": [] }));
    let stranded = "{ reconciliation { balanced strandedEvents { id } } }";
    let report = acme.finance().query(stranded).await.data();
    assert_eq!(report["reconciliation"], json!({ "balanced": true, "strandedEvents": [] }));

    let released = json!({ "ids": [doubtful], "reason": "checked" });
    let payload =
        acme.finance().mutate_ok("releaseCommissionEvents", released, "commissionEvents { heldAt }").await;
    assert_eq!(payload["commissionEvents"], json!([{ "heldAt": null }]));
    assert_eq!(held(&acme, &partner).await, ["0.00", "0.00"]);
    acme.create_payout(&partner).await;
    let history = event(&acme, &doubtful).await["history"].clone();
    let entry = |from: Value, to: &str, kind: &str, reason: Value| {
        let actor = if from.is_null() { "billing" } else { "fiona" };
        json!({ "from": from, "to": to, "kind": kind, "reason": reason, "actor": actor })
    };
    assert_eq!(
        history,
        json!([
            entry(Value::Null, "PENDING", "STATUS", Value::Null),
            entry(json!("PENDING"), "APPROVED", "STATUS", Value::Null),
            entry(json!("APPROVED"), "APPROVED", "HOLD", json!("doubtful")),
            entry(json!("APPROVED"), "APPROVED", "RELEASE", json!("checked")),
            entry(json!("APPROVED"), "PAID", "STATUS", Value::Null),
        ])
    );
    assert_eq!(error(&acme, "holdCommissionEvents", &sure).await, "INVALID_STATE");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_reversals_of_a_held_event_are_held_and_released_with_it() {
    let (acme, partner) = acme_with_partner().await;
    let original = acme.approved_event("p", "i", "100.00", "EUR").await;
    acme.refund("i", "before", "10.00").await;
    hold_ok(&acme, &original).await;
    let line = acme.refund("i", "after", "10.00").await["clawback"]["id"].as_str().expect("an id").to_owned();
    assert!(event(&acme, &line).await["heldAt"].is_string(), "a reversal is held like its original");
    assert_eq!(held(&acme, &partner).await, ["12.00", "12.00"]);
    assert_eq!(error(&acme, "releaseCommissionEvents", &line).await, "INVALID_STATE");
    acme.assert_reconciled().await;

    acme.approved_event("p", "other", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    assert_eq!(acme.events_of_invoice("i").await, ["APPROVED 15.00", "APPROVED -1.50", "APPROVED -1.50"]);
    assert_eq!(error(&acme, "releaseCommissionEvents", &original).await, "");
    acme.create_payout(&partner).await;
    assert_eq!(acme.events_of_invoice("i").await, ["PAID 15.00", "PAID -1.50", "PAID -1.50"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_hold_outlives_an_approval_and_ends_with_a_cancellation_or_a_full_refund() {
    let (acme, partner) = acme_with_partner().await;
    let pending = acme.commission_event("p", "pending", "100.00", "EUR").await;
    hold_ok(&acme, &pending).await;
    assert_eq!(held(&acme, &partner).await, ["0.00", "0.00"], "not approved");
    acme.approve(std::slice::from_ref(&pending)).await;
    assert_eq!(held(&acme, &partner).await, ["15.00", "15.00"]);
    let batch = acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await;
    assert_eq!(batch, "NOTHING_PAYABLE");
    assert_eq!(error(&acme, "revertApproval", &pending).await, "");
    assert!(event(&acme, &pending).await["heldAt"].is_string());
    acme.cancel(std::slice::from_ref(&pending)).await;
    let refunded = acme.approved_event("p", "refunded", "100.00", "EUR").await;
    acme.refund("refunded", "part", "10.00").await;
    hold_ok(&acme, &refunded).await;
    acme.refund("refunded", "rest", "90.00").await;
    for (id, status) in [(&pending, "CANCELLED"), (&refunded, "CLAWBACK")] {
        let event = event(&acme, id).await;
        assert_eq!([&event["status"], &event["heldAt"]], [&json!(status), &Value::Null]);
    }
    assert_eq!(acme.events_of_invoice("refunded").await, ["CLAWBACK 15.00", "CLAWBACK -1.50"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_list_is_held_and_released_all_or_none() {
    let (acme, partner) = acme_with_partner().await;
    let one = acme.approved_event("p", "one", "100.00", "EUR").await;
    let two = acme.approved_event("p", "two", "100.00", "EUR").await;
    hold_ok(&acme, &one).await;
    let invalid = |id: &str, code: &str| json!({ "code": code, "field": ["input", "ids"], "id": id });
    let rejected = hold(&acme, &[&two, &one, UNKNOWN_ID]).await;
    let expected = json!([invalid(&one, "INVALID_STATE"), invalid(UNKNOWN_ID, "NOT_FOUND")]);
    assert_eq!(user_errors(&rejected), expected);
    assert_eq!(error(&acme, "releaseCommissionEvents", &two).await, "INVALID_STATE");
    let ids = |held: bool| json!({ "held": held });
    let data = acme.finance().query_with(HELD, ids(true)).await.data();
    assert_eq!(data["commissionEvents"], json!({ "totalCount": 1, "nodes": [{ "id": one }] }));
    let data = acme.finance().query_with(HELD, ids(false)).await.data();
    assert_eq!(data["commissionEvents"], json!({ "totalCount": 1, "nodes": [{ "id": two }] }));
    for (mutation, input) in [
        ("holdCommissionEvents", json!({ "ids": [two], "reason": " " })),
        ("holdCommissionEvents", json!({ "ids": [], "reason": "r" })),
        ("releaseCommissionEvents", json!({ "ids": [one, one], "reason": "r" })),
    ] {
        assert_eq!(acme.finance().error_code(mutation, input).await, "BAD_USER_INPUT");
    }
    acme.create_payout(&partner).await;
    assert_eq!(error(&acme, "holdCommissionEvents", &two).await, "INVALID_STATE");
}

#[tokio::test]
async fn an_adjustment_can_be_held_and_a_debt_cannot() {
    let (acme, partner) = acme_with_partner().await;
    for (amount, expected) in [("5.00", ""), ("-5.00", "INVALID_STATE")] {
        let input = json!({
            "partnerId": partner, "amount": euros(amount), "reason": "r", "idempotencyKey": amount,
        });
        let payload = acme.finance().mutate_ok("recordAdjustment", input, "commissionEvent { id }").await;
        let id = payload["commissionEvent"]["id"].as_str().expect("an id");
        assert_eq!(error(&acme, "holdCommissionEvents", id).await, expected, "{amount}");
    }
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_held_commission_does_not_make_a_payout_day() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "payoutDay": 15 })).await;
    let event = acme.approved_event("p", "i", "100.00", "EUR").await;
    let next = async || {
        let query = "query($id: ID!) { partner(id: $id) { dashboard { nextPayoutDate } } }";
        let data = acme.finance().query_with(query, json!({ "id": partner })).await.data();
        data["partner"]["dashboard"]["nextPayoutDate"].clone()
    };
    assert!(next().await.is_string());
    hold_ok(&acme, &event).await;
    assert_eq!(next().await, Value::Null);
}

#[tokio::test]
async fn a_partner_sees_that_an_event_is_held_and_not_why() {
    let (acme, partner) = acme_with_partner().await;
    let id = acme.approved_event("p", "i", "100.00", "EUR").await;
    hold_ok(&acme, &id).await;
    let user = acme.partner_user(&partner, "paula").await;
    let data = user.query_with(EVENT, json!({ "id": id })).await.data();
    assert!(data["commissionEvent"]["heldAt"].is_string());
    let entry = &data["commissionEvent"]["history"][2];
    assert_eq!(
        [&entry["kind"], &entry["reason"], &entry["actor"]],
        [&json!("HOLD"), &Value::Null, &json!("staff")]
    );
}
