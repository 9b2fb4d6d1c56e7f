//! What users choose to be told, in the portal and by the links in mails.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::server::MailServer;
use super::{add_user, ended, mails_to, told, worker};
use crate::support::{Client, TestApp, TestTenant, acme_with_partner};

const PREFERENCES: &str = "{ viewer { notificationPreferences { kind isWanted } } }";

async fn unwanted(client: &Client) -> Vec<Value> {
    let data = client.query(PREFERENCES).await.data();
    let preferences = data["viewer"]["notificationPreferences"].as_array().expect("preferences").clone();
    let unwanted = preferences.into_iter().filter(|preference| preference["isWanted"] == false);
    unwanted.map(|preference| preference["kind"].clone()).collect()
}

fn turned(kind: &str, is_wanted: bool) -> Value {
    json!({ "preferences": [{ "kind": kind, "isWanted": is_wanted }] })
}

const SELECTION: &str = "notificationPreferences { kind isWanted }";

#[tokio::test]
async fn a_user_chooses_what_to_be_told() {
    let (acme, partner) = acme_with_partner().await;
    let paula = acme.partner_user(&partner, "paula").await;
    add_user(&acme, &partner, "olga", "OWNER").await;
    assert_eq!(
        paula.query(PREFERENCES).await.data()["viewer"]["notificationPreferences"].as_array().map(Vec::len),
        Some(4)
    );
    assert_eq!(unwanted(&paula).await, Vec::<Value>::new());
    for _ in 0..2 {
        paula.mutate_ok("updateNotificationPreferences", turned("PAYOUT_CREATED", false), SELECTION).await;
        assert_eq!(unwanted(&paula).await, ["PAYOUT_CREATED"]);
    }
    acme.approved_event("p", "one", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    let expected = [
        "PAYOUT_COMPLETED olga@example.com",
        "PAYOUT_COMPLETED u@example.com",
        "PAYOUT_CREATED olga@example.com",
    ];
    assert_eq!(told(&acme).await, expected);
    paula.mutate_ok("updateNotificationPreferences", turned("PAYOUT_CREATED", true), SELECTION).await;
    assert_eq!(unwanted(&paula).await, Vec::<Value>::new());

    let twice = [turned("PAYOUT_FAILED", true), turned("PAYOUT_FAILED", false)];
    let twice = twice.map(|input| input["preferences"][0].clone());
    for wrong in
        [turned("INVITATION", false), turned("WEBHOOK_DISABLED", true), json!({ "preferences": twice })]
    {
        assert_eq!(paula.error_code("updateNotificationPreferences", wrong).await, "BAD_USER_INPUT");
    }
    for staff in [acme.admin(), acme.billing()] {
        assert_eq!(
            staff.error_code("updateNotificationPreferences", turned("PAYOUT_FAILED", true)).await,
            "FORBIDDEN"
        );
    }
    assert_eq!(
        acme.admin().query(PREFERENCES).await.data(),
        json!({ "viewer": { "notificationPreferences": [] } })
    );
}

/// Returns the status and the body of the answer of a link in a mail.
async fn ask(app: &TestApp, method: Method, url: &str) -> (u16, String) {
    let path = url.strip_prefix("https://portal.revshare.example").unwrap_or(url);
    let request = Request::builder().method(method).uri(path).body(Body::from("List-Unsubscribe=One-Click"));
    let response = app.send(request.expect("a request")).await;
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    (response.status().as_u16(), response.into_body())
}

/// Returns the link of the first mail about a payout to an address.
async fn link(acme: &TestTenant, server: &MailServer, to: &str) -> String {
    ended(acme, 1).await;
    let mails = server.arrived();
    let mail = mails.iter().find(|mail| mail.to == to && !mail.header("List-Unsubscribe").is_empty());
    let mail = mail.expect("a mail that can be turned off");
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    mail.header("List-Unsubscribe").trim_matches(['<', '>']).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_mail_ends_its_kind_by_post_only() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&[]);
    let paula = acme.partner_user(&partner, "paula").await;
    add_user(&acme, &partner, "olga", "OWNER").await;
    acme.approved_event("p", "one", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    let _worker = worker(&acme.app, mails_to(&server.url()));
    ended(&acme, 4).await;
    let link = link(&acme, &server, "u@example.com").await;
    assert!(
        !link.contains("paula") && link.starts_with("https://portal.revshare.example/unsubscribe/"),
        "{link}"
    );

    let (status, page) = ask(&acme.app, Method::GET, &link).await;
    assert!(status == 200 && page.contains("<form method=\"post\">") && page.contains("created"), "{page}");
    assert_eq!(unwanted(&paula).await, Vec::<Value>::new(), "scanners follow links");
    for _ in 0..2 {
        let (status, page) = ask(&acme.app, Method::POST, &link).await;
        assert!(status == 200 && page.contains("These mails have stopped"), "{page}");
        assert_eq!(unwanted(&paula).await, ["PAYOUT_CREATED"]);
    }
    let olga = acme.client("olga", revshare::auth::Role::Partner);
    assert_eq!(unwanted(&olga).await, Vec::<Value>::new());
    let entries = "{ auditEntries(last: 100) { nodes { act actor } } }";
    let data = acme.admin().query(entries).await.data();
    let entries = data["auditEntries"]["nodes"].as_array().expect("entries").clone();
    let entries = entries.iter().filter(|entry| entry["act"] == "unsubscribe");
    assert_eq!(entries.count(), 1, "the second time, nothing changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_that_ends_nothing_gets_the_same_answer() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&[]);
    acme.partner_user(&partner, "paula").await;
    acme.approved_event("p", "one", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    let _worker = worker(&acme.app, mails_to(&server.url()));
    ended(&acme, 2).await;
    let link = link(&acme, &server, "u@example.com").await;
    let mut answers = Vec::new();
    for token in [format!("{link}A"), link[..link.len() - 1].to_owned(), "/unsubscribe/abc".to_owned()] {
        for method in [Method::GET, Method::POST] {
            answers.push(ask(&acme.app, method, &token).await);
        }
    }
    assert_eq!(answers[0].0, 404);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waits_is_not_sent_after_its_kind_was_turned_off() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&[]);
    let paula = acme.partner_user(&partner, "paula").await;
    acme.approved_event("p", "one", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    paula.mutate_ok("updateNotificationPreferences", turned("PAYOUT_CREATED", false), SELECTION).await;
    let _worker = worker(&acme.app, mails_to(&server.url()));
    let ended = ended(&acme, 2).await;
    assert_eq!([&ended[0]["status"], &ended[1]["status"]], ["SENT", "ABANDONED"]);
    assert_eq!(server.arrived().len(), 1);
}
