//! HTTP: what is answered to requests of every shape, and that nothing of ours leaks.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, Response};
use revshare::auth::Role;
use serde_json::{Value, json};

use crate::support::{TestApp, with_superuser};

/// A request by somebody who may read.
fn post(app: &TestApp, content_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let identity = revshare::auth::Identity::operator(
        revshare::primitives::id::TenantId("acme".to_owned()),
        "a",
        Role::Admin,
    );
    let token = app.tokens.mint(&identity, std::time::Duration::from_secs(60));
    let token = token.map_err(|error| error.describe()).expect("a token");
    let mut request = Request::post("/graphql").header("authorization", format!("Bearer {token}"));
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.body(body.into()).expect("a request")
}

fn code(response: &Response<String>) -> (u16, String) {
    let body: Value = serde_json::from_str(response.body()).unwrap_or_default();
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), code)
}

/// A content type, a body, and the status and code that they are answered with.
type Case = (Option<&'static str>, Vec<u8>, (u16, &'static str));

#[tokio::test]
async fn only_one_json_object_is_a_request() {
    let app = TestApp::new().await;
    app.tenant("acme").await;
    let json = Some("application/json");
    let query = r#"{"query":"{viewer{userId}}"}"#;
    let cases: Vec<Case> = vec![
        (json, query.into(), (200, "")),
        (Some("Application/JSON; charset=utf-8"), query.into(), (200, "")),
        (json, br#"{"query":"{viewer{userId}}","variables":null,"operationName":null,"extensions":null,"other":1}"#.into(), (200, "")),
        (None, query.into(), (415, "BAD_USER_INPUT")),
        (Some("text/plain"), query.into(), (415, "BAD_USER_INPUT")),
        (Some("multipart/form-data; boundary=x"), query.into(), (415, "BAD_USER_INPUT")),
        (json, "".into(), (400, "BAD_USER_INPUT")),
        (json, "{".into(), (400, "BAD_USER_INPUT")),
        (json, "[]".into(), (400, "BAD_USER_INPUT")),
        (json, format!("[{query},{query}]").into(), (400, "BAD_USER_INPUT")),
        (json, r#"{"query":1}"#.into(), (400, "BAD_USER_INPUT")),
        (json, "{}".into(), (400, "BAD_USER_INPUT")),
        (json, vec![0xff, 0xfe], (400, "BAD_USER_INPUT")),
        (json, vec![b' '; 300_000], (413, "LIMIT_EXCEEDED")),
    ];
    for (content_type, body, expected) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let response = app.send(post(&app, content_type, body)).await;
        let (status, code) = code(&response);
        assert_eq!((status, code.as_str()), expected, "{content_type:?} {shown}");
    }
}

#[tokio::test]
async fn queries_may_come_by_get_and_mutations_may_not() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    acme.create_partner_with_account("p").await;
    let get = async |parameters: &str| {
        let mut request = post(&app, None, "");
        *request.method_mut() = Method::GET;
        *request.uri_mut() = format!("/graphql?{parameters}").parse().expect("an address");
        app.send(request).await
    };
    let answer = get("query=query%20A($n:Int)%7Bpartners(first:$n)%7BtotalCount%7D%7D%20query%20B%7B__typename%7D&operationName=A&variables=%7B%22n%22:1%7D").await;
    assert_eq!(
        (answer.status().as_u16(), answer.body().as_str()),
        (200, r#"{"data":{"partners":{"totalCount":1}}}"#)
    );
    let answer = get("query=%7B__typename%7D&operationName=&variables=&extensions=&other=1").await;
    assert_eq!(answer.status().as_u16(), 200, "{}", answer.body());
    for wrong in [
        "",
        "query=",
        "query=%7B__typename%7D&variables=1",
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&extensions=%5B%5D",
    ] {
        assert_eq!(code(&get(wrong).await), (400, "BAD_USER_INPUT".to_owned()), "{wrong}");
    }
    let mutation = "mutation%20M%7BcreatePartner(input:%7BcompanyName:%22x%22%7D)%7Bpartner%7Bid%7D%7D%7D";
    for query in
        [format!("query={mutation}"), format!("query=query%20Q%7B__typename%7D%20{mutation}&operationName=M")]
    {
        let answer = get(&query).await;
        assert_eq!(
            (code(&answer), &answer.headers()["allow"]),
            ((405, "BAD_USER_INPUT".to_owned()), &"POST".parse().expect("a header"))
        );
    }
    let count = acme.admin().query("{partners{totalCount}}").await.data();
    assert_eq!(count["partners"]["totalCount"], 1);
}

#[tokio::test]
async fn an_answer_comes_in_the_media_type_that_was_asked_for() {
    let app = TestApp::new().await;
    app.tenant("acme").await;
    let graphql = "application/graphql-response+json";
    let sent = async |accept: &str, query: &str| {
        let mut request = post(&app, Some("application/json"), json!({ "query": query }).to_string());
        request.headers_mut().insert("accept", accept.parse().expect("a header"));
        let answer = app.send(request).await;
        let content_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
        let has_data = serde_json::from_str::<Value>(answer.body()).expect("JSON").get("data").is_some();
        (answer.status().as_u16(), content_type, has_data)
    };
    let json = |status: u16, has_data: bool| (status, "application/json; charset=utf-8".to_owned(), has_data);
    let strict = |status: u16, has_data: bool| (status, format!("{graphql}; charset=utf-8"), has_data);
    assert_eq!(sent("*/*", "{__typename}").await, json(200, true));
    assert_eq!(sent(graphql, "{__typename}").await, strict(200, true));
    for wrong in [
        "{",
        "{nothing}",
        "query($x:Int!){partners(first:$x){totalCount}}",
        "query A{__typename} query B{__typename}",
    ] {
        assert_eq!(sent("application/json", wrong).await, json(200, false), "{wrong}");
        assert_eq!(sent(graphql, wrong).await, strict(400, false), "{wrong}");
    }
    // What was executed, and failed in part, is an answer.
    assert_eq!(sent(graphql, "{payout(id:\"x\"){id} __typename}").await, strict(200, true));
    assert_eq!(sent("text/html", "{__typename}").await, json(406, false));
}

#[tokio::test]
async fn only_a_bearer_token_that_holds_lets_in() {
    let app = TestApp::new().await;
    app.tenant("acme").await;
    for authorization in ["", "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "x"] {
        let mut request = post(&app, Some("application/json"), r#"{"query":"{viewer{userId}}"}"#);
        request.headers_mut().insert("authorization", authorization.parse().expect("a header"));
        let response = app.send(request).await;
        assert_eq!(code(&response), (401, "UNAUTHENTICATED".to_owned()), "{authorization}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert!(!response.body().contains("\"data\""));
    }
}

#[tokio::test]
async fn every_error_of_a_document_has_a_code() {
    let app = TestApp::new().await;
    let admin = app.tenant("acme").await.admin();
    let deep = format!(
        "{{commissionEvents{}{{nodes{{id}}}}{}}}",
        "{nodes{partner{commissionEvents".repeat(8),
        "}}}".repeat(8)
    );
    let cases = [
        ("{", "BAD_USER_INPUT"),
        ("{nothing}", "BAD_USER_INPUT"),
        ("{viewer}", "BAD_USER_INPUT"),
        ("query($x:Int!){viewer{userId}}", "BAD_USER_INPUT"),
        ("{payout{id}}", "BAD_USER_INPUT"),
        ("{payout(id:\"x\"){id}}", "BAD_USER_INPUT"),
        ("{payout(id:1){id}}", "BAD_USER_INPUT"),
        ("subscription{x}", "BAD_USER_INPUT"),
        (deep.as_str(), "LIMIT_EXCEEDED"),
    ];
    for (query, expected) in cases {
        let answer = admin.query(query).await;
        assert_eq!((answer.status, answer.code().as_str()), (200, expected), "{query}: {:#}", answer.body);
    }
}

#[tokio::test]
async fn what_is_too_heavy_is_refused_before_anything_walks_it() {
    let app = TestApp::new().await;
    let admin = app.tenant("acme").await.admin();
    let chain =
        |n: usize| (0..n).map(|n| format!("fragment F{n} on Query{{...F{}}} ", n + 1)).collect::<String>();
    let bomb: String = (0..8)
        .map(|n| format!("fragment F{n} on Query{{{}}} ", format!("...F{} ", n + 1).repeat(20)))
        .collect();
    let aliases: String = (0..5_000).map(|n| format!("a{n}:__typename ")).collect();
    for (what, query) in [
        ("fragments", format!("{{...F0}} {bomb} fragment F8 on Query{{__typename}}")),
        ("a chain", format!("{{...F0}} {} fragment F1500 on Query{{__typename}}", chain(1_500))),
        (
            "lists",
            format!(
                "{{payouts(filter:{{status:{}READY{}}}){{totalCount}}}}",
                "[".repeat(2_000),
                "]".repeat(2_000)
            ),
        ),
        ("aliases", format!("{{{aliases}}}")),
        ("length", format!("{{__typename}} #{}", "x".repeat(70_000))),
    ] {
        let answer = admin.query(&query).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (200, "LIMIT_EXCEEDED"),
            "{what}: {:#}",
            answer.body
        );
    }
    // Nobody spreads these; validation would walk them all the same.
    let unused = format!("{{__typename}} {} fragment F1500 on Query{{__typename}}", chain(1_500));
    assert_eq!(admin.query(&unused).await.code(), "LIMIT_EXCEEDED");
    let circle = "{__typename} fragment A on Query{...B} fragment B on Query{...A}";
    assert_eq!(admin.query(circle).await.code(), "BAD_USER_INPUT");
    let wrong: String = (0..2_000).map(|n| format!("w{n} ")).collect();
    let answer = admin.query(&format!("{{viewer{{{wrong}}}}}")).await;
    let errors = answer.body["errors"].as_array().expect("errors");
    assert_eq!(
        (errors.len(), &errors[25]["message"]),
        (26, &json!("and 1975 more errors; at most 25 are told"))
    );
    admin.query("{viewer{userId}}").await.data();
}

