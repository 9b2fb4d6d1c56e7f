//! Outcomes that are not known at once: nothing that may have been paid is paid again.

use std::time::Duration;

use serde_json::{Value, json};
use stripe_stand_in::Fault;

use super::{Rail, is};
use crate::support::with_superuser;

/// Sends a payout into a fault, and once more when its next try is due.
async fn settled_after(fault: Fault) -> Rail {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe.fail_next(1, "POST", "/v1/transfers", fault);
    rail.send(&[&payout]).await;
    let short = rail.client().with_timeout(Duration::from_secs(2));
    let _worker = rail.worker_with(short);
    rail.wait_for(&payout, |shown| shown["attempts"][0]["message"].is_string()).await;
    for _ in 0..100 {
        rail.hurry().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        if rail.shown(&payout).await["status"] == "COMPLETED" {
            break;
        }
    }
    rail.wait_for_status(&payout, "COMPLETED").await;
    rail
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_a_request_the_money_is_moved_once() {
    for fault in [
        Fault::HangAfter(Duration::from_secs(6)),
        Fault::HangBefore(Duration::from_secs(3)),
        Fault::BreakBefore,
        Fault::BreakAfter,
        Fault::ServerError { is_executed: true, is_kept: true },
        Fault::ServerError { is_executed: false, is_kept: false },
        Fault::RateLimited,
        Fault::DependencyFailed { is_kept: false },
    ] {
        let rail = settled_after(fault.clone()).await;
        assert_eq!(rail.stripe.transfers().len(), 1, "{fault:?}");
        let mut keys: Vec<_> = rail
            .stripe
            .requests_of("POST", "/v1/transfers")
            .into_iter()
            .map(|request| request.idempotency_key)
            .collect();
        keys.dedup();
        assert_eq!(keys.len(), 1, "{fault:?}: one key");
        rail.assert_paid_once().await;
    }
}

/// Pretends that the rail was first asked a day ago.
async fn a_day_later(rail: &Rail) {
    let update = "UPDATE payout_attempts SET first_sent_at = first_sent_at - interval '25 hours',
        last_sent_at = last_sent_at - interval '25 hours', created_at = created_at - interval '26 hours'";
    with_superuser(&rail.acme.app.database, update).await.expect("an update");
}

/// An attempt that Stripe has not answered for a day, without a transfer.
async fn uncertain() -> (Rail, String, Value) {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe.fail_next(1, "POST", "/v1/transfers", Fault::BreakBefore);
    rail.send(&[&payout]).await;
    {
        let _worker = rail.worker();
        rail.wait_for(&payout, |shown| shown["attempts"][0]["message"].is_string()).await;
    }
    a_day_later(&rail).await;
    rail.hurry().await;
    let _worker = rail.worker();
    // The attempts are read after the payout, which may not have its attention yet.
    let shown =
        rail.wait_for(&payout, |shown| is("UNCERTAIN")(shown) && shown["attention"].is_string()).await;
    (rail, payout, shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_without_an_answer_is_only_looked_for_after_a_day() {
    let (rail, payout, shown) = uncertain().await;
    assert_eq!((&shown["status"], &shown["attention"]), (&json!("PROCESSING"), &json!("UNCERTAIN")));
    let finance = rail.acme.finance();
    let complete = json!({ "id": payout, "paymentReference": "WIRE-1" });
    assert_eq!(finance.error_code("completePayout", complete).await, "ATTEMPT_UNDER_WAY");
    let id = shown["attempts"][0]["id"].clone();
    let not_moved = json!({ "id": id, "outcome": "NOT_MOVED", "reason": "asked Stripe" });
    assert_eq!(finance.error_code("resolvePayoutAttempt", not_moved.clone()).await, "INVALID_STATE");
    for wrong in [json!({ "outcome": "MOVED" }), json!({ "outcome": "NOT_MOVED", "reference": "tr_1" })] {
        let input = crate::support::with_fields(not_moved.clone(), wrong);
        assert_eq!(finance.error_code("resolvePayoutAttempt", input).await, "BAD_USER_INPUT");
    }

    let other = rail.payout("two", "100.00").await;
    rail.send(&[&other]).await;
    {
        let _worker = rail.worker();
        rail.wait_for_status(&other, "COMPLETED").await;
    }
    let taken = json!({
        "id": not_moved["id"], "outcome": "MOVED", "reference": rail.stripe.transfers()[0].id, "reason": "guessed",
    });
    assert_eq!(finance.error_code("resolvePayoutAttempt", taken).await, "CONFLICT");
    let posts = rail.stripe.requests_of("POST", "/v1/transfers").len();
    let _worker = rail.worker();
    rail.hurry().await;
    rail.wait_for(&payout, |shown| shown["attempts"][0]["lookedAt"].is_string()).await;
    assert_eq!(rail.stripe.requests_of("POST", "/v1/transfers").len(), posts, "it is not asked for again");
    let resolved = finance
        .mutate_ok("resolvePayoutAttempt", not_moved, "payoutAttempt { status payout { status } }")
        .await;
    assert_eq!(resolved["payoutAttempt"], json!({ "status": "REFUSED", "payout": { "status": "READY" } }));
    rail.send(&[&payout]).await;
    rail.wait_for_status(&payout, "COMPLETED").await;
    rail.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_restored_does_not_pay_again() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.send(&[&payout]).await;
    let _worker = rail.worker();
    rail.wait_for_status(&payout, "COMPLETED").await;
    // As it was before the result, and before the attempt.
    let restore = "SET session_replication_role = replica;
        DELETE FROM statements; DELETE FROM payout_attempts;
        UPDATE payouts SET status = 'READY', completed_at = NULL, payment_reference = NULL;
        DELETE FROM status_changes WHERE payout_id IS NOT NULL AND from_status IS NOT NULL";
    with_superuser(&rail.acme.app.database, restore).await.expect("a restore");
    rail.stripe.forget_keys();
    rail.send(&[&payout]).await;
    let shown = rail.wait_for(&payout, is("UNCERTAIN")).await;
    assert_eq!(shown["attempts"][0]["code"], "other_transfer");
    assert_eq!(rail.stripe.transfers().len(), 1);

    let id = shown["attempts"][0]["id"].clone();
    let moved = json!({
        "id": id, "outcome": "MOVED", "reference": rail.stripe.transfers()[0].id, "reason": "found at Stripe",
    });
    rail.acme.finance().mutate_ok("resolvePayoutAttempt", moved, "payoutAttempt { status }").await;
    rail.wait_for_status(&payout, "COMPLETED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_differs_is_not_taken_for_the_payout() {
    let rail = Rail::new().await;
    let payout = rail.payout("one", "1000.00").await;
    rail.stripe.fail_next(1, "POST", "/v1/transfers", Fault::Altered(json!({ "amount": 14_000 })));
    rail.send(&[&payout]).await;
    let _worker = rail.worker();
    let shown = rail.wait_for(&payout, is("UNCERTAIN")).await;
    assert_eq!(
        (&shown["attention"], &shown["attempts"][0]["code"]),
        (&json!("DIFFERS"), &json!("transfer_differs"))
    );
}
