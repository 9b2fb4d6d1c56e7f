//! Approving and cancelling commission events.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, in_days};

async fn statuses(tenant: &TestTenant) -> Vec<Value> {
    let query = "{commissionEvents(orderBy:{field:EVENT_DATE,direction:ASC}){nodes{status}}}";
    let data = tenant.admin().query(query).await.data();
    let nodes = data["commissionEvents"]["nodes"].as_array().cloned().unwrap_or_default();
    nodes.into_iter().map(|node| node["status"].clone()).collect()
}

#[tokio::test]
async fn a_list_is_approved_all_or_none() {
    let (acme, _) = acme_with_partner().await;
    let one = acme.commission_event_at("p", "1", "10.00", "EUR", &in_days(-3)).await;
    let two = acme.commission_event_at("p", "2", "10.00", "EUR", &in_days(-2)).await;
    acme.approve(std::slice::from_ref(&one)).await;
    let unknown = "00000000-0000-7000-8000-000000000000";
    let payload = acme
        .finance()
        .mutate("approveCommissionEvents", json!({ "ids": [two, one, unknown] }), "commissionEvents{id}")
        .await;
    assert_eq!(payload["commissionEvents"], Value::Null);
    let refusals: Vec<_> = payload["userErrors"].as_array().expect("a list").iter().collect();
    assert_eq!(refusals.len(), 2);
    assert_eq!((&refusals[0]["code"], &refusals[0]["id"]), (&json!("INVALID_STATE"), &json!(one)));
    assert_eq!((&refusals[1]["code"], &refusals[1]["id"]), (&json!("NOT_FOUND"), &json!(unknown)));
    assert_eq!(refusals[0]["field"], json!(["input", "ids"]));
    assert_eq!(statuses(&acme).await, ["APPROVED", "PENDING"]);
    let payload = acme
        .finance()
        .mutate_ok("approveCommissionEvents", json!({ "ids": [two] }), "commissionEvents{id status}")
        .await;
    assert_eq!(payload["commissionEvents"], json!([{ "id": two, "status": "APPROVED" }]));
}

#[tokio::test]
async fn a_list_names_one_to_five_hundred_events_each_once() {
    let (acme, _) = acme_with_partner().await;
    let one = acme.commission_event("p", "1", "10.00", "EUR").await;
    let many: Vec<_> = (0..501).map(|n| format!("00000000-0000-7000-8000-{n:012}")).collect();
    for ids in [json!([]), json!([one, one]), json!(many), json!(["nonsense"]), json!([1])] {
        assert_eq!(
            acme.finance().error_code("approveCommissionEvents", json!({ "ids": ids })).await,
            "BAD_USER_INPUT"
        );
    }
    assert_eq!(
        acme.finance().error_code("approveCommissionEvents", json!({ "ids": many[..500] })).await,
        "NOT_FOUND"
    );
    assert_eq!(statuses(&acme).await, ["PENDING"]);
}

#[tokio::test]
async fn what_is_in_no_payout_can_be_cancelled_with_a_reason() {
    let (acme, partner) = acme_with_partner().await;
    let paid = acme.approved_event("p", "1", "10.00", "EUR").await;
    acme.create_payout(&partner).await;
    let approved = acme.approved_event("p", "2", "10.00", "EUR").await;
    let pending = acme.commission_event("p", "3", "10.00", "EUR").await;
    for ids in [json!([paid]), json!([pending, paid])] {
        let approve = json!({ "ids": ids });
        assert_eq!(acme.finance().error_code("approveCommissionEvents", approve).await, "INVALID_STATE");
    }
    assert_eq!(statuses(&acme).await, ["PAID", "APPROVED", "PENDING"]);
    let cancel = |ids: Value| json!({ "ids": ids, "reason": " wrong customer\nsee mail " });
    for reason in ["", "  ", "\0"] {
        let input = json!({ "ids": [pending], "reason": reason });
        assert_eq!(acme.finance().error_code("cancelCommissionEvents", input).await, "BAD_USER_INPUT");
    }
    assert_eq!(
        acme.finance().error_code("cancelCommissionEvents", cancel(json!([paid]))).await,
        "INVALID_STATE"
    );
    let fields = "commissionEvents{id status history{from to actor reason}}";
    let ids = json!([pending, approved]);
    let payload = acme.finance().mutate_ok("cancelCommissionEvents", cancel(ids), fields).await;
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
    for mutation in ["approveCommissionEvents", "cancelCommissionEvents"] {
        let mut input = cancel(json!([approved]));
        if mutation == "approveCommissionEvents" {
            input = json!({ "ids": [approved] });
        }
        assert_eq!(acme.finance().error_code(mutation, input).await, "INVALID_STATE", "{mutation}");
    }
}

