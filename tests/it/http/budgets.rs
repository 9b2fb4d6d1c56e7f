//! Budgets: what requests are charged for, what they may hold, and what is counted while a response is made.

use axum::body::Body;
use axum::http::Request;
use revshare::graphql::request::limits::Limits;
use revshare::http::Options;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, TestTenant};

async fn acme_with_limits(limits: Limits) -> TestTenant {
    TestApp::with(Options { limits, ..Options::default() }).await.tenant("acme").await
}

/// Sends a body; returns the status, and the code and the message of the error.
async fn send(tenant: &TestTenant, client: &Client, body: String) -> (u16, String, String) {
    let request = client.request(Request::post("/graphql")).body(Body::from(body)).expect("a request");
    let response = tenant.app.send(request).await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    let error = &body["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), text(&error["extensions"]["code"]), text(&error["message"]))
}

#[tokio::test]
async fn a_response_that_grows_beyond_the_limit_of_cost_ends_with_an_error() {
    let acme = acme_with_limits(Limits::default()).await;
    acme.create_partner_with_account("c").await;
    let event = acme.commission_event("c", "i-1", "100.00", "EUR").await;
    for n in 0..30 {
        acme.refund("i-1", &format!("r-{n}"), "1.00").await;
    }
    let nested = |depth: usize| {
        let levels = "reversedBy { id reverses { ".repeat(depth);
        format!("{{ commissionEvent(id: \"{event}\") {{ {levels} id {} }} }}", "} } ".repeat(depth))
    };
    let small = acme.admin().query(&nested(2)).await.data();
    assert_eq!(small["commissionEvent"]["reversedBy"].as_array().map(Vec::len), Some(30));
    let large = acme.admin().query(&nested(3)).await;
    assert_eq!(large.code(), "LIMIT_EXCEEDED", "{:#}", large.body);
    let message = large.body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("the response has more than 25000 fields"), "{message}");
}

#[tokio::test]
async fn requests_that_are_rejected_are_charged() {
    let acme = acme_with_limits(Limits { rate_partner: 100, ..Limits::default() }).await;
    let partner = acme.create_partner("p").await;
    for body in [
        json!({ "query": format!("{{ {}", "a ".repeat(150)) }).to_string(),
        json!({ "query": "{ unknown }" }).to_string(),
        "no JSON".to_owned(),
        "[]".to_owned(),
    ] {
        let user = acme.partner_user(&partner, &format!("user-{}", body.len())).await;
        let mut statuses = Vec::new();
        for _ in 0..60 {
            statuses.push(send(&acme, &user, body.clone()).await.0);
        }
        assert!([200, 400].contains(&statuses[0]), "{body}: {statuses:?}");
        assert_eq!(statuses.last(), Some(&429), "{body}: {statuses:?}");
    }
}

#[tokio::test]
async fn names_and_numbers_of_values_are_limited() {
    let acme = acme_with_limits(Limits::default()).await;
    let named = |length: usize| {
        json!({ "query": "{ viewer { userId } }", "operationName": "n".repeat(length) }).to_string()
    };
    let (_, code, message) = send(&acme, &acme.admin(), named(255)).await;
    assert_eq!(code, "BAD_USER_INPUT");
    assert!(message.contains("Unknown operation"), "{message}");
    let (status, code, message) = send(&acme, &acme.admin(), named(256)).await;
    assert_eq!((status, code.as_str()), (400, "BAD_USER_INPUT"));
    assert!(message.contains("has 256 bytes; at most 255 are allowed"), "{message}");
    let variables = json!({ "v".repeat(300): 1 });
    let long_variable = json!({ "query": "{ viewer { userId } }", "variables": variables }).to_string();
    assert_eq!(send(&acme, &acme.admin(), long_variable).await.0, 400);
    let values = |count: usize| {
        json!({ "query": "{ viewer { userId } }", "variables": { "x": vec![0; count] } }).to_string()
    };
    let (status, code, message) = send(&acme, &acme.admin(), values(20_000)).await;
    assert_eq!((status, code.as_str()), (400, "LIMIT_EXCEEDED"), "{message}");
    assert_eq!(send(&acme, &acme.admin(), values(10_000)).await.0, 200);
}

