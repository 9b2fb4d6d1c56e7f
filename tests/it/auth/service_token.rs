//! Service tokens: creating, using, rotating and revoking them, and which malformed ones are rejected.

use std::process::Output;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use revshare::auth::Role;
use revshare::domain::admission;
use revshare::domain::db::act::Act;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use super::introspection::{Schema, outcome};
use super::populated_tenant::PopulatedTenant;
use crate::support::{
    Client, Folder, TestApp, TestTenant, UNKNOWN_ID, acme, in_days, invoice_input, output_text, superuser,
    with_superuser,
};

const VIEWER: &str = "{ viewer { userId kind role tenant { id } } }";

/// Runs `revshare service-token` on the tenant's database.
fn run(tenant: &TestTenant, arguments: &[&str]) -> Output {
    let arguments = [&["service-token"], arguments].concat();
    let urls = tenant.app.database.urls();
    Folder::new().command_for(&urls, &arguments).output().expect("a program")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", output_text(output));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// Creates a token through the library.
async fn create_token(tenant: &TestTenant) -> Result<String, String> {
    let (pool, id) = (&tenant.app.pool, TenantId(tenant.id.clone()));
    let caller =
        admission::operator(pool, id, "olga", Role::Admin).await.map_err(|error| error.describe())?;
    let new = NewServiceToken { name: "billing".to_owned(), ttl: None };
    let created = Transaction::run(pool, &caller, Act::CreateServiceToken, create, &new)
        .await
        .map_err(|error| error.describe())?;
    Ok(created.secret.expose())
}

fn id_of(token: &str) -> &str {
    token.split('.').nth(1).expect("an id")
}

/// Whether a token is accepted; a rejection must not reveal its reason.
async fn is_accepted(tenant: &TestTenant, token: &str) -> bool {
    let response = Client::with_token(&tenant.app, token).query(VIEWER).await;
    if response.status == 200 {
        return true;
    }
    let error = json!({
        "message": "this service token is unknown, expired or revoked",
        "extensions": { "code": "UNAUTHENTICATED" },
    });
    assert_eq!(response.status, 401, "{token}");
    assert_eq!(response.body, json!({ "errors": [error] }), "{token}");
    false
}

/// Returns the stored last use of the only token.
async fn last_use(tenant: &TestTenant) -> Option<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        last_used_at: Option<String>,
    }
    let query = diesel::sql_query("SELECT last_used_at::text FROM service_tokens");
    let mut connection = superuser(&tenant.app.database).await;
    query.get_result::<Row>(&mut connection).await.expect("a token").last_used_at
}

