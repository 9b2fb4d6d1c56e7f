//! `revshare doctor` says what is missing to pay by each rail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use stripe_stand_in::Fault;

use super::bank_accounts::{IBAN, bank_input, set};
use super::{KEY, Rail, SECRET};
use crate::support::{Folder, acme_with_partner, output_text};

/// Runs `revshare doctor` over the database of the rail, with the key that its secrets are sealed with or another one.
fn doctor(rail: &Rail, key: [u8; 32]) -> String {
    let folder = Folder::new();
    let mut command = folder.command_for(&rail.acme.app.database.urls(), &["doctor"]);
    command.env("SECRETS_KEY", STANDARD.encode(key)).env("STRIPE_API_URL", rail.stripe.url());
    output_text(&command.output().expect("a program"))
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_asks_stripe_about_the_key_of_each_tenant() {
    let rail = Rail::new().await;
    let text = doctor(&rail, [7; 32]);
    assert!(
        text.contains("warn   stripe       STRIPE_API_URL is set: payouts are sent to http://127.0.0.1"),
        "{text}"
    );
    rail.stripe.fail_next(1, "GET", "/v1/account", Fault::Unauthorized);
    let text = doctor(&rail, [7; 32]);
    assert!(text.contains("error  stripe       tenant acme: Stripe does not accept the key"), "{text}");
    let text = doctor(&rail, [8; 32]);
    assert!(text.contains("error  stripe       tenant acme: the key cannot be opened"), "{text}");
    let without = json!({ "apiKey": KEY, "webhookSecrets": [] });
    rail.acme.admin().mutate_ok("connectStripe", without, "stripeConnection { id }").await;
    let text = doctor(&rail, [7; 32]);
    assert!(
        text.contains("there is no webhook secret") && !text.contains(SECRET) && !text.contains(KEY),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_counts_what_payment_files_need() {
    let (acme, partner) = acme_with_partner().await;
    set(&acme, bank_input(&partner, IBAN)).await;
    let folder = Folder::new();
    let mut command = folder.command_for(&acme.app.database.urls(), &["doctor"]);
    let text = output_text(&command.output().expect("a program"));
    let expected = "warn   files        0 of 1 tenants have an account to pay SEPA files from; 1 bank accounts of partners wait";
    assert!(text.contains(expected), "{text}");
}
