//! Random requests: each gets a response in time, in which every error has a code and none is an internal error.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, acme_with_partner};

/// How many requests each test sends; `FUZZ_CASES` overrides it.
const CASES: u32 = 300;

/// Sends a body and checks the response to it.
async fn assert_handled(app: &TestApp, client: &Client, body: Vec<u8>) -> Result<(), TestCaseError> {
    let begun = Instant::now();
    let request = client.request(Request::post("/graphql")).body(Body::from(body));
    let response = app.send(request.expect("a request")).await;
    prop_assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    prop_assert!(response.status().as_u16() < 500, "{}", response.body());
    let body = serde_json::from_str::<Value>(response.body());
    let body = body.map_err(|error| TestCaseError::fail(error.to_string()))?;
    for error in body["errors"].as_array().into_iter().flatten() {
        let code = &error["extensions"]["code"];
        prop_assert!(code.is_string() && code != "INTERNAL_ERROR", "{}", response.body());
    }
    Ok(())
}

/// Sends random bodies as an admin.
fn fuzz(bodies: impl Strategy<Value = Vec<u8>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (acme, _) = runtime.block_on(acme_with_partner());
    let admin = acme.admin();
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config)
        .run(&bodies, |body| runtime.block_on(assert_handled(&acme.app, &admin, body)));
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn body(query: &str, variables: &Value) -> Vec<u8> {
    json!({ "query": query, "variables": variables }).to_string().into_bytes()
}

/// Tokens of GraphQL documents and names of the schema, separated by spaces.
const DOCUMENT_TOKENS: &str = "{ } ( ) [ ] : ! = $ @ | & ... , # \n \" \"\"\" \\ \\u00 \u{feff} \u{0} \u{202e} é \
    query mutation subscription fragment on Query Partner F x id nodes partners commissionEvents first after filter \
    status PENDING null true -1 1e999 9999999999999999999 0.1 \"2024-01-01T00:00:00Z\" input recordInvoicePaid \
    userErrors code __schema __type types fields name skip(if:";

fn shuffled_tokens() -> impl Strategy<Value = String> {
    let tokens: Vec<_> = DOCUMENT_TOKENS.split(' ').collect();
    vec(select(tokens), 0..200).prop_map(|tokens| tokens.join(" "))
}

fn brackets() -> impl Strategy<Value = String> {
    let characters = select(vec!['{', '[', '(', '"', '}', ']', ')', 'a', '\\', '.']);
    vec(characters, 0..5_000).prop_map(|characters| characters.into_iter().collect())
}

#[test]
fn random_bytes_never_cause_an_internal_error() {
    fuzz(vec(any::<u8>(), 0..2_000));
}

#[test]
fn random_documents_never_cause_an_internal_error() {
    let documents = prop_oneof![shuffled_tokens(), any::<String>(), brackets()];
    fuzz(documents.prop_map(|document| body(&document, &json!({}))));
}

/// JSON values of every kind, nested in each other.
fn json_values() -> impl Strategy<Value = Value> {
    let plausible = select(vec![
        "EUR",
        "1.00",
        "99999999999999999999.99",
        "2024-06-30T23:59:60Z",
        "+275760-09-13T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "01890000-0000-7000-8000-000000000000",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
        plausible.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            btree_map("[a-zA-Z]{1,12}", inner, 0..8).prop_map(|fields| json!(fields)),
        ]
    })
}

const QUERY: &str = "
    query ($id: ID!, $first: Int, $after: String, $filter: CommissionEventFilter, $order: CommissionEventOrder) {
        node(id: $id) { id }
        commissionEvents(first: $first, after: $after, filter: $filter, orderBy: $order) { nodes { id } }
    }";

const MUTATION: &str = "
    mutation ($invoice: RecordInvoicePaidInput!, $approval: ApproveCommissionEventsInput!) {
        recordInvoicePaid(input: $invoice) { outcome userErrors { code } }
        approveCommissionEvents(input: $approval) { userErrors { code } }
    }";

#[test]
fn random_variables_never_cause_an_internal_error() {
    let names = select(vec!["id", "first", "after", "filter", "order", "invoice", "approval"]);
    let variables = btree_map(names, json_values(), 0..7);
    let requests = (select(vec![QUERY, MUTATION]), variables);
    fuzz(requests.prop_map(|(query, variables)| body(query, &json!(variables))));
}

const PAGES: &str = "
    query ($cursor: String) {
        commissionEvents(first: 5, after: $cursor) { nodes { id } }
        payouts(last: 5, before: $cursor, orderBy: { field: TOTAL_AMOUNT, direction: ASC }) { nodes { id } }
    }";

#[test]
fn random_cursors_never_cause_an_internal_error() {
    let encode = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let cursors = prop_oneof![
        any::<String>(),
        vec(any::<u8>(), 0..200).prop_map(encode),
        json_values().prop_map(move |value| encode(value.to_string().into_bytes())),
        ("[A-Za-z0-9_-]{0,400}", 0..64_usize).prop_map(|(text, at)| text.chars().skip(at).collect()),
    ];
    fuzz(cursors.prop_map(|cursor| body(PAGES, &json!({ "cursor": cursor }))));
}
