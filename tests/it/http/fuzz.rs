//! Whatever is sent: an answer that says what was wrong, without hanging, and never a fault of ours.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// How many cases of each kind: FUZZ_CASES, or as many as a few seconds allow.
fn cases() -> u32 {
    std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

/// Sends a body; answers its status, and checks that it was told without a fault of ours, and soon.
async fn told(app: &TestApp, actor: &Client, body: Vec<u8>) -> Result<u16, TestCaseError> {
    let begun = Instant::now();
    let request = actor.request(Request::post("/graphql")).body(Body::from(body));
    let response = app.send(request.expect("a request")).await;
    prop_assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    let status = response.status().as_u16();
    prop_assert!(status < 500, "{}", response.body());
    let answer: Value =
        serde_json::from_str(response.body()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    for error in answer["errors"].as_array().into_iter().flatten() {
        prop_assert!(error["extensions"]["code"].is_string(), "{}", response.body());
        prop_assert_ne!(&error["extensions"]["code"], "INTERNAL_ERROR", "{}", response.body());
    }
    Ok(status)
}

/// Lets many bodies be sent by somebody who may read everything.
fn send<S>(bodies: S)
where
    S: Strategy<Value = Vec<u8>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let app = runtime.block_on(TestApp::new());
    let acme = runtime.block_on(app.tenant("acme"));
    runtime.block_on(acme.create_partner_with_account("p"));
    let admin = acme.admin();
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    runner
        .run(&bodies, |body| runtime.block_on(told(&app, &admin, body)).map(|_| ()))
        .unwrap_or_else(|error| panic!("{error}"));
}

/// What documents are made of, in no sensible order.
fn fragments() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "=",
        "$",
        "@",
        "|",
        "&",
        "...",
        ",",
        "#",
        "\n",
        "\"",
        "\"\"\"",
        "\\",
        "\\u00",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "Query",
        "Partner",
        "F",
        "x",
        "id",
        "nodes",
        "partners",
        "commissionEvents",
        "first",
        "after",
        "filter",
        "status",
        "PENDING",
        "null",
        "true",
        "-1",
        "1e999",
        "9999999999999999999",
        "0.1",
        "\"2024-01-01T00:00:00Z\"",
        "input",
        "recordInvoicePaid",
        "userErrors",
        "code",
        "__schema",
        "__type",
        "types",
        "fields",
        "name",
        "skip(if:",
        "\u{feff}",
        "\u{0}",
        "\u{202e}",
        "é",
    ]);
    vec(words, 0..200).prop_map(|words| words.join(" "))
}

#[test]
fn any_bytes_are_answered() {
    send(vec(any::<u8>(), 0..2_000));
}

#[test]
fn any_text_of_a_document_is_answered() {
    let texts = prop_oneof![
        fragments(),
        any::<String>(),
        vec(prop::sample::select(vec!['{', '[', '(', '"', '}', ']', ')', 'a', '\\', '.']), 0..5_000)
            .prop_map(|text| text.into_iter().collect())
    ];
    send(texts.prop_map(|query| json!({ "query": query }).to_string().into_bytes()));
}

/// Values of every kind, within each other.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "EUR",
            "1.00",
            "99999999999999999999.99",
            "2024-06-30T23:59:60Z",
            "+275760-09-13T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
            "01890000-0000-7000-8000-000000000000"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,12}", inner, 0..8).prop_map(|fields| json!(fields)),
        ]
    })
}

#[test]
fn any_variables_are_answered() {
    let query = "query($id:ID!,$n:Int,$c:String,$f:CommissionEventFilter,$o:CommissionEventOrder){node(id:$id){id} commissionEvents(first:$n,after:$c,filter:$f,orderBy:$o){nodes{id}}}";
    let mutation = "mutation($i:RecordInvoicePaidInput!,$a:ApproveCommissionEventsInput!){recordInvoicePaid(input:$i){outcome userErrors{code}} approveCommissionEvents(input:$a){userErrors{code}}}";
    let names = prop::sample::select(vec!["id", "n", "c", "f", "o", "i", "a"]);
    let variables = prop::collection::btree_map(names, values(), 0..7);
    let requests = (prop::sample::select(vec![query, mutation]), variables);
    send(requests.prop_map(|(query, variables)| {
        json!({ "query": query, "variables": variables }).to_string().into_bytes()
    }));
}

#[test]
fn any_cursor_is_answered() {
    use base64::Engine;
    let encoded = |bytes: Vec<u8>| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let cursors = prop_oneof![
        any::<String>(),
        vec(any::<u8>(), 0..200).prop_map(encoded),
        values().prop_map(move |value| encoded(value.to_string().into_bytes())),
        ("[A-Za-z0-9_-]{0,400}", 0..64_usize).prop_map(|(text, at)| text.chars().skip(at).collect()),
    ];
    let query = "query($c:String){commissionEvents(first:5,after:$c){nodes{id}} payouts(last:5,before:$c,orderBy:{field:TOTAL_AMOUNT,direction:ASC}){nodes{id}}}";
    send(cursors.prop_map(move |cursor| {
        json!({ "query": query, "variables": { "c": cursor } }).to_string().into_bytes()
    }));
}
