//! Refunds that state their part of the base, and refunds with impossible dates.

use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, euros, invoice_input, money, refund_input, with_fields,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

/// A tenant with a partner and a PENDING commission of 15.00 on an invoice of 120.00 with a base of 100.00.
async fn acme_with_shipping() -> (TestTenant, String) {
    let (acme, partner) = acme_with_partner().await;
    let base = json!({ "commissionableAmount": euros("100.00") });
    let input = with_fields(invoice_input("p", "i", "120.00", "EUR", JANUARY), base);
    acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    (acme, partner)
}

/// Records a refund that states its part of the base; returns the amount of the reversal.
async fn refund_of_base(acme: &TestTenant, refund: &str, amount: &str, base: &str) -> Value {
    let fields = json!({ "commissionableAmount": euros(base) });
    acme.refund_with("i", refund, amount, fields).await["clawback"]["commissionAmount"]["amount"].clone()
}

/// Tries to record a refund with these fields; returns the payload or the error.
async fn refund_error(acme: &TestTenant, amount: &str, fields: Value) -> String {
    let input = with_fields(refund_input("i", "wrong", amount), fields);
    acme.billing().error_code("recordInvoiceRefunded", input).await
}

#[tokio::test]
async fn a_refund_of_what_earned_nothing_claws_nothing_back() {
    let (acme, partner) = acme_with_shipping().await;
    assert_eq!(refund_of_base(&acme, "shipping", "20.00", "0.00").await, "0.00");
    assert_eq!(acme.balance(&partner).await.earned, "15.00");

    // Half of the 100.00 that remain of the total is half of the base.
    assert_eq!(acme.refund("i", "half", "50.00").await["clawback"]["baseAmount"]["amount"], "-50.00");
    assert_eq!(acme.balance(&partner).await.earned, "7.50");
    acme.assert_reconciled().await;
    assert_eq!(acme.refund("i", "rest", "50.00").await["commissionEvent"]["status"], "CLAWBACK");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn stated_and_proportional_refunds_after_the_payout_never_drift() {
    let (acme, partner) = acme_with_shipping().await;
    acme.approve_all_pending().await;
    acme.create_payout(&partner).await;
    let mut earned = Vec::new();
    for (n, (amount, base)) in
        [("0.07", None), ("11.00", Some("10.99")), ("20.00", Some("0.00")), ("33.33", None), ("55.60", None)]
            .into_iter()
            .enumerate()
    {
        let fields = base.map_or(json!({}), |base| json!({ "commissionableAmount": euros(base) }));
        acme.refund_with("i", &n.to_string(), amount, fields).await;
        earned.push(acme.balance(&partner).await.earned.clone());
        acme.assert_reconciled().await;
    }
    assert_eq!(earned, ["14.99", "13.34", "13.34", "8.34", "0.00"]);
}

#[tokio::test]
async fn the_refund_of_the_whole_base_leaves_nothing_even_if_shipping_is_kept() {
    let (acme, partner) = acme_with_shipping().await;
    assert_eq!(refund_of_base(&acme, "goods", "100.00", "100.00").await, "-15.00");
    assert_eq!(acme.balance(&partner).await.earned, "0.00");
    let error = refund_error(&acme, "20.00", json!({ "commissionableAmount": euros("0.01") })).await;
    assert_eq!(error, "REFUND_EXCEEDS_INVOICE");
    assert_eq!(acme.refund("i", "shipping", "20.00").await["commissionEvent"]["status"], "CLAWBACK");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_refund_that_completes_the_total_takes_all_that_is_left_of_the_base() {
    let (acme, partner) = acme_with_shipping().await;
    assert_eq!(refund_of_base(&acme, "goodwill", "60.00", "0.00").await, "0.00");
    let fields = json!({ "commissionableAmount": euros("30.00") });
    let rest = acme.refund_with("i", "rest", "60.00", fields).await;
    assert_eq!(rest["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(acme.balance_if_any(&partner).await, None);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_stated_part_is_at_most_the_amount_and_what_is_left_of_the_base() {
    let (acme, _) = acme_with_shipping().await;
    let base = |base: Value| json!({ "commissionableAmount": base });
    for (amount, wrong) in [
        ("40.00", euros("40.01")),
        ("40.00", euros("-0.01")),
        ("40.00", euros("1.001")),
        ("40.00", money("40.00", "USD")),
    ] {
        assert_eq!(refund_error(&acme, amount, base(wrong.clone())).await, "BAD_USER_INPUT", "{wrong}");
    }
    let input = with_fields(refund_input("i", "wrong", "110.00"), base(euros("100.01")));
    let payload = acme.billing().mutate("recordInvoiceRefunded", input, "outcome").await;
    assert_eq!(payload["userErrors"][0]["code"], "REFUND_EXCEEDS_INVOICE");
    assert_eq!(payload["userErrors"][0]["field"], json!(["input", "commissionableAmount"]));
    assert_eq!(
        payload["userErrors"][0]["message"],
        "the refund gives back 100.01 EUR of the commissionable amount of invoice i, of which 100.00 EUR is left"
    );
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00"]);
}

#[tokio::test]
async fn a_stated_refund_sent_again_is_the_same_and_with_another_part_a_conflict() {
    let (acme, _) = acme_with_shipping().await;
    refund_of_base(&acme, "r", "20.00", "10.00").await;
    assert_eq!(refund_of_base(&acme, "r", "20.00", "10.00").await, "-1.50");
    for change in [json!({ "commissionableAmount": euros("10.01") }), json!({})] {
        let input = with_fields(refund_input("i", "r", "20.00"), change.clone());
        assert_eq!(acme.billing().error_code("recordInvoiceRefunded", input).await, "CONFLICT", "{change}");
    }
    let exceeding =
        with_fields(refund_input("i", "r", "110.00"), json!({ "commissionableAmount": euros("110.00") }));
    assert_eq!(acme.billing().error_code("recordInvoiceRefunded", exceeding).await, "CONFLICT");
}

#[tokio::test]
async fn stated_refunds_received_before_the_invoice_earned_are_applied_to_it() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    acme.billing().mutate_ok("recordInvoicePaid", invoice.clone(), "outcome").await;
    for (refund, base) in [("1", "0.00"), ("2", "40.00")] {
        let fields = json!({ "commissionableAmount": euros(base) });
        assert_eq!(acme.refund_with("i", refund, "40.00", fields).await["outcome"], "NO_COMMISSION");
    }
    let error = refund_error(&acme, "20.00", json!({ "commissionableAmount": euros("60.01") })).await;
    assert_eq!(error, "BAD_USER_INPUT");
    acme.assign_account(&partner, "p", None).await;
    acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00", "PENDING 0.00", "PENDING -6.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_refund_is_not_dated_before_its_payment() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    for date in
        ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2026-01-13T23:59:59Z"]
    {
        let error = refund_error(&acme, "40.00", json!({ "refundedAt": date })).await;
        assert_eq!(error, "BAD_USER_INPUT", "{date}");
    }
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00"], "nothing was burnt");
    let early = json!({ "refundedAt": "2026-01-14T00:00:00Z" });
    let reversal = acme.refund_with("i", "wrong", "40.00", early).await["clawback"]["id"].clone();
    let query = "query($id: ID!) { commissionEvent(id: $id) { eventDate } }";
    let data = acme.admin().query_with(query, json!({ "id": reversal })).await.data();
    assert_eq!(
        data["commissionEvent"]["eventDate"], JANUARY,
        "a reversal is never dated before its original"
    );
    acme.assert_reconciled().await;
}