#[tokio::test]
async fn the_schema_is_shown_to_staff() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner("p").await;
    let user = acme.partner_user(&partner, "paula").await;
    for query in ["{__schema{types{name}}}", "{...F} fragment F on Query{t:__type(name:\"Query\"){name}}"] {
        acme.finance().query(query).await.data();
        for outsider in [&user, &acme.billing()] {
            assert_eq!(outsider.query(query).await.code(), "FORBIDDEN", "{query}");
        }
    }
    assert_eq!(user.query("{__typename}").await.data()["__typename"], "Query");
}

#[tokio::test]
async fn a_fault_of_ours_shows_nothing_but_its_request_id() {
    let app = TestApp::new().await;
    app.tenant("acme").await;
    with_superuser(&app.database, "ALTER TABLE payouts RENAME TO gone").await.expect("a superuser");
    let body = r#"{"query":"{payouts{nodes{id}} viewer{userId}}"}"#;
    let mut request = post(&app, Some("application/json"), body);
    request.headers_mut().insert("x-request-id", "my-request".parse().expect("a header"));
    let response = app.send(request).await;
    assert_eq!(response.headers()["x-request-id"], "my-request");
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    let extensions = json!({ "code": "INTERNAL_ERROR", "requestId": "my-request" });
    assert_eq!(body["errors"][0]["extensions"], extensions);
    let text = body.to_string();
    assert!(!text.contains("relation") && !text.contains("gone") && !text.contains("SELECT"), "{text}");
}

