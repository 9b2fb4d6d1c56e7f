//! The events of Stripe: which are kept, and what follows from them.

use axum::body::Body;
use axum::http::Request;
use chrono::Utc;
use serde_json::json;
use stripe_stand_in::sign;

use super::{PLATFORM, Rail, SECRET};

/// Posts an event; returns the status and the body of the response.
async fn post(rail: &Rail, tenant: &str, signature: &str, body: &str) -> (u16, String) {
    let request = Request::post(format!("/webhooks/stripe/{tenant}"))
        .header("stripe-signature", signature)
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let response = rail.acme.app.send(request).await;
    (response.status().as_u16(), response.into_body())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_if_it_is_signed_and_recent() {
    let rail = Rail::new().await;
    let body = json!({
        "id": "evt_1", "object": "event", "type": "ping", "created": 1, "livemode": false, "data": { "object": {} },
    })
    .to_string();
    let now = u64::try_from(Utc::now().timestamp()).expect("a time");
    let signature = sign(SECRET, now, &body);
    assert_eq!(post(&rail, "acme", &signature, &body).await.0, 200);
    assert_eq!(post(&rail, "acme", &signature, &body).await.0, 200, "again");
    rail.acme.app.tenant("other").await;
    let expected = post(&rail, "unknown", &signature, &body).await;
    assert_eq!(expected.0, 401);
    for (tenant, signature, body) in [
        ("acme", signature.clone(), format!("{body} ")),
        ("acme", sign(SECRET, now - 301, &body), body.clone()),
        ("acme", sign(SECRET, now + 302, &body), body.clone()),
        ("acme", sign("whsec_otherSecret0123456789abcdef", now, &body), body.clone()),
        ("acme", format!("{signature},t={now}"), body.clone()),
        ("acme", String::new(), body.clone()),
        ("other", signature.clone(), body.clone()),
    ] {
        assert_eq!(post(&rail, tenant, &signature, &body).await, expected, "{tenant} {signature}");
    }
    let two = signature.replace(",v1=", &format!(",v1={},v1=", "0".repeat(64)));
    assert_eq!(post(&rail, "acme", &two, &body).await.0, 200, "the second of two signatures");
    let large = "x".repeat(300_000);
    assert_eq!(post(&rail, "acme", &signature, &large).await.0, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_reversed_returns_its_payout() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    let _worker = rail.worker();
    rail.send(&[&payout]).await;
    rail.wait_for_status(&payout, "COMPLETED").await;
    rail.listen().await;
    let transfer = rail.stripe.transfers()[0].id.clone();
    rail.stripe.reverse_transfer(&transfer, None).expect("a reversal");
    let returned = rail.wait_for_status(&payout, "RETURNED").await;
    assert_eq!(returned["attempts"][0]["status"], "RETURNED");
    rail.assert_paid_once().await;

    let next = rail.payout("two", "100.00").await;
    rail.send(&[&next]).await;
    rail.wait_for_status(&next, "COMPLETED").await;
    let transfer = rail.stripe.transfers().last().expect("a transfer").id.clone();
    rail.stripe.reverse_transfer(&transfer, Some(500)).expect("a reversal");
    let shown = rail.wait_for(&next, |shown| shown["attention"] == "RETURNED_IN_PART").await;
    assert_eq!(shown["status"], "COMPLETED");
    assert_eq!(shown["attempts"][0]["returnedAmount"], json!({ "amount": "5.00" }));

    // Staff have recorded an adjustment; another part is another matter.
    let dismiss = json!({ "id": next, "reason": "an adjustment was recorded" });
    let finance = rail.acme.finance();
    let payload = finance.mutate_ok("dismissPayoutAttention", dismiss.clone(), "payout { attention }").await;
    assert_eq!(payload["payout"]["attention"], json!(null));
    assert_eq!(finance.error_code("dismissPayoutAttention", dismiss).await, "INVALID_STATE");
    let object = &rail.stripe.transfers().pop().expect("a transfer").object;
    rail.stripe.emit(PLATFORM, None, "transfer.updated", object);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(rail.shown(&next).await["attention"], json!(null), "the same part");
    rail.stripe.reverse_transfer(&transfer, Some(100)).expect("a reversal");
    let shown = rail.wait_for(&next, |shown| shown["attention"] == "RETURNED_IN_PART").await;
    assert_eq!(shown["attempts"][0]["returnedAmount"], json!({ "amount": "6.00" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_again_and_in_any_order() {
    let rail = Rail::new().await;
    rail.stripe.hold_events(true);
    let payout = rail.payout("one", "1000.00").await;
    let _worker = rail.worker();
    rail.send(&[&payout]).await;
    rail.wait_for_status(&payout, "COMPLETED").await;
    let transfer = rail.stripe.transfers()[0].id.clone();
    rail.stripe.reverse_transfer(&transfer, None).expect("a reversal");
    rail.listen().await;
    for seed in 0..5 {
        let answers = rail.stripe.send_all_shuffled(seed, 4).await;
        assert!(!answers.is_empty() && answers.iter().all(|answer| *answer == Some(200)), "{answers:?}");
    }
    let returned = rail.wait_for_status(&payout, "RETURNED").await;
    assert_eq!(returned["history"].as_array().map(Vec::len), Some(4));
    rail.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_ready_when_stripe_says_so() {
    let rail = Rail::new().await;
    rail.listen().await;
    let _worker = rail.worker();
    let accounts = "query($id: ID!) { partner(id: $id) { payoutAccounts { status } } }";
    let becomes = async |status: serde_json::Value| {
        for _ in 0..300 {
            let data = rail.acme.finance().query_with(accounts, json!({ "id": rail.partner })).await.data();
            if data["partner"]["payoutAccounts"] == status {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("not {status}");
    };
    rail.stripe.set_account(&rail.account, "inactive", &[], Some("rejected.fraud")).expect("an account");
    becomes(json!([{ "status": "RESTRICTED" }])).await;
    rail.stripe.set_account(&rail.account, "active", &[], None).expect("an account");
    becomes(json!([{ "status": "READY" }])).await;
    rail.stripe.deauthorize(&rail.account).expect("an account");
    becomes(json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_payout_that_is_returned_by_hand_ends_its_attempt() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    let _worker = rail.worker();
    rail.send(&[&payout]).await;
    rail.wait_for_status(&payout, "COMPLETED").await;
    rail.acme.return_payout(&payout).await;
    assert_eq!(rail.shown(&payout).await["attempts"][0]["status"], "RETURNED");
    let recall = json!({ "id": payout, "reason": "too late" });
    assert_eq!(rail.acme.finance().error_code("recallPayout", recall).await, "INVALID_STATE");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_of_a_payout_is_recalled() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    let _worker = rail.worker();
    rail.send(&[&payout]).await;
    rail.wait_for_status(&payout, "COMPLETED").await;
    let recall = json!({ "id": payout, "reason": "a wrong account" });
    rail.acme.finance().mutate_ok("recallPayout", recall.clone(), "payout { status }").await;
    let returned = rail.wait_for_status(&payout, "RETURNED").await;
    assert_eq!(returned["attempts"][0]["status"], "RETURNED");
    let posts = rail.stripe.requests_of("POST", "/v1/transfers/");
    assert!(
        posts.len() == 1 && posts[0].idempotency_key.as_deref().is_some_and(|key| key.contains("-recall-"))
    );
    assert_eq!(rail.acme.finance().error_code("recallPayout", recall).await, "INVALID_STATE");
    rail.assert_paid_once().await;
}
