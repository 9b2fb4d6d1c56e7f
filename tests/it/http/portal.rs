//! The portal in a browser: with the demo's sign-in, and with an identity provider.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;

use crate::support::{Folder, Program, built_pages, output_text};

/// Returns whether Playwright's summary counts skipped tests: a line such as `  3 skipped`. Titles of tests may contain
/// the word.
fn counts_skipped_tests(text: &str) -> bool {
    text.lines()
        .filter_map(|line| line.trim().strip_suffix(" skipped"))
        .any(|count| count.parse::<u32>().is_ok())
}

/// Runs one of Playwright's projects in `portal/tests/pages` against a server; none of its tests may be skipped.
fn run_playwright(project: &str, server: &Program, secret: &str) {
    let mut playwright = Command::new("node_modules/.bin/playwright");
    playwright.args(["test", "--project", project]).current_dir(built_pages());
    playwright.env("ORIGIN", format!("http://{}", server.address)).env("SECRET", secret);
    let output = playwright.output().expect("playwright");
    let text = output_text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(" passed") && !counts_skipped_tests(&text), "{text}");
}

#[test]
fn partners_and_staff_can_use_the_portal_with_the_demo() {
    let folder = Folder::new();
    let server = Program::start(&folder);
    let secret = std::fs::read_to_string(folder.0.join("local-key")).expect("a key");
    run_playwright("pages", &server, &secret);
    assert!(server.signal(Signal::SIGTERM).success());
}

/// An identity provider in a process of its own, killed when dropped.
struct IdentityProvider {
    process: Child,
    issuer: String,
}

impl IdentityProvider {
    /// Starts a provider that writes its key set to a file.
    fn start(key_set: &std::path::Path) -> Self {
        let mut node = Command::new("node");
        node.arg("tests/oidc-provider.mjs").arg(key_set).current_dir(built_pages());
        let mut process = node.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a provider");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let issuer = output.lines().next().expect("an address").expect("text");
        Self { process, issuer }
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn users_can_sign_in_to_the_portal_with_an_identity_provider() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let key_set = folder.0.join("keys.json");
    let provider = IdentityProvider::start(&key_set);
    let server = Program::start_with(
        folder
            .command(&["serve"])
            .env("AUTH_JWKS", &key_set)
            .env("AUTH_ISSUER", &provider.issuer)
            .env("AUTH_AUDIENCE", "revshare")
            .env("OIDC_ISSUER", &provider.issuer)
            .env("OIDC_CLIENT_ID", "portal")
            .env("OIDC_SCOPE", "openid offline_access")
            .env("OIDC_PARAMETERS", "resource=urn:revshare"),
    );
    run_playwright("oidc", &server, "");
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn incomplete_identity_provider_settings_are_rejected_at_startup() {
    let folder = Folder::new();
    for (issuer, client_id, explanation) in [
        ("https://idp.example.com", "", "OIDC_ISSUER and OIDC_CLIENT_ID belong together"),
        ("", "portal", "OIDC_ISSUER and OIDC_CLIENT_ID belong together"),
        ("http://idp.example.com", "portal", "must start with https://"),
        ("idp", "portal", "OIDC_ISSUER is not a URL"),
    ] {
        let mut serve = folder.command(&["serve"]);
        let output = serve.env("OIDC_ISSUER", issuer).env("OIDC_CLIENT_ID", client_id).output();
        let output = output.expect("a program");
        let text = output_text(&output);
        assert!(!output.status.success() && text.contains(explanation), "{text}");
    }
}
