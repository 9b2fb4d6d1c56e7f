//! `recordInvoicePaid`: which partner earns a commission, how much, and exactly once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, euros, in_days, invoice_input, money, with_fields,
};

const EVENT_COUNT: &str = "query($invoice: String) {
    commissionEvents(filter: { invoiceId: $invoice }) { totalCount }
}";

const EVENT: &str = "query($event: ID!) {
    commissionEvent(id: $event) { payableAt commissionRate commissionAmount { amount } }
}";

const SELECTION: &str = "
    outcome
    commissionEvent { id status rateSource commissionRate commissionAmount { amount currency } }";

/// Records a paid invoice; returns the payload.
async fn record(tenant: &TestTenant, input: Value) -> Value {
    tenant.billing().mutate_ok("recordInvoicePaid", input, SELECTION).await
}

/// Tries to record a paid invoice; returns the code of the error.
async fn record_error(tenant: &TestTenant, input: Value) -> String {
    tenant.billing().error_code("recordInvoicePaid", input).await
}

/// The number of commission events of the tenant.
async fn event_count(tenant: &TestTenant) -> Value {
    tenant.admin().query(EVENT_COUNT).await.data()["commissionEvents"]["totalCount"].clone()
}

/// The number of payloads with this outcome.
fn count(payloads: &[Value], outcome: &str) -> usize {
    payloads.iter().filter(|payload| payload["outcome"] == outcome).count()
}

#[tokio::test]
async fn an_invoice_sent_twenty_times_at_once_is_one_event() {
    let (acme, _) = acme_with_partner().await;
    let input = invoice_input("p", "i", "100.00", "EUR", &in_days(0));

    let payloads = join_all((0..20).map(|_| record(&acme, input.clone()))).await;

    assert_eq!(count(&payloads, "RECORDED"), 1);
    assert_eq!(count(&payloads, "ALREADY_RECORDED"), 19);
    for payload in &payloads {
        assert_eq!(payload["commissionEvent"], payloads[0]["commissionEvent"]);
    }
    assert_eq!(event_count(&acme).await, 1);
}

#[tokio::test]
async fn the_same_invoice_with_other_data_is_a_conflict() {
    let (acme, _) = acme_with_partner().await;
    let paid_at = in_days(-1);
    let input = invoice_input("p", "i", "100.00", "EUR", &paid_at);
    record(&acme, input.clone()).await;

    for different in [
        invoice_input("p", "i", "100.01", "EUR", &paid_at),
        invoice_input("p", "i", "100.00", "USD", &paid_at),
        invoice_input("q", "i", "100.00", "EUR", &paid_at),
        invoice_input("p", "i", "100.00", "EUR", &in_days(-2)),
    ] {
        assert_eq!(record_error(&acme, different).await, "CONFLICT");
    }
    // The commissionable amount defaults to the total, however many decimals it is written with.
    let same = with_fields(input, json!({ "commissionableAmount": euros("100.0") }));
    assert_eq!(record(&acme, same).await["outcome"], "ALREADY_RECORDED");
    assert_eq!(event_count(&acme).await, 1);
}

#[tokio::test]
async fn an_invoice_that_earned_nothing_is_assessed_again_when_resent() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let input = invoice_input("c", "i", "100.00", "EUR", &in_days(0));
    for _ in 0..2 {
        assert_eq!(record(&acme, input.clone()).await["outcome"], "NO_MANAGED_ACCOUNT");
    }
    let other_amount = invoice_input("c", "i", "1.00", "EUR", &in_days(0));
    assert_eq!(record_error(&acme, other_amount).await, "CONFLICT");

    acme.assign_account(&partner, "c", None).await;
    let payloads = join_all((0..10).map(|_| record(&acme, input.clone()))).await;
    assert_eq!(count(&payloads, "RECORDED"), 1);
    assert_eq!(event_count(&acme).await, 1);

    // Later changes of the partner do not affect a recorded event.
    acme.update_partner(&partner, json!({ "status": "ARCHIVED" })).await;
    assert_eq!(record(&acme, input).await["outcome"], "ALREADY_RECORDED");
}

#[tokio::test]
async fn the_rate_of_the_account_comes_before_the_rate_of_the_partner() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    acme.assign_account(&partner, "own", Some("0.2")).await;
    acme.assign_account(&partner, "zero", Some("0")).await;
    acme.assign_account(&partner, "default", None).await;

    for (customer, rate, source, commission) in [
        ("own", "0.2000", "MANAGED_ACCOUNT", "20.00"),
        ("zero", "0.0000", "MANAGED_ACCOUNT", "0.00"),
        ("default", "0.1500", "PARTNER", "15.00"),
    ] {
        let input = invoice_input(customer, customer, "100.00", "EUR", &in_days(0));
        let event = &record(&acme, input).await["commissionEvent"];
        assert_eq!(event["commissionRate"], rate, "{customer}");
        assert_eq!(event["rateSource"], source, "{customer}");
        assert_eq!(event["commissionAmount"], euros(commission), "{customer}");
    }

    acme.update_partner(&partner, json!({ "defaultCommissionRate": null })).await;
    let without_rate = record(&acme, invoice_input("default", "later", "100.00", "EUR", &in_days(0))).await;
    assert_eq!(without_rate, json!({ "outcome": "NO_RATE", "commissionEvent": null }));
}

