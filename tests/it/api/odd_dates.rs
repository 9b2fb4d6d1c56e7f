//! Dates that were never set, that lie ahead, or that contradict each other, in every mutation that takes one.

use serde_json::json;

use crate::support::{
    acme_with_partner, batch_input, euros, in_days, invoice_input, refund_input, reversal_input, with_fields,
};

/// Dates that systems write for one that was never set, and others that no invoice can have.
const IMPLAUSIBLE: [&str; 10] = [
    "0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "1601-01-01T00:00:00Z",
    "1899-12-30T00:00:00Z",
    "1900-01-01T00:00:00+00:00",
    "1970-01-01T00:00:00Z",
    "1999-12-31T23:59:59.999999Z",
    "2000-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "2262-04-11T23:47:16.854775807Z",
];

#[tokio::test]
async fn implausible_dates_are_rejected_and_burn_no_id() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "other", "100.00", "EUR").await;
    acme.refund("other", "refund", "10.00").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", "");
    let correction = with_fields(
        invoice_input("p", "other", "200.00", "EUR", ""),
        json!({ "reason": "r", "idempotencyKey": "k" }),
    );
    let adjustment = json!({
        "partnerId": partner, "amount": euros("1.00"), "reason": "r", "idempotencyKey": "a",
    });
    let requests = [
        ("recordInvoicePaid", "paidAt", invoice, in_days(-1)),
        ("recordInvoiceRefunded", "refundedAt", refund_input("other", "r", "10.00"), in_days(0)),
        ("recordRefundReversed", "reversedAt", reversal_input("refund"), in_days(0)),
        ("correctInvoice", "paidAt", correction, in_days(-1)),
        ("recordAdjustment", "eventDate", adjustment, in_days(-1)),
    ];
    for (mutation, field, input, date) in requests {
        for implausible in IMPLAUSIBLE {
            let input = with_fields(input.clone(), json!({ field: implausible }));
            let code = acme.admin().error_code(mutation, input).await;
            assert_eq!(code, "BAD_USER_INPUT", "{mutation} {implausible}");
        }
        let input = with_fields(input, json!({ field: date }));
        acme.admin().mutate_ok(mutation, input, "__typename").await;
    }
    assert_eq!(acme.events_of_invoice("i").await, ["PENDING 15.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_payout_is_not_due_on_a_date_that_was_never_set() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "i", "100.00", "EUR").await;
    let batch = |date: &str| with_fields(batch_input(&partner), json!({ "payoutDate": date }));
    for implausible in IMPLAUSIBLE {
        let code = acme.finance().error_code("createPayoutBatch", batch(implausible)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{implausible}");
    }
    acme.finance().mutate_ok("createPayoutBatch", batch(&in_days(30)), "payout { id }").await;
}

#[tokio::test]
async fn the_first_moment_of_2000_is_accepted_in_every_time_zone() {
    let (acme, partner) = acme_with_partner().await;
    let account = json!({ "partnerId": partner, "customerId": "old", "startsAt": "1999-01-01T00:00:00Z" });
    acme.admin().mutate_ok("assignManagedAccount", account, "__typename").await;
    for (number, date) in ["2000-01-01T00:00:00Z", "1999-12-31T12:00:00-12:00", "2000-01-01T14:00:00+14:00"]
        .into_iter()
        .enumerate()
    {
        let input = invoice_input("old", &format!("i{number}"), "100.00", "EUR", date);
        let payload = acme
            .billing()
            .mutate_ok("recordInvoicePaid", input, "outcome commissionEvent { eventDate }")
            .await;
        assert_eq!(payload["commissionEvent"]["eventDate"], "2000-01-01T00:00:00Z", "{date}");
    }
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_refund_is_compared_with_its_payment_as_a_moment_whatever_the_time_zone() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", "2025-09-10T00:00:00+02:00").await;
    let refund =
        |id: &str, at: &str| with_fields(refund_input("i", id, "10.00"), json!({ "refundedAt": at }));
    for (at, code) in [
        ("2025-09-08T21:59:59.999999Z", "BAD_USER_INPUT"),
        ("2025-09-08T10:59:59-11:00", "BAD_USER_INPUT"),
        ("2025-09-09T11:59:59+14:00", "BAD_USER_INPUT"),
        ("2025-09-08T11:00:00-11:00", ""),
        ("2025-09-09T12:00:00+14:00", ""),
        ("2025-09-09T00:00:00+02:00", ""),
    ] {
        let code_found = acme.billing().error_code("recordInvoiceRefunded", refund(at, at)).await;
        assert_eq!(code_found, code, "{at}");
    }
    // The reversals are not dated before their original, wherever the clocks of the refunds stood.
    let query = "{ commissionEvents(filter: { eventType: CLAWBACK }) { nodes { eventDate } } }";
    let data = acme.finance().query(query).await.data();
    let date = json!({ "eventDate": "2025-09-09T22:00:00Z" });
    assert_eq!(data["commissionEvents"]["nodes"], json!([date, date, date]));
    let dashboard =
        "query($id: ID!) { partner(id: $id) { balances(asOf: \"2025-09-09T21:59:59Z\") { currency } } }";
    let data = acme.finance().query_with(dashboard, json!({ "id": partner })).await.data();
    assert_eq!(data["partner"]["balances"], json!([]), "nothing is owed before the payment");
    // A reversal of the refund is compared with the refund in the same way.
    let reversal =
        |at: &str| with_fields(reversal_input("2025-09-09T00:00:00+02:00"), json!({ "reversedAt": at }));
    for (at, code) in [("2025-09-07T21:59:59Z", "BAD_USER_INPUT"), ("2025-09-08T12:00:00+14:00", "")] {
        assert_eq!(acme.billing().error_code("recordRefundReversed", reversal(at)).await, code, "{at}");
    }
    acme.assert_reconciled().await;
}
