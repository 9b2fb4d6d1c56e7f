//! Errors during execution: the details that they reveal, and the part of the response that they null.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{acme, acme_with_partner, with_superuser};

#[tokio::test]
async fn an_internal_error_reveals_only_its_request_id() {
    let acme = acme().await;
    with_superuser(&acme.app.database, "ALTER TABLE payouts RENAME TO gone").await.expect("no payouts");
    let request = acme.admin().request(Request::post("/graphql")).header("x-request-id", "my-request");
    let query = json!({ "query": "{ payouts { nodes { id } } viewer { userId } }" }).to_string();
    let response = acme.app.send(request.body(Body::from(query)).expect("a request")).await;
    assert_eq!(response.headers()["x-request-id"], "my-request");
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    let extensions = json!({ "code": "INTERNAL_ERROR", "requestId": "my-request" });
    assert_eq!(body["errors"][0]["extensions"], extensions);
    for internal in ["relation", "gone", "SELECT"] {
        assert!(!response.body().contains(internal), "{}", response.body());
    }
}

const PARTNER_BETWEEN_VIEWERS: &str = "
    query ($partner: ID!) {
        before: viewer { userId }
        partner(id: $partner) { companyName users { id } }
        after: viewer { userId }
    }";

/// async-graphql 7.1 to 7.2.1 drop the field instead, which is why its version is pinned.
#[tokio::test]
async fn a_failing_non_null_field_nulls_its_parent() {
    let (acme, partner) = acme_with_partner().await;
    let break_users = "ALTER TABLE partner_users RENAME COLUMN email TO gone";
    with_superuser(&acme.app.database, break_users).await.expect("a missing column");
    let response = acme.admin().query_with(PARTNER_BETWEEN_VIEWERS, json!({ "partner": partner })).await;
    let viewer = json!({ "userId": "adam" });
    assert_eq!(response.body["data"], json!({ "before": viewer, "partner": null, "after": viewer }));
}

/// async-graphql 7.1 to 7.2.1 shuffle them, which is why its version is pinned.
#[tokio::test]
async fn response_keys_keep_the_order_of_the_selection() {
    let acme = acme().await;
    let request = acme.admin().request(Request::post("/graphql"));
    let query = json!({ "query": "{ z: __typename a: viewer { role userId } m: __typename }" }).to_string();
    let response = acme.app.send(request.body(Body::from(query)).expect("a request")).await;
    let expected = r#"{"data":{"z":"Query","a":{"role":"admin","userId":"adam"},"m":"Query"}}"#;
    assert_eq!(response.body(), expected);
}

const OWN_AND_FOREIGN: &str = r#"
    query ($own: ID!, $foreign: ID!) {
        own: partner(id: $own) { companyName }
        foreign: partner(id: $foreign) { id }
        malformed: node(id: "not an id") { id }
        viewer { userId }
    }"#;

const KIND_AND_PARTNER: &str = "
    query ($partner: ID!) {
        viewer { kind }
        partner(id: $partner) { id }
    }";

#[tokio::test]
async fn an_error_in_a_nullable_root_field_nulls_that_field_only() {
    let acme = acme().await;
    let (own, foreign) = (acme.create_partner("own").await, acme.create_partner("foreign").await);
    let user = acme.partner_user(&own, "paula").await;
    let response = user.query_with(OWN_AND_FOREIGN, json!({ "own": own, "foreign": foreign })).await;
    let expected = json!({
        "own": { "companyName": "own" },
        "foreign": null,
        "malformed": null,
        "viewer": { "userId": "paula" },
    });
    assert_eq!(response.body["data"], expected);
    let errors = response.body["errors"].as_array().expect("errors").iter();
    let mut errors: Vec<_> = errors.map(|error| (&error["path"], &error["extensions"]["code"])).collect();
    errors.sort_by_key(|(path, _)| path.to_string());
    let expected =
        [(&json!(["foreign"]), &json!("FORBIDDEN")), (&json!(["malformed"]), &json!("BAD_USER_INPUT"))];
    assert_eq!(errors, expected);

    let response = acme.billing().query_with(KIND_AND_PARTNER, json!({ "partner": own })).await;
    assert_eq!(response.body["data"], json!({ "viewer": { "kind": "SERVICE" }, "partner": null }));
}