#[tokio::test]
async fn the_partner_who_manages_the_customer_when_it_pays_earns() {
    let acme = acme().await;
    let (first, second) = (acme.create_partner("first").await, acme.create_partner("second").await);
    let handover = in_days(-30);
    for (partner, starts_at, ends_at) in
        [(&first, &in_days(-60), Some(&handover)), (&second, &handover, None)]
    {
        let input =
            json!({ "partnerId": partner, "customerId": "c", "startsAt": starts_at, "endsAt": ends_at });
        acme.admin().mutate_ok("assignManagedAccount", input, "managedAccount { id }").await;
    }

    for (paid_at, earner) in [
        (&in_days(-61), json!(null)),
        (&in_days(-31), json!("first")),
        (&handover, json!("second")),
        (&in_days(-1), json!("second")),
    ] {
        let input = invoice_input("c", paid_at, "10.00", "EUR", paid_at);
        let selection = "commissionEvent { partner { companyName } }";
        let payload = acme.billing().mutate_ok("recordInvoicePaid", input, selection).await;
        assert_eq!(payload["commissionEvent"]["partner"]["companyName"], earner, "{paid_at}");
    }
}

#[tokio::test]
async fn the_status_of_a_partner_decides_whether_it_earns() {
    let (acme, partner) = acme_with_partner().await;
    for (status, outcome) in [
        ("ACTIVE", "RECORDED"),
        ("SUSPENDED", "RECORDED"),
        ("PENDING", "PARTNER_INELIGIBLE"),
        ("TERMINATED", "PARTNER_INELIGIBLE"),
        ("ARCHIVED", "PARTNER_INELIGIBLE"),
    ] {
        acme.update_partner(&partner, json!({ "status": status })).await;
        let payload = record(&acme, invoice_input("p", status, "10.00", "EUR", &in_days(0))).await;
        assert_eq!(payload["outcome"], outcome, "{status}");
    }
}

#[tokio::test]
async fn the_base_is_the_commissionable_part_of_the_total() {
    let (acme, _) = acme_with_partner().await;
    let total = invoice_input("p", "i", "119.00", "EUR", "2024-01-01T00:00:00+01:00");
    for wrong in [money("119.01", "EUR"), money("100.00", "USD"), money("-1.00", "EUR")] {
        let input = with_fields(total.clone(), json!({ "commissionableAmount": wrong }));
        assert_eq!(record_error(&acme, input).await, "BAD_USER_INPUT", "{wrong}");
    }

    let input = with_fields(total, json!({ "commissionableAmount": euros("100.00") }));
    let selection = "commissionEvent {
        eventDate payableAt paidAt notes baseAmount { amount } commissionAmount { amount }
    }";
    let payload = acme.billing().mutate_ok("recordInvoicePaid", input, selection).await;
    insta::assert_json_snapshot!(payload["commissionEvent"], @r#"
    {
      "baseAmount": {
        "amount": "100.00"
      },
      "commissionAmount": {
        "amount": "15.00"
      },
      "eventDate": "2023-12-31T23:00:00Z",
      "notes": null,
      "paidAt": null,
      "payableAt": "2023-12-31T23:00:00Z"
    }
    "#);
}

#[tokio::test]
async fn invoices_with_invalid_fields_are_rejected() {
    let (acme, _) = acme_with_partner().await;
    let too_long = "x".repeat(256);
    for input in [
        invoice_input("p", "", "10.00", "EUR", &in_days(0)),
        invoice_input("p", "   ", "10.00", "EUR", &in_days(0)),
        invoice_input("p", &too_long, "10.00", "EUR", &in_days(0)),
        invoice_input("p", "a\nb", "10.00", "EUR", &in_days(0)),
        invoice_input("p", "a\0b", "10.00", "EUR", &in_days(0)),
        invoice_input("", "i", "10.00", "EUR", &in_days(0)),
        invoice_input("p", "i", "10.00", "EUR", &in_days(2)),
        invoice_input("p", "i", "10.00", "EUR", "2024-01-01"),
        invoice_input("p", "i", "10.00", "EUR", "2024-01-01T00:00:00"),
        invoice_input("p", "i", "10.00", "EUR", "2024-13-01T00:00:00Z"),
        invoice_input("p", "i", "10.00", "EUR", "yesterday"),
    ] {
        assert_eq!(record_error(&acme, input.clone()).await, "BAD_USER_INPUT", "{input}");
    }
    assert_eq!(event_count(&acme).await, 0);
}

#[tokio::test]
async fn an_invoice_id_is_stored_without_surrounding_blanks() {
    let (acme, _) = acme_with_partner().await;
    let payload = record(&acme, invoice_input("p", " i ", "10.00", "EUR", &in_days(0))).await;
    assert_eq!(payload["outcome"], "RECORDED");

    let data = acme.admin().query_with(EVENT_COUNT, json!({ "invoice": "i" })).await.data();
    assert_eq!(data["commissionEvents"]["totalCount"], 1);
}

#[tokio::test]
async fn the_rate_and_the_hold_are_frozen_on_the_event() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "holdDays": 30 })).await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", "2024-01-01T00:00:00Z").await;

    acme.update_settings(json!({ "holdDays": 0 })).await;
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.5" })).await;

    let data = acme.admin().query_with(EVENT, json!({ "event": event })).await.data();
    insta::assert_json_snapshot!(data["commissionEvent"], @r#"
    {
      "commissionAmount": {
        "amount": "15.00"
      },
      "commissionRate": "0.1500",
      "payableAt": "2024-01-31T00:00:00Z"
    }
    "#);
}
