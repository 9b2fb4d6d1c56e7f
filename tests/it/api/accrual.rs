//! recordInvoicePaid: who earns, how much, exactly once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme, in_days, invoice_input};

const FIELDS: &str =
    "outcome commissionEvent{id status rateSource commissionRate commissionAmount{amount currency}}";

async fn record(tenant: &TestTenant, input: Value) -> Value {
    tenant.billing().mutate_ok("recordInvoicePaid", input, FIELDS).await
}

async fn count(tenant: &TestTenant) -> Value {
    tenant.admin().query("{commissionEvents{totalCount}}").await.data()["commissionEvents"]["totalCount"]
        .clone()
}

#[tokio::test]
async fn an_invoice_sent_twenty_times_at_once_is_one_event() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let input = invoice_input("p", "i", "100.00", "EUR", &in_days(0));
    let answers = join_all((0..20).map(|_| record(&acme, input.clone()))).await;
    let recorded = answers.iter().filter(|answer| answer["outcome"] == "RECORDED").count();
    let again = answers.iter().filter(|answer| answer["outcome"] == "ALREADY_RECORDED").count();
    assert_eq!((recorded, again), (1, 19));
    assert!(answers.iter().all(|answer| answer["commissionEvent"] == answers[0]["commissionEvent"]));
    assert_eq!(count(&acme).await, 1);
}

#[tokio::test]
async fn the_same_invoice_with_other_data_is_a_conflict() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let at = in_days(-1);
    record(&acme, invoice_input("p", "i", "100.00", "EUR", &at)).await;
    let other = [
        invoice_input("p", "i", "100.01", "EUR", &at),
        invoice_input("p", "i", "100.00", "USD", &at),
        invoice_input("q", "i", "100.00", "EUR", &at),
        invoice_input("p", "i", "100.00", "EUR", &in_days(-2)),
    ];
    for input in other {
        assert_eq!(acme.billing().error_code("recordInvoicePaid", input).await, "CONFLICT");
    }
    let mut same = invoice_input("p", "i", "100.00", "EUR", &at);
    same["commissionableAmount"] = json!({ "amount": "100.0", "currency": "EUR" });
    assert_eq!(record(&acme, same).await["outcome"], "ALREADY_RECORDED");
    assert_eq!(count(&acme).await, 1);
}

#[tokio::test]
async fn an_invoice_that_earned_nothing_is_judged_anew() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let input = invoice_input("c", "i", "100.00", "EUR", &in_days(0));
    for _ in 0..2 {
        assert_eq!(record(&acme, input.clone()).await["outcome"], "NO_MANAGED_ACCOUNT");
    }
    assert_eq!(
        acme.billing()
            .error_code("recordInvoicePaid", invoice_input("c", "i", "1.00", "EUR", &in_days(0)))
            .await,
        "CONFLICT"
    );
    acme.assign_account(&partner, "c", None).await;
    let answers = join_all((0..10).map(|_| record(&acme, input.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer["outcome"] == "RECORDED").count(), 1);
    assert_eq!(count(&acme).await, 1);
    // What is recorded stays recorded, whatever becomes of the account.
    acme.admin()
        .mutate_ok("updatePartner", json!({ "id": partner, "status": "ARCHIVED" }), "partner{id}")
        .await;
    assert_eq!(record(&acme, input).await["outcome"], "ALREADY_RECORDED");
}

#[tokio::test]
async fn the_account_s_rate_comes_before_the_partner_s() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    acme.assign_account(&partner, "own", Some("0.2")).await;
    acme.assign_account(&partner, "zero", Some("0")).await;
    acme.assign_account(&partner, "default", None).await;
    let rated = async |customer: &str| {
        let event = record(&acme, invoice_input(customer, customer, "100.00", "EUR", &in_days(0))).await;
        let event = &event["commissionEvent"];
        json!([event["commissionRate"], event["rateSource"], event["commissionAmount"]["amount"]])
    };
    assert_eq!(rated("own").await, json!(["0.2000", "MANAGED_ACCOUNT", "20.00"]));
    assert_eq!(rated("zero").await, json!(["0.0000", "MANAGED_ACCOUNT", "0.00"]));
    assert_eq!(rated("default").await, json!(["0.1500", "PARTNER", "15.00"]));
    acme.admin()
        .mutate_ok("updatePartner", json!({ "id": partner, "defaultCommissionRate": null }), "partner{id}")
        .await;
    let none = record(&acme, invoice_input("default", "later", "100.00", "EUR", &in_days(0))).await;
    assert_eq!(none, json!({ "outcome": "NO_RATE", "commissionEvent": null, "userErrors": [] }));
}

