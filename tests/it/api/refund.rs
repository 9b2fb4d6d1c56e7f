//! recordInvoiceRefunded: what is taken back, from where, exactly once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    TestTenant, acme, acme_with_partner, batch_input, in_days, invoice_input, refund_input,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";

/// Status, type and amount of every event of an invoice, oldest first.
async fn rows(tenant: &TestTenant, invoice: &str) -> Vec<String> {
    let query = format!(
        "{{commissionEvents(filter:{{invoiceId:\"{invoice}\"}},orderBy:{{field:EVENT_DATE,direction:ASC}})
            {{nodes{{status eventType commissionAmount{{amount}}}}}}}}"
    );
    let data = tenant.admin().query(&query).await.data();
    let row = |node: &Value| {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {}", word(&node["status"]), word(&node["commissionAmount"]["amount"]))
    };
    data["commissionEvents"]["nodes"].as_array().expect("nodes").iter().map(row).collect()
}

async fn refused(tenant: &TestTenant, input: Value) -> String {
    tenant.billing().error_code("recordInvoiceRefunded", input).await
}

#[tokio::test]
async fn three_thirds_take_back_exactly_everything() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event_at("p", "i", "1.05", "EUR", JANUARY).await;
    acme.approve(&[event]).await;
    acme.create_payout(&partner).await;
    let mut lines = Vec::new();
    for refund in ["1", "2", "3"] {
        let refunded = acme.refund("i", refund, "0.35").await;
        assert_eq!(refunded["outcome"], "RECORDED");
        assert_eq!(refunded["clawback"]["status"], "APPROVED");
        lines.push(refunded["clawback"]["commissionAmount"]["amount"].clone());
    }
    assert_eq!(lines, ["-0.05", "-0.06", "-0.05"]);
    assert_eq!(refused(&acme, refund_input("i", "4", "0.01")).await, "REFUND_EXCEEDS_INVOICE");
    assert_eq!(acme.balance(&partner).await.earned, "0.00");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn refunds_of_the_total_reduce_a_smaller_base_in_proportion() {
    let (acme, partner) = acme_with_partner().await;
    let mut input = invoice_input("p", "i", "119.00", "EUR", JANUARY);
    input["commissionableAmount"] = json!({ "amount": "100.00", "currency": "EUR" });
    acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    let first = acme.refund("i", "1", "11.90").await;
    assert_eq!(first["clawback"]["commissionAmount"]["amount"], "-1.50");
    assert_eq!(first["clawback"]["baseAmount"]["amount"], "-10.00");
    let second = acme.refund("i", "2", "0.01").await;
    assert_eq!(second["clawback"]["commissionAmount"]["amount"], "0.00", "too little to move the commission");
    assert_eq!(second["clawback"]["baseAmount"]["amount"], "-0.01");
    let all = acme.refund("i", "3", "107.09").await;
    assert_eq!((&all["commissionEvent"]["status"], &all["clawback"]), (&json!("CLAWBACK"), &Value::Null));
    assert_eq!(rows(&acme, "i").await, ["CLAWBACK 15.00", "CLAWBACK -1.50", "CLAWBACK 0.00"]);
    assert_eq!(acme.balance_if_any(&partner).await, None);
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_refund_sent_again_is_the_same_refund() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;
    let input = refund_input("i", "r", "40.00");
    let answers = join_all((0..12).map(|_| acme.refund("i", "r", "40.00"))).await;
    assert_eq!(answers.iter().filter(|answer| answer["outcome"] == "RECORDED").count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer["outcome"] == "ALREADY_RECORDED").count(), 11);
    assert!(answers.iter().all(|answer| answer["clawback"] == answers[0]["clawback"]), "{answers:#?}");
    assert_eq!(rows(&acme, "i").await, ["PENDING 15.00", "PENDING -6.00"]);
    let mut others = vec![refund_input("i", "r", "40.01"), refund_input("j", "r", "40.00")];
    others.push(refund_input("unknown", "r", "40.00"));
    for (field, other) in [
        ("refundedAt", json!(JANUARY)),
        ("reason", json!("broken")),
        ("amount", json!({ "amount": "40.00", "currency": "USD" })),
    ] {
        let mut input = input.clone();
        input[field] = other;
        others.push(input);
    }
    for other in others {
        assert_eq!(refused(&acme, other.clone()).await, "CONFLICT", "{other}");
    }
    assert_eq!(refused(&acme, refund_input("i", "r", "100.01")).await, "REFUND_EXCEEDS_INVOICE");
    assert_eq!(rows(&acme, "i").await.len(), 2);
}

