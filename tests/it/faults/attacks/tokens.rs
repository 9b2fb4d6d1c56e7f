//! Attacks without a valid token: a client that the server does not know uses nothing that callers need.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::client::{LOCALHOST, post};
use super::http2::Http2;
use super::target::Target;
use super::trial::{Attacker, Outcomes, Trial};
use crate::support::identity_provider::{JwksServer, Page, Signer, base64url, claims_with, jwk_set};

const VIEWER: &str = r#"{"query":"{ viewer { userId } }"}"#;

/// Sends as many requests at a time as an HTTP/2 connection permits.
fn query_concurrently(attacker: &Attacker, token: impl Fn() -> String) {
    while attacker.continues() {
        let Ok(mut connection) = Http2::connect(attacker.target, LOCALHOST, 65_535) else { continue };
        while attacker.continues() && !connection.is_closed {
            for _ in 0..connection.vacancies(90) {
                connection.open_get("/graphql?query=%7B__typename%7D", Some(&token()));
            }
            connection.receive(Duration::from_millis(20));
        }
        attacker.count("responses", connection.responses);
    }
}

/// Fails the test if a request without a valid token was executed, or if none was rejected. A service token that has not
/// been looked up, because other unknown ones use up the budget for that, is rejected as UNAVAILABLE.
#[track_caller]
fn assert_rejected(outcomes: &Outcomes) {
    assert!(!outcomes.contains_key("200"), "{outcomes:?}");
    let rejected =
        outcomes.keys().any(|outcome| ["401", "429", "503"].iter().any(|status| outcome.starts_with(status)));
    assert!(rejected, "{outcomes:?}");
}

#[test]
fn made_up_service_tokens_use_nothing_that_callers_need() {
    let target = Target::start();
    let outcomes = Trial::of(&target, 10).run(|attacker| {
        let token = || {
            // Some guess the secret of a token that exists.
            let existing = target.dataset.acme.service_token.split('.').nth(1).expect("an id").to_owned();
            let id = if attacker.number < 7 { Uuid::now_v7().to_string() } else { existing };
            format!("rvs_{}.{id}.{}", base64url("acme"), base64url(rand::random::<[u8; 32]>()))
        };
        match attacker.number % 2 {
            0 => attacker.repeat(|_| post(&token(), "", VIEWER)),
            _ => query_concurrently(attacker, token),
        }
    });
    assert_rejected(&outcomes);
}

#[test]
fn forged_signatures_use_nothing_that_callers_need() {
    let target = Target::start();
    let forger = Signer::hs(b"not the secret of this server, but as long");
    let outcomes = Trial::of(&target, 10).run(|attacker| {
        attacker.repeat(|turn| {
            let user = format!("forged-{}-{turn}", attacker.number);
            post(&forger.token(&claims_with(json!({ "sub": user, "role": "admin" }))), "", VIEWER)
        });
    });
    assert_rejected(&outcomes);
}

#[test]
fn an_identity_provider_that_hangs_delays_nobody_whose_key_is_known() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (known, unknown) = (Signer::ec("known"), Signer::ec("unknown"));
    let provider = runtime.block_on(JwksServer::with(Page::of(jwk_set([&known]))));
    let mut target = Target::start_with(&[("AUTH_JWKS", &provider.url)]);
    let paula = json!({ "sub": "paula-0", "tenant_id": "globex", "role": "partner" });
    target.dashboard_token = known.token(&claims_with(paula));
    provider.set_page(Page { delay: Duration::from_secs(60), ..Page::of(jwk_set([&known])) });
    let token = unknown.token(&claims_with(json!({})));
    // More requests at a time than the server answers at a time.
    let outcomes = Trial::of(&target, 12).run(|attacker| query_concurrently(attacker, || token.clone()));
    assert!(outcomes["responses"] > 0, "they wait for the provider: {outcomes:?}");
}
