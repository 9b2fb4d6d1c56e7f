//! Persisted documents: those of the portal are trusted; others are registered by clients with Apollo's protocol.

use axum::body::Body;
use axum::http::{Request, Response};
use revshare::graphql::request::persisted_documents::TrustedDocuments;
use revshare::http::Options;
use serde_json::{Value, json};

use super::sign_in_document;
use crate::support::{Client, TestApp, TestTenant};

async fn acme_with(trusted_documents: TrustedDocuments) -> TestTenant {
    TestApp::with(Options { trusted_documents, ..Options::default() }).await.tenant("acme").await
}

async fn post(client: &Client, tenant: &TestTenant, body: &Value) -> Response<String> {
    let request = client.request(Request::post("/graphql")).body(Body::from(body.to_string()));
    tenant.app.send(request.expect("a request")).await
}

/// Sends a body; returns the code of the first error, or else the kind of the viewer.
async fn code_or_kind(client: &Client, tenant: &TestTenant, body: &Value) -> String {
    let response = post(client, tenant, body).await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    let code = body["errors"][0]["extensions"]["code"].as_str();
    code.or(body["data"]["viewer"]["kind"].as_str()).unwrap_or_default().to_owned()
}

/// The `extensions` by which Apollo's clients refer to a document.
fn persisted_query(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

/// The outcome of each way to send a document.
struct Expected {
    by_extension: &'static str,
    by_document_id: &'static str,
    untrusted_by_partner: &'static str,
    untrusted_by_service: &'static str,
}

#[tokio::test]
async fn trusted_documents_are_accepted_by_hash_and_others_as_configured() {
    let (hash, text) = sign_in_document();
    let by_extension = json!({ "extensions": persisted_query(&hash) });
    let by_document_id = json!({ "documentId": format!("sha256:{hash}") });
    let untrusted = json!({ "query": "{ viewer { kind } }" });
    for (mode, expected) in [
        (
            TrustedDocuments::Off,
            Expected {
                by_extension: "PERSISTED_QUERY_NOT_FOUND",
                by_document_id: "NOT_FOUND",
                untrusted_by_partner: "PARTNER_USER",
                untrusted_by_service: "SERVICE",
            },
        ),
        (
            TrustedDocuments::Prefer,
            Expected {
                by_extension: "PARTNER_USER",
                by_document_id: "PARTNER_USER",
                untrusted_by_partner: "PARTNER_USER",
                untrusted_by_service: "SERVICE",
            },
        ),
        (
            TrustedDocuments::Only,
            Expected {
                by_extension: "PARTNER_USER",
                by_document_id: "PARTNER_USER",
                untrusted_by_partner: "FORBIDDEN",
                untrusted_by_service: "FORBIDDEN",
            },
        ),
    ] {
        let acme = acme_with(mode).await;
        let partner = acme.create_partner("p").await;
        let paula = acme.partner_user(&partner, "paula").await;
        assert_eq!(code_or_kind(&paula, &acme, &by_extension).await, expected.by_extension, "{mode:?}");
        assert_eq!(code_or_kind(&paula, &acme, &by_document_id).await, expected.by_document_id, "{mode:?}");
        for body in [&by_extension, &by_document_id] {
            assert_eq!(post(&paula, &acme, body).await.status().as_u16(), 200, "{mode:?}");
        }
        let trusted_text = json!({ "query": text });
        assert_eq!(code_or_kind(&paula, &acme, &trusted_text).await, "PARTNER_USER", "{mode:?}");
        assert_eq!(code_or_kind(&paula, &acme, &untrusted).await, expected.untrusted_by_partner, "{mode:?}");
        assert_eq!(code_or_kind(&acme.finance(), &acme, &untrusted).await, "STAFF", "{mode:?}");
        let by_service = code_or_kind(&acme.billing(), &acme, &untrusted).await;
        assert_eq!(by_service, expected.untrusted_by_service, "{mode:?}");
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_valid_document_is_registered_with_its_hash_and_then_found_by_it() {
    let acme = acme_with(TrustedDocuments::Prefer).await;
    let admin = acme.admin();
    let text = "{ viewer { kind } }";
    let hash = sha256(text);
    let by_hash = json!({ "extensions": persisted_query(&hash) });

    let response = post(&admin, &acme, &by_hash).await;
    let body: Value = serde_json::from_str(response.body()).expect("JSON");
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(
        body["errors"][0]["message"], "PersistedQueryNotFound",
        "Apollo's clients compare the message"
    );
    assert_eq!(body.get("data"), None);

    let with_text = json!({ "query": text, "extensions": persisted_query(&hash) });
    assert_eq!(code_or_kind(&admin, &acme, &with_text).await, "STAFF");
    assert_eq!(code_or_kind(&admin, &acme, &by_hash).await, "STAFF");
    let extensions =
        format!("%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{hash}%22%7D%7D");
    let request = admin.request(Request::get(format!("/graphql?extensions={extensions}")));
    let response = acme.app.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.body(), r#"{"data":{"viewer":{"kind":"STAFF"}}}"#);
}

#[tokio::test]
async fn an_invalid_or_mismatching_document_is_not_registered() {
    let acme = acme_with(TrustedDocuments::Prefer).await;
    let admin = acme.admin();
    let mismatch = json!({ "query": "{ viewer { kind } }", "extensions": persisted_query(&"0".repeat(64)) });
    assert_eq!(code_or_kind(&admin, &acme, &mismatch).await, "BAD_USER_INPUT");
    let invalid = "{ viewer { nothing } }";
    let with_text = json!({ "query": invalid, "extensions": persisted_query(&sha256(invalid)) });
    assert_eq!(code_or_kind(&admin, &acme, &with_text).await, "BAD_USER_INPUT");
    let by_hash = json!({ "extensions": persisted_query(&sha256(invalid)) });
    assert_eq!(code_or_kind(&admin, &acme, &by_hash).await, "PERSISTED_QUERY_NOT_FOUND");
    for malformed in
        [json!({ "version": 2, "sha256Hash": sha256("") }), json!({ "version": 1, "sha256Hash": "x" })]
    {
        let body = json!({ "extensions": { "persistedQuery": malformed } });
        assert_eq!(code_or_kind(&admin, &acme, &body).await, "BAD_USER_INPUT", "{body}");
    }
}
