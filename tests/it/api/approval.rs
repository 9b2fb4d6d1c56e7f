//! Approving and cancelling commission events.

use serde_json::{Value, json};

use crate::support::{
    TestTenant, UNKNOWN_ID, acme_with_partner, batch_input, in_days, money, user_errors, with_fields,
};

const EVENTS: &str = "query {
    commissionEvents(orderBy: { field: EVENT_DATE, direction: ASC }) {
        nodes { invoiceId status }
    }
}";

/// The invoice and the status of every commission event, oldest first.
async fn events(tenant: &TestTenant) -> Vec<String> {
    let data = tenant.admin().query(EVENTS).await.data();
    let events = data["commissionEvents"]["nodes"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    events.iter().map(|event| format!("{} {}", text(&event["invoiceId"]), text(&event["status"]))).collect()
}

/// Approves events by id; returns the payload.
async fn approve(tenant: &TestTenant, ids: Value) -> Value {
    let input = json!({ "ids": ids });
    tenant.finance().mutate("approveCommissionEvents", input, "commissionEvents { id status }").await
}

/// Tries to approve events by id; returns the code of the error.
async fn approve_error(tenant: &TestTenant, ids: Value) -> String {
    tenant.finance().error_code("approveCommissionEvents", json!({ "ids": ids })).await
}

/// Tries to cancel events by id; returns the code of the error.
async fn cancel_error(tenant: &TestTenant, ids: Value, reason: &str) -> String {
    tenant.finance().error_code("cancelCommissionEvents", json!({ "ids": ids, "reason": reason })).await
}

/// Approves all pending events that match a filter; returns how many, and their totals per currency.
async fn approve_pending(tenant: &TestTenant, filter: Value) -> Value {
    let selection = "approvedCount totals { amount currency }";
    tenant.finance().mutate_ok("approvePendingCommissionEvents", filter, selection).await
}

/// Tries to approve all pending events that match a filter; returns the code of the error.
async fn approve_pending_error(tenant: &TestTenant, filter: Value) -> String {
    tenant.finance().error_code("approvePendingCommissionEvents", filter).await
}

#[tokio::test]
async fn a_list_is_approved_all_or_none() {
    let (acme, _) = acme_with_partner().await;
    let approved = acme.approved_event_at("p", "approved", "10.00", "EUR", &in_days(-3)).await;
    let pending = acme.commission_event_at("p", "pending", "10.00", "EUR", &in_days(-2)).await;

    let rejected = approve(&acme, json!([pending, approved, UNKNOWN_ID])).await;
    assert_eq!(rejected["commissionEvents"], Value::Null);
    assert_eq!(
        user_errors(&rejected),
        json!([
            { "code": "INVALID_STATE", "field": ["input", "ids"], "id": approved },
            { "code": "NOT_FOUND", "field": ["input", "ids"], "id": UNKNOWN_ID },
        ])
    );
    assert_eq!(events(&acme).await, ["approved APPROVED", "pending PENDING"]);

    let accepted = approve(&acme, json!([pending])).await;
    assert_eq!(accepted["commissionEvents"], json!([{ "id": pending, "status": "APPROVED" }]));
    assert_eq!(user_errors(&accepted), json!([]));
}

#[tokio::test]
async fn a_list_names_one_to_five_hundred_events_each_once() {
    let (acme, _) = acme_with_partner().await;
    let event = acme.commission_event("p", "i", "10.00", "EUR").await;
    let unknown: Vec<_> = (0..501).map(|n| format!("00000000-0000-7000-8000-{n:012}")).collect();

    for ids in [json!([]), json!([event, event]), json!(unknown), json!(["nonsense"]), json!([1])] {
        assert_eq!(approve_error(&acme, ids).await, "BAD_USER_INPUT");
    }
    assert_eq!(approve_error(&acme, json!(unknown[..500])).await, "NOT_FOUND");
    assert_eq!(events(&acme).await, ["i PENDING"]);
}

#[tokio::test]
async fn an_event_in_a_payout_is_neither_approved_nor_cancelled() {
    let (acme, partner) = acme_with_partner().await;
    let paid = acme.approved_event_at("p", "paid", "10.00", "EUR", &in_days(-2)).await;
    acme.create_payout(&partner).await;
    let pending = acme.commission_event("p", "pending", "10.00", "EUR").await;

    assert_eq!(approve_error(&acme, json!([paid])).await, "INVALID_STATE");
    assert_eq!(approve_error(&acme, json!([pending, paid])).await, "INVALID_STATE");
    assert_eq!(cancel_error(&acme, json!([paid]), "wrong customer").await, "INVALID_STATE");
    assert_eq!(events(&acme).await, ["paid PAID", "pending PENDING"]);
}

#[tokio::test]
async fn pending_and_approved_events_are_cancelled_with_a_reason() {
    let (acme, _) = acme_with_partner().await;
    let pending = acme.commission_event("p", "pending", "10.00", "EUR").await;
    let approved = acme.approved_event("p", "approved", "10.00", "EUR").await;
    for no_reason in ["", "  ", "\0"] {
        assert_eq!(cancel_error(&acme, json!([pending]), no_reason).await, "BAD_USER_INPUT");
    }

    let input = json!({ "ids": [pending, approved], "reason": " wrong customer\nsee mail " });
    let selection = "commissionEvents { id status history { from to actor reason } }";
    let payload = acme.finance().mutate_ok("cancelCommissionEvents", input, selection).await;
    let expected = json!([
        { "id": pending, "status": "CANCELLED", "history": [
            { "from": null, "to": "PENDING", "actor": "billing", "reason": null },
            { "from": "PENDING", "to": "CANCELLED", "actor": "fiona", "reason": "wrong customer\nsee mail" },
        ]},
        { "id": approved, "status": "CANCELLED", "history": [
            { "from": null, "to": "PENDING", "actor": "billing", "reason": null },
            { "from": "PENDING", "to": "APPROVED", "actor": "fiona", "reason": null },
            { "from": "APPROVED", "to": "CANCELLED", "actor": "fiona", "reason": "wrong customer\nsee mail" },
        ]},
    ]);
    assert_eq!(payload["commissionEvents"], expected);
}

#[tokio::test]
async fn a_cancelled_event_is_neither_approved_nor_cancelled_again() {
    let (acme, _) = acme_with_partner().await;
    let event = acme.commission_event("p", "i", "10.00", "EUR").await;
    acme.cancel(std::slice::from_ref(&event)).await;

    assert_eq!(approve_error(&acme, json!([event])).await, "INVALID_STATE");
    assert_eq!(cancel_error(&acme, json!([event]), "wrong customer").await, "INVALID_STATE");
    assert_eq!(events(&acme).await, ["i CANCELLED"]);
}

#[tokio::test]
async fn all_pending_events_of_a_partner_a_currency_and_a_period_are_approved_at_once() {
    let (acme, partner) = acme_with_partner().await;
    acme.create_partner_with_account("q").await;
    acme.commission_event_at("p", "january", "10.00", "EUR", "2024-01-31T23:59:59.999999Z").await;
    acme.commission_event_at("p", "february", "10.00", "EUR", "2024-02-01T00:00:00Z").await;
    acme.commission_event_at("p", "in yen", "1000", "JPY", "2024-02-02T00:00:00Z").await;
    acme.commission_event_at("q", "of another", "30.00", "EUR", "2024-02-03T00:00:00Z").await;
    acme.commission_event_at("p", "march", "10.00", "EUR", "2024-03-01T00:00:00Z").await;
    let february = json!({ "eventDateFrom": "2024-02-01T00:00:00Z", "eventDateTo": "2024-03-01T00:00:00Z" });

    let in_euros = json!({ "partnerId": partner, "currency": "EUR" });
    assert_eq!(
        approve_pending(&acme, with_fields(february.clone(), in_euros)).await,
        json!({ "approvedCount": 1, "totals": [money("1.50", "EUR")] })
    );
    assert_eq!(
        approve_pending(&acme, february.clone()).await,
        json!({ "approvedCount": 2, "totals": [money("4.50", "EUR"), money("150", "JPY")] })
    );
    assert_eq!(approve_pending(&acme, february).await, json!({ "approvedCount": 0, "totals": [] }));
    assert_eq!(
        events(&acme).await,
        ["january PENDING", "february APPROVED", "in yen APPROVED", "of another APPROVED", "march PENDING"]
    );
}

#[tokio::test]
async fn pending_events_are_not_approved_for_an_unknown_partner_or_an_empty_period() {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event("p", "i", "10.00", "EUR").await;

    let unknown_partner = json!({ "partnerId": UNKNOWN_ID, "eventDateTo": in_days(1) });
    assert_eq!(approve_pending_error(&acme, unknown_partner.clone()).await, "NOT_FOUND");
    let dry_run = with_fields(unknown_partner, json!({ "dryRun": true }));
    assert_eq!(approve_pending_error(&acme, dry_run).await, "NOT_FOUND");
    let reversed = json!({ "eventDateFrom": "2024-02-01T00:00:00Z", "eventDateTo": "2024-01-01T00:00:00Z" });
    assert_eq!(approve_pending_error(&acme, reversed).await, "BAD_USER_INPUT");
    assert_eq!(events(&acme).await, ["i PENDING"]);
}

#[tokio::test]
async fn a_dry_run_reports_what_would_be_approved_and_approves_nothing() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "1", "10.10", "EUR", &in_days(-4)).await;
    acme.commission_event_at("p", "2", "20.00", "EUR", &in_days(-3)).await;
    acme.commission_event_at("p", "3", "1000", "JPY", &in_days(-2)).await;
    acme.refund("2", "r", "10.00").await;
    let approval = json!({ "eventDateTo": in_days(-1), "dryRun": false });
    let dry_run = with_fields(approval.clone(), json!({ "dryRun": true }));

    let preview = approve_pending(&acme, dry_run.clone()).await;
    // The last one is the reversal of invoice 2, dated after the period like its refund.
    assert_eq!(events(&acme).await, ["1 PENDING", "2 PENDING", "3 PENDING", "2 PENDING"]);

    let approved = approve_pending(&acme, approval).await;
    assert_eq!(events(&acme).await, ["1 APPROVED", "2 APPROVED", "3 APPROVED", "2 APPROVED"]);
    assert_eq!(
        approved,
        json!({ "approvedCount": 4, "totals": [money("3.02", "EUR"), money("150", "JPY")] })
    );
    assert_eq!(preview, approved);

    let nothing_left = approve_pending(&acme, with_fields(dry_run, json!({ "partnerId": partner }))).await;
    assert_eq!(nothing_left["approvedCount"], 0);
}

#[tokio::test]
async fn concurrent_approvals_and_payouts_lose_no_event() {
    let (acme, partner) = acme_with_partner().await;
    let mut events = Vec::new();
    for n in 0..20 {
        events.push(acme.commission_event("p", &n.to_string(), "10.00", "EUR").await);
    }
    let finance = acme.finance();
    let create_payout = || finance.mutate("createPayoutBatch", batch_input(&partner), "payout { id }");

    tokio::join!(acme.approve(&events[..10]), acme.approve(&events[10..]), create_payout(), create_payout());
    create_payout().await;

    let balance = acme.balance(&partner).await;
    assert_eq!([balance.pending, balance.approved, balance.in_transit], ["0.00", "0.00", "30.00"]);
}
