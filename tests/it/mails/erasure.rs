//! A person who is erased is in no mail any more: not in the database, and not in a file.

use std::path::Path;

use revshare::mail::sender::Sender;
use serde_json::{Value, json};

use super::{add_user, ended, mails, worker};
use crate::support::{TestTenant, acme_with_partner, test_mails, with_superuser};

/// Returns whether a word is in a file of a folder.
fn is_in_files(folder: &Path, word: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| std::fs::read_to_string(entry.path()).unwrap_or_default())
        .any(|text| text.contains(word))
}

async fn assert_nowhere(tenant: &TestTenant, word: &str) {
    for table in ["mails", "notification_preferences", "jobs", "partner_users", "audit_entries"] {
        let check = format!(
            // Also in bytes, which are shown in hexadecimal.
            "DO $$ BEGIN IF EXISTS (SELECT FROM {table} AS t WHERE t::text ILIKE '%{word}%'
                 OR t::text ILIKE '%' || encode(convert_to('{word}', 'UTF8'), 'hex') || '%') THEN
                 RAISE 'found in {table}'; END IF; END $$"
        );
        with_superuser(&tenant.app.database, &check).await.expect(word);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_is_left_in_mails() {
    let (acme, partner) = acme_with_partner().await;
    let folder = tempfile::tempdir().expect("a folder");
    add_user(&acme, &partner, "greta.gone", "OWNER").await;
    add_user(&acme, &partner, "stays", "OWNER").await;
    let greta = acme.client("greta.gone", revshare::auth::Role::Partner);
    greta.turn_digest_off().await;
    let mut settings = test_mails();
    settings.sender = Sender::Folder(folder.path().to_owned());
    {
        let _worker = worker(&acme.app, settings.clone());
        ended(&acme, 2).await;
    }
    assert!(is_in_files(folder.path(), "greta.gone"));
    // One more waits, and is never sent.
    acme.approved_event("p", "one", "100.00", "EUR").await;
    acme.create_payout(&partner).await;
    let query = "query ($partner: ID!) { partner(id: $partner) { users { id userId } } }";
    let data = acme.admin().query_with(query, json!({ "partner": partner })).await.data();
    let users = data["partner"]["users"].as_array().expect("users").clone();
    let link = users.iter().find(|user| user["userId"] == "greta.gone").expect("the user")["id"].clone();
    let erase = json!({ "partnerUserId": link, "reason": "asked for it" });
    acme.admin().mutate_ok("erasePerson", erase, "partnerUser { id }").await;
    assert_nowhere(&acme, "greta.gone").await;
    let of_greta = mails(&acme).await.into_iter().filter(|mail| mail["address"] == "erased@erased.invalid");
    let of_greta: Vec<_> = of_greta.collect();
    assert_eq!(of_greta.iter().map(|mail| mail["status"].clone()).collect::<Vec<_>>(), ["SENT", "ABANDONED"]);
    assert!(of_greta.iter().all(|mail| mail["subject"] == Value::Null && mail["text"] == Value::Null));

    let _worker = worker(&acme.app, settings);
    for _ in 0..600 {
        if !is_in_files(folder.path(), "greta.gone") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    ended(&acme, 4).await;
    assert!(!is_in_files(folder.path(), "greta.gone"));
    assert!(is_in_files(folder.path(), "stays@example.com"));
}
