//! The portal in a browser, against a server with the demo, and against one whose people sign in at an identity provider.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::Signal;

use crate::support::{Folder, Program, built_pages, said};

/// Tries the pages of a server: the tests in portal/tests/pages that such a server is for.
fn tried(project: &str, server: &Program, secret: &str) -> Output {
    let mut playwright = Command::new("node_modules/.bin/playwright");
    playwright.args(["test", "--project", project]).current_dir(built_pages());
    playwright.env("ORIGIN", format!("http://{}", server.address)).env("SECRET", secret);
    playwright.output().expect("playwright")
}

#[test]
fn partners_and_staff_find_everything_in_the_portal() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let secret = std::fs::read_to_string(folder.0.join("local-key")).expect("a key");
    let pages = tried("pages", &server, &secret);
    assert!(pages.status.success(), "{}", said(&pages));
    assert!(said(&pages).contains(" passed") && !said(&pages).contains("skipped"), "{}", said(&pages));
    assert!(server.signal(Signal::SIGTERM).success());
}

/// The identity provider of a test, gone when dropped.
struct Provider(Child);

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn people_sign_in_to_the_portal_at_an_identity_provider() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let keys = folder.0.join("keys.json");
    let mut provider = Command::new("node");
    provider.arg("tests/oidc-provider.mjs").arg(&keys).current_dir(built_pages());
    let mut provider =
        Provider(provider.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a provider"));
    let output = BufReader::new(provider.0.stdout.take().expect("its output"));
    let issuer = output.lines().next().expect("an address").expect("text");
    let server = Program::start_with(
        folder
            .command(&["serve"])
            .env("AUTH_JWKS", &keys)
            .env("AUTH_ISSUER", &issuer)
            .env("AUTH_AUDIENCE", "revshare")
            .env("OIDC_ISSUER", &issuer)
            .env("OIDC_CLIENT_ID", "portal")
            .env("OIDC_SCOPE", "openid offline_access")
            .env("OIDC_PARAMETERS", "resource=urn:revshare"),
    );
    let pages = tried("oidc", &server, "");
    assert!(pages.status.success(), "{}", said(&pages));
    assert!(said(&pages).contains(" passed") && !said(&pages).contains("skipped"), "{}", said(&pages));
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn half_an_identity_provider_is_refused_at_the_start() {
    let folder = Folder::new();
    for (issuer, client, advice) in [
        ("https://idp.example.com", "", "OIDC_ISSUER and OIDC_CLIENT_ID go together"),
        ("", "portal", "OIDC_ISSUER and OIDC_CLIENT_ID go together"),
        ("http://idp.example.com", "portal", "must begin with https://"),
        ("idp", "portal", "OIDC_ISSUER is no address"),
    ] {
        let mut serve = folder.command(&["serve"]);
        let refused =
            serve.env("OIDC_ISSUER", issuer).env("OIDC_CLIENT_ID", client).output().expect("a program");
        assert!(!refused.status.success() && said(&refused).contains(advice), "{}", said(&refused));
    }
}
