//! GraphQL over HTTP: methods, media types, bodies and bearer tokens.

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, Response};
use serde_json::{Value, json};

use super::status_and_code;
use crate::support::{TestTenant, acme, acme_with_partner};

const JSON: &str = "application/json";
const VIEWER: &str = r#"{"query":"{ viewer { userId } }"}"#;

/// Returns a POST request of an admin with this content type.
fn post(acme: &TestTenant, content_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let request = acme.admin().request(Request::post("/graphql"));
    let mut request = request.body(body.into()).expect("a request");
    request.headers_mut().remove(CONTENT_TYPE);
    if let Some(content_type) = content_type {
        request.headers_mut().insert(CONTENT_TYPE, content_type.parse().expect("a header"));
    }
    request
}

/// Sends a GET request of an admin with this query string.
async fn get(acme: &TestTenant, query_string: &str) -> Response<String> {
    let request = acme.admin().request(Request::get(format!("/graphql?{query_string}")));
    let mut request = request.body(Body::empty()).expect("a request");
    request.headers_mut().remove(CONTENT_TYPE);
    acme.app.send(request).await
}

/// A request body, and the expected response.
struct Case {
    content_type: Option<&'static str>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

fn case(
    content_type: Option<&'static str>,
    body: impl Into<Vec<u8>>,
    status: u16,
    code: &'static str,
) -> Case {
    Case { content_type, body: body.into(), status, code }
}

#[tokio::test]
async fn a_request_body_is_exactly_one_json_object() {
    let acme = acme().await;
    let with_other_members = r#"{
        "query": "{ viewer { userId } }", "variables": null, "operationName": null, "extensions": null, "other": 1
    }"#;
    let cases = [
        case(Some(JSON), VIEWER, 200, ""),
        case(Some("Application/JSON; charset=utf-8"), VIEWER, 200, ""),
        case(Some(JSON), with_other_members, 200, ""),
        case(None, VIEWER, 415, "BAD_USER_INPUT"),
        case(Some("text/plain"), VIEWER, 415, "BAD_USER_INPUT"),
        case(Some("multipart/form-data; boundary=x"), VIEWER, 415, "BAD_USER_INPUT"),
        case(Some(JSON), "", 400, "BAD_USER_INPUT"),
        case(Some(JSON), "{", 400, "BAD_USER_INPUT"),
        case(Some(JSON), "[]", 400, "BAD_USER_INPUT"),
        case(Some(JSON), format!("[{VIEWER},{VIEWER}]"), 400, "BAD_USER_INPUT"),
        case(Some(JSON), r#"{"query":1}"#, 400, "BAD_USER_INPUT"),
        case(Some(JSON), "{}", 400, "BAD_USER_INPUT"),
        case(Some(JSON), [0xff, 0xfe], 400, "BAD_USER_INPUT"),
        case(Some(JSON), vec![b' '; 300_000], 413, "LIMIT_EXCEEDED"),
    ];
    for Case { content_type, body, status, code } in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let response = acme.app.send(post(&acme, content_type, body)).await;
        assert_eq!(status_and_code(&response), (status, code.to_owned()), "{content_type:?} {shown}");
    }
}

#[tokio::test]
async fn get_requests_execute_queries() {
    let (acme, _) = acme_with_partner().await;
    let response = get(
        &acme,
        "query=query%20A($n:Int)%7Bpartners(first:$n)%7BtotalCount%7D%7D%20query%20B%7B__typename%7D\
         &operationName=A&variables=%7B%22n%22:1%7D",
    )
    .await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.body(), r#"{"data":{"partners":{"totalCount":1}}}"#);
    let response = get(&acme, "query=%7B__typename%7D&operationName=&variables=&extensions=&other=1").await;
    assert_eq!(response.status().as_u16(), 200, "{}", response.body());
    for malformed in [
        "",
        "query=",
        "query=%7B__typename%7D&variables=1",
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&extensions=%5B%5D",
    ] {
        let response = get(&acme, malformed).await;
        assert_eq!(status_and_code(&response), (400, "BAD_USER_INPUT".to_owned()), "{malformed}");
    }
}

#[tokio::test]
async fn get_requests_do_not_execute_mutations() {
    let acme = acme().await;
    let mutation = "mutation%20M%7BcreatePartner(input:%7BcompanyName:%22x%22%7D)%7Bpartner%7Bid%7D%7D%7D";
    for query_string in
        [format!("query={mutation}"), format!("query=query%20Q%7B__typename%7D%20{mutation}&operationName=M")]
    {
        let response = get(&acme, &query_string).await;
        assert_eq!(status_and_code(&response), (405, "BAD_USER_INPUT".to_owned()));
        assert_eq!(response.headers()["allow"], "POST");
    }
    let data = acme.admin().query("{ partners { totalCount } }").await.data();
    assert_eq!(data["partners"]["totalCount"], 0);
}

/// The properties of a response that depend on the accepted media type.
#[derive(Debug, PartialEq, Eq)]
struct Negotiated {
    status: u16,
    content_type: String,
    has_data: bool,
}

impl Negotiated {
    fn json(status: u16, has_data: bool) -> Self {
        Self { status, content_type: "application/json; charset=utf-8".to_owned(), has_data }
    }

    fn graphql(status: u16, has_data: bool) -> Self {
        Self { status, content_type: "application/graphql-response+json; charset=utf-8".to_owned(), has_data }
    }
}

async fn negotiate(acme: &TestTenant, accept: &str, query: &str) -> Negotiated {
    let mut request = post(acme, Some(JSON), json!({ "query": query }).to_string());
    request.headers_mut().insert(ACCEPT, accept.parse().expect("a header"));
    let response = acme.app.send(request).await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    Negotiated {
        status: response.status().as_u16(),
        content_type: response.headers()[CONTENT_TYPE].to_str().expect("text").to_owned(),
        has_data: body.get("data").is_some(),
    }
}

#[tokio::test]
async fn the_status_of_a_document_error_depends_on_the_accepted_media_type() {
    let acme = acme().await;
    let graphql = "application/graphql-response+json";
    assert_eq!(negotiate(&acme, "*/*", "{ __typename }").await, Negotiated::json(200, true));
    assert_eq!(negotiate(&acme, graphql, "{ __typename }").await, Negotiated::graphql(200, true));
    for invalid in [
        "{",
        "{ nothing }",
        "query ($x: Int!) { partners(first: $x) { totalCount } }",
        "query A { __typename } query B { __typename }",
    ] {
        assert_eq!(negotiate(&acme, JSON, invalid).await, Negotiated::json(200, false), "{invalid}");
        assert_eq!(negotiate(&acme, graphql, invalid).await, Negotiated::graphql(400, false), "{invalid}");
    }
    // A document that was executed is a success, even if a field failed.
    let failing_field = r#"{ payout(id: "x") { id } __typename }"#;
    assert_eq!(negotiate(&acme, graphql, failing_field).await, Negotiated::graphql(200, true));
    assert_eq!(negotiate(&acme, "text/html", "{ __typename }").await, Negotiated::json(406, false));
}

#[tokio::test]
async fn only_a_valid_bearer_token_is_accepted() {
    let acme = acme().await;
    for authorization in ["", "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "x"] {
        let mut request = post(&acme, Some(JSON), VIEWER);
        request.headers_mut().insert(AUTHORIZATION, authorization.parse().expect("a header"));
        let response = acme.app.send(request).await;
        assert_eq!(status_and_code(&response), (401, "UNAUTHENTICATED".to_owned()), "{authorization}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert!(!response.body().contains("\"data\""));
    }
}