#[tokio::test]
async fn all_pending_of_a_partner_currency_and_period_are_approved_at_once() {
    let (acme, partner) = acme_with_partner().await;
    acme.create_partner_with_account("q").await;
    acme.commission_event_at("p", "old", "10.00", "EUR", "2024-01-31T23:59:59.999999Z").await;
    acme.commission_event_at("p", "first", "10.00", "EUR", "2024-02-01T00:00:00Z").await;
    acme.commission_event_at("p", "yen", "1000", "JPY", "2024-02-02T00:00:00Z").await;
    acme.commission_event_at("q", "other", "30.00", "EUR", "2024-02-03T00:00:00Z").await;
    acme.commission_event_at("p", "new", "10.00", "EUR", "2024-03-01T00:00:00Z").await;
    let february = |more: Value| {
        let mut input =
            json!({ "eventDateFrom": "2024-02-01T00:00:00Z", "eventDateTo": "2024-03-01T00:00:00Z" });
        for (key, value) in more.as_object().expect("an object") {
            input[key] = value.clone();
        }
        input
    };
    let fields = "approvedCount totals{amount currency}";
    let act =
        async |input: Value| acme.finance().mutate_ok("approvePendingCommissionEvents", input, fields).await;
    let one = act(february(json!({ "partnerId": partner, "currency": "EUR" }))).await;
    assert_eq!(one["approvedCount"], 1);
    assert_eq!(one["totals"], json!([{ "amount": "1.50", "currency": "EUR" }]));
    let rest = act(february(json!({}))).await;
    assert_eq!(rest["approvedCount"], 2);
    let totals = json!([{ "amount": "4.50", "currency": "EUR" }, { "amount": "150", "currency": "JPY" }]);
    assert_eq!(rest["totals"], totals);
    let none = act(february(json!({}))).await;
    assert_eq!((&none["approvedCount"], &none["totals"]), (&json!(0), &json!([])));
    assert_eq!(statuses(&acme).await, ["PENDING", "APPROVED", "APPROVED", "APPROVED", "PENDING"]);
    let unknown = february(json!({ "partnerId": "00000000-0000-7000-8000-000000000000" }));
    assert_eq!(acme.finance().error_code("approvePendingCommissionEvents", unknown).await, "NOT_FOUND");
    let reversed = february(json!({ "eventDateTo": "2024-01-01T00:00:00Z" }));
    assert_eq!(acme.finance().error_code("approvePendingCommissionEvents", reversed).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn approvals_and_batches_at_once_lose_nothing() {
    let (acme, partner) = acme_with_partner().await;
    let mut events = Vec::new();
    for n in 0..20 {
        events.push(acme.commission_event("p", &n.to_string(), "10.00", "EUR").await);
    }
    let finance = acme.finance();
    tokio::join!(
        acme.approve(&events[..10]),
        acme.approve(&events[10..]),
        finance.mutate("createPayoutBatch", batch_input(&partner), "payout{id}"),
        finance.mutate("createPayoutBatch", batch_input(&partner), "payout{id}"),
    );
    finance.mutate("createPayoutBatch", batch_input(&partner), "payout{id}").await;
    let query =
        format!("{{partner(id:\"{partner}\"){{balances{{approved{{amount}} inTransit{{amount}}}}}}}}");
    let balances = acme.admin().query(&query).await.data()["partner"]["balances"].clone();
    assert_eq!(balances, json!([{ "approved": { "amount": "0.00" }, "inTransit": { "amount": "30.00" } }]));
}

#[tokio::test]
async fn a_dry_run_of_an_approval_tells_what_it_would_do_and_does_nothing() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "1", "10.10", "EUR", &in_days(-3)).await;
    acme.commission_event_at("p", "2", "20.00", "EUR", &in_days(-2)).await;
    acme.commission_event_at("p", "3", "1000", "JPY", &in_days(-2)).await;
    acme.refund("2", "r", "10.00").await;
    let input = |dry_run: bool| json!({ "eventDateTo": in_days(-1), "dryRun": dry_run });
    let fields = "approvedCount totals{amount currency}";
    let told = acme.finance().mutate_ok("approvePendingCommissionEvents", input(true), fields).await;
    assert_eq!(statuses(&acme).await, ["PENDING"; 4]);
    let done = acme.finance().mutate_ok("approvePendingCommissionEvents", input(false), fields).await;
    assert_eq!((&told["approvedCount"], &told["totals"]), (&done["approvedCount"], &done["totals"]));
    let totals = json!([{ "amount": "3.02", "currency": "EUR" }, { "amount": "150", "currency": "JPY" }]);
    assert_eq!((&done["approvedCount"], &done["totals"]), (&json!(4), &totals));
    assert_eq!(statuses(&acme).await, ["APPROVED"; 4]);
    let mut of_nobody = input(true);
    of_nobody["partnerId"] = json!("00000000-0000-7000-8000-000000000000");
    assert_eq!(acme.finance().error_code("approvePendingCommissionEvents", of_nobody).await, "NOT_FOUND");
    let mut of_one = input(true);
    of_one["partnerId"] = json!(partner);
    assert_eq!(
        acme.finance().mutate_ok("approvePendingCommissionEvents", of_one, fields).await["approvedCount"],
        0
    );
}