/// Waits until the stored last use differs from `previous`, and returns it.
async fn last_use_after(tenant: &TestTenant, previous: Option<&str>) -> String {
    for _ in 0..500 {
        match last_use(tenant).await {
            Some(at) if Some(at.as_str()) != previous => return at,
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the last use was not recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_token_acts_as_the_named_service() {
    let acme = acme().await;
    acme.create_partner_with_account("p").await;
    let created = run(&acme, &["create", "--tenant", "acme", "--name", "invoicer", "--ttl", "90d"]);
    let token = stdout(&created).trim_end().to_owned();
    assert!(token.starts_with("rvs_YWNtZQ.") && token.len() == 91 && !token.contains('\n'), "{token}");
    let advice = stderr(&created);
    assert!(advice.contains(" of acme for invoicer is valid until 20"), "{advice}");
    assert!(!advice.contains(&token), "{advice}");

    let service = Client::with_token(&acme.app, &token);
    let invoice = invoice_input("p", "i", "100.00", "EUR", &in_days(0));
    let recorded = service.mutate_ok("recordInvoicePaid", invoice, "outcome commissionEvent { id }").await;
    assert_eq!(recorded["outcome"], "RECORDED");
    let viewer = service.query(VIEWER).await.data()["viewer"].clone();
    let expected =
        json!({ "userId": "invoicer", "kind": "SERVICE", "role": "billing", "tenant": { "id": "acme" } });
    assert_eq!(viewer, expected);
    let events = acme.admin().query("{ commissionEvents { nodes { history { actor } } } }").await.data();
    assert_eq!(events["commissionEvents"]["nodes"][0]["history"], json!([{ "actor": "invoicer" }]));
    last_use_after(&acme, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_rotated_by_creating_a_second_and_revoking_the_first() {
    let acme = acme().await;
    let create = ["create", "--tenant", "acme", "--name", "invoicer"];
    let with_ttl = [&create[..], &["--ttl", "90d"]].concat();
    let first = stdout(&run(&acme, &with_ttl)).trim_end().to_owned();
    assert!(is_accepted(&acme, &first).await);
    last_use_after(&acme, None).await;
    let created = run(&acme, &create);
    let second = stdout(&created).trim_end().to_owned();
    let advice = stderr(&created);
    let revoke_first = format!("service-token revoke --tenant acme --id {}", id_of(&first));
    assert!(advice.contains("is valid until it is revoked") && advice.contains(&revoke_first), "{advice}");
    assert!(is_accepted(&acme, &first).await && is_accepted(&acme, &second).await);
    let third = run(&acme, &create);
    let text = output_text(&third);
    assert!(!third.status.success(), "{text}");
    for expected in [id_of(&first), id_of(&second), "revshare service-token revoke --tenant acme --id"] {
        assert!(text.contains(expected), "{text}");
    }

    let revoke = ["revoke", "--tenant", "acme", "--id", id_of(&first)];
    let revoked = stdout(&run(&acme, &revoke));
    assert_eq!(revoked, format!("revoked the service token {} (invoicer)\n", id_of(&first)));
    assert!(!is_accepted(&acme, &first).await && is_accepted(&acme, &second).await);
    let again = stdout(&run(&acme, &revoke));
    assert!(again.contains("was already revoked at 20"), "{again}");

    let list = stdout(&run(&acme, &["list", "--tenant", "acme"]));
    let rows: Vec<Vec<_>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    let [header, first_row, second_row] = &rows[..] else { panic!("{list}") };
    assert_eq!(header[..], ["id", "name", "created", "expires", "last", "used", "state"]);
    let [id, name, created, expires, last_used, state] = first_row[..] else { panic!("{list}") };
    assert_eq!([id, name, state], [id_of(&first), "invoicer", "revoked"]);
    assert!([created, expires, last_used].iter().all(|at| at.len() == 20 && at.ends_with('Z')), "{list}");
    let [id, _, _, expires, _, state] = second_row[..] else { panic!("{list}") };
    assert_eq!([id, expires, state], [id_of(&second), "never", "live"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_commands_are_rejected_with_a_reason() {
    let acme = acme().await;
    for (arguments, reason) in [
        (&["create", "--tenant", "unknown", "--name", "x"][..], "--tenant: there is no tenant unknown"),
        (&["create", "--tenant", "acme", "--name", " "], "--name: must not be empty"),
        (
            &["create", "--tenant", "acme", "--name", "a\nb"],
            "--name: contains U+000A (a control character) at position 2",
        ),
        (&["create", "--tenant", "acme"], "--name"),
        (&["create", "--tenant", "acme", "--name", "x", "--ttl", "0s"], "must be at least one second"),
        (&["create", "--tenant", "acme", "--name", "x", "--ttl", "100y"], "--ttl: must be at most 3650 days"),
        (&["list", "--tenant", "unknown"], "--tenant: there is no tenant unknown"),
        (&["revoke", "--tenant", "unknown", "--id", UNKNOWN_ID], "--tenant: there is no tenant unknown"),
        (&["revoke", "--tenant", "acme", "--id", UNKNOWN_ID], "--id: acme has no service token 00000000-"),
        (&["revoke", "--tenant", "acme", "--id", "x"], "--id"),
    ] {
        let rejected = run(&acme, arguments);
        let text = output_text(&rejected);
        assert!(!rejected.status.success() && text.contains(reason), "{arguments:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_tenant_can_be_neither_listed_nor_revoked() {
    let acme = acme().await;
    let globex = acme.app.tenant("globex").await;
    let token = create_token(&globex).await.expect("a token");
    let rejected = output_text(&run(&acme, &["revoke", "--tenant", "acme", "--id", id_of(&token)]));
    assert!(rejected.contains("acme has no service token"), "{rejected}");
    assert!(is_accepted(&globex, &token).await);
    assert_eq!(stdout(&run(&acme, &["list", "--tenant", "acme"])).lines().count(), 1, "the header");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_at_most_two_valid_tokens_under_concurrency() {
    let acme = acme().await;
    let globex = acme.app.tenant("globex").await;
    let results = join_all((0..8).map(|_| create_token(&acme))).await;
    let (tokens, rejections): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((tokens.len(), rejections.len()), (2, 6));
    assert!(
        rejections
            .iter()
            .all(|error| error.as_ref().is_err_and(|why| why.contains("already has 2 valid service tokens")))
    );
    create_token(&globex).await.expect("the limit is per tenant");

    // Expired tokens do not count.
    let expire = "UPDATE service_tokens
        SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'
        WHERE tenant_id = 'acme'";
    with_superuser(&acme.app.database, expire).await.expect("expired tokens");
    for token in tokens.into_iter().flatten() {
        assert!(!is_accepted(&acme, &token).await, "it has expired");
    }
    let list = stdout(&run(&acme, &["list", "--tenant", "acme"]));
    assert_eq!(list.matches("expired").count(), 2, "{list}");
    for _ in 0..2 {
        assert!(is_accepted(&acme, &create_token(&acme).await.expect("a token")).await);
    }
    assert!(create_token(&acme).await.is_err());
}

#[tokio::test]
async fn the_last_use_is_recorded_at_most_once_a_minute() {
    let acme = acme().await;
    let token = create_token(&acme).await.expect("a token");
    assert_eq!(last_use(&acme).await, None);
    assert!(is_accepted(&acme, &token).await);
    let first = last_use_after(&acme, None).await;
    for _ in 0..5 {
        assert!(is_accepted(&acme, &token).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(last_use(&acme).await, Some(first));

    // After a minute, concurrent requests record it once.
    let earlier = "UPDATE service_tokens SET last_used_at = now() - interval '61 seconds'";
    with_superuser(&acme.app.database, earlier).await.expect("an earlier last use");
    let before = last_use(&acme).await;
    let accepted = join_all((0..20).map(|_| is_accepted(&acme, &token))).await;
    assert!(accepted.iter().all(|accepted| *accepted));
    let second = last_use_after(&acme, before.as_deref()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(last_use(&acme).await, Some(second));

    // A last use that cannot be recorded does not fail the request.
    let unwritable = "UPDATE service_tokens SET last_used_at = NULL;
        REVOKE UPDATE (last_used_at) ON service_tokens FROM revshare_app";
    with_superuser(&acme.app.database, unwritable).await.expect("a column that cannot be written");
    assert!(is_accepted(&acme, &token).await && is_accepted(&acme, &token).await);
}

#[tokio::test]
async fn authenticating_a_service_takes_one_statement() {
    let acme = acme().await;
    let token = create_token(&acme).await.expect("a token");
    assert!(is_accepted(&acme, &token).await);
    last_use_after(&acme, None).await;
    let before = acme.app.statements();
    for _ in 0..5 {
        assert!(is_accepted(&acme, &token).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let by_service = acme.app.statements() - before;
    // And one for the settings of the tenant, which the viewer has; those of a user are read with the user.
    assert_eq!(by_service, 5 * 2);
    let before = acme.app.statements();
    for _ in 0..5 {
        acme.billing().query(VIEWER).await.data();
    }
    assert_eq!(acme.app.statements() - before, 5);
}

/// The three parts of a token: `rvs_<tenant in base64url>.<id>.<secret>`.
struct Parts {
    tenant: String,
    id: String,
    secret: String,
}

impl Parts {
    fn of(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        let Ok([tenant, id, secret]) = <[String; 3]>::try_from(parts) else { panic!("{token}") };
        Self { tenant, id, secret }
    }
}

fn flip_first(text: &str) -> String {
    text.replacen(&text[..1], if text.starts_with('A') { "B" } else { "A" }, 1)
}

/// Returns tokens that differ from two valid ones of a tenant and one of another tenant.
fn altered_tokens(first: &str, second: &str, foreign: &str) -> Vec<String> {
    let Parts { tenant, id, secret } = Parts::of(first);
    let (second, foreign) = (Parts::of(second), Parts::of(foreign));
    let mut altered = vec![
        format!("{tenant}.{id}.{}", second.secret),
        format!("{tenant}.{id}.{}", flip_first(&secret)),
        format!("{tenant}.{id}.{}", foreign.secret),
        format!("{tenant}.{}.{}", foreign.id, foreign.secret),
        format!("{}.{id}.{secret}", foreign.tenant),
        format!("{}.{}.{secret}", foreign.tenant, foreign.id),
        format!("{tenant}.{}.{secret}", id.to_uppercase()),
        format!("{tenant}.{id}.{secret}="),
        format!("{tenant}.{id}.{secret}.{secret}"),
        format!("{tenant}.{id}."),
        format!("{tenant}..{secret}"),
        format!("{tenant}.{id}"),
        format!("{tenant} {id} {secret}"),
        format!("rvs_{}", "x".repeat(100_000)),
        "rvs_".to_owned(),
        "rvs_..".to_owned(),
    ];
    let tenants: [&[u8]; 7] =
        [b"nowhere", b"ACME", b"acme\0", b"' OR true --", b"\xff\xfe", b"", &[b'x'; 300]];
    let encoded = tenants.iter().map(|name| URL_SAFE_NO_PAD.encode(name));
    altered.extend(encoded.map(|tenant| format!("rvs_{tenant}.{id}.{secret}")));
    let truncated = (0..first.len()).step_by(7).skip(1).map(|length| first[..length].to_owned());
    altered.extend(truncated);
    altered
}

#[tokio::test]
async fn only_the_exact_token_is_accepted() {
    let acme = acme().await;
    let globex = acme.app.tenant("globex").await;
    let first = create_token(&acme).await.expect("a token");
    let second = create_token(&acme).await.expect("a token");
    let foreign = create_token(&globex).await.expect("a token");
    for token in altered_tokens(&first, &second, &foreign) {
        assert!(!is_accepted(&acme, &token).await, "{token}");
    }
    for (token, expected) in
        [(format!("RVS_{}", &first[4..]), 401), ("rvs".to_owned(), 401), (first.clone(), 200)]
    {
        let status = Client::with_token(&acme.app, &token).query(VIEWER).await.status;
        assert_eq!(status, expected, "{token}");
    }
    let not_utf8 = Request::post("/graphql").header("authorization", &b"Bearer rvs_\xff\xfe"[..]);
    let response = acme.app.send(not_utf8.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status().as_u16(), 401);

    // The tenant is part of the token, so that a row moved to another tenant makes it invalid.
    assert!(is_accepted(&acme, &first).await && is_accepted(&acme, &foreign).await);
    let move_row = format!("UPDATE service_tokens SET tenant_id = 'globex' WHERE id = '{}'", id_of(&first));
    with_superuser(&acme.app.database, &move_row).await.expect("a moved row");
    assert!(!is_accepted(&acme, &first).await);
}

#[tokio::test]
async fn only_the_hash_of_a_token_is_stored() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        json: String,
    }
    let acme = acme().await;
    let token = create_token(&acme).await.expect("a token");
    let query = diesel::sql_query("SELECT row_to_json(service_tokens)::text AS json FROM service_tokens");
    let row = query.get_result::<Row>(&mut superuser(&acme.app.database).await).await.expect("a row").json;
    let secret = Parts::of(&token).secret;
    let bytes = URL_SAFE_NO_PAD.decode(&secret).expect("bytes");
    let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!row.contains(&secret) && !row.contains(&hexadecimal), "{row}");
    let row: Value = serde_json::from_str(&row).expect("JSON");
    assert_eq!(row["created_by"], "olga");
    assert_eq!(row["name"], "billing");
}

#[tokio::test]
async fn a_service_has_exactly_the_permissions_of_the_billing_role() {
    let app = TestApp::new().await;
    let acme = PopulatedTenant::new(&app).await;
    let service = Client::with_token(&app, &create_token(&acme.tenant).await.expect("a token"));
    let billing = acme.tenant.billing();
    for probe in Schema::introspect(&acme.tenant.admin()).await.field_probes(&acme) {
        let [service, billing] = [service.query(&probe.query).await, billing.query(&probe.query).await];
        assert_eq!(service.status, billing.status, "{}", probe.field);
        assert_eq!(outcome(&service.body), outcome(&billing.body), "{}", probe.field);
    }
}
