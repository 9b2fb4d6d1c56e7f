//! A client of the GraphQL API, and the responses it gets.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use revshare::auth::{Identity, Role};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use super::{TestApp, ok};

/// A client of the server under test, with or without a bearer token.
#[derive(Clone)]
pub struct Client {
    app: TestApp,
    token: Option<String>,
}

impl Client {
    /// A client without a token.
    pub fn anonymous(app: &TestApp) -> Self {
        Self { app: app.clone(), token: None }
    }

    /// A client with this token, valid or not.
    pub fn with_token(app: &TestApp, token: &str) -> Self {
        Self { app: app.clone(), token: Some(token.to_owned()) }
    }

    /// A client with a valid token of this user.
    pub fn new(app: &TestApp, tenant: &str, user: &str, role: Role) -> Self {
        let identity = Identity::operator(TenantId(tenant.to_owned()), user, role);
        Self::with_token(app, &ok(app.tokens.sign(&identity, Duration::from_secs(600))))
    }

    /// Adds the content type and the client's token to a request.
    pub fn request(&self, request: Builder) -> Builder {
        let request = request.header("content-type", "application/json");
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends a document without variables.
    pub async fn query(&self, document: &str) -> GraphqlResponse {
        self.query_with(document, json!({})).await
    }

    /// Sends a document with variables.
    pub async fn query_with(&self, document: &str, variables: Value) -> GraphqlResponse {
        self.execute(document, None, variables).await
    }

    /// Sends a document, naming the operation to execute.
    pub async fn execute(
        &self,
        document: &str,
        operation: Option<&str>,
        variables: Value,
    ) -> GraphqlResponse {
        let request = self.request(Request::post("/graphql"));
        let body =
            json!({ "query": document, "operationName": operation, "variables": variables }).to_string();
        let response = self.app.send(request.body(Body::from(body)).expect("a request")).await;
        let body = serde_json::from_str(response.body()).unwrap_or_else(|_| panic!("{}", response.body()));
        GraphqlResponse { status: response.status().as_u16(), body }
    }

    /// Sends a mutation that takes `$input`, selecting these fields of its payload and the user errors.
    async fn post_mutation(&self, mutation: &str, input: Value, selection: &str) -> GraphqlResponse {
        let input_type = match mutation {
            "revertApproval" | "holdCommissionEvents" | "releaseCommissionEvents" => {
                "CommissionEventsWithReasonInput".to_owned()
            }
            _ => format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]),
        };
        let document = format!(
            "mutation($input: {input_type}!) {{
                {mutation}(input: $input) {{ {selection} userErrors {{ code message field id }} }}
            }}"
        );
        self.query_with(&document, json!({ "input": input })).await
    }

    /// Sends a mutation; returns its payload, with or without user errors.
    pub async fn mutate(&self, mutation: &str, input: Value, selection: &str) -> Value {
        self.post_mutation(mutation, input, selection).await.data()[mutation].clone()
    }

    /// Sends a mutation that must succeed; returns its payload without the empty list of user errors.
    pub async fn mutate_ok(&self, mutation: &str, input: Value, selection: &str) -> Value {
        let mut payload = self.mutate(mutation, input, selection).await;
        assert_eq!(payload["userErrors"].take(), json!([]), "{mutation}");
        payload.as_object_mut().expect("a payload").remove("userErrors");
        payload
    }

    /// Chooses, as a partner user, not to be sent monthly digests.
    pub async fn turn_digest_off(&self) {
        let input = json!({ "preferences": [{ "kind": "MONTHLY_DIGEST", "isWanted": false }] });
        self.mutate_ok("updateNotificationPreferences", input, "notificationPreferences { kind }").await;
    }

    /// Sends a mutation; returns its payload, or the code of its first user error or top-level error.
    pub async fn try_mutate(&self, mutation: &str, input: Value, selection: &str) -> Result<Value, String> {
        let response = self.post_mutation(mutation, input, selection).await;
        let payload = &response.body["data"][mutation];
        match payload["userErrors"][0]["code"].as_str() {
            Some(code) => Err(code.to_owned()),
            None if response.body.get("errors").is_some() => Err(response.code()),
            None => Ok(payload.clone()),
        }
    }

    /// Sends a mutation; returns the code of its first user error or top-level error, empty if it succeeds.
    pub async fn error_code(&self, mutation: &str, input: Value) -> String {
        self.try_mutate(mutation, input, "").await.err().unwrap_or_default()
    }
}

/// The user errors of a payload, without their messages.
pub fn user_errors(payload: &Value) -> Value {
    let mut errors = payload["userErrors"].clone();
    for error in errors.as_array_mut().expect("a list of user errors") {
        error.as_object_mut().expect("a user error").remove("message");
    }
    errors
}

/// A response of the GraphQL endpoint.
#[derive(Debug)]
pub struct GraphqlResponse {
    pub status: u16,
    pub body: Value,
}

impl GraphqlResponse {
    /// Returns `data`; fails the test if there are top-level errors.
    #[track_caller]
    pub fn data(self) -> Value {
        assert!(self.body.get("errors").is_none(), "{:#}", self.body);
        self.body["data"].clone()
    }

    /// Returns the code of the first top-level error, empty if there is none.
    pub fn code(&self) -> String {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}
