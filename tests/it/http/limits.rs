//! Limits: an exceeded one is named with the value found, and common clients stay below all of them.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use diesel_async::SimpleAsyncConnection;
use revshare::auth::Role;
use revshare::graphql::request::limits::Limits;
use revshare::http::Options;
use serde_json::{Value, json};

use super::portal_documents;
use crate::support::{TestApp, TestTenant, superuser};

async fn acme_with_limits(limits: Limits) -> TestTenant {
    let app = TestApp::with(Options { limits, ..Options::default() }).await;
    app.tenant("acme").await
}

#[tokio::test]
async fn each_document_limit_reports_its_name_and_the_value_found() {
    let acme = acme_with_limits(Limits {
        limit_document_bytes: 200,
        limit_tokens: 40,
        limit_nesting: 8,
        limit_selections: 12,
        limit_depth: 4,
        limit_root_fields: 3,
        limit_aliases: 2,
        limit_directives: 1,
        limit_cost: 100,
        ..Limits::default()
    })
    .await;
    let long = format!("{{__typename}}{}", " ".repeat(200));
    let many_tokens = format!("{{a:__typename {}", "b ".repeat(40));
    for (document, message) in [
        (long.as_str(), "the document is 212 bytes long; at most 200 are allowed"),
        (&many_tokens, "the document has 44 tokens; at most 40 are allowed"),
        ("{a(x:[[[[[[[1", "the document nests 9 brackets; at most 8 are allowed"),
        (
            "{viewer{userId role kind ...F}}fragment F on Viewer{userId role kind userId role kind userId role}",
            "the document selects 13 fields and fragments; at most 12 are allowed",
        ),
        ("{partners{nodes{users{id role{x}}}}}", "the document nests 5 fields; at most 4 are allowed"),
        (
            "{viewer{kind} viewer{kind} viewer{kind} viewer{kind}}",
            "the document selects 4 fields of the root; at most 3 are allowed",
        ),
        ("{a:viewer{b:kind c:kind}}", "the document has 3 aliases; at most 2 are allowed"),
        (
            "{viewer@skip(if:false){kind@skip(if:false)}}",
            "the document has 2 directives; at most 1 are allowed",
        ),
        (
            "{partners{nodes{id companyName}}}",
            "the response can have 102 fields, with the rows of every page and list counted; at most 100 are allowed: \
             request smaller pages or fewer fields",
        ),
        (
            "{reconciliation{balanced}}",
            "the response can have 2 fields, with the rows of every page and list counted, and its reports cost as much as \
             3000 more; at most 100 are allowed together: request fewer reports, smaller pages or fewer fields",
        ),
    ] {
        let response = acme.admin().query(document).await;
        assert_eq!(response.code(), "LIMIT_EXCEEDED", "{document}: {:#}", response.body);
        assert_eq!(response.body["errors"][0]["message"], message, "{document}");
        assert_eq!(response.body.get("data"), None, "{document}");
    }
    for within_limits in ["{partners(first:49){nodes{id companyName}}}", "{a:viewer{b:kind @skip(if:false)}}"]
    {
        acme.admin().query(within_limits).await.data();
    }
}

/// Sends a body and returns the status and the message of the error.
async fn rejection_of(acme: &TestTenant, body: Body, content_length: Option<usize>) -> (u16, String) {
    let mut request = acme.admin().request(Request::post("/graphql"));
    if let Some(length) = content_length {
        request = request.header("content-length", length);
    }
    let response = acme.app.send(request.body(body).expect("a request")).await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    (response.status().as_u16(), body["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_oversized_body_is_rejected_by_its_length_or_as_soon_as_it_is_exceeded() {
    let acme = acme_with_limits(Limits { limit_body_bytes: 1_000, ..Limits::default() }).await;
    let (status, message) = rejection_of(&acme, Body::empty(), Some(100_000_000)).await;
    assert_eq!(status, 413);
    assert_eq!(message, "the body has 100000000 bytes; at most 1000 are allowed");
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(" ".repeat(1_001))]);
    let (status, message) = rejection_of(&acme, Body::from_stream(chunks), None).await;
    assert_eq!(status, 413);
    assert_eq!(message, "the body has more than 1000 bytes; at most 1000 are allowed");
}

