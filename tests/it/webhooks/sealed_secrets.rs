//! `revshare doctor` finds out whether the secrets of the database can be opened.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::create_endpoint;
use crate::rails::bank_accounts::{IBAN, bank_input, set};
use crate::support::{Folder, acme_with_partner, output_text};

#[tokio::test(flavor = "multi_thread")]
async fn doctor_opens_the_secrets_with_the_configured_key() {
    let (acme, partner) = acme_with_partner().await;
    let (endpoint, _) = create_endpoint(&acme, "http://127.0.0.1:9/", &["PAYOUT_FAILED"]).await;
    set(&acme, bank_input(&partner, IBAN)).await;
    let urls = acme.app.database.urls();
    let doctor = |key: [u8; 32], previous: Option<[u8; 32]>| {
        let folder = Folder::new();
        let mut command = folder.command_for(&urls, &["doctor"]);
        command.env("SECRETS_KEY", STANDARD.encode(key));
        if let Some(previous) = previous {
            command.env("SECRETS_KEY_PREVIOUS", STANDARD.encode(previous));
        }
        // Its exit code says more: the PostgreSQL of the tests does not survive a crash.
        output_text(&command.output().expect("a program"))
    };
    let opened = "ok     secrets      the key opens all 2\n";
    let text = doctor([7; 32], None);
    assert!(text.contains(opened), "{text}");
    let text = doctor([8; 32], Some([7; 32]));
    assert!(text.contains(opened), "during a rotation: {text}");
    let text = doctor([8; 32], None);
    let failed = format!("error  secrets      2 of 2 cannot be opened; endpoint {endpoint} of acme: ");
    assert!(text.contains(&failed) && text.contains("set SECRETS_KEY"), "{text}");
}
