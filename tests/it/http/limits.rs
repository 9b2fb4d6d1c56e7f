//! Limits: each refuses what goes over it, says which one it is and what was found, and lets everything else through.

use axum::body::Body;
use axum::http::Request;
use revshare::access::Role;
use revshare::http::{Limits, Options};
use serde_json::{Value, json};

use crate::support::{GraphqlResponse, TestTenant, TestApp, superuser};

/// A tenant of a server with limits of its own.
async fn acme(limits: Limits) -> TestTenant {
    let app = TestApp::with(Options { limits, ..Options::default() }).await;
    app.tenant("acme").await
}

fn message(answer: &GraphqlResponse) -> String {
    assert_eq!(answer.code(), "LIMIT_EXCEEDED", "{:#}", answer.body);
    assert_eq!(answer.body.get("data"), None);
    answer.body["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_limit_says_what_it_is_and_what_was_found() {
    let acme = acme(Limits {
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
    let cases = [
        (format!("{{__typename}}{}", " ".repeat(200)), "the document is 212 bytes long; at most 200 are allowed"),
        ("{a:__typename ".to_owned() + &"b ".repeat(40), "the document has 44 tokens; at most 40 are allowed"),
        ("{a(x:[[[[[[[1".to_owned(), "the document nests 9 brackets; at most 8 are allowed"),
        (
            "{viewer{userId role kind ...F}}fragment F on Viewer{userId role kind userId role kind userId role}".to_owned(),
            "the document selects 13 fields and fragments; at most 12 are allowed",
        ),
        ("{partners{nodes{users{id role{x}}}}}".to_owned(), "the document nests 5 fields; at most 4 are allowed"),
        ("{viewer{kind} viewer{kind} viewer{kind} viewer{kind}}".to_owned(), "the document selects 4 fields of the root; at most 3 are allowed"),
        ("{a:viewer{b:kind c:kind}}".to_owned(), "the document has 3 aliases; at most 2 are allowed"),
        ("{viewer@skip(if:false){kind@skip(if:false)}}".to_owned(), "the document has 2 directives; at most 1 are allowed"),
        (
            "{partners{nodes{id companyName}}}".to_owned(),
            "the answer can have 102 fields, with the rows of every page and list counted; at most 100 are allowed: \
             ask for smaller pages or fewer fields",
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(message(&acme.admin().query(&query).await), expected, "{query}");
    }
    acme.admin().query("{partners(first:49){nodes{id companyName}}}").await.data();
    acme.admin().query("{a:viewer{b:kind @skip(if:false)}}").await.data();
}

#[tokio::test]
async fn a_body_is_weighed_before_it_is_read() {
    let acme = acme(Limits { limit_body_bytes: 1_000, ..Limits::default() }).await;
    let send = async |body: Body, length: Option<usize>| {
        let mut request = acme.admin().request(Request::post("/graphql"));
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let response = acme.app.send(request.body(body).expect("a request")).await;
        let body: Value = serde_json::from_str(response.body()).expect("JSON");
        (response.status().as_u16(), body["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
    };
    let long = " ".repeat(1_001);
    let said = send(Body::empty(), Some(100_000_000)).await;
    assert_eq!(said, (413, "the body has 100000000 bytes; at most 1000 are allowed".to_owned()));
    let in_chunks = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(long)]));
    let said = send(in_chunks, None).await;
    assert_eq!(said, (413, "the body has more than 1000 bytes; at most 1000 are allowed".to_owned()));
}

#[tokio::test]
async fn an_answer_tells_of_so_many_errors() {
    let acme = acme(Limits { limit_errors: 2, ..Limits::default() }).await;
    let answer = acme.admin().query("{viewer{a b c d}}").await;
    let errors = answer.body["errors"].as_array().expect("errors");
    assert_eq!((errors.len(), &errors[2]["message"]), (3, &json!("and 2 more errors; at most 2 are told")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_has_its_time_and_others_go_on() {
    let acme = acme(Limits { limit_query_seconds: 2, ..Limits::default() }).await;
    acme.create_partner("p").await;
    let mut holder = superuser(&acme.app.database).await;
    use diesel_async::SimpleAsyncConnection;
    holder.batch_execute("BEGIN; LOCK TABLE payouts").await.expect("a lock");
    let admin = acme.admin();
    let slow = async { admin.query("{payouts{nodes{id}}}").await };
    let others = async { acme.admin().query("{partners{totalCount}}").await.data() };
    let (slow, others) = tokio::join!(slow, others);
    assert_eq!(slow.code(), "TIMEOUT", "{:#}", slow.body);
    assert_eq!(others["partners"]["totalCount"], 1);
    // A mutation is never broken off.
    let partner = acme.create_partner("q").await;
    let rename = json!({ "id": partner, "companyName": "r" });
    holder.batch_execute("COMMIT; BEGIN; LOCK TABLE partners IN SHARE MODE").await.expect("a lock");
    let admin = acme.admin();
    let renamed = async { admin.mutate_ok("updatePartner", rename, "partner{companyName}").await };
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        holder.batch_execute("COMMIT").await.expect("the lock's end");
    };
    let (renamed, ()) = tokio::join!(renamed, release);
    assert_eq!(renamed["partner"]["companyName"], "r");
    acme.admin().query("{payouts{nodes{id}}}").await.data();
}

#[tokio::test]
async fn callers_are_slowed_down_by_what_they_ask_for() {
    let acme = acme(Limits { rate_partner: 30, ..Limits::default() }).await;
    let partner = acme.create_partner("p").await;
    let (paula, peter) =
        (acme.partner_user(&partner, "paula").await, acme.partner_user(&partner, "peter").await);
    let page = "{commissionEvents{nodes{id status invoiceId customerId eventType}}}";
    paula.query(page).await.data();
    let request =
        paula.request(Request::post("/graphql")).body(Body::from(json!({ "query": page }).to_string()));
    let response = acme.app.send(request.expect("a request")).await;
    assert_eq!(response.status().as_u16(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=10).contains(&wait), "{wait}");
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    assert_eq!(body["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED");
    let said = body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(said.starts_with("this request costs 272, and you have asked for too much"), "{said}");
    for other in [&peter, &acme.admin(), &acme.client("alma", Role::Auditor)] {
        other.query(page).await.data();
    }
}

/// What clients must be able to ask for, with room to spare: the standard introspection query, and the operations of the
/// portal.
#[tokio::test]
async fn what_clients_ask_for_takes_half_of_every_limit() {
    let usual = Limits::default();
    let half = Limits {
        limit_body_bytes: usual.limit_body_bytes / 2,
        limit_document_bytes: usual.limit_document_bytes / 2,
        limit_tokens: usual.limit_tokens / 2,
        limit_nesting: usual.limit_nesting / 2,
        limit_selections: usual.limit_selections / 2,
        limit_depth: usual.limit_depth * 3 / 4,
        limit_root_fields: usual.limit_root_fields / 2,
        limit_aliases: usual.limit_aliases / 2,
        limit_directives: usual.limit_directives / 2,
        limit_cost: usual.limit_cost * 3 / 4,
        ..usual
    };
    let acme = acme(half).await;
    acme.admin().query(include_str!("../schema/introspection.graphql")).await.data();
    let documents = include_str!("../../../portal/src/gql/persisted-documents.json");
    let documents: Value = serde_json::from_str(documents).expect("JSON");
    for (hash, text) in documents.as_object().expect("documents") {
        // Without its variables, an operation that needs some is refused for that, and for nothing else.
        let answer = acme.admin().query(text.as_str().unwrap_or_default()).await;
        assert_ne!(answer.code(), "LIMIT_EXCEEDED", "{hash}: {:#}", answer.body);
    }
}