#[tokio::test]
async fn the_number_of_reported_errors_is_limited() {
    let acme = acme_with_limits(Limits { limit_errors: 2, ..Limits::default() }).await;
    let response = acme.admin().query("{ viewer { a b c d } }").await;
    let errors = response.body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 3);
    assert_eq!(errors[2]["message"], "and 2 more errors; at most 2 are listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_query_times_out_without_delaying_others() {
    let acme = acme_with_limits(Limits { limit_query_seconds: 2, ..Limits::default() }).await;
    acme.create_partner("p").await;
    let mut holder = superuser(&acme.app.database).await;
    holder.batch_execute("BEGIN; LOCK TABLE payouts").await.expect("a lock");
    let admin = acme.admin();
    let (slow, other) =
        tokio::join!(admin.query("{ payouts { nodes { id } } }"), admin.query("{ partners { totalCount } }"));
    assert_eq!(slow.code(), "TIMEOUT", "{:#}", slow.body);
    assert_eq!(other.data()["partners"]["totalCount"], 1);
    holder.batch_execute("COMMIT").await.expect("the end of the lock");
    admin.query("{ payouts { nodes { id } } }").await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_mutation_is_not_interrupted() {
    let acme = acme_with_limits(Limits { limit_query_seconds: 2, ..Limits::default() }).await;
    let partner = acme.create_partner("before").await;
    let mut holder = superuser(&acme.app.database).await;
    holder.batch_execute("BEGIN; LOCK TABLE partners IN SHARE MODE").await.expect("a lock");
    let rename = json!({ "id": partner, "companyName": "after" });
    let admin = acme.admin();
    let renaming = admin.mutate_ok("updatePartner", rename, "partner { companyName }");
    let release = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        holder.batch_execute("COMMIT").await.expect("the end of the lock");
    };
    let (renamed, ()) = tokio::join!(renaming, release);
    assert_eq!(renamed["partner"]["companyName"], "after");
}

const PAGE_OF_EVENTS: &str = "{commissionEvents{nodes{id status invoiceId customerId eventType}}}";

#[tokio::test]
async fn the_rate_limit_applies_to_each_caller_separately() {
    let acme = acme_with_limits(Limits { rate_partner: 30, ..Limits::default() }).await;
    let partner = acme.create_partner("p").await;
    let paula = acme.partner_user(&partner, "paula").await;
    let peter = acme.partner_user(&partner, "peter").await;
    paula.query(PAGE_OF_EVENTS).await.data();
    let body = json!({ "query": PAGE_OF_EVENTS }).to_string();
    let request = paula.request(Request::post("/graphql")).body(Body::from(body));
    let response = acme.app.send(request.expect("a request")).await;
    assert_eq!(response.status().as_u16(), 429);
    let seconds: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=10).contains(&seconds), "{seconds}");
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    let error = &body["errors"][0];
    assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("this request costs 272, which exceeds your rate limit"), "{message}");
    for other in [&peter, &acme.admin(), &acme.client("alma", Role::Auditor)] {
        other.query(PAGE_OF_EVENTS).await.data();
    }
}

/// The standard introspection query and the operations of the portal, under much lower limits than the defaults.
#[tokio::test]
async fn common_clients_stay_well_below_every_limit() {
    let default = Limits::default();
    let acme = acme_with_limits(Limits {
        limit_body_bytes: default.limit_body_bytes / 2,
        limit_document_bytes: default.limit_document_bytes / 2,
        limit_tokens: default.limit_tokens / 2,
        limit_nesting: default.limit_nesting / 2,
        limit_selections: default.limit_selections / 2,
        limit_depth: default.limit_depth * 3 / 4,
        limit_root_fields: default.limit_root_fields / 2,
        limit_aliases: default.limit_aliases / 2,
        limit_directives: default.limit_directives / 2,
        limit_cost: default.limit_cost * 3 / 4,
        ..default
    })
    .await;
    acme.admin().query(include_str!("../schema/introspection.graphql")).await.data();
    for (hash, document) in portal_documents() {
        // Missing variables make some of them invalid, but none may exceed a limit.
        let response = acme.admin().query(&document).await;
        assert_ne!(response.code(), "LIMIT_EXCEEDED", "{hash}: {:#}", response.body);
    }
}