#[tokio::test]
async fn whoever_manages_the_customer_when_it_pays_earns() {
    let acme = acme().await;
    let (first, second) = (acme.create_partner("first").await, acme.create_partner("second").await);
    let change = in_days(-30);
    let assign = |partner: &str, from: &str, until: Option<&str>| json!({ "partnerId": partner, "customerId": "c", "startsAt": from, "endsAt": until });
    let fields = "managedAccount{id}";
    acme.admin()
        .mutate_ok("assignManagedAccount", assign(&first, &in_days(-60), Some(&change)), fields)
        .await;
    acme.admin().mutate_ok("assignManagedAccount", assign(&second, &change, None), fields).await;
    let earner = async |invoice: &str, at: &str| {
        let input = invoice_input("c", invoice, "10.00", "EUR", at);
        let fields = "outcome commissionEvent{partner{companyName}}";
        let payload = acme.billing().mutate_ok("recordInvoicePaid", input, fields).await;
        payload["commissionEvent"]["partner"]["companyName"].as_str().unwrap_or("nobody").to_owned()
    };
    assert_eq!(earner("before", &in_days(-61)).await, "nobody");
    assert_eq!(earner("old", &in_days(-31)).await, "first");
    assert_eq!(earner("change", &change).await, "second");
    assert_eq!(earner("new", &in_days(-1)).await, "second");
}

#[tokio::test]
async fn the_status_of_a_partner_decides_whether_it_earns() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("p").await;
    let outcomes = [
        ("ACTIVE", "RECORDED"),
        ("SUSPENDED", "RECORDED"),
        ("PENDING", "PARTNER_INELIGIBLE"),
        ("TERMINATED", "PARTNER_INELIGIBLE"),
        ("ARCHIVED", "PARTNER_INELIGIBLE"),
    ];
    for (status, outcome) in outcomes {
        acme.admin()
            .mutate_ok("updatePartner", json!({ "id": partner, "status": status }), "partner{id}")
            .await;
        let answer = record(&acme, invoice_input("p", status, "10.00", "EUR", &in_days(0))).await;
        assert_eq!(answer["outcome"], outcome, "{status}");
    }
}

#[tokio::test]
async fn the_base_is_the_commissionable_part_of_the_total() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let with_base = |amount: &str, currency: &str| {
        let mut input = invoice_input("p", "i", "119.00", "EUR", "2024-01-01T00:00:00+01:00");
        input["commissionableAmount"] = json!({ "amount": amount, "currency": currency });
        input
    };
    for (amount, currency) in [("119.01", "EUR"), ("100.00", "USD"), ("0.00", "EUR"), ("-1.00", "EUR")] {
        let code = acme.billing().error_code("recordInvoicePaid", with_base(amount, currency)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{amount} {currency}");
    }
    let fields =
        "commissionEvent{eventDate baseAmount{amount} commissionAmount{amount} payableAt notes paidAt}";
    let payload = acme.billing().mutate_ok("recordInvoicePaid", with_base("100.00", "EUR"), fields).await;
    let event = &payload["commissionEvent"];
    assert_eq!(event["baseAmount"]["amount"], "100.00");
    assert_eq!(event["commissionAmount"]["amount"], "15.00");
    assert_eq!(event["eventDate"], "2023-12-31T23:00:00Z");
    assert_eq!(event["payableAt"], event["eventDate"]);
}

#[tokio::test]
async fn only_sensible_invoices_are_taken() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let refused = [
        invoice_input("p", "", "10.00", "EUR", &in_days(0)),
        invoice_input("p", "   ", "10.00", "EUR", &in_days(0)),
        invoice_input("p", &"x".repeat(256), "10.00", "EUR", &in_days(0)),
        invoice_input("p", "a\nb", "10.00", "EUR", &in_days(0)),
        invoice_input("p", "a\0b", "10.00", "EUR", &in_days(0)),
        invoice_input("", "i", "10.00", "EUR", &in_days(0)),
        invoice_input("p", "i", "10.00", "EUR", &in_days(2)),
        invoice_input("p", "i", "10.00", "EUR", "2024-01-01"),
        invoice_input("p", "i", "10.00", "EUR", "2024-01-01T00:00:00"),
        invoice_input("p", "i", "10.00", "EUR", "2024-13-01T00:00:00Z"),
        invoice_input("p", "i", "10.00", "EUR", "yesterday"),
    ];
    for input in refused {
        assert_eq!(
            acme.billing().error_code("recordInvoicePaid", input.clone()).await,
            "BAD_USER_INPUT",
            "{input}"
        );
    }
    assert_eq!(count(&acme).await, 0);
    let soon = record(&acme, invoice_input("p", " i ", "10.00", "EUR", &in_days(0))).await;
    assert_eq!(soon["outcome"], "RECORDED");
    let again = acme.admin().query("{commissionEvents(filter:{invoiceId:\"i\"}){totalCount}}").await.data();
    assert_eq!(again["commissionEvents"]["totalCount"], 1);
}

#[tokio::test]
async fn the_rate_and_the_hold_are_frozen_on_the_event() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("p").await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 30 }), "tenant{id}").await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", "2024-01-01T00:00:00Z").await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 0 }), "tenant{id}").await;
    let change = json!({ "id": partner, "defaultCommissionRate": "0.5" });
    acme.admin().mutate_ok("updatePartner", change, "partner{id}").await;
    let query =
        format!("{{commissionEvent(id:\"{event}\"){{payableAt commissionRate commissionAmount{{amount}}}}}}");
    let event = acme.admin().query(&query).await.data()["commissionEvent"].clone();
    let expected = json!({
        "payableAt": "2024-01-31T00:00:00Z", "commissionRate": "0.1500", "commissionAmount": { "amount": "15.00" },
    });
    assert_eq!(event, expected);
}
