//! Requests that fail in the ways in which they fail with Stripe.

use std::time::{Duration, Instant};

use serde_json::json;
use stripe_stand_in::Fault;

use crate::support::{Client, code, options, start};

#[tokio::test]
async fn a_connection_breaks_before_or_after_a_request_is_executed() {
    let (stand_in, client) = start().await;
    for (fault, key, count) in [(Fault::BreakBefore, "a", 0), (Fault::BreakAfter, "b", 1)] {
        stand_in.fail_next(1, "POST", "/v1/transfers", fault);
        let error = client.transfer(key, "100").await.unwrap_err();
        // The request was sent, so that it may have been executed.
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(stand_in.transfers().len(), count);
    }
    assert_eq!(stand_in.requests().iter().filter(|request| request.status.is_none()).count(), 2);
    assert!(client.transfer("b", "100").await.unwrap().is_replayed);
    assert!(!client.transfer("a", "100").await.unwrap().is_replayed);
}

#[tokio::test]
async fn a_request_hangs_before_or_after_it_is_executed() {
    let (stand_in, client) = start().await;
    let time = Duration::from_millis(400);
    for (fault, key, during) in [(Fault::HangBefore(time), "a", 0), (Fault::HangAfter(time), "b", 2)] {
        stand_in.fail_next(1, "POST", "/v1/transfers", fault);
        let started = Instant::now();
        let waiting = client.transfer(key, "100");
        let looking = async {
            tokio::time::sleep(time / 2).await;
            stand_in.transfers().len()
        };
        let (answer, found) = tokio::join!(waiting, looking);
        assert_eq!((answer.unwrap().status, found), (200, during));
        assert!(started.elapsed() >= time);
    }
}

#[tokio::test]
async fn a_request_that_hangs_is_executed_after_its_client_has_gone() {
    let (stand_in, client) = start().await;
    stand_in.fail_next(1, "POST", "/v1/transfers", Fault::HangBefore(Duration::from_millis(300)));
    let impatient = tokio::time::timeout(Duration::from_millis(100), client.transfer("k", "100")).await;
    assert!(impatient.is_err());
    assert!(stand_in.transfers().is_empty());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(stand_in.transfers().len(), 1);
    assert!(client.transfer("k", "100").await.unwrap().is_replayed);
}

#[tokio::test]
async fn faults_come_one_after_the_other_and_to_the_requests_they_are_for() {
    let (stand_in, client) = start().await;
    let refused = Fault::Refused { status: 400, code: "transfers_not_allowed".to_owned() };
    stand_in.fail_next(2, "POST", "/v1/transfers", Fault::DependencyFailed { is_kept: false });
    stand_in.fail_next(1, "POST", "/v1/transfers", refused);
    stand_in.fail_next(7, "GET", "/v1/accounts/", Fault::Forbidden);
    assert_eq!(client.get("/v1/transfers").await.unwrap().status, 200);
    let mut statuses = Vec::new();
    for _ in 0..2 {
        statuses.push(client.transfer("k", "100").await.unwrap().status);
    }
    let refused = client.transfer("k", "100").await.unwrap();
    assert_eq!((statuses, code(&refused)), (vec![424, 424], "transfers_not_allowed"));
    assert!(client.transfer("k", "100").await.unwrap().is_replayed);
    assert_eq!(client.get("/v1/accounts/acct_1").await.unwrap().status, 403);
    assert_eq!(stand_in.clear_faults(), 6);
    assert_eq!(client.get("/v1/accounts/acct_1").await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_differs_from_what_was_done() {
    let (stand_in, client) = start().await;
    let changes = json!({ "amount": 99, "metadata": { "attempt": "other" } });
    stand_in.fail_next(1, "POST", "/v1/transfers", Fault::Altered(changes.clone()));
    let answer = client.transfer("k", "100").await.unwrap();
    assert_eq!((&answer.body["amount"], &answer.body["metadata"]["attempt"]), (&json!(99), &json!("other")));
    assert_eq!(stand_in.transfers()[0].amount, 100);
    stand_in.fail_next(1, "GET", "/v1/transfers", Fault::Altered(changes));
    assert_eq!(client.get("/v1/transfers").await.unwrap().body["data"][0]["amount"], 99);
}

#[tokio::test]
async fn a_server_that_is_down_refuses_connections_and_comes_back_at_its_port() {
    let (stand_in, client) = start().await;
    assert_eq!(client.get("/v1/account").await.unwrap().status, 200);
    for _ in 0..3 {
        stand_in.go_down().await.unwrap();
        stand_in.go_down().await.unwrap();
        assert!(client.get("/v1/account").await.unwrap_err().is_connect());
        stand_in.come_up().await.unwrap();
        stand_in.come_up().await.unwrap();
        assert_eq!(client.get("/v1/account").await.unwrap().status, 200);
    }
    stand_in.stop().await;
    assert!(client.get("/v1/account").await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_stand_in_ends_when_it_is_dropped() {
    let stand_in = stripe_stand_in::StandIn::start(options()).await.unwrap();
    let client = Client::of(&stand_in);
    assert_eq!(client.get("/v1/account").await.unwrap().status, 200);
    drop(stand_in);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(client.get("/v1/account").await.is_err());
}
