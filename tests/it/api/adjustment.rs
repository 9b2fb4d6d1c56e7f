//! `recordAdjustment`: corrections that staff make to what a partner earned.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestTenant, UNKNOWN_ID, acme_with_partner, batch_input, euros, in_days, with_fields};

const ADJUSTMENTS: &str = "query {
    commissionEvents(filter: { eventType: ADJUSTMENT }) {
        nodes { commissionAmount { amount } notes history { reason actor } }
    }
}";

const SELECTION: &str = "commissionEvent {
    id status eventType commissionAmount { amount } eventDate payableAt notes managedAccount { id } invoiceId
    history { from to actor reason }
}";

/// The input of an adjustment in EUR.
fn adjustment_input(partner: &str, amount: &str, key: &str) -> Value {
    json!({ "partnerId": partner, "amount": euros(amount), "reason": "goodwill", "idempotencyKey": key })
}

/// Records an adjustment; returns its commission event.
async fn adjust(tenant: &TestTenant, input: Value) -> Value {
    let payload = tenant.finance().mutate_ok("recordAdjustment", input, SELECTION).await;
    payload["commissionEvent"].clone()
}

/// Tries to record an adjustment; returns the code of the error.
async fn adjust_error(tenant: &TestTenant, input: Value) -> String {
    tenant.finance().error_code("recordAdjustment", input).await
}

#[tokio::test]
async fn a_positive_adjustment_waits_for_its_approval_and_its_hold() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "holdDays": 10 })).await;
    let old = json!({ "eventDate": "2026-01-01T00:00:00Z" });
    let event = adjust(&acme, with_fields(adjustment_input(&partner, "5.00", "k"), old)).await;
    insta::assert_json_snapshot!(event, { ".id" => "[id]" }, @r#"
    {
      "commissionAmount": {
        "amount": "5.00"
      },
      "eventDate": "2026-01-01T00:00:00Z",
      "eventType": "ADJUSTMENT",
      "history": [
        {
          "actor": "fiona",
          "from": null,
          "reason": "goodwill",
          "to": "PENDING"
        }
      ],
      "id": "[id]",
      "invoiceId": null,
      "managedAccount": null,
      "notes": "goodwill",
      "payableAt": "2026-01-11T00:00:00Z",
      "status": "PENDING"
    }
    "#);

    adjust(&acme, adjustment_input(&partner, "7.00", "within the hold")).await;
    acme.approve_all_pending().await;
    acme.create_payout(&partner).await;
    insta::assert_debug_snapshot!(acme.balance(&partner).await, @r#"
    Balance {
        pending: "0.00",
        approved: "7.00",
        in_transit: "5.00",
        settled: "0.00",
        earned: "12.00",
        paid: "5.00",
        outstanding: "7.00",
    }
    "#);
}

#[tokio::test]
async fn a_partner_sees_its_adjustment_without_the_reason_and_the_name_of_the_staff() {
    let (acme, partner) = acme_with_partner().await;
    adjust(&acme, adjustment_input(&partner, "5.00", "k")).await;

    let user = acme.partner_user(&partner, "paula").await;
    let data = user.query(ADJUSTMENTS).await.data();
    assert_eq!(
        data["commissionEvents"]["nodes"],
        json!([{
            "commissionAmount": { "amount": "5.00" },
            "notes": null,
            "history": [{ "reason": null, "actor": "staff" }],
        }])
    );
}

#[tokio::test]
async fn a_negative_adjustment_is_approved_at_once_and_netted_regardless_of_its_date() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "holdDays": 10 })).await;
    let debt = adjust(&acme, adjustment_input(&partner, "-5.00", "k")).await;
    assert_eq!(debt["status"], "APPROVED");
    assert_eq!(debt["payableAt"], debt["eventDate"]);

    // The payout of June includes it, although it is dated today.
    acme.approved_event_at("p", "i", "100.00", "EUR", "2025-06-15T00:00:00Z").await;
    let june = json!({
        "partnerId": partner, "periodStart": "2025-06-01T00:00:00Z", "periodEnd": "2025-07-01T00:00:00Z",
    });
    let payload =
        acme.finance().mutate_ok("createPayoutBatch", june, "payout { totalAmount { amount } }").await;
    assert_eq!(payload["payout"]["totalAmount"]["amount"], "10.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_same_key_makes_one_adjustment() {
    let (acme, partner) = acme_with_partner().await;
    let input = adjustment_input(&partner, "5.00", "k");
    let events = join_all((0..8).map(|_| adjust(&acme, input.clone()))).await;
    for event in &events {
        assert_eq!(event, &events[0]);
    }

    let written_differently =
        with_fields(adjustment_input(&partner, "5", " k "), json!({ "eventDate": null }));
    assert_eq!(adjust(&acme, written_differently).await, events[0]);
    assert_eq!(adjust_error(&acme, adjustment_input(&partner, "5.01", "k")).await, "CONFLICT");
    assert_eq!(acme.balance(&partner).await.pending, "5.00");
}

#[tokio::test]
async fn a_key_of_an_adjustment_cannot_be_used_for_a_payout() {
    let (acme, partner) = acme_with_partner().await;
    adjust(&acme, adjustment_input(&partner, "5.00", "k")).await;
    let payout = with_fields(batch_input(&partner), json!({ "idempotencyKey": "k" }));
    assert_eq!(acme.finance().error_code("createPayoutBatch", payout).await, "CONFLICT");
}

#[tokio::test]
async fn adjustments_with_invalid_fields_are_rejected() {
    let (acme, partner) = acme_with_partner().await;
    let valid = adjustment_input(&partner, "5.00", "k");
    for wrong in [
        json!({ "amount": euros("0.00") }),
        json!({ "amount": euros("1.001") }),
        json!({ "idempotencyKey": " " }),
        json!({ "eventDate": in_days(2) }),
        json!({ "reason": " " }),
    ] {
        let input = with_fields(valid.clone(), wrong.clone());
        assert_eq!(adjust_error(&acme, input).await, "BAD_USER_INPUT", "{wrong}");
    }
    assert_eq!(adjust_error(&acme, adjustment_input(UNKNOWN_ID, "5.00", "k")).await, "NOT_FOUND");
    adjust(&acme, valid).await;
}
