//! The HTTP interface: protocol, documents, limits, caching, pages and clients.

mod budgets;
mod client_compatibility;
mod connection_limits;
mod connections;
mod cors;
mod documents;
mod downloads;
mod execution_errors;
mod fuzz;
pub mod generated_documents;
mod graphql_over_http;
mod limits;
mod mutation_errors;
mod persisted_documents;
mod portal;
mod raw_http2;
mod routes;
mod telemetry;

use std::collections::BTreeMap;

use axum::http::Response;
use serde_json::Value;

/// Returns the status of a response and the code of its first GraphQL error.
fn status_and_code(response: &Response<String>) -> (u16, String) {
    let body: Value = serde_json::from_str(response.body()).unwrap_or_default();
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), code)
}

/// Returns the trusted documents of the portal by their SHA-256 hash.
fn portal_documents() -> BTreeMap<String, String> {
    let documents = include_str!("../../../portal/src/gql/persisted-documents.json");
    serde_json::from_str(documents).expect("JSON")
}

/// Returns the hash and the text of the portal's first query after signing in.
fn sign_in_document() -> (String, String) {
    let mut documents = portal_documents().into_iter();
    documents.find(|(_, text)| text.contains("query PartnerContext")).expect("the query of the sign-in")
}
