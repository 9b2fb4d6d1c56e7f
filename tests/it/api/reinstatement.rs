//! `recordRefundReversed`: what comes back when a refund failed or a dispute was won, and exactly once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, batch_input, euros, in_days, invoice_input, refund_input,
    reversal_input, transition_input, with_fields,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

/// A tenant, its partner and the PENDING event of 15.00 of the invoice `i`.
async fn acme_with_event() -> (TestTenant, String, String) {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    (acme, partner, event)
}

fn id(event: &Value) -> String {
    event["id"].as_str().expect("an id").to_owned()
}

/// Creates a payout; returns its total.
async fn payout_total(acme: &TestTenant, partner: &str) -> Value {
    let selection = "payout { totalAmount { amount } }";
    let payload = acme.finance().mutate_ok("createPayoutBatch", batch_input(partner), selection).await;
    payload["payout"]["totalAmount"]["amount"].clone()
}

#[tokio::test]
async fn a_dispute_that_was_won_reinstates_the_whole_commission() {
    let (acme, partner, original) = acme_with_event().await;
    acme.refund("i", "chargeback", "100.00").await;
    let payload = acme.reverse_refund("chargeback").await;
    assert_eq!(payload["outcome"], "RECORDED");
    assert_eq!(payload["commissionEvent"], json!({ "id": original, "status": "CLAWBACK" }));
    let event = payload["reinstatement"].clone();
    assert_eq!(event["reverses"]["id"], json!(original));
    assert_eq!(event["notes"], Value::Null, "billing sees no notes");
    let amounts = [&event["commissionAmount"]["amount"], &event["baseAmount"]["amount"]];
    assert_eq!(amounts, ["15.00", "100.00"]);
    assert_eq!([&event["status"], &event["eventType"]], ["PENDING", "REINSTATEMENT"]);
    assert_eq!(acme.events_of_invoice("i").await, ["CLAWBACK 15.00", "PENDING 15.00"]);
    acme.assert_reconciled().await;

    // It stands by itself: it is approved, paid and released by itself, but not cancelled.
    let reinstatement = id(&event);
    let cancel = json!({ "ids": [reinstatement], "reason": "doubtful" });
    assert_eq!(acme.finance().error_code("cancelCommissionEvents", cancel).await, "INVALID_STATE");
    acme.approve(&[reinstatement]).await;
    let payout = acme.create_payout(&partner).await;
    acme.fail_payout(&payout).await;
    assert_eq!(acme.events_of_invoice("i").await, ["CLAWBACK 15.00", "APPROVED 15.00"]);
    assert_eq!(payout_total(&acme, &partner).await, "15.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn reversals_of_a_third_each_reinstate_exactly_the_whole_commission() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "1.05", "EUR", JANUARY).await;
    acme.create_payout(&partner).await;
    for refund in ["1", "2", "3"] {
        acme.refund("i", refund, "0.35").await;
    }
    for (refund, reinstated, earned) in [("2", "0.05", "0.05"), ("1", "0.06", "0.11"), ("3", "0.05", "0.16")]
    {
        let event = acme.reverse_refund(refund).await["reinstatement"].clone();
        assert_eq!(event["status"], "PENDING", "its original is in a payout");
        assert_eq!(event["commissionAmount"]["amount"], reinstated);
        assert_eq!(acme.balance(&partner).await.earned, earned);
        acme.assert_reconciled().await;
    }
}

#[tokio::test]
async fn a_reinstatement_goes_with_its_original_while_that_is_in_no_payout() {
    let (acme, partner, original) = acme_with_event().await;
    acme.refund("i", "1", "40.00").await;
    acme.refund("i", "2", "20.00").await;
    let event = acme.reverse_refund("1").await["reinstatement"].clone();
    assert_eq!([&event["status"], &event["commissionAmount"]["amount"]], ["PENDING", "6.00"]);
    for mutation in ["approveCommissionEvents", "cancelCommissionEvents"] {
        let alone = with_fields(
            json!({ "ids": [event["id"]] }),
            match mutation {
                "cancelCommissionEvents" => json!({ "reason": "alone" }),
                _ => json!({}),
            },
        );
        assert_eq!(acme.finance().error_code(mutation, alone).await, "INVALID_STATE", "{mutation}");
    }
    acme.approve(&[original]).await;
    let all = ["APPROVED 15.00", "APPROVED -6.00", "APPROVED -3.00", "APPROVED 6.00"];
    assert_eq!(acme.events_of_invoice("i").await, all);
    assert_eq!(acme.reverse_refund("2").await["reinstatement"]["status"], "APPROVED");
    assert_eq!(payout_total(&acme, &partner).await, "15.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_reinstatement_is_cancelled_and_clawed_back_with_its_original() {
    let (acme, _, original) = acme_with_event().await;
    acme.refund("i", "1", "40.00").await;
    acme.reverse_refund("1").await;
    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;
    acme.refund("j", "2", "40.00").await;
    acme.reverse_refund("2").await;
    acme.cancel(&[original]).await;
    assert_eq!(acme.events_of_invoice("i").await, ["CANCELLED 15.00", "CANCELLED -6.00", "CANCELLED 6.00"]);
    acme.refund("j", "3", "100.00").await;
    assert_eq!(acme.events_of_invoice("j").await, ["CLAWBACK 15.00", "CLAWBACK -6.00", "CLAWBACK 6.00"]);
    acme.assert_reconciled().await;
    assert_eq!(acme.reverse_refund("3").await["reinstatement"]["commissionAmount"]["amount"], "15.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn refunds_and_reversals_go_on_after_a_reinstatement() {
    let (acme, partner, _) = acme_with_event().await;
    acme.refund("i", "1", "100.00").await;
    assert_eq!(
        acme.billing().error_code("recordInvoiceRefunded", refund_input("i", "2", "0.01")).await,
        "REFUND_EXCEEDS_INVOICE"
    );
    acme.reverse_refund("1").await;
    let part = acme.refund("i", "2", "40.00").await;
    assert_eq!(part["clawback"]["status"], "APPROVED", "it reverses nothing that is to be approved");
    assert_eq!(acme.balance(&partner).await.earned, "9.00");
    acme.assert_reconciled().await;

    // All that stands is clawed back once everything is refunded, and comes back again.
    let rest = acme.refund("i", "3", "60.00").await;
    assert_eq!([&rest["outcome"], &rest["commissionEvent"]["status"]], ["RECORDED", "CLAWBACK"]);
    assert_eq!(rest["clawback"], Value::Null);
    let all = ["CLAWBACK 15.00", "CLAWBACK 15.00", "CLAWBACK -6.00"];
    assert_eq!(acme.events_of_invoice("i").await, all);
    let again = acme.reverse_refund("3").await["reinstatement"].clone();
    assert_eq!(again["commissionAmount"]["amount"], "9.00");
    acme.approve(&[id(&again)]).await;
    assert_eq!(payout_total(&acme, &partner).await, "9.00");

    // A reinstatement that is in a payout stays there: a further refund is a debt.
    let debt = acme.refund("i", "4", "60.00").await["clawback"].clone();
    assert_eq!([&debt["status"], &debt["commissionAmount"]["amount"]], ["APPROVED", "-9.00"]);
    assert_eq!(acme.balance(&partner).await.approved, "-9.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_reinstatement_is_approved_by_itself_after_the_payout_of_its_original_failed() {
    let (acme, partner, original) = acme_with_event().await;
    acme.approve(std::slice::from_ref(&original)).await;
    let payout = acme.create_payout(&partner).await;
    acme.refund("i", "1", "40.00").await;
    let reinstatement = id(&acme.reverse_refund("1").await["reinstatement"]);
    acme.finance().mutate_ok("failPayout", transition_input("failPayout", &payout), "payout { id }").await;
    let all = ["APPROVED 15.00", "APPROVED -6.00", "PENDING 6.00"];
    assert_eq!(acme.events_of_invoice("i").await, all);
    acme.assert_reconciled().await;
    acme.approve(&[reinstatement]).await;
    assert_eq!(payout_total(&acme, &partner).await, "15.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_reinstatement_that_stands_by_itself_has_the_hold_of_its_original_and_its_own_date() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "holdDays": 30 })).await;
    acme.commission_event_at("p", "i", "100.00", "EUR", &in_days(-10)).await;
    acme.refund("i", "1", "100.00").await;
    let held = acme.reverse_refund("1").await["reinstatement"].clone();
    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;
    acme.refund("j", "2", "100.00").await;
    let due = acme.reverse_refund("2").await["reinstatement"].clone();
    assert_eq!(due["payableAt"], due["eventDate"]);
    let approve = json!({ "eventDateFrom": in_days(-1), "eventDateTo": in_days(1) });
    let approved = acme.finance().mutate_ok("approvePendingCommissionEvents", approve, "approvedCount").await;
    assert_eq!(approved["approvedCount"], 2, "approved by their own dates");
    assert_eq!(payout_total(&acme, &partner).await, "15.00");
    assert_eq!(acme.events_of_invoice("i").await, ["CLAWBACK 15.00", "APPROVED 15.00"]);
    assert!(held["payableAt"].as_str() > Some(in_days(19).as_str()), "{held}");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_reversal_is_recorded_once_and_conflicts_with_another_time() {
    let (acme, _, _) = acme_with_event().await;
    acme.refund("i", "r", "40.00").await;
    let payloads = join_all((0..12).map(|_| acme.reverse_refund("r"))).await;
    let count = |outcome: &str| payloads.iter().filter(|payload| payload["outcome"] == outcome).count();
    assert_eq!([count("RECORDED"), count("ALREADY_RECORDED")], [1, 11]);
    for payload in &payloads {
        assert_eq!(payload["reinstatement"], payloads[0]["reinstatement"]);
    }
    let code = async |fields: Value| {
        let input = with_fields(reversal_input("r"), fields);
        acme.finance().error_code("recordRefundReversed", input).await
    };
    assert_eq!(code(json!({ "reason": "another" })).await, "");
    assert_eq!(code(json!({ "reversedAt": in_days(-1) })).await, "CONFLICT");
    assert_eq!(code(json!({ "refundId": "unknown" })).await, "NOT_FOUND");
    assert_eq!(acme.refund("i", "r", "40.00").await["outcome"], "ALREADY_RECORDED");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_reversal_with_invalid_fields_is_rejected_and_burns_nothing() {
    let (acme, _, _) = acme_with_event().await;
    acme.refund("i", "r", "40.00").await;
    for wrong in [
        json!({ "reversedAt": in_days(2) }),
        json!({ "reversedAt": in_days(-3) }),
        json!({ "reversedAt": "0001-01-01T00:00:00Z" }),
        json!({ "reason": " " }),
        json!({ "refundId": "" }),
    ] {
        let input = with_fields(reversal_input("r"), wrong.clone());
        let error = acme.billing().error_code("recordRefundReversed", input).await;
        assert_eq!(error, "BAD_USER_INPUT", "{wrong}");
    }
    assert_eq!(acme.reverse_refund("r").await["outcome"], "RECORDED");
}

#[tokio::test]
async fn the_reversal_of_a_refund_without_commission_counts_once_the_invoice_earns() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    acme.billing().mutate_ok("recordInvoicePaid", invoice.clone(), "outcome").await;
    acme.refund("i", "1", "40.00").await;
    acme.refund("i", "2", "60.00").await;
    let payload = acme.reverse_refund("2").await;
    assert_eq!(payload["outcome"], "NO_COMMISSION");
    assert_eq!([&payload["reinstatement"], &payload["commissionEvent"]], [&Value::Null, &Value::Null]);

    acme.assign_account(&partner, "p", None).await;
    acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -6.00"]);
    assert_eq!(acme.reverse_refund("2").await["outcome"], "ALREADY_RECORDED");
    assert_eq!(acme.reverse_refund("1").await["outcome"], "RECORDED");
    assert_eq!(acme.balance(&partner).await.earned, "15.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_reversal_of_a_refund_of_a_cancelled_commission_changes_nothing() {
    let (acme, _, original) = acme_with_event().await;
    acme.refund("i", "before", "40.00").await;
    acme.cancel(&[original]).await;
    acme.refund("i", "after", "40.00").await;
    for refund in ["before", "after"] {
        let payload = acme.reverse_refund(refund).await;
        assert_eq!(
            [&payload["outcome"], &payload["commissionEvent"]["status"]],
            ["NO_COMMISSION", "CANCELLED"]
        );
    }
    assert_eq!(acme.events_of_invoice("i").await, ["CANCELLED 15.00", "CANCELLED -6.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_reversal_of_a_stated_refund_gives_back_the_stated_part() {
    let (acme, partner, _) = acme_with_event().await;
    let fields = json!({ "commissionableAmount": euros("10.00") });
    acme.refund_with("i", "stated", "50.00", fields).await;
    acme.refund("i", "half", "25.00").await;
    assert_eq!(acme.balance(&partner).await.earned, "6.75");
    // Without the stated refund, a quarter of the total is refunded.
    let event = acme.reverse_refund("stated").await["reinstatement"].clone();
    assert_eq!(event["commissionAmount"]["amount"], "4.50");
    assert_eq!(acme.balance(&partner).await.earned, "11.25");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_reversal_of_a_refund_of_what_earned_nothing_is_a_line_of_zero() {
    let (acme, partner, _) = acme_with_event().await;
    acme.refund_with("i", "shipping", "20.00", json!({ "commissionableAmount": euros("0.00") })).await;
    let reversed = acme.reverse_refund("shipping").await;
    assert_eq!(reversed["outcome"], "RECORDED");
    assert_eq!(reversed["reinstatement"]["commissionAmount"]["amount"], "0.00");
    assert_eq!(acme.balance(&partner).await.earned, "15.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn revenue_rises_again_in_the_month_of_the_reversal() {
    let (acme, partner, _) = acme_with_event().await;
    acme.refund_in_february("i", "1", "100.00").await;
    acme.reverse_refund("1").await;
    let query = "query($partner: ID!) { partner(id: $partner) {
        dashboard {
            totalRevenueGenerated { amount } currentMonthRevenue { amount } currentMonthCommissions { amount }
            totalCommissionsEarned { amount }
        }
        managedAccounts { nodes { revenueGenerated { amount } commissionsEarned { amount } } }
    } }";
    let data = acme.admin().query_with(query, json!({ "partner": partner })).await.data();
    let (revenue, commission) = (json!({ "amount": "100.00" }), json!({ "amount": "15.00" }));
    assert_eq!(
        data["partner"]["dashboard"],
        json!({
            "totalRevenueGenerated": revenue, "currentMonthRevenue": revenue,
            "currentMonthCommissions": commission, "totalCommissionsEarned": commission,
        })
    );
    assert_eq!(
        data["partner"]["managedAccounts"]["nodes"],
        json!([{ "revenueGenerated": [revenue], "commissionsEarned": [commission] }])
    );
}

#[tokio::test]
async fn refunds_reversals_approvals_and_payouts_at_the_same_time_lose_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let invoices: Vec<_> = (0..6).map(|n| format!("i{n}")).collect();
    for (n, invoice) in invoices.iter().enumerate() {
        let event = acme.commission_event_at("p", invoice, "100.00", "EUR", JANUARY).await;
        if n % 2 == 0 {
            acme.approve(&[event]).await;
        }
        acme.refund(invoice, &format!("{invoice} first"), if n % 3 == 0 { "100.00" } else { "40.00" }).await;
    }
    acme.approved_event("p", "other", "1000.00", "EUR").await;
    let finance = acme.finance();
    let batch = || finance.try_mutate("createPayoutBatch", batch_input(&partner), "payout { id }");
    let reverse =
        join_all(invoices.iter().map(async |invoice| acme.reverse_refund(&format!("{invoice} first")).await));
    let again = join_all(invoices.iter().map(async |invoice| {
        // Rejected while the first refund of the whole total is not reversed yet.
        let input = refund_input(invoice, &format!("{invoice} second"), "20.00");
        acme.billing().try_mutate("recordInvoiceRefunded", input, "outcome").await.is_ok()
    }));
    let approve = async {
        for _ in 0..4 {
            acme.approve_all_pending().await;
        }
    };
    let (_, refunded, (), first, second) = tokio::join!(reverse, again, approve, batch(), batch());
    for payload in [first, second].into_iter().flatten() {
        acme.fail_payout(payload["payout"]["id"].as_str().expect("an id")).await;
    }
    let refunded = refunded.iter().filter(|is_refunded| **is_refunded).count();
    let cents = 24_000 - 300 * refunded;
    assert_eq!(acme.balance(&partner).await.earned.replace('.', ""), cents.to_string());
    acme.assert_reconciled().await;
}
