//! Payout batches, and what becomes of them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, in_days};

const FIELDS: &str = "payout{id status totalAmount{amount currency} commissionCount}";

async fn batch(tenant: &TestTenant, input: Value) -> Value {
    tenant.finance().mutate("createPayoutBatch", input, FIELDS).await
}

#[tokio::test]
async fn ten_batches_at_once_over_a_hundred_events_never_share_one() {
    let (acme, partner) = acme_with_partner().await;
    for n in 0..100 {
        acme.commission_event("p", &n.to_string(), "10.00", "EUR").await;
    }
    let all = json!({ "eventDateTo": in_days(1) });
    acme.finance().mutate_ok("approvePendingCommissionEvents", all, "approvedCount").await;
    let payloads = join_all((0..10).map(|_| batch(&acme, batch_input(&partner)))).await;
    let made: Vec<_> = payloads.iter().filter(|payload| payload["payout"] != Value::Null).collect();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["payout"]["totalAmount"], json!({ "amount": "150.00", "currency": "EUR" }));
    assert_eq!(made[0]["payout"]["commissionCount"], 100);
    for refused in payloads.iter().filter(|payload| payload["payout"] == Value::Null) {
        assert_eq!(refused["userErrors"][0]["code"], "NOTHING_PAYABLE");
    }
    assert_eq!(acme.balance(&partner).await.in_transit, "150.00");
}

#[tokio::test]
async fn batches_of_adjoining_periods_share_no_event() {
    let (acme, partner) = acme_with_partner().await;
    for (invoice, at) in
        [("1", "2024-01-31T23:59:59.999999Z"), ("2", "2024-02-01T00:00:00Z"), ("3", "2024-02-28T00:00:00Z")]
    {
        let event = acme.commission_event_at("p", invoice, "10.00", "EUR", at).await;
        acme.approve(&[event]).await;
    }
    let month =
        |start: &str, end: &str| json!({ "partnerId": partner, "periodStart": start, "periodEnd": end });
    let january = month("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z");
    let february = month("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
    assert_eq!(batch(&acme, january).await["payout"]["commissionCount"], 1);
    assert_eq!(batch(&acme, february).await["payout"]["commissionCount"], 2);
}

#[tokio::test]
async fn a_batch_pays_one_currency() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "1", "10.00", "EUR").await;
    acme.approved_event("p", "2", "1000", "JPY").await;
    let mut yen = batch_input(&partner);
    yen["currency"] = json!("JPY");
    assert_eq!(
        batch(&acme, yen).await["payout"]["totalAmount"],
        json!({ "amount": "150", "currency": "JPY" })
    );
    let euro = batch(&acme, batch_input(&partner)).await;
    assert_eq!(euro["payout"]["totalAmount"], json!({ "amount": "1.50", "currency": "EUR" }));
}

#[tokio::test]
async fn a_batch_that_cannot_be_paid_leaves_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let refused = async |input: Value| acme.finance().error_code("createPayoutBatch", input).await;
    let payload = batch(&acme, batch_input(&partner)).await;
    assert_eq!(payload["userErrors"][0]["message"], "No approved commissions found for payout");
    assert_eq!(payload["userErrors"][0]["code"], "NOTHING_PAYABLE");
    acme.approved_event("p", "1", "100.00", "EUR").await;
    for status in ["PENDING", "SUSPENDED", "ARCHIVED"] {
        acme.admin()
            .mutate_ok("updatePartner", json!({ "id": partner, "status": status }), "partner{id}")
            .await;
        assert_eq!(refused(batch_input(&partner)).await, "PARTNER_NOT_PAYABLE", "{status}");
    }
    acme.admin()
        .mutate_ok("updatePartner", json!({ "id": partner, "status": "TERMINATED" }), "partner{id}")
        .await;
    let minimum = |amount: &str| json!({ "minimumPayouts": [{ "amount": amount, "currency": "EUR" }] });
    acme.admin().mutate_ok("updateTenantSettings", minimum("15.01"), "tenant{id}").await;
    assert_eq!(refused(batch_input(&partner)).await, "BELOW_MINIMUM");
    assert_eq!(refused(batch_input("00000000-0000-7000-8000-000000000000")).await, "NOT_FOUND");
    let reversed = json!({ "partnerId": partner, "periodStart": in_days(0), "periodEnd": in_days(-1) });
    assert_eq!(refused(reversed).await, "BAD_USER_INPUT");
    let empty = json!({ "partnerId": partner, "periodStart": "2024-01-01T00:00:00Z", "periodEnd": "2024-01-01T00:00:00Z" });
    assert_eq!(refused(empty).await, "BAD_USER_INPUT");
    let none = acme.admin().query("{payouts{totalCount}}").await.data();
    assert_eq!(none["payouts"]["totalCount"], 0);
    acme.admin().mutate_ok("updateTenantSettings", minimum("15.00"), "tenant{id}").await;
    assert_eq!(batch(&acme, batch_input(&partner)).await["payout"]["status"], "READY");
}

