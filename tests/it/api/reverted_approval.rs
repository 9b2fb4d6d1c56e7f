//! `revertApproval`: an approval that was given by mistake, as long as nothing is paid.

use serde_json::{Value, json};

use crate::support::{TestTenant, UNKNOWN_ID, acme_with_partner, batch_input, euros, user_errors};

/// Reverts the approval of events; returns the payload.
async fn revert(acme: &TestTenant, ids: &[&str]) -> Value {
    let input = json!({ "ids": ids, "reason": "approved by mistake" });
    acme.finance().mutate("revertApproval", input, "commissionEvents { id status }").await
}

/// The code of the rejection of a list of one event.
async fn revert_error(acme: &TestTenant, id: &str) -> String {
    acme.finance().error_code("revertApproval", json!({ "ids": [id], "reason": "r" })).await
}

#[tokio::test]
async fn a_reverted_approval_is_pending_again_and_can_be_approved_again() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.approved_event("p", "i", "100.00", "EUR").await;
    acme.refund("i", "r", "10.00").await;
    assert_eq!(acme.events_of_invoice("i").await, ["APPROVED 15.00", "APPROVED -1.50"]);

    let reverted = revert(&acme, &[&event]).await;
    assert_eq!(reverted["commissionEvents"], json!([{ "id": event, "status": "PENDING" }]));
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -1.50"]);
    let balance = acme.balance(&partner).await;
    assert_eq!([balance.pending, balance.approved], ["13.50", "0.00"]);
    assert_eq!(
        acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await,
        "NOTHING_PAYABLE"
    );
    assert_eq!(revert_error(&acme, &event).await, "INVALID_STATE");

    let history = "query($id: ID!) { commissionEvent(id: $id) { history { from to kind reason } } }";
    let data = acme.finance().query_with(history, json!({ "id": event })).await.data();
    assert_eq!(
        data["commissionEvent"]["history"][2],
        json!({ "from": "APPROVED", "to": "PENDING", "kind": "STATUS", "reason": "approved by mistake" })
    );
    acme.approve(&[event]).await;
    acme.create_payout(&partner).await;
    assert_eq!(acme.events_of_invoice("i").await, ["PAID 15.00", "PAID -1.50"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_list_with_one_event_in_a_payout_is_not_reverted_at_all() {
    let (acme, partner) = acme_with_partner().await;
    let paid = acme.approved_event("p", "paid", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    let approved = acme.approved_event("p", "approved", "100.00", "EUR").await;
    let rejected = revert(&acme, &[&approved, &paid, UNKNOWN_ID]).await;
    assert_eq!(rejected["commissionEvents"], Value::Null);
    assert_eq!(
        user_errors(&rejected),
        json!([
            { "code": "INVALID_STATE", "field": ["input", "ids"], "id": paid },
            { "code": "NOT_FOUND", "field": ["input", "ids"], "id": UNKNOWN_ID },
        ])
    );
    assert_eq!(acme.events_of_invoice("approved").await, ["APPROVED 15.00"]);
}

#[tokio::test]
async fn what_was_recorded_as_approved_and_what_follows_another_event_is_not_reverted() {
    let (acme, partner) = acme_with_partner().await;
    let debt = json!({
        "partnerId": partner, "amount": euros("-5.00"), "reason": "fee", "idempotencyKey": "k",
    });
    let debt = acme.finance().mutate_ok("recordAdjustment", debt, "commissionEvent { id }").await;
    assert_eq!(
        revert_error(&acme, debt["commissionEvent"]["id"].as_str().expect("an id")).await,
        "INVALID_STATE"
    );
    acme.approved_event("p", "i", "100.00", "EUR").await;
    let line = acme.refund("i", "r", "10.00").await;
    assert_eq!(revert_error(&acme, line["clawback"]["id"].as_str().expect("an id")).await, "INVALID_STATE");
    // A reversal that was paid while its original was not: the original can only be paid as well.
    let original = acme.approved_event("p", "released", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.refund("released", "s", "20.00").await;
    acme.approved_event("p", "large", "1000.00", "EUR").await;
    acme.create_payout(&partner).await;
    acme.fail_payout(&payout).await;
    assert_eq!(revert_error(&acme, &original).await, "INVALID_STATE");
    acme.assert_reconciled().await;
}
