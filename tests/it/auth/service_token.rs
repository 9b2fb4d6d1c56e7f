//! Service tokens: made, used, rotated and revoked, and what nobody gets in with.

use std::process::Output;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use revshare::auth::Role;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::tenant;
use revshare::domain::tenant::service_token::create::{NewServiceToken, create};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use crate::auth::doors::{Acme, Schema, verdict};
use crate::support::{
    Client, Folder, TestApp, TestTenant, in_days, invoice_input, output_text, superuser, with_superuser,
};

/// Runs a command on a test's database.
fn run(tenant: &TestTenant, arguments: &[&str]) -> Output {
    let urls = tenant.app.database.urls();
    let folder = Folder::new();
    let mut command = folder.command(&[&["service-token"], arguments].concat());
    command.env("DATABASE_URL", urls.serving).env("MIGRATION_DATABASE_URL", urls.owner);
    command.output().expect("a program")
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", output_text(output));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// A token made without the program.
async fn token(tenant: &TestTenant) -> Result<String, String> {
    let (pool, id) = (&tenant.app.pool, TenantId(tenant.id.clone()));
    let caller = tenant::operator(pool, id, "olga", Role::Admin).await.map_err(|error| error.describe())?;
    let new = NewServiceToken { name: "billing".to_owned(), good_for: None };
    let created = Transaction::run(pool, &caller, create, &new).await.map_err(|error| error.describe())?;
    Ok(created.plain.text())
}

fn id_of(token: &str) -> &str {
    token.split('.').nth(1).expect("an id")
}

async fn is_let_in(tenant: &TestTenant, token: &str) -> bool {
    let answer = Client::with_token(&tenant.app, token).query("{viewer{userId}}").await;
    if answer.status == 200 {
        return true;
    }
    let error = json!({ "message": "this service token is unknown, expired or revoked",
                        "extensions": { "code": "UNAUTHENTICATED" } });
    assert_eq!((answer.status, &answer.body), (401, &json!({ "errors": [error] })), "{token}");
    false
}

/// When the only token was last used, as the database has it.
async fn last_use(tenant: &TestTenant) -> Option<String> {
    #[derive(QueryableByName)]
    struct Use {
        #[diesel(sql_type = Nullable<Text>)]
        at: Option<String>,
    }
    let query = diesel::sql_query("SELECT last_used_at::text AS at FROM service_tokens");
    let mut connection = superuser(&tenant.app.database).await;
    query.get_result::<Use>(&mut connection).await.expect("a token").at
}

/// The last use, once it is another one than before.
async fn next_use(tenant: &TestTenant, before: Option<&str>) -> String {
    for _ in 0..500 {
        match last_use(tenant).await {
            Some(at) if Some(at.as_str()) != before => return at,
            _ => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
    panic!("the use was not written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_from_its_creation_to_its_revocation() {
    let acme = TestApp::new().await.tenant("acme").await;
    acme.create_partner_with_account("p").await;
    let made = run(&acme, &["create", "--tenant", "acme", "--name", "invoicer", "--ttl", "90d"]);
    let token = printed(&made).trim_end().to_owned();
    assert!(token.starts_with("rvs_YWNtZQ.") && token.len() == 91 && !token.contains('\n'), "{token}");
    let advice = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(
        advice.contains(" of acme, for invoicer, holds until 20") && !advice.contains(&token),
        "{advice}"
    );
    let billing = Client::with_token(&acme.app, &token);
    let invoice = invoice_input("p", "i", "100.00", "EUR", &in_days(0));
    let recorded = billing.mutate_ok("recordInvoicePaid", invoice, "outcome commissionEvent{id}").await;
    assert_eq!(recorded["outcome"], "RECORDED");
    let viewer = billing.query("{viewer{userId kind role tenant{id}}}").await.data()["viewer"].clone();
    let expected =
        json!({ "userId": "invoicer", "kind": "SERVICE", "role": "billing", "tenant": { "id": "acme" } });
    assert_eq!(viewer, expected);
    let query = "{commissionEvents{nodes{history{actor}}}}";
    let history = acme.admin().query(query).await.data()["commissionEvents"]["nodes"][0]["history"].clone();
    assert_eq!(history, json!([{ "actor": "invoicer" }]));
    next_use(&acme, None).await;

    // Another beside it, and no third.
    let second = run(&acme, &["create", "--tenant", "acme", "--name", "invoicer"]);
    let advice = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(advice.contains("holds until it is revoked"), "{advice}");
    assert!(
        advice.contains(&format!("service-token revoke --tenant acme --id {}", id_of(&token))),
        "{advice}"
    );
    let second = printed(&second).trim_end().to_owned();
    assert!(is_let_in(&acme, &token).await && is_let_in(&acme, &second).await);
    let third = run(&acme, &["create", "--tenant", "acme", "--name", "invoicer"]);
    for words in [id_of(&token), id_of(&second), "revshare service-token revoke --tenant acme --id"] {
        assert!(!third.status.success() && output_text(&third).contains(words), "{}", output_text(&third));
    }

    let revoked = run(&acme, &["revoke", "--tenant", "acme", "--id", id_of(&token)]);
    assert_eq!(printed(&revoked), format!("revoked the service token {} (invoicer)\n", id_of(&token)));
    assert!(!is_let_in(&acme, &token).await && is_let_in(&acme, &second).await);
    let again = printed(&run(&acme, &["revoke", "--tenant", "acme", "--id", id_of(&token)]));
    assert!(again.contains("was revoked already, at 20"), "{again}");

    let list = printed(&run(&acme, &["list", "--tenant", "acme"]));
    let lines: Vec<Vec<_>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["id", "name", "created", "expires", "last", "used", "state"]);
    assert_eq!([lines[1][0], lines[1][1], lines[1][5]], [id_of(&token), "invoicer", "revoked"]);
    assert_eq!([lines[2][0], lines[2][3], lines[2][5]], [id_of(&second), "never", "live"]);
    assert!(lines[1][2..5].iter().all(|at| at.len() == 20 && at.ends_with('Z')), "{list}");
    assert_eq!(lines.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_be_done_says_why() {
    let acme = TestApp::new().await.tenant("acme").await;
    let id = "00000000-0000-7000-8000-000000000000";
    for (arguments, reason) in [
        (&["create", "--tenant", "nobody", "--name", "x"][..], "--tenant: there is no tenant nobody"),
        (&["create", "--tenant", "acme", "--name", " "], "--name: must not be empty"),
        (&["create", "--tenant", "acme", "--name", "a\nb"], "--name: contains a control character"),
        (&["create", "--tenant", "acme"], "--name"),
        (&["create", "--tenant", "acme", "--name", "x", "--ttl", "0s"], "must be at least a second"),
        (&["create", "--tenant", "acme", "--name", "x", "--ttl", "100y"], "--ttl: must be at most 3650 days"),
        (&["list", "--tenant", "nobody"], "--tenant: there is no tenant nobody"),
        (&["revoke", "--tenant", "nobody", "--id", id], "--tenant: there is no tenant nobody"),
        (&["revoke", "--tenant", "acme", "--id", id], "--id: acme has no service token 00000000-"),
        (&["revoke", "--tenant", "acme", "--id", "x"], "--id"),
    ] {
        let refused = run(&acme, arguments);
        assert!(
            !refused.status.success() && output_text(&refused).contains(reason),
            "{arguments:?}: {}",
            output_text(&refused)
        );
    }
    // Nobody takes back what is another tenant's.
    let globex = acme.app.tenant("globex").await;
    let token = token(&globex).await.expect("a token");
    let refused = run(&acme, &["revoke", "--tenant", "acme", "--id", id_of(&token)]);
    assert!(output_text(&refused).contains("acme has no service token"), "{}", output_text(&refused));
    assert!(is_let_in(&globex, &token).await);
    assert_eq!(printed(&run(&acme, &["list", "--tenant", "acme"])).lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_two_hold_however_many_are_made_at_once() {
    let acme = TestApp::new().await.tenant("acme").await;
    let globex = acme.app.tenant("globex").await;
    let made = futures_util::future::join_all((0..8).map(|_| token(&acme))).await;
    let (tokens, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((tokens.len(), refused.len()), (2, 6));
    assert!(refused.iter().all(|refused| refused.as_ref().is_err_and(|why| why.contains("hold already"))));
    token(&globex).await.expect("another tenant has its own two");
    // What has expired or was revoked makes room.
    let past = "UPDATE service_tokens SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'
        WHERE tenant_id = 'acme'";
    with_superuser(&acme.app.database, past).await.expect("time");
    for token in tokens.into_iter().flatten() {
        assert!(!is_let_in(&acme, &token).await, "it has expired");
    }
    let list = printed(&run(&acme, &["list", "--tenant", "acme"]));
    assert_eq!(list.matches("expired").count(), 2, "{list}");
    let [one, two] = [token(&acme).await.expect("room"), token(&acme).await.expect("room")];
    assert!(is_let_in(&acme, &one).await && is_let_in(&acme, &two).await && token(&acme).await.is_err());
}

#[tokio::test]
async fn the_last_use_is_written_down_once_a_minute() {
    let acme = TestApp::new().await.tenant("acme").await;
    let token = token(&acme).await.expect("a token");
    assert_eq!(last_use(&acme).await, None);
    assert!(is_let_in(&acme, &token).await);
    let first = next_use(&acme, None).await;
    let before = acme.app.pool.statements();
    for _ in 0..5 {
        assert!(is_let_in(&acme, &token).await);
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let role_viewer = acme.app.pool.statements() - before;
    assert_eq!(last_use(&acme).await.as_deref(), Some(first.as_str()));
    // One statement lets a service in, as one lets a person in.
    let before = acme.app.pool.statements();
    for _ in 0..5 {
        acme.billing().query("{viewer{userId}}").await.data();
    }
    assert_eq!(role_viewer, acme.app.pool.statements() - before);
    let earlier = "UPDATE service_tokens SET last_used_at = now() - interval '61 seconds'";
    with_superuser(&acme.app.database, earlier).await.expect("time");
    let before = last_use(&acme).await;
    // Many at once: all are let in, one writes.
    let all = futures_util::future::join_all((0..20).map(|_| is_let_in(&acme, &token))).await;
    assert!(all.iter().all(|is_let_in| *is_let_in));
    let second = next_use(&acme, before.as_deref()).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(last_use(&acme).await, Some(second));
    // A last use that cannot be written down stops nobody, and nobody waits for it.
    let broken = "UPDATE service_tokens SET last_used_at = NULL;
        REVOKE UPDATE (last_used_at) ON service_tokens FROM revshare_app";
    with_superuser(&acme.app.database, broken).await.expect("damage");
    assert!(is_let_in(&acme, &token).await && is_let_in(&acme, &token).await);
}

#[tokio::test]
async fn nothing_but_the_whole_token_lets_in() {
    let acme = TestApp::new().await.tenant("acme").await;
    let globex = acme.app.tenant("globex").await;
    let (one, two) = (token(&acme).await.expect("a token"), token(&acme).await.expect("a token"));
    let theirs = token(&globex).await.expect("a token");
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let ([a, b, c], [x, y, z]) = (&parts(&one)[..], &parts(&theirs)[..]) else { panic!("{one} {theirs}") };
    let other = &parts(&two)[2];
    let flip = |text: &str| text.replacen(&text[..1], if text.starts_with('A') { "B" } else { "A" }, 1);
    let tenant = |name: &[u8]| format!("rvs_{}", URL_SAFE_NO_PAD.encode(name));
    let mut wrong = vec![
        format!("{a}.{b}.{other}"),
        format!("{a}.{b}.{}", flip(c)),
        format!("{a}.{b}.{z}"),
        format!("{a}.{y}.{z}"),
        format!("{x}.{b}.{c}"),
        format!("{x}.{y}.{c}"),
        format!("{}.{b}.{c}", tenant(b"nowhere")),
        format!("{}.{b}.{c}", tenant(b"ACME")),
        format!("{}.{b}.{c}", tenant(b"acme\0")),
        format!("{}.{b}.{c}", tenant(b"' OR true --")),
        format!("{}.{b}.{c}", tenant(b"\xff\xfe")),
        format!("{}.{b}.{c}", tenant(b"")),
        format!("{}.{b}.{c}", tenant(&[b'x'; 300])),
        format!("{a}.{}.{c}", b.to_uppercase()),
        format!("{a}.{b}.{c}="),
        format!("{a}.{b}.{c}.{c}"),
        format!("{a}.{b}."),
        format!("{a}..{c}"),
        format!("{a}.{b}"),
        format!("{a} {b} {c}"),
        format!("rvs_{}", "x".repeat(100_000)),
        "rvs_".to_owned(),
        "rvs_..".to_owned(),
    ];
    wrong.extend((0..one.len()).step_by(7).skip(1).map(|length| one[..length].to_owned()));
    for token in wrong {
        assert!(!token.starts_with("rvs_") || !is_let_in(&acme, &token).await, "{token}");
    }
    for (token, expected) in
        [(format!("RVS_{}", &one[4..]), 401), ("rvs".to_owned(), 401), (one.clone(), 200)]
    {
        assert_eq!(
            Client::with_token(&acme.app, &token).query("{viewer{userId}}").await.status,
            expected,
            "{token}"
        );
    }
    // Bytes that are no text.
    let request = Request::post("/graphql").header("authorization", &b"Bearer rvs_\xff\xfe"[..]);
    let response = acme.app.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status().as_u16(), 401);
    // A right token lets its own tenant's service in, wherever its row has gone.
    assert!(is_let_in(&acme, &one).await && is_let_in(&acme, &theirs).await);
    let moved = format!("UPDATE service_tokens SET tenant_id = 'globex' WHERE id = '{b}'");
    with_superuser(&acme.app.database, &moved).await.expect("damage");
    assert!(!is_let_in(&acme, &one).await);
}

/// Nothing of a token but its hash is stored.
#[tokio::test]
async fn a_token_is_not_kept() {
    let acme = TestApp::new().await.tenant("acme").await;
    let token = token(&acme).await.expect("a token");
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        row: String,
    }
    let query = diesel::sql_query("SELECT row_to_json(service_tokens)::text AS row FROM service_tokens");
    let row = query.get_result::<Row>(&mut superuser(&acme.app.database).await).await.expect("a row").row;
    let secret = token.rsplit('.').next().expect("a secret");
    let hexadecimal: String =
        URL_SAFE_NO_PAD.decode(secret).expect("bytes").iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!row.contains(secret) && !row.contains(&hexadecimal), "{row}");
    let row: Value = serde_json::from_str(&row).expect("JSON");
    assert_eq!((&row["created_by"], &row["name"]), (&json!("olga"), &json!("billing")));
}

#[tokio::test]
async fn a_service_may_do_exactly_what_the_role_billing_may() {
    let app = TestApp::new().await;
    let acme = Acme::new(&app).await;
    let service = Client::with_token(&app, &token(&acme.tenant).await.expect("a token"));
    let billing = acme.tenant.billing();
    for door in Schema::of(&acme.tenant.admin()).await.doors(&acme) {
        let [service, billing] = [service.query(&door.query).await, billing.query(&door.query).await];
        let (found, expected) = (verdict(&service.body), verdict(&billing.body));
        assert_eq!((service.status, found), (billing.status, expected), "{}", door.name);
    }
}
