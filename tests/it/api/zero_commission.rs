//! Commissions of 0.00: they wait for nothing.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, in_days, invoice_input, run_input};

const STRANDED: &str = "query { reconciliation { strandedEvents { invoiceId } } }";

const PENDING: &str =
    "query($partner: ID!) { partner(id: $partner) { dashboard { pendingCommissionEvents } } }";

/// Records an invoice; returns its event.
async fn record(acme: &TestTenant, customer: &str, invoice: &str, amount: &str) -> Value {
    let input = invoice_input(customer, invoice, amount, "EUR", &in_days(-2));
    let selection = "outcome commissionEvent { id status history { from to } }";
    acme.billing().mutate_ok("recordInvoicePaid", input, selection).await["commissionEvent"].clone()
}

/// A tenant whose partner manages the customer `p` at 15 % and the customer `free` at 0 %.
async fn acme_with_free_customer() -> (TestTenant, String) {
    let (acme, partner) = acme_with_partner().await;
    acme.assign_account(&partner, "free", Some("0")).await;
    (acme, partner)
}

#[tokio::test]
async fn a_commission_of_zero_is_approved_at_birth_and_waits_for_nothing() {
    let (acme, partner) = acme_with_free_customer().await;
    for event in
        [record(&acme, "free", "rate of zero", "100.00").await, record(&acme, "p", "cent", "0.01").await]
    {
        assert_eq!(event["status"], "APPROVED");
        assert_eq!(event["history"], json!([{ "from": null, "to": "APPROVED" }]));
        let approve = json!({ "ids": [event["id"]] });
        assert_eq!(acme.finance().error_code("approveCommissionEvents", approve).await, "INVALID_STATE");
    }
    let data = acme.admin().query_with(PENDING, json!({ "partner": partner })).await.data();
    assert_eq!(data["partner"]["dashboard"]["pendingCommissionEvents"], 0);

    let batch = acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await;
    assert_eq!(batch, "NOTHING_PAYABLE");
    let selection = "payoutCount skipped { code }";
    let run = acme.finance().mutate_ok("runPayouts", run_input(), selection).await;
    assert_eq!(run, json!({ "payoutCount": 0, "skipped": [] }));
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_commission_of_zero_goes_along_with_the_next_batch_and_is_never_stranded() {
    let (acme, partner) = acme_with_free_customer().await;
    record(&acme, "free", "before", "100.00").await;
    acme.approved_event("p", "i", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    assert_eq!(acme.events_of_invoice("before").await, ["PAID 0.00"]);
    record(&acme, "free", "after", "100.00").await;
    let data = acme.admin().query(STRANDED).await.data();
    assert_eq!(data["reconciliation"]["strandedEvents"], json!([]));
    acme.fail_payout(&payout).await;
    assert_eq!(acme.events_of_invoice("before").await, ["APPROVED 0.00"]);
    acme.assert_reconciled().await;
}

#[tokio::test]
async fn a_commission_of_zero_can_be_refunded_reinstated_and_cancelled() {
    let (acme, _) = acme_with_free_customer().await;
    record(&acme, "free", "i", "100.00").await;
    assert_eq!(acme.refund("i", "part", "40.00").await["clawback"]["status"], "APPROVED");
    assert_eq!(acme.refund("i", "rest", "60.00").await["commissionEvent"]["status"], "CLAWBACK");
    let reinstatement = acme.reverse_refund("rest").await["reinstatement"].clone();
    assert_eq!(reinstatement["status"], "APPROVED", "there is nothing to approve");
    acme.assert_reconciled().await;

    let event = record(&acme, "free", "j", "100.00").await;
    acme.cancel(&[event["id"].as_str().expect("an id").to_owned()]).await;
    assert_eq!(acme.events_of_invoice("j").await, ["CANCELLED 0.00"]);
    acme.assert_reconciled().await;
}