#[tokio::test]
async fn a_failing_non_null_field_makes_its_parent_null_and_keys_keep_their_order() {
    // What async-graphql 7.1 to 7.2.1 break, and why its version is pinned.
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner_with_account("p").await;
    with_superuser(&app.database, "ALTER TABLE partner_users RENAME COLUMN email TO gone")
        .await
        .expect("a superuser");
    let query = format!(
        "{{b:viewer{{userId}} partner(id:\"{partner}\"){{companyName users{{id}}}} a:viewer{{userId}}}}"
    );
    let answer = acme.admin().query(&query).await;
    assert_eq!(answer.body["data"]["partner"], Value::Null);
    assert_eq!(answer.body["data"]["b"], json!({ "userId": "adam" }));
    let response = app
        .send(post(
            &app,
            Some("application/json"),
            r#"{"query":"{z:__typename a:viewer{role userId} m:__typename}"}"#,
        ))
        .await;
    assert_eq!(response.body(), r#"{"data":{"z":"Query","a":{"role":"admin","userId":"a"},"m":"Query"}}"#);
}

#[tokio::test]
async fn a_nullable_field_of_the_root_fails_alone() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let (mine, other) = (acme.create_partner("mine").await, acme.create_partner("other").await);
    let user = acme.partner_user(&mine, "u").await;
    let query = format!(
        "{{a:partner(id:\"{mine}\"){{companyName}} b:partner(id:\"{other}\"){{id}} c:node(id:\"x\"){{id}} d:viewer{{userId}}}}"
    );
    let answer = user.query(&query).await;
    let expected = json!({ "a": { "companyName": "mine" }, "b": null, "c": null, "d": { "userId": "u" } });
    assert_eq!(answer.body["data"], expected);
    let mut errors: Vec<_> = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors.sort_by_key(|error| error["path"].to_string());
    let codes: Vec<_> =
        errors.iter().map(|error| json!([error["path"], error["extensions"]["code"]])).collect();
    assert_eq!(codes, [json!([["b"], "FORBIDDEN"]), json!([["c"], "BAD_USER_INPUT"])]);
    let billing = acme.billing().query(&format!("{{viewer{{kind}} partner(id:\"{mine}\"){{id}}}}")).await;
    assert_eq!(billing.body["data"], json!({ "viewer": { "kind": "SERVICE" }, "partner": null }));
}

