//! `createPayoutBatch`: which approved events a payout includes, and when there is none to create.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, UNKNOWN_ID, acme_with_partner, batch_input, euros, in_days, money, with_fields,
};

const PAYOUT_COUNT: &str = "query { payouts { totalCount } }";

const SELECTION: &str = "payout { id status totalAmount { amount currency } commissionCount }";

/// Sends `createPayoutBatch`; returns the payload, with or without a payout.
async fn create_payout(tenant: &TestTenant, input: Value) -> Value {
    tenant.finance().mutate("createPayoutBatch", input, SELECTION).await
}

/// Tries to create a payout; returns the code of the error.
async fn create_error(tenant: &TestTenant, input: Value) -> String {
    tenant.finance().error_code("createPayoutBatch", input).await
}

#[tokio::test]
async fn ten_concurrent_payouts_of_a_hundred_events_never_share_one() {
    let (acme, partner) = acme_with_partner().await;
    for n in 0..100 {
        acme.commission_event("p", &n.to_string(), "10.00", "EUR").await;
    }
    acme.approve_all_pending().await;

    let payloads = join_all((0..10).map(|_| create_payout(&acme, batch_input(&partner)))).await;

    let (created, rejected): (Vec<_>, Vec<_>) =
        payloads.iter().partition(|payload| payload["payout"].is_object());
    assert_eq!((created.len(), rejected.len()), (1, 9));
    assert_eq!(created[0]["payout"]["totalAmount"], euros("150.00"));
    assert_eq!(created[0]["payout"]["commissionCount"], 100);
    for payload in rejected {
        assert_eq!(payload["userErrors"][0]["code"], "NOTHING_PAYABLE");
    }
    assert_eq!(acme.balance(&partner).await.in_transit, "150.00");
}

#[tokio::test]
async fn payouts_of_adjoining_periods_share_no_event() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "1", "10.00", "EUR", "2024-01-31T23:59:59.999999Z").await;
    acme.approved_event_at("p", "2", "10.00", "EUR", "2024-02-01T00:00:00Z").await;
    acme.approved_event_at("p", "3", "10.00", "EUR", "2024-02-28T00:00:00Z").await;

    for (start, end, count) in [
        ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", 1),
        ("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", 2),
    ] {
        let input = json!({ "partnerId": partner, "periodStart": start, "periodEnd": end });
        assert_eq!(create_payout(&acme, input).await["payout"]["commissionCount"], count, "from {start}");
    }
}

#[tokio::test]
async fn a_payout_has_one_currency() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "1", "10.00", "EUR").await;
    acme.approved_event("p", "2", "1000", "JPY").await;

    let in_yen = with_fields(batch_input(&partner), json!({ "currency": "JPY" }));
    let payload = create_payout(&acme, in_yen).await;
    assert_eq!(payload["payout"]["totalAmount"], money("150", "JPY"));
    let payload = create_payout(&acme, batch_input(&partner)).await;
    assert_eq!(payload["payout"]["totalAmount"], money("1.50", "EUR"));
}

#[tokio::test]
async fn a_payout_that_is_rejected_changes_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let input = batch_input(&partner);
    let payload = create_payout(&acme, input.clone()).await;
    assert_eq!(payload["userErrors"][0]["code"], "NOTHING_PAYABLE");
    assert_eq!(payload["userErrors"][0]["message"], "No approved commissions found for payout");

    acme.approved_event("p", "1", "100.00", "EUR").await;
    for status in ["PENDING", "SUSPENDED", "ARCHIVED"] {
        acme.update_partner(&partner, json!({ "status": status })).await;
        assert_eq!(create_error(&acme, input.clone()).await, "PARTNER_NOT_PAYABLE", "{status}");
    }
    acme.update_partner(&partner, json!({ "status": "TERMINATED" })).await;
    acme.update_settings(json!({ "minimumPayouts": [euros("15.01")] })).await;
    assert_eq!(create_error(&acme, input.clone()).await, "BELOW_MINIMUM");
    assert_eq!(create_error(&acme, batch_input(UNKNOWN_ID)).await, "NOT_FOUND");

    let now = in_days(0);
    for end in [&now, &in_days(-1)] {
        let no_period = with_fields(input.clone(), json!({ "periodStart": now, "periodEnd": end }));
        assert_eq!(create_error(&acme, no_period).await, "BAD_USER_INPUT");
    }
    assert_eq!(acme.admin().query(PAYOUT_COUNT).await.data()["payouts"]["totalCount"], 0);

    acme.update_settings(json!({ "minimumPayouts": [euros("15.00")] })).await;
    assert_eq!(create_payout(&acme, input).await["payout"]["status"], "READY");
}

#[tokio::test]
async fn a_commission_is_not_paid_out_before_its_hold_ends() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "holdDays": 10 })).await;
    acme.approved_event_at("p", "within the hold", "10.00", "EUR", &in_days(-9)).await;
    acme.approved_event_at("p", "after the hold", "10.00", "EUR", &in_days(-11)).await;

    let payload = create_payout(&acme, batch_input(&partner)).await;
    assert_eq!(payload["payout"]["commissionCount"], 1);
    assert_eq!(create_error(&acme, batch_input(&partner)).await, "NOTHING_PAYABLE");
}

#[tokio::test]
async fn the_same_key_makes_one_payout() {
    let (acme, partner) = acme_with_partner().await;
    let input = with_fields(batch_input(&partner), json!({ "idempotencyKey": "november" }));
    assert_eq!(create_error(&acme, input.clone()).await, "NOTHING_PAYABLE", "which does not use up the key");

    acme.approved_event("p", "1", "10.00", "EUR").await;
    let payloads = join_all((0..8).map(|_| create_payout(&acme, input.clone()))).await;
    let payout = payloads[0]["payout"].clone();
    assert!(payout["id"].is_string());
    for payload in payloads {
        assert_eq!(payload["payout"], payout);
    }

    acme.approved_event("p", "2", "10.00", "EUR").await;
    assert_eq!(create_payout(&acme, input.clone()).await["payout"], payout);
    let written_differently =
        with_fields(input.clone(), json!({ "idempotencyKey": " november ", "notes": null }));
    assert_eq!(create_payout(&acme, written_differently).await["payout"], payout);
    let different = with_fields(input.clone(), json!({ "notes": "another request" }));
    assert_eq!(create_error(&acme, different).await, "CONFLICT");
    let blank_key = with_fields(input, json!({ "idempotencyKey": " " }));
    assert_eq!(create_error(&acme, blank_key).await, "BAD_USER_INPUT");
}