#[tokio::test]
async fn a_refund_before_its_invoice_is_not_found_and_burns_nothing() {
    let (acme, _) = acme_with_partner().await;
    assert_eq!(refused(&acme, refund_input("i", "r", "40.00")).await, "NOT_FOUND");
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    assert_eq!(acme.refund("i", "r", "40.00").await["outcome"], "RECORDED");
}

#[tokio::test]
async fn only_sensible_refunds_are_taken() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let mut dollars = refund_input("i", "r", "40.00");
    dollars["amount"]["currency"] = json!("USD");
    let mut late = refund_input("i", "r", "40.00");
    late["refundedAt"] = json!(in_days(2));
    let mut nameless = refund_input("i", " ", "40.00");
    nameless["refundId"] = json!(" ");
    for wrong in [
        refund_input("i", "r", "0.00"),
        refund_input("i", "r", "-1.00"),
        refund_input("i", "r", "1.001"),
        dollars,
        late,
        nameless,
    ] {
        assert_eq!(refused(&acme, wrong.clone()).await, "BAD_USER_INPUT", "{wrong}");
    }
    assert_eq!(refused(&acme, refund_input("i", "r", "100.01")).await, "REFUND_EXCEEDS_INVOICE");
    acme.refund("i", "1", "60.00").await;
    let payload =
        acme.billing().mutate("recordInvoiceRefunded", refund_input("i", "2", "40.01"), "outcome").await;
    assert_eq!(
        payload["userErrors"][0]["message"],
        "the refunds of invoice i would be 100.01 EUR, more than its total of 100.00 EUR"
    );
    assert_eq!(rows(&acme, "i").await.len(), 2);
}

