//! Sending payouts: what is sent, what is refused, and what staff can do meanwhile.

use serde_json::json;
use stripe_stand_in::Fault;

use super::{PLATFORM, Rail, is};
use crate::support::{UNKNOWN_ID, acme_with_partner};

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_sent_once_and_completed_with_the_reference_of_its_transfer() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    let sent = rail.send(&[&payout]).await;
    assert_eq!(sent["sent"], json!([{ "id": payout, "status": "PROCESSING" }]));
    let queued = rail.shown(&payout).await;
    assert_eq!(
        (&queued["attempts"][0]["status"], queued["attempts"][0]["firstSentAt"].is_null()),
        (&json!("QUEUED"), true)
    );
    let _worker = rail.worker();
    let completed = rail.wait_for_status(&payout, "COMPLETED").await;
    assert_eq!(completed["paymentReference"], rail.stripe.transfers()[0].id.as_str());
    let attempt = &completed["attempts"][0];
    assert_eq!(
        (&attempt["status"], &attempt["isLive"], &attempt["code"]),
        (&json!("SETTLED"), &json!(false), &json!(null))
    );
    let history: Vec<_> = completed["history"]
        .as_array()
        .expect("a history")
        .iter()
        .map(|change| change["to"].clone())
        .collect();
    assert_eq!(history, ["READY", "PROCESSING", "COMPLETED"]);
    assert_eq!(completed["history"][2]["actor"], "worker");

    let posts = rail.stripe.requests_of("POST", "/v1/transfers");
    assert_eq!(posts.len(), 1);
    let parameters = ["amount", "currency", "destination"]
        .map(|name| posts[0].parameter(name).unwrap_or_default().to_owned());
    assert_eq!(parameters, ["15000", "usd", rail.account.as_str()]);
    let key = format!("rvs-{}", attempt["id"].as_str().expect("an id"));
    assert_eq!(posts[0].idempotency_key.as_deref(), Some(key.as_str()));
    assert_eq!(rail.send(&[&payout]).await["skipped"][0]["code"], "INVALID_STATE");
    rail.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_payout_is_ready_again_and_can_be_sent_with_another_key() {
    let rail = Rail::new().await;
    rail.stripe.set_balance(PLATFORM, "usd", Some(100));
    let payout = rail.payout("one", "1000.00").await;
    rail.send(&[&payout]).await;
    let _worker = rail.worker();
    let refused = rail.wait_for(&payout, is("REFUSED")).await;
    assert_eq!((&refused["status"], &refused["attention"]), (&json!("READY"), &json!("NOT_SENT")));
    assert_eq!(refused["attempts"][0]["code"], "balance_insufficient");
    let list =
        "{ payouts(filter: { attention: [NOT_SENT] }) { totalCount } workQueue { payoutsWithAttention } }";
    let waiting = rail.acme.finance().query(list).await.data();
    assert_eq!(waiting["payouts"]["totalCount"], 1);
    assert_eq!(waiting["workQueue"]["payoutsWithAttention"], 1);

    rail.stripe.set_balance(PLATFORM, "usd", None);
    rail.send(&[&payout]).await;
    let completed = rail.wait_for_status(&payout, "COMPLETED").await;
    assert_eq!(completed["attention"], json!(null));
    let waiting = rail.acme.finance().query(list).await.data();
    assert_eq!(waiting["workQueue"]["payoutsWithAttention"], 0);
    let attempts = completed["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 2);
    let keys: Vec<_> = rail
        .stripe
        .requests_of("POST", "/v1/transfers")
        .into_iter()
        .map(|request| request.idempotency_key)
        .collect();
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
    rail.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_be_sent_is_not_changed_by_hand_and_can_be_withdrawn() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.send(&[&payout]).await;
    let finance = rail.acme.finance();
    for (mutation, input) in [
        ("completePayout", json!({ "id": payout, "paymentReference": "WIRE-1" })),
        ("failPayout", json!({ "id": payout, "reason": "no" })),
        ("cancelPayout", json!({ "id": payout, "reason": "no" })),
    ] {
        assert_eq!(finance.error_code(mutation, input).await, "ATTEMPT_UNDER_WAY", "{mutation}");
    }
    let attempt = rail.shown(&payout).await["attempts"][0]["id"].clone();
    let withdraw = json!({ "id": attempt, "reason": "paid by wire" });
    let selection = "payoutAttempt { status payout { status attention } }";
    let withdrawn = finance.mutate_ok("withdrawPayoutAttempt", withdraw.clone(), selection).await;
    let expected = json!({ "status": "WITHDRAWN", "payout": { "status": "READY", "attention": "NOT_SENT" } });
    assert_eq!(withdrawn["payoutAttempt"], expected);
    assert_eq!(finance.error_code("withdrawPayoutAttempt", withdraw).await, "INVALID_STATE");
    let complete = json!({ "id": payout, "paymentReference": "WIRE-1" });
    finance.mutate_ok("completePayout", complete, "payout { status }").await;

    let _worker = rail.worker();
    let other = rail.payout("two", "100.00").await;
    rail.send(&[&other]).await;
    rail.wait_for_status(&other, "COMPLETED").await;
    assert_eq!(rail.stripe.requests_of("POST", "/v1/transfers").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_and_two_workers_send_each_payout_once() {
    let rail = Rail::new().await;
    let mut payouts = Vec::new();
    for n in 0..20 {
        payouts.push(rail.payout(&format!("i{n}"), "100.00").await);
    }
    let ids: Vec<_> = payouts.iter().map(String::as_str).collect();
    let _workers = (rail.worker(), rail.worker());
    let (first, second) = tokio::join!(rail.send(&ids), rail.send(&ids));
    let count = |payload: &serde_json::Value| payload["sent"].as_array().expect("payouts").len();
    assert_eq!(count(&first) + count(&second), 20);
    for payout in &payouts {
        rail.wait_for_status(payout, "COMPLETED").await;
    }
    assert_eq!(rail.stripe.transfers().len(), 20);
    rail.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_listed_with_the_reason() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "one", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let send = async |ids: serde_json::Value| {
        acme.finance()
            .mutate_ok("sendPayouts", json!({ "ids": ids }), "sent { id } skipped { id code }")
            .await
    };
    let skipped = send(json!([payout, UNKNOWN_ID])).await;
    let expected =
        json!([{ "id": payout, "code": "RAIL_NOT_CONNECTED" }, { "id": UNKNOWN_ID, "code": "NOT_FOUND" }]);
    assert_eq!((&skipped["sent"], &skipped["skipped"]), (&json!([]), &expected));
    for ids in [json!([]), json!([payout, payout])] {
        assert_eq!(acme.finance().error_code("sendPayouts", json!({ "ids": ids })).await, "BAD_USER_INPUT");
    }

    let rail = Rail::new().await;
    let other = rail.acme.create_partner_with_account("q").await;
    rail.acme.approved_event("q", "two", "100.00", "EUR").await;
    let without_account = rail.acme.create_payout(&other).await;
    assert_eq!(rail.send(&[&without_account]).await["skipped"][0]["code"], "ACCOUNT_NOT_READY");
    rail.acme.approved_event("p", "three", "100000", "UGX").await;
    let mut input = crate::support::batch_input(&rail.partner);
    input["currency"] = json!("UGX");
    let payload = rail.acme.finance().mutate_ok("createPayoutBatch", input, "payout { id }").await;
    let unsupported = payload["payout"]["id"].as_str().expect("an id");
    assert_eq!(rail.send(&[unsupported]).await["skipped"][0]["code"], "CURRENCY_UNSUPPORTED");
    rail.acme.update_partner(&rail.partner, json!({ "status": "SUSPENDED" })).await;
    assert_eq!(rail.send(&[unsupported]).await["skipped"][0]["code"], "PARTNER_NOT_PAYABLE");
    assert!(rail.stripe.transfers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_stripe_restricts_receives_nothing() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe
        .set_account(&rail.account, "inactive", &["external_account"], Some("requirements.past_due"))
        .expect("an account");
    rail.send(&[&payout]).await;
    let _worker = rail.worker();
    let refused = rail.wait_for(&payout, is("REFUSED")).await;
    assert_eq!(
        (&refused["status"], &refused["attempts"][0]["code"]),
        (&json!("READY"), &json!("account_not_ready"))
    );
    assert!(rail.stripe.requests_of("POST", "/v1/transfers").is_empty());
    let accounts =
        "query($id: ID!) { partner(id: $id) { payoutAccounts { status requirements disabledReason } } }";
    let data = rail.acme.finance().query_with(accounts, json!({ "id": rail.partner })).await.data();
    let expected = json!([{
        "status": "INCOMPLETE", "requirements": ["external_account"], "disabledReason": "requirements.past_due",
    }]);
    assert_eq!(data["partner"]["payoutAccounts"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_sends_nothing_until_it_is_connected_again() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe.fail_next(1, "GET", "/v1/transfers", Fault::Unauthorized);
    rail.send(&[&payout]).await;
    let _worker = rail.worker();
    let connection = "{ viewer { tenant { stripe { brokenAt brokenReason } } } }";
    for _ in 0..100 {
        let data = rail.acme.admin().query(connection).await.data();
        if data["viewer"]["tenant"]["stripe"]["brokenAt"].is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let other = rail.payout("two", "100.00").await;
    assert_eq!(rail.send(&[&other]).await["skipped"][0]["code"], "RAIL_NOT_CONNECTED");
    rail.hurry().await;
    assert!(rail.stripe.transfers().is_empty());

    let connect = json!({ "apiKey": super::KEY, "webhookSecrets": [super::SECRET] });
    rail.acme.admin().mutate_ok("connectStripe", connect, "stripeConnection { brokenAt }").await;
    rail.hurry().await;
    rail.wait_for_status(&payout, "COMPLETED").await;
    rail.assert_paid_once().await;
}
