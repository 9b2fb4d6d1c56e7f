//! Corrections in unusual situations.

use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme_with_partner, batch_input, in_days, invoice_input, money, refund_input, user_errors,
    with_fields,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

fn correction(amount: &str, currency: &str, key: &str) -> Value {
    let input = invoice_input("p", "i", amount, currency, JANUARY);
    with_fields(input, json!({ "reason": "r", "idempotencyKey": key }))
}

/// The balances of a partner: currency, pending, approved and settled.
async fn balances(acme: &TestTenant, partner: &str) -> Vec<String> {
    let query = "query($id: ID!) {
        partner(id: $id) { balances { currency pending { amount } approved { amount } settled { amount } } }
    }";
    let data = acme.finance().query_with(query, json!({ "id": partner })).await.data();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| {
        let amounts = ["pending", "approved", "settled"].map(|bucket| text(&row[bucket]["amount"]));
        format!("{} {}", text(&row["currency"]), amounts.join(" "))
    };
    data["partner"]["balances"].as_array().expect("balances").iter().map(row).collect()
}

#[tokio::test]
async fn an_invoice_of_a_completed_payout_is_corrected_to_another_currency() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    let corrected =
        acme.finance().mutate_ok("correctInvoice", correction("10000", "JPY", "k"), "outcome").await;
    assert_eq!(corrected["outcome"], "RECORDED");
    assert_eq!(balances(&acme, &partner).await, ["EUR 0.00 -15.00 15.00", "JPY 1500 0 0"]);
    acme.assert_reconciled().await;
    // A refund is in the currency of the present revision.
    let refund = |currency: &str, amount: &str| {
        with_fields(refund_input("i", "r", ""), json!({ "amount": money(amount, currency) }))
    };
    assert_eq!(
        acme.billing().error_code("recordInvoiceRefunded", refund("EUR", "10.00")).await,
        "BAD_USER_INPUT"
    );
    assert_eq!(acme.billing().error_code("recordInvoiceRefunded", refund("JPY", "1000")).await, "");
    assert_eq!(
        acme.finance().error_code("correctInvoice", correction("100.00", "EUR", "l")).await,
        "CONFLICT"
    );
    assert_eq!(balances(&acme, &partner).await, ["EUR 0.00 -15.00 15.00", "JPY 1350 0 0"]);
    // The refund that was reversed does not bind the currency.
    acme.reverse_refund("r").await;
    acme.finance().mutate_ok("correctInvoice", correction("100.00", "EUR", "m"), "outcome").await;
    assert_eq!(balances(&acme, &partner).await, ["EUR 15.00 -15.00 15.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn an_invoice_is_corrected_again_and_again_in_a_completed_payout() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "r", "50.00").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    for (number, amount) in ["200.00", "50.00", "100.00", "50.00"].into_iter().enumerate() {
        let input = correction(amount, "EUR", &format!("k{number}"));
        acme.finance().mutate_ok("correctInvoice", input, "outcome").await;
        acme.assert_reconciled().await;
        let earned = acme.balance(&partner).await.earned;
        assert_eq!(earned, ["22.50", "0.00", "7.50", "0.00"][number], "{amount}");
    }
    // The same data as first recorded is known, and other data is not.
    let known = invoice_input("p", "i", "200.00", "EUR", JANUARY);
    let payload = acme.billing().mutate_ok("recordInvoicePaid", known, "outcome").await;
    assert_eq!(payload["outcome"], "ALREADY_RECORDED");
    let other = invoice_input("p", "i", "201.00", "EUR", JANUARY);
    let rejected = acme.billing().mutate("recordInvoicePaid", other, "outcome").await;
    assert_eq!(user_errors(&rejected)[0]["code"], "CONFLICT");
    assert!(rejected["userErrors"][0]["message"].to_string().contains("correctInvoice"), "{rejected}");
}

