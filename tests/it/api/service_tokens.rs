//! `serviceTokens`, `createServiceToken` and `revokeServiceToken`.

use serde_json::{Value, json};

use crate::support::{Client, TestTenant, UNKNOWN_ID, acme, in_days, user_errors};

const TOKEN: &str = "serviceToken { id name state createdBy expiresAt revokedAt lastUsedAt } secret";
const LIST: &str = "{ serviceTokens { id name state createdBy expiresAt revokedAt } }";

async fn create(tenant: &TestTenant, name: &str, key: &str) -> Value {
    let input = json!({ "name": name, "idempotencyKey": key });
    tenant.admin().mutate_ok("createServiceToken", input, TOKEN).await
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect(name)
}

async fn viewer_status(tenant: &TestTenant, secret: &str) -> u16 {
    Client::with_token(&tenant.app, secret).query("{ viewer { userId } }").await.status
}

#[tokio::test]
async fn a_created_token_works_until_it_is_revoked() {
    let acme = acme().await;
    let created = create(&acme, "billing", "k").await;
    let (token, secret) = (&created["serviceToken"], text(&created, "secret"));
    assert!(secret.starts_with("rvs_"), "{secret}");
    assert_eq!(
        [&token["state"], &token["name"], &token["expiresAt"]],
        [&json!("LIVE"), &json!("billing"), &Value::Null]
    );
    assert_eq!(viewer_status(&acme, secret).await, 200);

    let revoke = json!({ "id": token["id"] });
    let revoked = acme
        .admin()
        .mutate_ok("revokeServiceToken", revoke.clone(), "serviceToken { state revokedAt }")
        .await;
    assert_eq!(revoked["serviceToken"]["state"], "REVOKED");
    assert_eq!(viewer_status(&acme, secret).await, 401);
    let again =
        acme.admin().mutate_ok("revokeServiceToken", revoke, "serviceToken { state revokedAt }").await;
    assert_eq!(again, revoked, "repeated, it has no further effect");
}

#[tokio::test]
async fn the_secret_is_shown_once_and_kept_nowhere() {
    let acme = acme().await;
    let created = create(&acme, "billing", "k").await;
    let again = create(&acme, "billing", "k").await;
    assert_eq!(again["serviceToken"]["id"], created["serviceToken"]["id"]);
    assert_eq!(again["secret"], Value::Null);
    let other = json!({ "name": "other", "idempotencyKey": "k" });
    assert_eq!(acme.admin().error_code("createServiceToken", other).await, "CONFLICT");
    let list = acme.admin().query(LIST).await.data();
    assert_eq!(list["serviceTokens"].as_array().map(Vec::len), Some(1));
    let trail = "{ auditEntries { nodes { act actor changes { field before after } } } }";
    let trail = acme.admin().query(trail).await.data().to_string();
    let secret = text(&created, "secret").rsplit('.').next().expect("the secret part");
    assert!(trail.contains("createServiceToken") && !trail.contains(secret), "{trail}");
}

#[tokio::test]
async fn two_tokens_are_valid_at_a_time() {
    let acme = acme().await;
    let first = create(&acme, "billing", "1").await;
    create(&acme, "billing", "2").await;
    let third = json!({ "name": "billing", "idempotencyKey": "3" });
    let rejected = acme.admin().mutate("createServiceToken", third.clone(), TOKEN).await;
    let errors = user_errors(&rejected);
    assert_eq!(errors[0]["code"], "INVALID_STATE");
    assert_eq!([&rejected["serviceToken"], &rejected["secret"]], [&Value::Null, &Value::Null]);
    let revoke = json!({ "id": first["serviceToken"]["id"] });
    acme.admin().mutate_ok("revokeServiceToken", revoke, "serviceToken { id }").await;
    acme.admin().mutate_ok("createServiceToken", third, TOKEN).await;
    let list = acme.admin().query(LIST).await.data();
    let states: Vec<_> =
        list["serviceTokens"].as_array().expect("tokens").iter().map(|token| &token["state"]).collect();
    assert_eq!(states, ["LIVE", "LIVE", "REVOKED"], "the valid ones come first");
}

#[tokio::test]
async fn invalid_input_is_rejected_at_its_field() {
    let acme = acme().await;
    for (fields, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(256) }), "name"),
        (json!({ "expiresAt": in_days(-1) }), "expiresAt"),
        (json!({ "expiresAt": in_days(3_651) }), "expiresAt"),
        (json!({ "idempotencyKey": "" }), "idempotencyKey"),
    ] {
        let mut input = json!({ "name": "billing", "idempotencyKey": "k" });
        input.as_object_mut().expect("an input").extend(fields.as_object().expect("fields").clone());
        let query =
            "mutation($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { secret } }";
        let body = acme.admin().query_with(query, json!({ "input": input })).await.body;
        assert_eq!(body["errors"][0]["extensions"]["field"], field, "{body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
    let with_expiry = json!({ "name": "b", "idempotencyKey": "k", "expiresAt": in_days(90) });
    let created = acme.admin().mutate_ok("createServiceToken", with_expiry, TOKEN).await;
    assert!(created["serviceToken"]["expiresAt"].is_string());
    assert_eq!(acme.admin().error_code("revokeServiceToken", json!({ "id": UNKNOWN_ID })).await, "NOT_FOUND");
}

#[tokio::test]
async fn only_admins_see_and_manage_the_tokens_of_their_tenant() {
    let acme = acme().await;
    let created = create(&acme, "billing", "k").await;
    let id = json!({ "id": created["serviceToken"]["id"] });
    for client in [acme.finance(), acme.billing()] {
        assert_eq!(client.query(LIST).await.code(), "FORBIDDEN");
        assert_eq!(client.error_code("revokeServiceToken", id.clone()).await, "FORBIDDEN");
    }
    let globex = acme.app.tenant("globex").await;
    assert_eq!(globex.admin().query(LIST).await.data()["serviceTokens"], json!([]));
    assert_eq!(globex.admin().error_code("revokeServiceToken", id).await, "NOT_FOUND");
}