#[tokio::test]
async fn error_messages_quote_a_thousand_characters_at_most() {
    let acme = acme_with_limits(Limits::default()).await;
    let long = "x".repeat(50_000);
    for body in [
        json!({ "query": "{ viewer { userId } }", "variables": long }).to_string(),
        json!({ "query": format!("{{ {long} }}") }).to_string(),
        json!({ "query": format!("{{ partner(id: \"{long}\") {{ id }} }}") }).to_string(),
        json!({ "query": "query($id: ID!) { partner(id: $id) { id } }", "variables": { "id": long } })
            .to_string(),
    ] {
        let (_, code, message) = send(&acme, &acme.admin(), body).await;
        assert_eq!(code, "BAD_USER_INPUT");
        assert!(message.chars().count() <= 1_001, "{} characters", message.chars().count());
    }
}

#[tokio::test]
async fn unknown_service_tokens_have_a_budget_of_their_own() {
    let acme = acme_with_limits(Limits { limit_requests: 4, ..Limits::default() }).await;
    let tenant = "YWNtZQ";
    let unknown = |n: u32| {
        let token = format!("rvs_{tenant}.{}.{}", uuid::Uuid::now_v7(), "A".repeat(43));
        assert!(n < 1_000);
        Client::with_token(&acme.app, &token)
    };
    let query = json!({ "query": "{ viewer { userId } }" }).to_string();
    let attack = futures_util::future::join_all((0..300).map(|n| {
        let (acme, query, client) = (acme.clone(), query.clone(), unknown(n));
        async move { send(&acme, &client, query).await.0 }
    }));
    let admin = acme.admin();
    let good = async {
        for _ in 0..20 {
            admin.query("{ viewer { userId } }").await.data();
        }
    };
    let (statuses, ()) = tokio::join!(attack, good);
    assert!(statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&401) && statuses.contains(&503), "{statuses:?}");
    // A token that was rejected is not looked up again.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let client = unknown(0);
    assert_eq!(send(&acme, &client, query.clone()).await.0, 401);
    let before = acme.app.statements();
    for _ in 0..200 {
        assert_eq!(send(&acme, &client, query.clone()).await.0, 401);
    }
    assert_eq!(acme.app.statements(), before);
}

#[tokio::test]
async fn a_caller_holds_its_share_of_memory_at_most() {
    // 16 MiB for all, 2 MiB for one caller: bodies that arrive slowly fill it.
    let acme =
        acme_with_limits(Limits { limit_memory_mib: 16, limit_arrival_seconds: 2, ..Limits::default() })
            .await;
    let (ada, ben) = (acme.admin(), acme.finance());
    let slow = |client: &Client| {
        let part = futures_util::stream::iter([Ok::<_, std::io::Error>(" ".repeat(260_000))]);
        let never = futures_util::stream::pending::<Result<String, std::io::Error>>();
        let body = Body::from_stream(futures_util::StreamExt::chain(part, never));
        let request = client.request(Request::post("/graphql")).body(body).expect("a request");
        let app = acme.app.clone();
        tokio::spawn(async move { app.send(request).await.status().as_u16() })
    };
    let arriving: Vec<_> = (0..6).map(|_| slow(&ada)).collect();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let query = json!({ "query": "{ viewer { userId } }", "extensions": { "padding": "x".repeat(100_000) } });
    let (status, code, message) = send(&acme, &ada, query.to_string()).await;
    assert_eq!((status, code.as_str()), (429, "LIMIT_EXCEEDED"), "{message}");
    assert!(message.starts_with("the requests in progress of this user hold all the memory"), "{message}");
    assert_eq!(send(&acme, &ben, query.to_string()).await.0, 200);
    for request in arriving {
        assert_eq!(request.await.expect("a response"), 408);
    }
    assert_eq!(send(&acme, &ada, query.to_string()).await.0, 200);
}
