//! The first answer of a key is kept.

use std::time::Duration;

use stripe_stand_in::{Fault, Platform};

use crate::support::{PLATFORM, code, start};

#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_and_executes_nothing() {
    let (stand_in, client) = start().await;
    let first = client.transfer("k", "100").await.unwrap();
    let again = client.transfer("k", "100").await.unwrap();
    assert_eq!((first.status, first.is_replayed), (200, false));
    assert_eq!((again.status, again.is_replayed), (200, true));
    assert_eq!(again.body, first.body);
    assert_eq!(stand_in.transfers().len(), 1);
    let requests = stand_in.requests();
    assert_eq!(requests.iter().map(|request| request.is_replayed).collect::<Vec<_>>(), [false, true]);
    assert_eq!(requests[1].idempotency_key.as_deref(), Some("k"));
    assert_eq!(requests[1].parameter("amount"), Some("100"));
}

#[tokio::test]
async fn the_same_key_with_other_parameters_or_another_path_is_an_error() {
    let (stand_in, client) = start().await;
    client.transfer("k", "100").await.unwrap();
    let other = client.transfer("k", "101").await.unwrap();
    let elsewhere = client.post("/v1/transfers/tr_1/reversals", "k", &[]).await.unwrap();
    for answer in [other, elsewhere] {
        assert_eq!(answer.status, 400);
        assert_eq!(answer.body["error"]["type"], "idempotency_error");
    }
    assert_eq!(stand_in.transfers()[0].amount_reversed, 0);
    // The order of parameters makes no difference.
    let form = [("destination", "acct_1"), ("currency", "usd"), ("amount", "100")];
    assert!(client.post("/v1/transfers", "k", &form).await.unwrap().is_replayed);
}

#[tokio::test]
async fn a_key_in_use_is_a_conflict_that_is_not_kept() {
    let (stand_in, client) = start().await;
    stand_in.fail_next(1, "POST", "/v1/transfers", Fault::HangBefore(Duration::from_millis(500)));
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.transfer("k", "100").await.unwrap() }
    });
    while stand_in.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let meanwhile = client.transfer("k", "100").await.unwrap();
    assert_eq!((meanwhile.status, code(&meanwhile)), (409, "idempotency_key_in_use"));
    assert_eq!(slow.await.unwrap().status, 200);
    assert!(client.transfer("k", "100").await.unwrap().is_replayed);
    assert_eq!(stand_in.transfers().len(), 1);
}

#[tokio::test]
async fn refusals_and_server_errors_are_kept() {
    let (stand_in, client) = start().await;
    stand_in.set_balance(PLATFORM, "usd", Some(50));
    let refused = client.transfer("refused", "100").await.unwrap();
    assert_eq!((refused.status, code(&refused)), (400, "balance_insufficient"));
    stand_in.set_balance(PLATFORM, "usd", None);
    let again = client.transfer("refused", "100").await.unwrap();
    assert_eq!((again.status, again.is_replayed), (400, true));

    let fault = Fault::ServerError { is_executed: false, is_kept: true };
    stand_in.fail_next(1, "POST", "/v1/transfers", fault);
    for is_replayed in [false, true] {
        let failed = client.transfer("failed", "100").await.unwrap();
        assert_eq!((failed.status, failed.is_replayed), (500, is_replayed));
    }
    assert!(stand_in.transfers().is_empty());
    stand_in.forget_keys();
    assert_eq!(client.transfer("failed", "100").await.unwrap().status, 200);
}

#[tokio::test]
async fn what_was_done_is_kept_behind_errors_that_are_not() {
    let (stand_in, client) = start().await;
    stand_in.fail_next(2, "POST", "/v1/transfers", Fault::ServerError { is_executed: true, is_kept: false });
    stand_in.fail_next(1, "POST", "/v1/transfers", Fault::BreakAfter);
    for _ in 0..2 {
        assert_eq!(client.transfer("k", "100").await.unwrap().status, 500);
    }
    assert!(client.transfer("k", "100").await.is_err());
    let found = client.transfer("k", "100").await.unwrap();
    assert_eq!((found.status, found.is_replayed), (200, true));
    assert_eq!(stand_in.transfers().len(), 1);
}

#[tokio::test]
async fn what_fails_before_an_endpoint_executes_is_not_kept() {
    let (stand_in, client) = start().await;
    for (fault, status) in [(Fault::RateLimited, 429), (Fault::Unauthorized, 401), (Fault::Forbidden, 403)] {
        stand_in.fail_next(1, "POST", "/v1/transfers", fault);
        assert_eq!(client.transfer("k", "100").await.unwrap().status, status);
    }
    assert_eq!(client.transfer("k", "-100").await.unwrap().status, 400);
    let executed = client.transfer("k", "100").await.unwrap();
    assert_eq!((executed.status, executed.is_replayed), (200, false));
}

#[tokio::test]
async fn keys_belong_to_a_platform_and_to_posts() {
    let (stand_in, client) = start().await;
    stand_in.add_platform(Platform {
        api_key: "sk_test_globex".to_owned(),
        account: "acct_globex".to_owned(),
        livemode: true,
    });
    stand_in.add_account("acct_globex", Some("acct_2b"), "US");
    let globex = client.with_key("sk_test_globex");
    client.transfer("k", "100").await.unwrap();
    let form = [("amount", "100"), ("currency", "usd"), ("destination", "acct_2b")];
    let other = globex.post("/v1/transfers", "k", &form).await.unwrap();
    assert_eq!((other.status, other.is_replayed), (200, false));
    assert_eq!(other.body["livemode"], true);
    // Neither sees the objects of the other.
    assert_eq!(globex.get("/v1/transfers/tr_1").await.unwrap().status, 404);
    assert_eq!(globex.get("/v1/accounts/acct_1").await.unwrap().status, 403);
    assert_eq!(code(&globex.transfer("l", "100").await.unwrap()), "resource_missing");
}
