//! The reversals made by partial refunds: how they follow their original, before and after its payout.

use serde_json::{Value, json};

use crate::support::{acme_with_partner, batch_input, in_days};

const JANUARY: &str = "2026-01-15T00:00:00Z";

const PAYOUT: &str = "payout { id commissionCount totalAmount { amount } }";

#[tokio::test]
async fn a_reversal_names_its_original_its_invoice_and_its_customer() {
    let (acme, _) = acme_with_partner().await;
    let original = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let reversal = acme.refund("i", "1", "40.00").await["clawback"].clone();
    assert_eq!(reversal["reverses"]["id"], json!(original));
    insta::assert_json_snapshot!(reversal, { ".id" => "[id]", ".reverses.id" => "[original]" }, @r#"
    {
      "baseAmount": {
        "amount": "-40.00"
      },
      "commissionAmount": {
        "amount": "-6.00"
      },
      "customerId": "p",
      "eventType": "CLAWBACK",
      "id": "[id]",
      "invoiceId": "i",
      "reverses": {
        "id": "[original]"
      },
      "status": "PENDING"
    }
    "#);
}

#[tokio::test]
async fn a_reversal_is_neither_approved_nor_cancelled_without_its_original() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let reversal = acme.refund("i", "1", "40.00").await["clawback"]["id"].clone();
    let finance = acme.finance();

    let approve = json!({ "ids": [reversal] });
    assert_eq!(finance.error_code("approveCommissionEvents", approve).await, "INVALID_STATE");
    let cancel = json!({ "ids": [reversal], "reason": "without its original" });
    assert_eq!(finance.error_code("cancelCommissionEvents", cancel).await, "INVALID_STATE");
}

#[tokio::test]
async fn a_reversal_follows_the_status_of_its_original() {
    let (acme, partner) = acme_with_partner().await;
    let finance = acme.finance();
    let original = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let reversal = acme.refund_in_february("i", "1", "40.00").await["clawback"]["id"].clone();

    let both = json!({ "ids": [reversal, original] });
    let approved = finance.mutate_ok("approveCommissionEvents", both, "commissionEvents { id status }").await;
    assert_eq!(
        approved["commissionEvents"],
        json!([{ "id": reversal, "status": "APPROVED" }, { "id": original, "status": "APPROVED" }])
    );

    // It is paid out in the period of its original, not of the refund in February.
    let february = json!({
        "partnerId": partner, "periodStart": "2026-02-01T00:00:00Z", "periodEnd": "2026-03-01T00:00:00Z",
    });
    assert_eq!(finance.error_code("createPayoutBatch", february).await, "NOTHING_PAYABLE");
    let january = json!({
        "partnerId": partner, "periodStart": "2026-01-01T00:00:00Z", "periodEnd": "2026-02-01T00:00:00Z",
    });
    let payout = finance.mutate_ok("createPayoutBatch", january, PAYOUT).await["payout"].clone();
    assert_eq!(payout["commissionCount"], 2);
    assert_eq!(payout["totalAmount"]["amount"], "9.00");

    acme.fail_payout(payout["id"].as_str().expect("an id")).await;
    assert_eq!(acme.events_of_invoice("i").await, ["APPROVED 15.00", "APPROVED -6.00"]);
    acme.cancel(&[original]).await;
    assert_eq!(acme.events_of_invoice("i").await, ["CANCELLED 15.00", "CANCELLED -6.00"]);

    let refund_of_cancelled = acme.refund("i", "2", "60.00").await;
    assert_eq!(refund_of_cancelled["outcome"], "NO_COMMISSION");
    assert_eq!(refund_of_cancelled["clawback"], Value::Null);
    assert_eq!(acme.refund("i", "2", "60.00").await["outcome"], "ALREADY_RECORDED");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn approving_all_pending_events_of_a_period_includes_their_reversals() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund_in_february("i", "1", "40.00").await;
    let approve_from = async |from: Value| {
        let input = json!({ "eventDateFrom": from, "eventDateTo": in_days(1) });
        let selection = "approvedCount totals { amount }";
        acme.finance().mutate_ok("approvePendingCommissionEvents", input, selection).await
    };

    // The reversal alone is dated in February; its original decides.
    let february = approve_from(json!("2026-02-01T00:00:00Z")).await;
    assert_eq!(february["approvedCount"], 0);
    let all = approve_from(json!("2000-01-01T00:00:00Z")).await;
    assert_eq!(all, json!({ "approvedCount": 2, "totals": [{ "amount": "9.00" }] }));
    assert_eq!(acme.events_of_invoice("i").await, ["APPROVED 15.00", "APPROVED -6.00"]);
}