#[tokio::test]
async fn a_commission_is_held_until_it_matures() {
    let (acme, partner) = acme_with_partner().await;
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 10 }), "tenant{id}").await;
    for (invoice, days) in [("young", -9), ("old", -11)] {
        let event = acme.commission_event_at("p", invoice, "10.00", "EUR", &in_days(days)).await;
        acme.approve(&[event]).await;
    }
    assert_eq!(batch(&acme, batch_input(&partner)).await["payout"]["commissionCount"], 1);
    assert_eq!(
        acme.finance().error_code("createPayoutBatch", batch_input(&partner)).await,
        "NOTHING_PAYABLE"
    );
}

#[tokio::test]
async fn the_same_key_makes_one_payout() {
    let (acme, partner) = acme_with_partner().await;
    let mut input = batch_input(&partner);
    input["idempotencyKey"] = json!("november");
    // A refusal burns no key.
    assert_eq!(acme.finance().error_code("createPayoutBatch", input.clone()).await, "NOTHING_PAYABLE");
    acme.approved_event("p", "1", "10.00", "EUR").await;
    let payloads = join_all((0..8).map(|_| batch(&acme, input.clone()))).await;
    assert!(payloads[0]["payout"]["id"].is_string());
    assert!(
        payloads.iter().all(|payload| payload["payout"]["id"] == payloads[0]["payout"]["id"]),
        "{payloads:#?}"
    );
    acme.approved_event("p", "2", "10.00", "EUR").await;
    assert_eq!(batch(&acme, input.clone()).await["payout"]["id"], payloads[0]["payout"]["id"]);
    input["idempotencyKey"] = json!(" november ");
    input["notes"] = Value::Null;
    assert_eq!(batch(&acme, input.clone()).await["payout"]["id"], payloads[0]["payout"]["id"]);
    let mut blank = input.clone();
    blank["idempotencyKey"] = json!(" ");
    assert_eq!(acme.finance().error_code("createPayoutBatch", blank).await, "BAD_USER_INPUT");
    input["notes"] = json!("another request");
    assert_eq!(acme.finance().error_code("createPayoutBatch", input).await, "CONFLICT");
}

