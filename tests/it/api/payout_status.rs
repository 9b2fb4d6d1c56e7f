//! Starting, completing, failing and cancelling a payout, and what happens to its events.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{acme_with_partner, batch_input, in_days, transition_input, with_fields};

const EVENT_HISTORY: &str = "query($event: ID!) {
    commissionEvent(id: $event) { payout { id } history { from to reason } }
}";

/// Everything that a completed payout reports.
const PAYOUT: &str = "query($payout: ID!) {
    payout(id: $payout) {
        status totalAmount { amount } commissionCount completedAt periodEnd history { to at }
        all: commissionEvents(first: 100) { ...Lines }
        last: commissionEvents(last: 2) { ...Lines }
    }
}
fragment Lines on CommissionEventConnection {
    nodes {
        id status eventType commissionAmount { amount } baseAmount { amount }
        eventDate payableAt paidAt settledAt payout { id }
    }
    pageInfo { endCursor }
    totalCount
}";

const COMPLETED: &str = "payout {
    status completedAt paymentReference history { from to } commissionEvents { nodes { status settledAt } }
}";

const FAILED: &str = "payout {
    status failureReason totalAmount { amount } commissionCount
    commissionEvents { nodes { invoiceId status payout { id } paidAt } }
}";

const TRANSITIONS: [&str; 5] =
    ["startPayout", "completePayout", "failPayout", "cancelPayout", "returnPayout"];

/// Every status of a payout, and the mutations that take a new payout there.
const STATUSES: [(&str, &[&str]); 6] = [
    ("READY", &[]),
    ("PROCESSING", &["startPayout"]),
    ("COMPLETED", &["completePayout"]),
    ("FAILED", &["failPayout"]),
    ("CANCELLED", &["cancelPayout"]),
    ("RETURNED", &["completePayout", "returnPayout"]),
];