#[tokio::test]
async fn documents_that_would_bring_the_server_down_are_refused() {
    let app = TestApp::new().await;
    let admin = app.tenant("acme").await.admin();
    let brackets = format!("{{node(id:{}1{}){{id}}}}", "[".repeat(20_000), "]".repeat(20_000));
    let fragments: String =
        (0..30).map(|n| format!("fragment F{n} on Query{{...F{0} ...F{0}}} ", n + 1)).collect();
    let bomb = format!("{{...F0}} {fragments} fragment F30 on Query{{__typename}}");
    for query in [brackets, bomb] {
        assert_eq!(admin.query(&query).await.code(), "LIMIT_EXCEEDED");
    }
    admin.query("{viewer{userId}}").await.data();
}

#[tokio::test]
async fn a_full_page_with_all_its_references_passes_the_limits() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner_with_account("p").await;
    acme.approved_event("p", "i", "10.00", "EUR").await;
    acme.create_payout(&partner).await;
    let query = "{commissionEvents(first:100){nodes{id eventType status invoiceId customerId commissionAmount{amount currency}
        baseAmount{amount currency} commissionRate rateSource eventDate recordedAt payableAt paidAt settledAt notes
        history{from to at actor reason} reverses{id} reversedBy{id}
        partner{id partnerNumber companyName status tier defaultCommissionRate payoutCurrency createdAt}
        payout{id totalAmount{amount currency} commissionCount status paymentMethod paymentReference payoutDate periodStart
            periodEnd completedAt failureReason notes}
        managedAccount{id customerId customerName engagementType isActive startsAt endsAt customCommissionRate
            effectiveCommissionRate}}}}";
    acme.admin().query(query).await.data();
    let introspection = include_str!("../schema/introspection.graphql");
    acme.admin().query(introspection).await.data();
}

#[tokio::test]
async fn the_examples_of_graphiql_work() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner_with_account("cust-birch").await;
    acme.approved_event("cust-birch", "i", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let variables = json!({
        "partnerId": partner, "payoutId": payout, "reference": "W-1", "invoiceId": "x", "paidAt": "2024-01-01T00:00:00Z",
        "refundId": "r", "refundedAt": "2024-01-02T00:00:00Z", "reason": "goodwill", "key": "k",
    });
    let actors = BTreeMap::from([
        ("partner", acme.partner_user(&partner, "paula").await),
        ("finance", acme.finance()),
        ("billing", acme.billing()),
    ]);
    for (user, document) in [
        ("partner", include_str!("../../../portal/src/graphiql/examples/partner.graphql")),
        ("finance", include_str!("../../../portal/src/graphiql/examples/finance.graphql")),
        ("billing", include_str!("../../../portal/src/graphiql/examples/billing.graphql")),
    ] {
        let operations = async_graphql::parser::parse_query(document).expect(user).operations;
        for (name, operation) in operations.iter() {
            let mut given = json!({});
            for definition in operation.node.variable_definitions.iter().map(|definition| &definition.node) {
                if definition.default_value.is_none() {
                    let variable = definition.name.node.as_str();
                    given[variable] = variables[variable].clone();
                }
            }
            actors[user].execute(document, Some(name.expect("a name")), given).await.data();
        }
    }
}
