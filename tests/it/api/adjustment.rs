//! recordAdjustment: what staff put right by hand.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{acme_with_partner, batch_input, in_days};

const FIELDS: &str = "commissionEvent{id status eventType commissionAmount{amount} eventDate payableAt notes \
    managedAccount{id} invoiceId history{from to actor reason}}";

fn input(partner: &str, amount: &str, key: &str) -> Value {
    let amount = json!({ "amount": amount, "currency": "EUR" });
    json!({ "partnerId": partner, "amount": amount, "reason": "goodwill", "idempotencyKey": key })
}

#[tokio::test]
async fn a_gift_waits_for_approval_and_its_hold() {
    let (acme, partner) = acme_with_partner().await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 10 }), "tenant{id}").await;
    let mut gift = input(&partner, "5.00", "k");
    gift["eventDate"] = json!("2026-01-01T00:00:00Z");
    let event = acme.finance().mutate_ok("recordAdjustment", gift, FIELDS).await["commissionEvent"].clone();
    assert_eq!((&event["status"], &event["eventType"]), (&json!("PENDING"), &json!("ADJUSTMENT")));
    assert_eq!((&event["notes"], &event["payableAt"]), (&json!("goodwill"), &json!("2026-01-11T00:00:00Z")));
    assert_eq!(
        event["history"],
        json!([{ "from": null, "to": "PENDING", "actor": "fiona", "reason": "goodwill" }])
    );
    acme.finance().mutate_ok("recordAdjustment", input(&partner, "7.00", "l"), FIELDS).await;
    let all = json!({ "eventDateTo": in_days(1) });
    acme.finance().mutate_ok("approvePendingCommissionEvents", all, "approvedCount").await;
    let payout = acme
        .finance()
        .mutate_ok("createPayoutBatch", batch_input(&partner), "payout{totalAmount{amount}}")
        .await;
    assert_eq!(payout["payout"]["totalAmount"]["amount"], "5.00", "the other is held");
    let user = acme.partner_user(&partner, "paula").await;
    let seen = user.query("{commissionEvents(filter:{eventType:ADJUSTMENT}){nodes{commissionAmount{amount} notes history{reason actor}}}}").await;
    let seen = seen.data()["commissionEvents"]["nodes"][1].clone();
    assert_eq!((&seen["commissionAmount"]["amount"], &seen["notes"]), (&json!("5.00"), &Value::Null));
    assert_eq!(seen["history"][0], json!({ "reason": null, "actor": "staff" }));
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
async fn a_debt_is_approved_at_once_and_netted_whatever_its_date() {
    let (acme, partner) = acme_with_partner().await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 10 }), "tenant{id}").await;
    let event = acme.finance().mutate_ok("recordAdjustment", input(&partner, "-5.00", "k"), FIELDS).await["commissionEvent"].clone();
    assert_eq!((&event["status"], &event["payableAt"]), (&json!("APPROVED"), &event["eventDate"]));
    let earned = acme.commission_event_at("p", "i", "100.00", "EUR", "2025-06-15T00:00:00Z").await;
    acme.approve(&[earned]).await;
    let june = json!({ "partnerId": partner, "periodStart": "2025-06-01T00:00:00Z", "periodEnd": "2025-07-01T00:00:00Z" });
    let payout = acme.finance().mutate_ok("createPayoutBatch", june, "payout{totalAmount{amount}}").await;
    assert_eq!(payout["payout"]["totalAmount"]["amount"], "10.00");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn the_same_key_makes_one_adjustment() {
    let (acme, partner) = acme_with_partner().await;
    let finance = acme.finance();
    let gift = || finance.mutate_ok("recordAdjustment", input(&partner, "5.00", "k"), FIELDS);
    let made = join_all((0..8).map(|_| gift())).await;
    assert!(made.iter().all(|payload| payload == &made[0]), "{made:#?}");
    assert_eq!(acme.finance().error_code("recordAdjustment", input(&partner, "5.01", "k")).await, "CONFLICT");
    let mut written_otherwise = input(&partner, "5", " k ");
    written_otherwise["eventDate"] = Value::Null;
    let again = finance.mutate_ok("recordAdjustment", written_otherwise, FIELDS).await;
    assert_eq!(again, made[0]);
    let mut batch = batch_input(&partner);
    batch["idempotencyKey"] = json!("k");
    assert_eq!(acme.finance().error_code("createPayoutBatch", batch).await, "CONFLICT");
    assert_eq!(acme.balance(&partner).await.pending, "5.00");
}

#[tokio::test]
async fn only_sensible_adjustments_are_taken() {
    let (acme, partner) = acme_with_partner().await;
    let mut late = input(&partner, "5.00", "k");
    late["eventDate"] = json!(in_days(2));
    let mut silent = input(&partner, "5.00", "k");
    silent["reason"] = json!(" ");
    for wrong in [
        input(&partner, "0.00", "k"),
        input(&partner, "1.001", "k"),
        input(&partner, "5.00", " "),
        late,
        silent,
    ] {
        assert_eq!(
            acme.finance().error_code("recordAdjustment", wrong.clone()).await,
            "BAD_USER_INPUT",
            "{wrong}"
        );
    }
    let unknown = input("00000000-0000-7000-8000-000000000000", "5.00", "k");
    assert_eq!(acme.finance().error_code("recordAdjustment", unknown).await, "NOT_FOUND");
    acme.finance().mutate_ok("recordAdjustment", input(&partner, "5.00", "k"), FIELDS).await;
}