#[tokio::test]
async fn decisions_that_were_made_already_are_rejected_by_name() {
    let (acme, partner) = acme_with_partner().await;
    let events = [
        acme.commission_event_at("p", "pending", "100.00", "EUR", JANUARY).await,
        acme.approved_event_at("p", "approved", "100.00", "EUR", JANUARY).await,
    ];
    let decide = async |mutation: &str, event: usize| {
        let input = json!({ "ids": [events[event]], "reason": "r" });
        let payload = acme.finance().mutate(mutation, input, "commissionEvents { id }").await;
        user_errors(&payload)[0].clone()
    };
    let rejected =
        |event: usize| json!({ "code": "INVALID_STATE", "field": ["input", "ids"], "id": events[event] });
    assert_eq!(decide("revertApproval", 0).await, rejected(0));
    assert_eq!(decide("releaseCommissionEvents", 0).await, rejected(0));
    for event in 0..2 {
        assert_eq!(decide("holdCommissionEvents", event).await, Value::Null);
        assert_eq!(decide("holdCommissionEvents", event).await, rejected(event));
    }
    assert_eq!(
        acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await,
        "NOTHING_PAYABLE"
    );
    // A held event is approved, reverted and cancelled like any other.
    assert_eq!(decide("revertApproval", 1).await, Value::Null);
    acme.approve(&events).await;
    assert_eq!(acme.balance(&partner).await.approved, "30.00");
    assert_eq!(
        acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await,
        "NOTHING_PAYABLE"
    );
    assert_eq!(decide("releaseCommissionEvents", 1).await, Value::Null);
    acme.cancel(&events[..1]).await;
    for mutation in ["holdCommissionEvents", "releaseCommissionEvents", "revertApproval"] {
        assert_eq!(decide(mutation, 0).await, rejected(0), "{mutation}");
    }
    acme.create_payout(&partner).await;
    for mutation in
        ["holdCommissionEvents", "releaseCommissionEvents", "revertApproval", "cancelCommissionEvents"]
    {
        assert_eq!(decide(mutation, 1).await, rejected(1), "{mutation}");
    }
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn the_note_for_a_partner_is_at_most_2000_characters_without_controls() {
    let (acme, partner) = acme_with_partner().await;
    let adjust = async |note: &str, key: &str| {
        let input = json!({
            "partnerId": partner, "amount": money("1.00", "EUR"), "reason": "r", "partnerNote": note,
            "idempotencyKey": key,
        });
        acme.finance().try_mutate("recordAdjustment", input, "commissionEvent { partnerNote }").await
    };
    for note in ["x".repeat(2_001), "a\tb".to_owned(), "a\u{202e}b".to_owned(), "a\u{2067}b".to_owned()] {
        assert_eq!(adjust(&note, "k").await, Err("BAD_USER_INPUT".to_owned()), "{note:?}");
    }
    for (note, kept) in [
        ("é".repeat(2_000), json!("é".repeat(2_000))),
        (" a\nb ".to_owned(), json!("a\nb")),
        (" ".to_owned(), Value::Null),
    ] {
        let payload = adjust(&note, &note.len().to_string()).await.expect("an adjustment");
        assert_eq!(payload["commissionEvent"]["partnerNote"], kept);
    }
}

#[tokio::test]
async fn a_payment_of_an_invoice_is_refunded_by_its_name_also_after_a_correction() {
    let (acme, partner) = acme_with_partner().await;
    for (payment, amount) in [("a", "100.00"), ("b", "200.00")] {
        let input = invoice_input("p", "i", amount, "EUR", JANUARY);
        acme.billing()
            .mutate_ok("recordInvoicePaid", with_fields(input, json!({ "paymentId": payment })), "outcome")
            .await;
    }
    let refund = |id: &str, payment: Value| {
        with_fields(refund_input("i", id, "50.00"), json!({ "paymentId": payment }))
    };
    for (payment, code) in [
        (Value::Null, "BAD_USER_INPUT"),
        (json!(" "), "BAD_USER_INPUT"),
        (json!("c"), "NOT_FOUND"),
        (json!("A"), "NOT_FOUND"),
        (json!(" b "), ""),
    ] {
        let found = acme.billing().error_code("recordInvoiceRefunded", refund("r", payment.clone())).await;
        assert_eq!(found, code, "{payment}");
    }
    // Sent again without the payment, the refund is the same; of another payment, it is another one.
    let again = acme.billing().mutate_ok("recordInvoiceRefunded", refund("r", Value::Null), "outcome").await;
    assert_eq!(again["outcome"], "ALREADY_RECORDED");
    assert_eq!(acme.billing().error_code("recordInvoiceRefunded", refund("r", json!("a"))).await, "CONFLICT");
    let input = with_fields(correction("60.00", "EUR", "k"), json!({ "paymentId": "b" }));
    acme.finance().mutate_ok("correctInvoice", input, "outcome").await;
    assert_eq!(acme.balance(&partner).await.earned, "16.50");
    let below = with_fields(correction("49.99", "EUR", "l"), json!({ "paymentId": "b" }));
    assert_eq!(acme.finance().error_code("correctInvoice", below).await, "REFUND_EXCEEDS_INVOICE");
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn several_malformed_corrections_hide_neither_each_other_nor_the_rest() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let correct = |alias: &str, amount: &str, reason: &str| {
        format!(
            "{alias}: correctInvoice(input: {{ invoiceId: \"i\", customerId: \"p\", totalAmount: {{ amount: \"{amount}\",
                currency: \"EUR\" }}, paidAt: \"{JANUARY}\", reason: \"{reason}\", idempotencyKey: \"{alias}\" }})
            {{ outcome userErrors {{ code }} }}"
        )
    };
    let document = [
        correct("a", "10.00", "r"),
        correct("b", "1.001", "r"),
        correct("c", "20.00", " "),
        correct("d", "30.00", "r"),
        correct("e", "-1.00", "r"),
        correct("f", "40.00", "r"),
    ]
    .join(" ");
    let response = acme.finance().query(&format!("mutation {{ {document} }}")).await;
    let recorded = json!({ "outcome": "RECORDED", "userErrors": [] });
    let expected = json!({ "a": recorded, "b": null, "c": null, "d": recorded, "e": null, "f": recorded });
    assert_eq!(response.body["data"], expected, "{:#}", response.body);
    let errors = response.body["errors"].as_array().expect("errors");
    let paths: Vec<_> = errors.iter().map(|error| error["path"].clone()).collect();
    assert_eq!(paths, [json!(["b"]), json!(["c"]), json!(["e"])]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_correction_that_is_not_recorded_leaves_its_key_and_the_invoice_as_they_were() {
    let (acme, partner) = acme_with_partner().await;
    let unknown = correction("100.00", "EUR", "k");
    assert_eq!(acme.finance().error_code("correctInvoice", unknown.clone()).await, "NOT_FOUND");
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "r", "60.00").await;
    for (fields, code) in [
        (json!({ "totalAmount": money("59.99", "EUR") }), "REFUND_EXCEEDS_INVOICE"),
        (json!({ "totalAmount": money("100.00", "USD") }), "CONFLICT"),
        (json!({ "paymentId": "a" }), "NOT_FOUND"),
        (json!({ "reason": null }), "BAD_USER_INPUT"),
        (json!({ "reason": " \u{200f}" }), "BAD_USER_INPUT"),
        (json!({ "paidAt": in_days(2) }), "BAD_USER_INPUT"),
        (json!({ "commissionableAmount": money("100.01", "EUR") }), "BAD_USER_INPUT"),
        (json!({ "commissionableAmount": money("100.00", "USD") }), "BAD_USER_INPUT"),
    ] {
        let input = with_fields(unknown.clone(), fields.clone());
        assert_eq!(acme.finance().error_code("correctInvoice", input).await, code, "{fields}");
    }
    // The key is not used up, and the same data changes nothing.
    let payload = acme.finance().mutate_ok("correctInvoice", unknown, "outcome replaced { id }").await;
    assert_eq!(payload, json!({ "outcome": "ALREADY_RECORDED", "replaced": null }));
    assert_eq!(acme.balance(&partner).await.earned, "6.00");
    acme.assert_reconciled().await;
}
