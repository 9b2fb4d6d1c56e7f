//! `recordInvoiceRefunded`: what a refund claws back, from where, and exactly once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, batch_input, euros, in_days, invoice_input, money, refund_input,
    with_fields,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

const DASHBOARD: &str = "query($partner: ID!, $asOf: DateTime!) {
    partner(id: $partner) {
        dashboard(asOf: $asOf) {
            totalRevenueGenerated { amount } currentMonthRevenue { amount } currentMonthCommissions { amount }
        }
    }
}";

const ACCOUNTS: &str = "query {
    managedAccounts { nodes { revenueGenerated { amount } commissionsEarned { amount } } }
}";

/// Records a paid invoice; returns the payload.
async fn record_invoice(tenant: &TestTenant, input: &Value) -> Value {
    let selection = "outcome commissionEvent { id status history { from to } }";
    tenant.billing().mutate_ok("recordInvoicePaid", input.clone(), selection).await
}

/// Tries to record a refund; returns the code of the error.
async fn refund_error(tenant: &TestTenant, input: Value) -> String {
    tenant.billing().error_code("recordInvoiceRefunded", input).await
}

#[tokio::test]
async fn three_refunds_of_a_third_claw_back_exactly_the_whole_commission() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "1.05", "EUR", JANUARY).await;
    acme.create_payout(&partner).await;

    for (refund, clawed_back) in [("1", "-0.05"), ("2", "-0.06"), ("3", "-0.05")] {
        let payload = acme.refund("i", refund, "0.35").await;
        assert_eq!(payload["outcome"], "RECORDED");
        assert_eq!(payload["clawback"]["status"], "APPROVED");
        assert_eq!(payload["clawback"]["commissionAmount"]["amount"], clawed_back);
    }
    assert_eq!(refund_error(&acme, refund_input("i", "4", "0.01")).await, "REFUND_EXCEEDS_INVOICE");
    assert_eq!(acme.balance(&partner).await.earned, "0.00");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_refund_reduces_a_base_below_the_total_in_proportion() {
    let (acme, partner) = acme_with_partner().await;
    let base = json!({ "commissionableAmount": euros("100.00") });
    let input = with_fields(invoice_input("p", "i", "119.00", "EUR", JANUARY), base);
    acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;

    let tenth = acme.refund("i", "1", "11.90").await["clawback"].clone();
    assert_eq!(tenth["commissionAmount"]["amount"], "-1.50");
    assert_eq!(tenth["baseAmount"]["amount"], "-10.00");

    let cent = acme.refund("i", "2", "0.01").await["clawback"].clone();
    assert_eq!(cent["commissionAmount"]["amount"], "0.00", "too little to change the commission");
    assert_eq!(cent["baseAmount"]["amount"], "-0.01");

    let rest = acme.refund("i", "3", "107.09").await;
    assert_eq!(rest["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(rest["clawback"], Value::Null);
    assert_eq!(acme.events_of_invoice("i").await, ["CLAWBACK 15.00", "CLAWBACK -1.50", "CLAWBACK 0.00"]);
    assert_eq!(acme.balance_if_any(&partner).await, None);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_refund_sent_again_is_the_same_refund() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;

    let payloads = join_all((0..12).map(|_| acme.refund("i", "r", "40.00"))).await;
    let count = |outcome: &str| payloads.iter().filter(|payload| payload["outcome"] == outcome).count();
    assert_eq!([count("RECORDED"), count("ALREADY_RECORDED")], [1, 11]);
    for payload in &payloads {
        assert_eq!(payload["clawback"], payloads[0]["clawback"]);
    }
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -6.00"]);
}

#[tokio::test]
async fn the_same_refund_with_other_data_is_a_conflict() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "r", "40.00").await;

    for change in [
        json!({ "amount": euros("40.01") }),
        json!({ "amount": money("40.00", "USD") }),
        json!({ "invoiceId": "j" }),
        json!({ "invoiceId": "unknown" }),
        json!({ "refundedAt": JANUARY }),
        json!({ "commissionableAmount": euros("40.00") }),
    ] {
        let input = with_fields(refund_input("i", "r", "40.00"), change.clone());
        assert_eq!(refund_error(&acme, input).await, "CONFLICT", "{change}");
    }
    assert_eq!(refund_error(&acme, refund_input("i", "r", "100.01")).await, "REFUND_EXCEEDS_INVOICE");
    let other_reason = acme.refund_with("i", "r", "40.00", json!({ "reason": "broken" })).await;
    assert_eq!(other_reason["outcome"], "ALREADY_RECORDED", "the reason is not compared");
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -6.00"]);
}

#[tokio::test]
async fn a_refund_sent_before_its_invoice_is_not_found_and_can_be_sent_again() {
    let (acme, _) = acme_with_partner().await;
    assert_eq!(refund_error(&acme, refund_input("i", "r", "40.00")).await, "NOT_FOUND");
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    assert_eq!(acme.refund("i", "r", "40.00").await["outcome"], "RECORDED");
}

