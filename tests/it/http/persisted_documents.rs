//! Documents by their hash: those of the portal are trusted, others are remembered.

use axum::body::Body;
use axum::http::{Method, Request};
use revshare::http::{Options, TrustedDocuments};
use serde_json::{Value, json};

use crate::support::{Client, TestApp, TestTenant};

async fn acme(trusted_documents: TrustedDocuments) -> TestTenant {
    TestApp::with(Options { trusted_documents, ..Options::default() }).await.tenant("acme").await
}

/// The hash and the text of an operation of the portal.
fn sign_in() -> (String, String) {
    let documents = include_str!("../../../portal/src/gql/persisted-documents.json");
    let documents: std::collections::BTreeMap<String, String> =
        serde_json::from_str(documents).expect("JSON");
    documents
        .into_iter()
        .find(|(_, text)| text.contains("query PartnerContext"))
        .expect("an operation to sign in")
}

/// Sends a body, and tells what came: the status, and the code or the kind of the viewer.
async fn sent(actor: &Client, tenant: &TestTenant, body: Value) -> (u16, String) {
    let request = actor.request(Request::post("/graphql")).body(Body::from(body.to_string()));
    let response = tenant.app.send(request.expect("a request")).await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    let found = body["errors"][0]["extensions"]["code"].as_str().or(body["data"]["viewer"]["kind"].as_str());
    (response.status().as_u16(), found.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_operations_of_the_portal_go_by_their_hash() {
    let (hash, text) = sign_in();
    let apq = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    let id = json!({ "documentId": format!("sha256:{hash}") });
    for (mode, by_hash, any) in [
        (TrustedDocuments::Off, ["PERSISTED_QUERY_NOT_FOUND", "NOT_FOUND"], "PARTNER_USER"),
        (TrustedDocuments::Prefer, ["PARTNER_USER"; 2], "PARTNER_USER"),
        (TrustedDocuments::Only, ["PARTNER_USER"; 2], "FORBIDDEN"),
    ] {
        let acme = acme(mode).await;
        let partner = acme.create_partner("p").await;
        let paula = acme.partner_user(&partner, "paula").await;
        for (body, expected) in [(&apq, by_hash[0]), (&id, by_hash[1])] {
            assert_eq!(sent(&paula, &acme, body.clone()).await, (200, expected.to_owned()), "{mode:?}");
        }
        assert_eq!(sent(&paula, &acme, json!({ "query": text })).await.1, "PARTNER_USER", "{mode:?}");
        let other = json!({ "query": "{viewer{kind}}" });
        assert_eq!(sent(&paula, &acme, other.clone()).await.1, any, "{mode:?}");
        assert_eq!(sent(&acme.finance(), &acme, other.clone()).await.1, "STAFF", "{mode:?}");
        let expected = if mode == TrustedDocuments::Only { "FORBIDDEN" } else { "SERVICE" };
        assert_eq!(sent(&acme.billing(), &acme, other).await.1, expected, "{mode:?}");
    }
}

#[tokio::test]
async fn other_documents_are_remembered_as_apollo_s_clients_expect() {
    let acme = acme(TrustedDocuments::Prefer).await;
    let admin = acme.admin();
    let wrong = "0".repeat(64);
    let extensions = |hash: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let (text, hash) = ("{viewer{kind}}", sha256("{viewer{kind}}"));
    let by_hash = json!({ "extensions": extensions(&hash) });
    let response = {
        let request = admin.request(Request::post("/graphql")).body(Body::from(by_hash.to_string()));
        acme.app.send(request.expect("a request")).await
    };
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    assert_eq!(body["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!((response.status().as_u16(), body.get("data")), (200, None));
    let lie = json!({ "query": text, "extensions": extensions(&wrong) });
    assert_eq!(sent(&admin, &acme, lie).await.1, "BAD_USER_INPUT");
    let invalid =
        json!({ "query": "{viewer{nothing}}", "extensions": extensions(&sha256("{viewer{nothing}}")) });
    assert_eq!(sent(&admin, &acme, invalid).await.1, "BAD_USER_INPUT");
    let again = json!({ "extensions": extensions(&sha256("{viewer{nothing}}")) });
    assert_eq!(sent(&admin, &acme, again).await.1, "PERSISTED_QUERY_NOT_FOUND", "it was found invalid");
    let both = json!({ "query": text, "extensions": extensions(&hash) });
    assert_eq!(sent(&admin, &acme, both).await.1, "STAFF");
    assert_eq!(sent(&admin, &acme, by_hash).await.1, "STAFF");
    let mut request = admin.request(Request::get("/graphql")).body(Body::empty()).expect("a request");
    *request.method_mut() = Method::GET;
    let parameters =
        format!("%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{hash}%22%7D%7D");
    *request.uri_mut() = format!("/graphql?extensions={parameters}").parse().expect("an address");
    assert_eq!(acme.app.send(request).await.body(), r#"{"data":{"viewer":{"kind":"STAFF"}}}"#);
    for malformed in [json!({ "version": 2, "sha256Hash": hash }), json!({ "version": 1, "sha256Hash": "x" })]
    {
        let body = json!({ "extensions": { "persistedQuery": malformed } });
        assert_eq!(sent(&admin, &acme, body).await.1, "BAD_USER_INPUT");
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
