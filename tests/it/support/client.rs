//! Somebody who asks, and what they are answered.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use super::TestApp;

/// Somebody with a token, or without one.
#[derive(Clone)]
pub struct Client {
    app: TestApp,
    token: Option<String>,
}

impl Client {
    pub fn anonymous(app: &TestApp) -> Self {
        Self { app: app.clone(), token: None }
    }

    pub fn with_token(app: &TestApp, token: &str) -> Self {
        Self { app: app.clone(), token: Some(token.to_owned()) }
    }

    pub fn new(app: &TestApp, tenant: &str, user: &str, role: Role) -> Self {
        let identity = Identity::operator(TenantId(tenant.to_owned()), user, role);
        let token = app.tokens.mint(&identity, Duration::from_secs(600)).map_err(|error| error.describe());
        Self { app: app.clone(), token: Some(token.expect("a token")) }
    }

    /// A request of theirs.
    pub fn request(&self, request: Builder) -> Builder {
        let request = request.header("content-type", "application/json");
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// Asks, without variables.
    pub async fn query(&self, query: &str) -> GraphqlResponse {
        self.query_with(query, json!({})).await
    }

    /// Asks, with variables.
    pub async fn query_with(&self, query: &str, variables: Value) -> GraphqlResponse {
        self.execute(query, None, variables).await
    }

    /// Asks for one operation of a document.
    pub async fn execute(&self, query: &str, operation: Option<&str>, variables: Value) -> GraphqlResponse {
        let request = self.request(Request::post("/graphql"));
        let body = json!({ "query": query, "operationName": operation, "variables": variables }).to_string();
        let response = self.app.send(request.body(Body::from(body)).expect("a request")).await;
        let body = serde_json::from_str(response.body()).unwrap_or_else(|_| panic!("{}", response.body()));
        GraphqlResponse { status: response.status().as_u16(), body }
    }

    /// Has something done by a mutation that takes `$input`.
    async fn post_mutation(&self, mutation: &str, input: Value, fields: &str) -> GraphqlResponse {
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input:{input_type}!){{{mutation}(input:$input){{{fields} userErrors{{code message field id}}}}}}"
        );
        self.query_with(&query, json!({ "input": input })).await
    }

    /// Has something done; answers its payload.
    pub async fn mutate(&self, mutation: &str, input: Value, fields: &str) -> Value {
        self.post_mutation(mutation, input, fields).await.data()[mutation].clone()
    }

    /// Has something done that must not be refused.
    pub async fn mutate_ok(&self, mutation: &str, input: Value, fields: &str) -> Value {
        let payload = self.post_mutation(mutation, input, fields).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}");
        payload
    }

    /// Tries something; answers its payload, or the code of the first refusal, top-level or not.
    pub async fn try_mutate(&self, mutation: &str, input: Value, fields: &str) -> Result<Value, String> {
        let answer = self.post_mutation(mutation, input, fields).await;
        let payload = &answer.body["data"][mutation];
        match payload["userErrors"][0]["code"].as_str() {
            Some(code) => Err(code.to_owned()),
            None if answer.body.get("errors").is_some() => Err(answer.code()),
            None => Ok(payload.clone()),
        }
    }

    /// Tries something; answers the code of the first refusal, top-level or not.
    pub async fn error_code(&self, mutation: &str, input: Value) -> String {
        self.try_mutate(mutation, input, "").await.err().unwrap_or_default()
    }
}

/// What somebody was answered.
#[derive(Debug)]
pub struct GraphqlResponse {
    pub status: u16,
    pub body: Value,
}

impl GraphqlResponse {
    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(self) -> Value {
        assert!(self.body.get("errors").is_none(), "{:#}", self.body);
        self.body["data"].clone()
    }

    /// The code of the first top-level error; nothing if there is none.
    pub fn code(&self) -> String {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}