#[tokio::test]
async fn refunds_with_invalid_fields_are_rejected() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    for wrong in [
        json!({ "amount": euros("0.00") }),
        json!({ "amount": euros("-1.00") }),
        json!({ "amount": euros("1.001") }),
        json!({ "amount": money("40.00", "USD") }),
        json!({ "refundedAt": in_days(2) }),
        json!({ "refundId": " " }),
    ] {
        let input = with_fields(refund_input("i", "r", "40.00"), wrong.clone());
        assert_eq!(refund_error(&acme, input).await, "BAD_USER_INPUT", "{wrong}");
    }
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00"]);
}

#[tokio::test]
async fn the_refunds_of_an_invoice_never_exceed_its_total() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    assert_eq!(refund_error(&acme, refund_input("i", "r", "100.01")).await, "REFUND_EXCEEDS_INVOICE");

    acme.refund("i", "1", "60.00").await;
    let input = refund_input("i", "2", "40.01");
    let payload = acme.billing().mutate("recordInvoiceRefunded", input, "outcome").await;
    assert_eq!(
        payload["userErrors"][0]["message"],
        "the refunds of invoice i would be 100.01 EUR, more than its total of 100.00 EUR"
    );
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -9.00"]);
}

#[tokio::test]
async fn a_refund_in_full_before_the_payout_turns_the_event_and_its_reversals_into_clawbacks() {
    let (acme, partner) = acme_with_partner().await;
    for status in ["PENDING", "APPROVED"] {
        let event = acme.commission_event_at("p", status, "100.00", "EUR", JANUARY).await;
        acme.refund(status, &format!("{status} 1"), "30.00").await;
        if status == "APPROVED" {
            acme.approve(std::slice::from_ref(&event)).await;
        }
        assert_eq!(
            acme.events_of_invoice(status).await,
            [format!("{status} 15.00"), format!("{status} -4.50")]
        );

        let rest = acme.refund(status, &format!("{status} 2"), "70.00").await;
        assert_eq!(rest["commissionEvent"]["status"], "CLAWBACK");
        assert_eq!(rest["clawback"], Value::Null);
        assert_eq!(acme.events_of_invoice(status).await, ["CLAWBACK 15.00", "CLAWBACK -4.50"]);

        let again = acme.refund(status, &format!("{status} 2"), "70.00").await;
        assert_eq!(again["outcome"], "ALREADY_RECORDED");
        assert_eq!(again["commissionEvent"], rest["commissionEvent"]);
    }
    let payout = acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await;
    assert_eq!(payout, "NOTHING_PAYABLE");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn refunds_of_an_invoice_that_earned_nothing_are_applied_once_it_earns() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    assert_eq!(record_invoice(&acme, &invoice).await["outcome"], "NO_MANAGED_ACCOUNT");
    for (refund, amount) in [("1", "40.00"), ("2", "10.00")] {
        assert_eq!(acme.refund("i", refund, amount).await["outcome"], "NO_COMMISSION");
    }
    assert_eq!(refund_error(&acme, refund_input("i", "3", "50.01")).await, "REFUND_EXCEEDS_INVOICE");
    assert_eq!(acme.refund("i", "2", "10.00").await["outcome"], "ALREADY_RECORDED");

    acme.assign_account(&partner, "p", None).await;
    assert_eq!(record_invoice(&acme, &invoice).await["outcome"], "RECORDED");
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING -6.00", "PENDING -1.50"]);
    assert_eq!(acme.refund("i", "1", "40.00").await["clawback"]["commissionAmount"]["amount"], "-6.00");

    assert_eq!(acme.refund("i", "3", "50.00").await["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(record_invoice(&acme, &invoice).await["commissionEvent"]["status"], "CLAWBACK");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_invoice_refunded_in_full_before_it_earns_is_a_clawback_at_once() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    record_invoice(&acme, &invoice).await;
    acme.refund("i", "1", "40.00").await;
    acme.refund("i", "2", "60.00").await;

    acme.assign_account(&partner, "p", None).await;
    let payload = record_invoice(&acme, &invoice).await;
    assert_eq!(payload["outcome"], "RECORDED");
    assert_eq!(payload["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(
        payload["commissionEvent"]["history"],
        json!([{ "from": null, "to": "PENDING" }, { "from": "PENDING", "to": "CLAWBACK" }])
    );
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn refunds_count_against_revenue_in_the_month_of_the_refund() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund_in_february("i", "1", "40.00").await;

    for (as_of, total_revenue, month_revenue, month_commissions) in [
        ("2026-01-31T00:00:00Z", "100.00", "100.00", "15.00"),
        ("2026-02-28T00:00:00Z", "60.00", "-40.00", "-6.00"),
    ] {
        let variables = json!({ "partner": partner, "asOf": as_of });
        let data = acme.admin().query_with(DASHBOARD, variables).await.data();
        assert_eq!(
            data["partner"]["dashboard"],
            json!({
                "totalRevenueGenerated": { "amount": total_revenue },
                "currentMonthRevenue": { "amount": month_revenue },
                "currentMonthCommissions": { "amount": month_commissions },
            }),
            "{as_of}"
        );
    }
    let accounts = acme.admin().query(ACCOUNTS).await.data();
    assert_eq!(
        accounts["managedAccounts"]["nodes"],
        json!([{ "revenueGenerated": [{ "amount": "60.00" }], "commissionsEarned": [{ "amount": "9.00" }] }])
    );
}