#[tokio::test]
async fn an_event_in_a_payout_stays_there_and_the_next_payout_nets_its_reversals() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "holdDays": 300 })).await;
    acme.approved_event_at("p", "i", "100.00", "EUR", "2025-01-01T00:00:00Z").await;
    let payout = acme.create_payout(&partner).await;

    for (refund, mutation) in [("1", None), ("2", Some("startPayout")), ("3", Some("completePayout"))] {
        if let Some(mutation) = mutation {
            acme.transition_payout(mutation, &payout).await;
        }
        let payload = acme.refund("i", refund, "20.00").await;
        assert_eq!(payload["commissionEvent"]["status"], "PAID");
        assert_eq!(payload["clawback"]["status"], "APPROVED");
        assert_eq!(payload["clawback"]["commissionAmount"]["amount"], "-3.00");
    }
    insta::assert_debug_snapshot!(acme.balance(&partner).await, @r#"
    Balance {
        pending: "0.00",
        approved: "-9.00",
        in_transit: "0.00",
        settled: "15.00",
        earned: "6.00",
        paid: "15.00",
        outstanding: "-9.00",
    }
    "#);

    // Debts are netted in every period, and without a hold.
    let old = json!({
        "partnerId": partner, "periodStart": "2020-01-01T00:00:00Z", "periodEnd": "2025-06-01T00:00:00Z",
    });
    let payload = acme.finance().mutate("createPayoutBatch", old.clone(), PAYOUT).await;
    assert_eq!(payload["userErrors"][0]["code"], "NOTHING_PAYABLE");
    assert_eq!(
        payload["userErrors"][0]["message"],
        "the approved commissions add up to -9.00 EUR; the debt is carried to the next payout"
    );
    acme.approved_event_at("p", "j", "200.00", "EUR", "2025-02-01T00:00:00Z").await;
    let netted = acme.finance().mutate_ok("createPayoutBatch", old, PAYOUT).await["payout"].clone();
    assert_eq!(netted["commissionCount"], 4);
    assert_eq!(netted["totalAmount"]["amount"], "21.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_original_and_its_reversals_are_clawed_back_together_after_their_payout_was_cancelled() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let payout = acme.create_payout(&partner).await;
    acme.refund("i", "1", "40.00").await;
    acme.cancel_payout(&payout).await;
    assert_eq!(acme.events_of_invoice("i").await, ["APPROVED 15.00", "APPROVED -6.00"]);

    let rest = acme.refund("i", "2", "60.00").await;
    assert_eq!(rest["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(acme.events_of_invoice("i").await, ["CLAWBACK 15.00", "CLAWBACK -6.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_original_whose_reversal_was_paid_can_only_be_paid() {
    let (acme, partner) = acme_with_partner().await;
    let original = acme.approved_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let first = acme.create_payout(&partner).await;
    acme.refund("i", "1", "40.00").await;
    // The second payout contains the reversal, and an event that keeps its total above zero.
    acme.approved_event("p", "j", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    acme.fail_payout(&first).await;
    assert_eq!(acme.events_of_invoice("i").await, ["APPROVED 15.00", "PAID -6.00"]);

    let cancel = json!({ "ids": [original], "reason": "wrong customer" });
    assert_eq!(acme.finance().error_code("cancelCommissionEvents", cancel).await, "INVALID_STATE");
    let rest = acme.refund("i", "2", "60.00").await;
    assert_eq!(rest["commissionEvent"]["status"], "APPROVED");
    assert_eq!(rest["clawback"]["status"], "APPROVED");
    assert_eq!(rest["clawback"]["commissionAmount"]["amount"], "-9.00");
    acme.assert_reconciled().await;

    let third = acme.finance().mutate_ok("createPayoutBatch", batch_input(&partner), PAYOUT).await;
    assert_eq!(third["payout"]["commissionCount"], 2);
    assert_eq!(third["payout"]["totalAmount"]["amount"], "6.00");
    assert_eq!(acme.balance(&partner).await.approved, "0.00");
    acme.assert_reconciled().await;
}