#[tokio::test]
async fn every_bucket_adds_up_on_the_way() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    acme.approved_event("p", "1", "10.00", "EUR").await;
    insta::assert_debug_snapshot!(acme.balance(&partner).await, @r#"
    Balance {
        pending: "15.00",
        approved: "1.50",
        in_transit: "0.00",
        settled: "0.00",
        earned: "16.50",
        paid: "0.00",
        outstanding: "16.50",
    }
    "#);
    let payout = acme.create_payout(&partner).await;
    insta::assert_debug_snapshot!(acme.balance(&partner).await, @r#"
    Balance {
        pending: "15.00",
        approved: "0.00",
        in_transit: "1.50",
        settled: "0.00",
        earned: "16.50",
        paid: "1.50",
        outstanding: "15.00",
    }
    "#);
    let completed = json!({ "id": payout, "paymentReference": "W-1" });
    acme.finance().mutate_ok("completePayout", completed, "payout{id}").await;
    insta::assert_debug_snapshot!(acme.balance(&partner).await, @r#"
    Balance {
        pending: "15.00",
        approved: "0.00",
        in_transit: "0.00",
        settled: "1.50",
        earned: "16.50",
        paid: "1.50",
        outstanding: "15.00",
    }
    "#);
}

#[tokio::test]
async fn the_events_of_a_failed_payout_can_be_paid_again_once() {
    let (acme, partner) = acme_with_partner().await;
    let event = acme.approved_event("p", "1", "10.00", "EUR").await;
    let first = acme.create_payout(&partner).await;
    let reason = json!({ "id": first, "reason": "account closed" });
    let fields = "payout{status failureReason totalAmount{amount} commissionCount commissionEvents{nodes{id status payout{id} paidAt}}}";
    let failed = acme.finance().mutate_ok("failPayout", reason, fields).await;
    let expected = json!({
        "status": "FAILED", "failureReason": "account closed", "totalAmount": { "amount": "1.50" }, "commissionCount": 1,
        "commissionEvents": { "nodes": [{ "id": event, "status": "APPROVED", "payout": null, "paidAt": null }] },
    });
    assert_eq!(failed["payout"], expected);
    let payloads = join_all((0..5).map(|_| batch(&acme, batch_input(&partner)))).await;
    let made: Vec<_> = payloads.iter().filter(|payload| payload["payout"] != Value::Null).collect();
    assert_eq!(made.len(), 1);
    let second = made[0]["payout"]["id"].clone();
    let query = format!("{{commissionEvent(id:\"{event}\"){{payout{{id}} history{{from to reason}}}}}}");
    let data = acme.admin().query(&query).await.data();
    assert_eq!(data["commissionEvent"]["payout"]["id"], second);
    let history = json!([
        { "from": null, "to": "PENDING", "reason": null },
        { "from": "PENDING", "to": "APPROVED", "reason": null },
        { "from": "APPROVED", "to": "PAID", "reason": null },
        { "from": "PAID", "to": "APPROVED", "reason": "account closed" },
        { "from": "APPROVED", "to": "PAID", "reason": null },
    ]);
    assert_eq!(data["commissionEvent"]["history"], history);
}

#[tokio::test]
async fn a_payout_goes_only_where_it_may() {
    let (acme, partner) = acme_with_partner().await;
    let acts = [
        ("startPayout", json!({}), "PROCESSING"),
        ("completePayout", json!({ "paymentReference": "W-1" }), "COMPLETED"),
        ("failPayout", json!({ "reason": "no" }), "FAILED"),
        ("cancelPayout", json!({ "reason": "no" }), "CANCELLED"),
    ];
    let mut table = String::new();
    for (n, first) in [None, Some(0), Some(1), Some(2), Some(3)].into_iter().enumerate() {
        for (second, (act, input, status)) in acts.iter().enumerate() {
            acme.approved_event("p", &format!("{n}-{second}"), "10.00", "EUR").await;
            let payout = acme.create_payout(&partner).await;
            let with_id = |input: &Value| {
                let mut input = input.clone();
                input["id"] = json!(payout);
                input
            };
            let mut from = "READY";
            if let Some(first) = first {
                let (act, input, status): &(&str, Value, &str) = &acts[first];
                acme.finance().mutate_ok(act, with_id(input), "payout{id}").await;
                from = status;
            }
            let payload = acme.finance().mutate(act, with_id(input), "payout{status}").await;
            let outcome = match payload["payout"]["status"].as_str() {
                Some(status) => status.to_owned(),
                None => payload["userErrors"][0]["code"].as_str().unwrap_or_default().to_owned(),
            };
            table.push_str(&format!("{from} -> {status}: {outcome}\n"));
            acme.finance()
                .mutate("failPayout", json!({ "id": payout, "reason": "clean up" }), "payout{id}")
                .await;
        }
    }
    insta::assert_snapshot!(table, @r"
    READY -> PROCESSING: PROCESSING
    READY -> COMPLETED: COMPLETED
    READY -> FAILED: FAILED
    READY -> CANCELLED: CANCELLED
    PROCESSING -> PROCESSING: INVALID_STATE
    PROCESSING -> COMPLETED: COMPLETED
    PROCESSING -> FAILED: FAILED
    PROCESSING -> CANCELLED: INVALID_STATE
    COMPLETED -> PROCESSING: INVALID_STATE
    COMPLETED -> COMPLETED: COMPLETED
    COMPLETED -> FAILED: INVALID_STATE
    COMPLETED -> CANCELLED: INVALID_STATE
    FAILED -> PROCESSING: INVALID_STATE
    FAILED -> COMPLETED: INVALID_STATE
    FAILED -> FAILED: INVALID_STATE
    FAILED -> CANCELLED: INVALID_STATE
    CANCELLED -> PROCESSING: INVALID_STATE
    CANCELLED -> COMPLETED: INVALID_STATE
    CANCELLED -> FAILED: INVALID_STATE
    CANCELLED -> CANCELLED: INVALID_STATE
    ");
}

#[tokio::test]
async fn completing_is_once_with_one_reference_and_not_before_the_payout() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "1", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let complete = |reference: &str, at: Option<String>| json!({ "id": payout, "paymentReference": reference, "completedAt": at });
    for (reference, at) in [("W-1", Some(in_days(-1))), ("W-1", Some(in_days(1))), (" ", None)] {
        assert_eq!(
            acme.finance().error_code("completePayout", complete(reference, at)).await,
            "BAD_USER_INPUT"
        );
    }
    let fields = "payout{status completedAt paymentReference history{from to} commissionEvents{nodes{status settledAt}}}";
    let first =
        acme.finance().mutate_ok("completePayout", complete("W-1", None), fields).await["payout"].clone();
    assert_eq!(
        first["history"],
        json!([{ "from": null, "to": "READY" }, { "from": "READY", "to": "COMPLETED" }])
    );
    assert_eq!(first["commissionEvents"]["nodes"][0]["settledAt"], first["completedAt"]);
    let again =
        acme.finance().mutate_ok("completePayout", complete("W-1", None), fields).await["payout"].clone();
    assert_eq!(again, first);
    assert_eq!(acme.finance().error_code("completePayout", complete("W-2", None)).await, "CONFLICT");
}

#[tokio::test]
async fn of_completing_and_cancelling_at_once_exactly_one_wins() {
    let (acme, partner) = acme_with_partner().await;
    for n in 0..10 {
        acme.approved_event("p", &n.to_string(), "10.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        let (finance, admin) = (acme.finance(), acme.admin());
        let (completed, cancelled) = tokio::join!(
            finance.mutate("completePayout", json!({ "id": payout, "paymentReference": "W" }), FIELDS),
            admin.mutate("cancelPayout", json!({ "id": payout, "reason": "no" }), FIELDS),
        );
        let won = [&completed, &cancelled].iter().filter(|payload| payload["payout"] != Value::Null).count();
        assert_eq!(won, 1, "{completed:#} {cancelled:#}");
        if cancelled["payout"] != Value::Null {
            acme.create_payout(&partner).await;
        }
    }
    let balance = acme.balance(&partner).await;
    assert_eq!([balance.approved, balance.earned, balance.paid], ["0.00", "15.00", "15.00"]);
}

#[tokio::test]
async fn the_statement_of_a_completed_payout_never_moves() {
    let (acme, partner) = acme_with_partner().await;
    for n in 0..5 {
        let event = acme
            .commission_event_at(
                "p",
                &n.to_string(),
                "100.00",
                "EUR",
                &format!("2026-01-0{}T00:00:00Z", n + 1),
            )
            .await;
        acme.approve(&[event]).await;
    }
    acme.refund("0", "before", "10.00").await;
    let payout = acme.create_payout(&partner).await;
    acme.transition_payout("completePayout", &payout).await;
    let statement = async || {
        let line = "id status eventType commissionAmount{amount} baseAmount{amount} eventDate payableAt paidAt settledAt payout{id}";
        let page = |arguments: &str| {
            format!("commissionEvents({arguments}){{nodes{{{line}}} pageInfo{{endCursor}} totalCount}}")
        };
        let query = format!(
            "{{payout(id:\"{payout}\"){{status totalAmount{{amount}} commissionCount completedAt periodEnd history{{to at}}
                all:{} last:{}}}}}",
            page("first:100"),
            page("last:2")
        );
        acme.admin().query(&query).await.data()
    };
    let then = statement().await;
    assert_eq!(then["payout"]["totalAmount"]["amount"], "73.50");
    acme.refund("0", "after", "90.00").await;
    acme.refund("1", "all", "100.00").await;
    let other = acme.commission_event_at("p", "other", "500.00", "EUR", "2026-01-03T00:00:00Z").await;
    acme.approve(&[other]).await;
    let next = acme.create_payout(&partner).await;
    acme.transition_payout("failPayout", &next).await;
    for act in ["completePayout", "failPayout", "cancelPayout", "startPayout"] {
        let mut input = json!({ "id": payout });
        match act {
            "startPayout" => {}
            "completePayout" => input["paymentReference"] = json!("ANOTHER"),
            _ => input["reason"] = json!("too late"),
        }
        assert_ne!(acme.finance().error_code(act, input).await, "", "{act}");
    }
    acme.admin()
        .mutate_ok("updateTenantSettings", json!({ "holdDays": 100, "timeZone": "Asia/Tokyo" }), "tenant{id}")
        .await;
    let rate = json!({ "id": partner, "defaultCommissionRate": "0.5", "status": "ARCHIVED" });
    acme.admin().mutate_ok("updatePartner", rate, "partner{id}").await;
    assert_eq!(statement().await, then);
}