#[tokio::test]
async fn in_full_before_a_payout_the_event_is_clawed_back_with_its_lines() {
    let (acme, partner) = acme_with_partner().await;
    for approve in [false, true] {
        let invoice = approve.to_string();
        let event = acme.commission_event_at("p", &invoice, "100.00", "EUR", JANUARY).await;
        acme.refund(&invoice, &format!("{invoice} 1"), "30.00").await;
        if approve {
            acme.approve(std::slice::from_ref(&event)).await;
            assert_eq!(rows(&acme, &invoice).await, ["APPROVED 15.00", "APPROVED -4.50"]);
        }
        let all = acme.refund(&invoice, &format!("{invoice} 2"), "70.00").await;
        assert_eq!((&all["commissionEvent"]["status"], &all["clawback"]), (&json!("CLAWBACK"), &Value::Null));
        assert_eq!(rows(&acme, &invoice).await, ["CLAWBACK 15.00", "CLAWBACK -4.50"]);
        let again = acme.refund(&invoice, &format!("{invoice} 2"), "70.00").await;
        assert_eq!(again["outcome"], "ALREADY_RECORDED");
        assert_eq!(again["commissionEvent"], all["commissionEvent"]);
    }
    assert_eq!(
        acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await,
        "NOTHING_PAYABLE"
    );
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn a_line_goes_wherever_its_original_goes() {
    let (acme, partner) = acme_with_partner().await;
    let finance = acme.finance();
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    let line = acme.refund("i", "1", "40.00").await["clawback"].clone();
    assert_eq!(line["reverses"]["id"], json!(event));
    assert_eq!(
        (&line["eventType"], &line["invoiceId"], &line["customerId"]),
        (&json!("CLAWBACK"), &json!("i"), &json!("p"))
    );
    for act in ["approveCommissionEvents", "cancelCommissionEvents"] {
        let mut alone = json!({ "ids": [line["id"]] });
        if act == "cancelCommissionEvents" {
            alone["reason"] = json!("alone");
        }
        assert_eq!(finance.error_code(act, alone).await, "INVALID_STATE");
    }
    let both = json!({ "ids": [line["id"], event] });
    let approved = finance.mutate_ok("approveCommissionEvents", both, "commissionEvents{id status}").await;
    assert_eq!(
        approved["commissionEvents"],
        json!([{ "id": line["id"], "status": "APPROVED" }, { "id": event, "status": "APPROVED" }])
    );
    // By the original's date, not by its own in February.
    let period =
        |start: &str, end: &str| json!({ "partnerId": partner, "periodStart": start, "periodEnd": end });
    let february = period("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    assert_eq!(finance.error_code("createPayoutBatch", february).await, "NOTHING_PAYABLE");
    let january = period("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let fields = "payout{id commissionCount totalAmount{amount}}";
    let payout = finance.mutate_ok("createPayoutBatch", january, fields).await["payout"].clone();
    assert_eq!((&payout["commissionCount"], &payout["totalAmount"]["amount"]), (&json!(2), &json!("9.00")));
    acme.transition_payout("failPayout", payout["id"].as_str().expect("an id")).await;
    assert_eq!(rows(&acme, "i").await, ["APPROVED 15.00", "APPROVED -6.00"]);
    finance
        .mutate_ok("cancelCommissionEvents", json!({ "ids": [event], "reason": "r" }), "commissionEvents{id}")
        .await;
    assert_eq!(rows(&acme, "i").await, ["CANCELLED 15.00", "CANCELLED -6.00"]);
    let kept = acme.refund("i", "2", "60.00").await;
    assert_eq!((&kept["outcome"], &kept["clawback"]), (&json!("NO_COMMISSION"), &Value::Null));
    assert_eq!(acme.refund("i", "2", "60.00").await["outcome"], "ALREADY_RECORDED");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn all_pending_are_approved_with_their_lines() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "1", "40.00").await;
    let mut input = json!({ "eventDateFrom": "2026-02-01T00:00:00Z", "eventDateTo": in_days(1) });
    let fields = "approvedCount totals{amount}";
    let approve = async |input: &Value| {
        acme.finance().mutate_ok("approvePendingCommissionEvents", input.clone(), fields).await
    };
    assert_eq!(
        approve(&input).await["approvedCount"],
        0,
        "its line is dated in February, the event in January"
    );
    input["eventDateFrom"] = Value::Null;
    let approved = approve(&input).await;
    assert_eq!((&approved["approvedCount"], &approved["totals"][0]["amount"]), (&json!(2), &json!("9.00")));
    assert_eq!(rows(&acme, "i").await, ["APPROVED 15.00", "APPROVED -6.00"]);
}

#[tokio::test]
async fn what_is_in_a_payout_stays_and_the_next_payout_nets_the_line() {
    let (acme, partner) = acme_with_partner().await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 300 }), "tenant{id}").await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", "2025-01-01T00:00:00Z").await;
    acme.approve(std::slice::from_ref(&event)).await;
    for (refund, act) in [("1", ""), ("2", "startPayout"), ("3", "completePayout")] {
        if refund == "1" {
            acme.create_payout(&partner).await;
        }
        let payouts = acme.admin().query("{payouts{nodes{id}}}").await.data();
        let payout = payouts["payouts"]["nodes"][0]["id"].as_str().expect("an id").to_owned();
        if !act.is_empty() {
            acme.transition_payout(act, &payout).await;
        }
        let refunded = acme.refund("i", refund, "20.00").await;
        assert_eq!(refunded["clawback"]["status"], "APPROVED");
        assert_eq!(refunded["clawback"]["commissionAmount"]["amount"], "-3.00");
        assert_eq!(refunded["commissionEvent"]["status"], "PAID");
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
    // A debt, which no hold keeps back and no period leaves out.
    let old = json!({ "partnerId": partner, "periodStart": "2020-01-01T00:00:00Z", "periodEnd": "2025-06-01T00:00:00Z" });
    let payload = acme.finance().mutate("createPayoutBatch", old.clone(), "payout{id}").await;
    assert_eq!(payload["userErrors"][0]["code"], "NOTHING_PAYABLE");
    assert_eq!(
        payload["userErrors"][0]["message"],
        "the approved commissions add up to -9.00 EUR; the debt is carried to the next payout"
    );
    let second = acme.commission_event_at("p", "j", "200.00", "EUR", "2025-02-01T00:00:00Z").await;
    acme.approve(&[second]).await;
    let netted = acme
        .finance()
        .mutate_ok("createPayoutBatch", old, "payout{commissionCount totalAmount{amount}}")
        .await;
    assert_eq!(netted["payout"], json!({ "commissionCount": 4, "totalAmount": { "amount": "21.00" } }));
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn original_and_line_travel_together_once_the_payout_failed() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.approve(std::slice::from_ref(&event)).await;
    let payout = acme.create_payout(&partner).await;
    acme.refund("i", "1", "40.00").await;
    acme.transition_payout("cancelPayout", &payout).await;
    assert_eq!(rows(&acme, "i").await, ["APPROVED 15.00", "APPROVED -6.00"]);
    let all = acme.refund("i", "2", "60.00").await;
    assert_eq!(all["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(rows(&acme, "i").await, ["CLAWBACK 15.00", "CLAWBACK -6.00"]);
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn an_original_whose_line_was_paid_can_only_be_paid() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.approve(std::slice::from_ref(&event)).await;
    let first = acme.create_payout(&partner).await;
    acme.refund("i", "1", "40.00").await;
    acme.approved_event("p", "j", "100.00", "EUR").await;
    // The line, and what keeps it above zero.
    acme.create_payout(&partner).await;
    acme.transition_payout("failPayout", &first).await;
    assert_eq!(rows(&acme, "i").await, ["APPROVED 15.00", "PAID -6.00"]);
    let cancel = json!({ "ids": [event], "reason": "r" });
    assert_eq!(acme.finance().error_code("cancelCommissionEvents", cancel).await, "INVALID_STATE");
    let rest = acme.refund("i", "2", "60.00").await;
    assert_eq!(
        (&rest["commissionEvent"]["status"], &rest["clawback"]["status"]),
        (&json!("APPROVED"), &json!("APPROVED"))
    );
    assert_eq!(rest["clawback"]["commissionAmount"]["amount"], "-9.00");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
    let third = acme
        .finance()
        .mutate_ok("createPayoutBatch", batch_input(&partner), "payout{commissionCount totalAmount{amount}}")
        .await;
    assert_eq!(third["payout"], json!({ "commissionCount": 2, "totalAmount": { "amount": "6.00" } }));
    assert_eq!(acme.balance(&partner).await.approved, "0.00");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn refunds_of_an_invoice_that_earned_nothing_are_kept_until_it_does() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    let paid = async || {
        acme.billing()
            .mutate_ok("recordInvoicePaid", invoice.clone(), "outcome commissionEvent{id status}")
            .await
    };
    assert_eq!(paid().await["outcome"], "NO_MANAGED_ACCOUNT");
    for (refund, amount) in [("1", "40.00"), ("2", "10.00")] {
        assert_eq!(acme.refund("i", refund, amount).await["outcome"], "NO_COMMISSION");
    }
    assert_eq!(refused(&acme, refund_input("i", "3", "50.01")).await, "REFUND_EXCEEDS_INVOICE");
    assert_eq!(acme.refund("i", "2", "10.00").await["outcome"], "ALREADY_RECORDED");
    acme.assign_account(&partner, "p", None).await;
    assert_eq!(paid().await["outcome"], "RECORDED");
    assert_eq!(rows(&acme, "i").await, ["PENDING 15.00", "PENDING -6.00", "PENDING -1.50"]);
    assert_eq!(acme.refund("i", "1", "40.00").await["clawback"]["commissionAmount"]["amount"], "-6.00");
    assert_eq!(acme.refund("i", "3", "50.00").await["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(paid().await["commissionEvent"]["status"], "CLAWBACK");
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn an_invoice_refunded_in_full_before_it_is_judged_anew_is_clawed_back_at_once() {
    let acme = acme().await;
    let partner = acme.create_partner("p").await;
    let invoice = invoice_input("p", "i", "100.00", "EUR", JANUARY);
    acme.billing().mutate_ok("recordInvoicePaid", invoice.clone(), "outcome").await;
    acme.refund("i", "1", "40.00").await;
    acme.refund("i", "2", "60.00").await;
    acme.assign_account(&partner, "p", None).await;
    let paid = acme
        .billing()
        .mutate_ok("recordInvoicePaid", invoice, "outcome commissionEvent{status history{from to}}")
        .await;
    assert_eq!(paid["outcome"], "RECORDED");
    assert_eq!(paid["commissionEvent"]["status"], "CLAWBACK");
    let history = json!([{ "from": null, "to": "PENDING" }, { "from": "PENDING", "to": "CLAWBACK" }]);
    assert_eq!(paid["commissionEvent"]["history"], history);
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test]
async fn refunds_count_against_revenue_in_the_month_of_the_refund() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "1", "40.00").await;
    let revenue = async |as_of: &str| {
        let fields =
            "totalRevenueGenerated{amount} currentMonthRevenue{amount} currentMonthCommissions{amount}";
        let query = format!("{{partner(id:\"{partner}\"){{dashboard(asOf:\"{as_of}\"){{{fields}}}}}}}");
        let dashboard = acme.admin().query(&query).await.data()["partner"]["dashboard"].clone();
        ["totalRevenueGenerated", "currentMonthRevenue", "currentMonthCommissions"]
            .map(|field| dashboard[field]["amount"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(revenue("2026-01-31T00:00:00Z").await, ["100.00", "100.00", "15.00"]);
    assert_eq!(revenue("2026-02-28T00:00:00Z").await, ["60.00", "-40.00", "-6.00"]);
    let account = acme
        .admin()
        .query("{managedAccounts{nodes{revenueGenerated{amount} commissionsEarned{amount}}}}")
        .await;
    let account = account.data()["managedAccounts"]["nodes"][0].clone();
    assert_eq!(
        account,
        json!({ "revenueGenerated": [{ "amount": "60.00" }], "commissionsEarned": [{ "amount": "9.00" }] })
    );
}