#[tokio::test]
async fn an_amount_is_in_one_bucket_of_the_balance_at_every_step() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    acme.approved_event("p", "approved", "10.00", "EUR").await;
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

    acme.complete_payout(&payout).await;
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
    let event = acme.approved_event("p", "i", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let failure = json!({ "id": payout, "reason": "account closed" });
    let failed = acme.finance().mutate_ok("failPayout", failure, FAILED).await;
    insta::assert_json_snapshot!(failed["payout"], @r#"
    {
      "commissionCount": 1,
      "commissionEvents": {
        "nodes": [
          {
            "invoiceId": "i",
            "paidAt": null,
            "payout": null,
            "status": "APPROVED"
          }
        ]
      },
      "failureReason": "account closed",
      "status": "FAILED",
      "totalAmount": {
        "amount": "1.50"
      }
    }
    "#);

    let create_payout =
        async || acme.finance().mutate("createPayoutBatch", batch_input(&partner), "payout { id }").await;
    let payloads = join_all((0..5).map(|_| create_payout())).await;
    let created: Vec<_> = payloads.iter().filter(|payload| payload["payout"].is_object()).collect();
    assert_eq!(created.len(), 1);

    let data = acme.admin().query_with(EVENT_HISTORY, json!({ "event": event })).await.data();
    assert_eq!(data["commissionEvent"]["payout"], created[0]["payout"]);
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
async fn a_payout_only_makes_permitted_transitions() {
    let (acme, partner) = acme_with_partner().await;
    let mut table = String::new();
    for (status, mutations_before) in STATUSES {
        for mutation in TRANSITIONS {
            acme.approved_event("p", &format!("{status} {mutation}"), "10.00", "EUR").await;
            let payout = acme.create_payout(&partner).await;
            for mutation in mutations_before {
                acme.transition_payout(mutation, &payout).await;
            }
            let input = transition_input(mutation, &payout);
            let payload = acme.finance().mutate(mutation, input, "payout { status }").await;
            let result = payload["payout"]["status"].as_str().or(payload["userErrors"][0]["code"].as_str());
            table.push_str(&format!("{status} {mutation}: {}\n", result.expect("a status or a code")));
        }
    }
    insta::assert_snapshot!(table, @r#"
    READY startPayout: PROCESSING
    READY completePayout: COMPLETED
    READY failPayout: FAILED
    READY cancelPayout: CANCELLED
    READY returnPayout: INVALID_STATE
    PROCESSING startPayout: INVALID_STATE
    PROCESSING completePayout: COMPLETED
    PROCESSING failPayout: FAILED
    PROCESSING cancelPayout: INVALID_STATE
    PROCESSING returnPayout: INVALID_STATE
    COMPLETED startPayout: INVALID_STATE
    COMPLETED completePayout: COMPLETED
    COMPLETED failPayout: INVALID_STATE
    COMPLETED cancelPayout: INVALID_STATE
    COMPLETED returnPayout: RETURNED
    FAILED startPayout: INVALID_STATE
    FAILED completePayout: INVALID_STATE
    FAILED failPayout: INVALID_STATE
    FAILED cancelPayout: INVALID_STATE
    FAILED returnPayout: INVALID_STATE
    CANCELLED startPayout: INVALID_STATE
    CANCELLED completePayout: INVALID_STATE
    CANCELLED failPayout: INVALID_STATE
    CANCELLED cancelPayout: INVALID_STATE
    CANCELLED returnPayout: INVALID_STATE
    RETURNED startPayout: INVALID_STATE
    RETURNED completePayout: INVALID_STATE
    RETURNED failPayout: INVALID_STATE
    RETURNED cancelPayout: INVALID_STATE
    RETURNED returnPayout: INVALID_STATE
    "#);
}

#[tokio::test]
async fn completing_a_payout_again_with_the_same_reference_changes_nothing() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "i", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let complete = json!({ "id": payout, "paymentReference": "W-1" });

    let first = acme.finance().mutate_ok("completePayout", complete.clone(), COMPLETED).await;
    let settled_at = &first["payout"]["commissionEvents"]["nodes"][0]["settledAt"];
    assert!(settled_at.is_string());
    assert_eq!(settled_at, &first["payout"]["completedAt"]);
    assert_eq!(
        first["payout"]["history"],
        json!([{ "from": null, "to": "READY" }, { "from": "READY", "to": "COMPLETED" }])
    );

    assert_eq!(acme.finance().mutate_ok("completePayout", complete.clone(), COMPLETED).await, first);
    let other_reference = with_fields(complete, json!({ "paymentReference": "W-2" }));
    assert_eq!(acme.finance().error_code("completePayout", other_reference).await, "CONFLICT");
}

#[tokio::test]
async fn a_payout_is_completed_with_a_reference_and_between_its_creation_and_now() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "i", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    for wrong in [
        json!({ "paymentReference": " " }),
        json!({ "completedAt": in_days(-1) }),
        json!({ "completedAt": in_days(1) }),
    ] {
        let input = with_fields(transition_input("completePayout", &payout), wrong.clone());
        assert_eq!(acme.finance().error_code("completePayout", input).await, "BAD_USER_INPUT", "{wrong}");
    }
    acme.complete_payout(&payout).await;
}

#[tokio::test]
async fn of_a_concurrent_completion_and_cancellation_exactly_one_succeeds() {
    let (acme, partner) = acme_with_partner().await;
    for n in 0..10 {
        acme.approved_event("p", &n.to_string(), "10.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        let transition = async |mutation: &str| {
            let input = transition_input(mutation, &payout);
            acme.finance().mutate(mutation, input, "payout { status }").await["payout"].is_object()
        };

        let (completed, cancelled) = tokio::join!(transition("completePayout"), transition("cancelPayout"));

        assert!(completed != cancelled, "completed: {completed}, cancelled: {cancelled}");
        if cancelled {
            // The next round's payout must not contain this event.
            acme.create_payout(&partner).await;
        }
    }
    let balance = acme.balance(&partner).await;
    assert_eq!([balance.approved, balance.earned, balance.paid], ["0.00", "15.00", "15.00"]);
}

#[tokio::test]
async fn a_completed_payout_only_changes_if_it_comes_back() {
    let (acme, partner) = acme_with_partner().await;
    for n in 1..=5 {
        let paid_at = format!("2026-01-0{n}T00:00:00Z");
        acme.approved_event_at("p", &n.to_string(), "100.00", "EUR", &paid_at).await;
    }
    acme.refund("1", "before the payout", "10.00").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    let report = async || acme.admin().query_with(PAYOUT, json!({ "payout": payout })).await.data();
    let completed = report().await;
    assert_eq!(completed["payout"]["totalAmount"]["amount"], "73.50");

    acme.refund("1", "after the payout", "90.00").await;
    acme.refund("2", "in full", "100.00").await;
    acme.approved_event_at("p", "late", "500.00", "EUR", "2026-01-03T00:00:00Z").await;
    let next = acme.create_payout(&partner).await;
    acme.fail_payout(&next).await;
    for mutation in TRANSITIONS.into_iter().filter(|mutation| *mutation != "returnPayout") {
        let mut input = transition_input(mutation, &payout);
        if mutation == "completePayout" {
            input["paymentReference"] = json!("another");
        }
        assert_ne!(acme.finance().error_code(mutation, input).await, "", "{mutation}");
    }
    acme.update_settings(json!({ "holdDays": 100, "timeZone": "Asia/Tokyo" })).await;
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.5", "status": "ARCHIVED" })).await;

    assert_eq!(report().await, completed);
}
