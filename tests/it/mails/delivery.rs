//! Attempts to send a mail: what is sent, what is repeated, and what ends it.

use std::time::Duration;

use serde_json::Value;

use super::server::MailServer;
use super::{add_user, ended, mails, mails_to, worker};
use crate::support::{TestTenant, acme_with_partner, test_mails, with_superuser};

/// Makes the attempts that wait due at once.
async fn skip_delays(acme: &TestTenant) {
    let update = "UPDATE jobs SET available_at = clock_timestamp() WHERE lease_id IS NULL AND lane = 'MAIL'";
    with_superuser(&acme.app.database, update).await.expect("an update");
}

async fn wait_for_attempts(acme: &TestTenant, count: i32) -> Value {
    for _ in 0..600 {
        let mail = mails(acme).await[0].clone();
        if mail["attempts"] == count {
            return mail;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:#?}", mails(acme).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_sent_again_with_the_same_bytes() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&["421", "451"]);
    add_user(&acme, &partner, "olga", "OWNER").await;
    let _worker = worker(&acme.app, mails_to(&server.url()));
    let mail = wait_for_attempts(&acme, 1).await;
    assert_eq!((&mail["status"], &mail["code"]), (&"PENDING".into(), &421.into()));
    skip_delays(&acme).await;
    wait_for_attempts(&acme, 2).await;
    skip_delays(&acme).await;
    let ended = ended(&acme, 1).await;
    assert_eq!(ended[0]["status"], "SENT");
    assert_eq!(ended[0]["attempts"], 3);
    assert_eq!(ended[0]["code"], Value::Null);
    let arrived = server.wait_for(3).await;
    assert!(arrived.iter().all(|mail| mail.message == arrived[0].message), "{arrived:#?}");
    let id = ended[0]["id"].as_str().expect("an id");
    assert_eq!(arrived[0].header("Message-ID"), format!("<{id}@revshare.example>"));
    assert_eq!(arrived[0].header("Auto-Submitted"), "auto-generated");
    assert_eq!(arrived[0].header("From"), "\"Tenant acme\" <mails@revshare.example>");
    assert_eq!(
        (arrived[0].from.as_str(), arrived[0].to.as_str()),
        ("mails@revshare.example", "olga@example.com")
    );
    assert!(arrived[0].message.contains("text/plain") && arrived[0].message.contains("text/html"));
    assert_eq!(arrived[0].header("List-Unsubscribe"), "", "an invitation cannot be turned off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_mail_has_bounced_and_is_not_sent_again() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&["550"]);
    add_user(&acme, &partner, "olga", "OWNER").await;
    let _worker = worker(&acme.app, mails_to(&server.url()));
    let ended = ended(&acme, 1).await;
    assert_eq!((&ended[0]["status"], &ended[0]["code"]), (&"BOUNCED".into(), &550.into()));
    assert_eq!(ended[0]["sentAt"], Value::Null);
    let check = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM jobs WHERE lane = 'MAIL'); END $$";
    with_superuser(&acme.app.database, check).await.expect("no job");
    assert_eq!(server.arrived().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_asked_again() {
    let (acme, partner) = acme_with_partner().await;
    add_user(&acme, &partner, "olga", "OWNER").await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    {
        let _worker = worker(&acme.app, mails_to(&format!("smtp://127.0.0.1:{port}")));
        let mail = wait_for_attempts(&acme, 1).await;
        assert_eq!((&mail["status"], &mail["code"]), (&"PENDING".into(), &Value::Null));
        assert_eq!(mail["lastError"], "cannot connect, or the connection broke");
    }
    // A mail that no attempt could send for two days has failed.
    let age = "UPDATE mails SET created_at = created_at - interval '2 days'";
    with_superuser(&acme.app.database, age).await.expect("an update");
    skip_delays(&acme).await;
    let _worker = worker(&acme.app, mails_to(&format!("smtp://127.0.0.1:{port}")));
    assert_eq!(ended(&acme, 1).await[0]["status"], "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_a_mail_once() {
    let (acme, partner) = acme_with_partner().await;
    let server = MailServer::start(&[]);
    let _workers = [(); 2].map(|()| worker(&acme.app, mails_to(&server.url())));
    for number in 0..20 {
        add_user(&acme, &partner, &format!("user{number}"), "OWNER").await;
    }
    ended(&acme, 20).await;
    assert_eq!(server.arrived().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_mails_are_files_that_only_their_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let (acme, partner) = acme_with_partner().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = test_mails();
    settings.sender = revshare::mail::sender::Sender::Folder(folder.path().join("mail"));
    let _worker = worker(&acme.app, settings);
    add_user(&acme, &partner, "olga", "OWNER").await;
    let mail = ended(&acme, 1).await.remove(0);
    assert_eq!(mail["status"], "SENT");
    let path = folder.path().join("mail").join(format!("{}.eml", mail["id"].as_str().expect("an id")));
    let message = std::fs::read_to_string(&path).expect("a file");
    assert!(message.contains("To: olga@example.com\r\n"), "{message}");
    let mode = |path: &std::path::Path| path.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
}
