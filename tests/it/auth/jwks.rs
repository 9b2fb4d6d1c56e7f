//! JSON Web Key Sets: where they are read from, how often they are refreshed, and what happens while they cannot be.

use std::time::{Duration, Instant};

use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderName, StatusCode};
use futures_util::future::join_all;
use revshare::auth::token::jwks::source::Source;
use revshare::auth::token::jwks::{PublicKeys, RefreshPolicy};
use revshare::auth::token::jwt::JwtKeys;
use serde_json::json;

use crate::support::identity_provider::{JwksServer, Page, Signer, claims, jwk_set};
use crate::support::{Client, Folder, TestApp};

const LONG: Duration = Duration::from_secs(600);

/// Refreshes at once when a token names an unknown key, but only once, and never in the background.
const ON_DEMAND: RefreshPolicy =
    RefreshPolicy { default: LONG, min: Duration::ZERO, max: LONG, unknown_key: LONG };

/// Refreshes every 30 ms in the background.
const FREQUENT: RefreshPolicy =
    RefreshPolicy { default: Duration::from_millis(30), min: Duration::from_millis(30), ..ON_DEMAND };

/// Refreshes whenever a token names an unknown key.
const UNTHROTTLED: RefreshPolicy = RefreshPolicy { unknown_key: Duration::ZERO, ..ON_DEMAND };

async fn open_keys(source: &str, policy: RefreshPolicy) -> Result<PublicKeys, String> {
    let source = Source::parse(source).map_err(|error| error.describe())?;
    PublicKeys::with_policy(source, policy).await.map_err(|error| error.describe())
}

async fn open_tokens(source: &str, policy: RefreshPolicy) -> JwtKeys {
    JwtKeys::from_jwks(open_keys(source, policy).await.expect("keys"), None, None)
}

fn accepts(tokens: &JwtKeys, signer: &Signer) -> bool {
    tokens.verify(&signer.token(&claims())).is_ok()
}

/// Waits for a condition that a background task brings about.
async fn eventually(condition: &str, mut is_met: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_met().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "timed out: {condition}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn with_header(page: Page, name: HeaderName, value: &str) -> Page {
    Page { header: Some((name, value.to_owned())), ..page }
}

fn redirect_to(location: &str, body: String) -> Page {
    let page = Page { status: StatusCode::TEMPORARY_REDIRECT, ..Page::of(body) };
    with_header(page, LOCATION, location)
}

#[tokio::test]
async fn a_key_set_is_fetched_once_and_cached() {
    let [one, two] = [Signer::ec("1"), Signer::ed("2")];
    let server = JwksServer::with(Page::of(jwk_set([&one, &two]))).await;
    let tokens = open_tokens(&server.url, ON_DEMAND).await;
    for _ in 0..20 {
        assert!(accepts(&tokens, &one) && accepts(&tokens, &two));
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn an_unknown_key_causes_a_throttled_refresh_in_the_background() {
    let [old, new, never] = [Signer::ec("old"), Signer::ec("new"), Signer::ec("never")];
    let server = JwksServer::with(Page::of(jwk_set([&old]))).await;
    let tokens = open_tokens(&server.url, ON_DEMAND).await;
    server.set_page(Page::of(jwk_set([&old, &new])));
    let rejected = tokens.verify(&new.token(&claims())).map_err(|error| error.describe());
    assert!(rejected.is_err_and(|error| error.contains("the key set is read again")), "at once");
    eventually("a rotation", async || accepts(&tokens, &new)).await;
    assert!(accepts(&tokens, &old));
    for _ in 0..20 {
        assert!(!accepts(&tokens, &never));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.requests(), 2, "no second refresh within the interval");
}

#[tokio::test]
async fn a_key_that_is_published_within_the_interval_is_found_at_its_end() {
    let [old, new] = [Signer::ec("old"), Signer::ec("new")];
    let server = JwksServer::with(Page::of(jwk_set([&old]))).await;
    let policy = RefreshPolicy { unknown_key: Duration::from_millis(500), ..ON_DEMAND };
    let tokens = open_tokens(&server.url, policy).await;
    assert!(!accepts(&tokens, &new));
    eventually("a refresh", async || server.requests() == 2).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.set_page(Page::of(jwk_set([&new])));
    // One request is enough; it need not be repeated after the interval.
    assert!(!accepts(&tokens, &new));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.requests(), 2, "throttled");
    eventually("a second refresh", async || server.requests() == 3).await;
    eventually("the rotation", async || accepts(&tokens, &new) && !accepts(&tokens, &old)).await;
}

#[tokio::test]
async fn concurrent_lookups_of_an_unknown_key_share_one_refresh() {
    let [old, new] = [Signer::ec("old"), Signer::ec("new")];
    let server = JwksServer::with(Page::of(jwk_set([&old]))).await;
    let tokens = open_tokens(&server.url, UNTHROTTLED).await;
    server.set_page(Page { delay: Duration::from_millis(300), ..Page::of(jwk_set([&new])) });
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(200) {
        assert!(!accepts(&tokens, &new) && accepts(&tokens, &old));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    eventually("the rotation", async || accepts(&tokens, &new)).await;
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn previous_keys_stay_valid_while_a_refresh_fails() {
    let [old, new] = [Signer::ec("old"), Signer::ec("new")];
    let server = JwksServer::with(Page::of(jwk_set([&old]))).await;
    let tokens = open_tokens(&server.url, FREQUENT).await;
    let other_origin = server.url.replace("127.0.0.1", "localhost");
    let redirect =
        |location: &str| with_header(Page { status: StatusCode::FOUND, ..Page::of("") }, LOCATION, location);
    let failures = [
        Page { status: StatusCode::INTERNAL_SERVER_ERROR, ..Page::of(jwk_set([&new])) },
        Page { status: StatusCode::NO_CONTENT, ..Page::of("") },
        Page::of("<html>"),
        Page::of(r#"{"keys":[]}"#),
        Page::of(format!("{}{}", jwk_set([&new]), " ".repeat(256 * 1024))),
        redirect(&other_origin),
        redirect("/keys"),
    ];
    for page in failures {
        let (status, before) = (page.status, server.requests());
        server.set_page(page);
        eventually("two more refreshes", async || server.requests() >= before + 2).await;
        assert!(accepts(&tokens, &old) && !accepts(&tokens, &new), "{status}");
    }
    server.set_page(Page::of(jwk_set([&new])));
    eventually("recovery", async || accepts(&tokens, &new)).await;
    assert!(!accepts(&tokens, &old));
}

#[tokio::test]
async fn max_age_sets_the_refresh_interval() {
    let ec = Signer::ec("e");
    let page = |cache_control: &str| with_header(Page::of(jwk_set([&ec])), CACHE_CONTROL, cache_control);
    let policy = RefreshPolicy { max: LONG, min: Duration::from_millis(50), ..ON_DEMAND };
    for (cache_control, is_refreshed) in [
        ("max-age=0", true),
        ("public, Max-Age=0, must-revalidate", true),
        ("max-age=3600", false),
        ("max-age=18446744073709551615", false),
        ("max-age=soon", false),
        ("no-cache", false),
        ("s-maxage=0", false),
    ] {
        let server = JwksServer::with(page(cache_control)).await;
        let _tokens = open_tokens(&server.url, policy).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(server.requests() > 1, is_refreshed, "{cache_control}: {}", server.requests());
    }
    // The refresh ends with the tokens that it is for.
    let server = JwksServer::with(page("max-age=0")).await;
    drop(open_tokens(&server.url, policy).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn no_token_waits_for_a_source_that_hangs() {
    let [known, unknown] = [Signer::ec("known"), Signer::ec("unknown")];
    let server = JwksServer::with(Page::of(jwk_set([&known]))).await;
    let app = TestApp::with_tokens(open_tokens(&server.url, UNTHROTTLED).await).await;
    let _acme = app.tenant("acme").await;
    server.set_page(Page { delay: Duration::from_secs(60), ..Page::of(jwk_set([&unknown])) });
    let client = |signer: &Signer| Client::with_token(&app, &signer.token(&claims()));
    let begun = Instant::now();
    let requests = (0..100).map(|n| {
        let (client, is_known) = (client(if n % 2 == 0 { &known } else { &unknown }), n % 2 == 0);
        async move { (client.query("{ viewer { userId } }").await, is_known) }
    });
    for (response, is_known) in join_all(requests).await {
        assert_eq!(response.status, if is_known { 200 } else { 401 }, "{:#}", response.body);
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "they waited {:?}", begun.elapsed());
    // The read times out, and the next one finds the rotation.
    server.set_page(Page::of(jwk_set([&unknown])));
    eventually("the rotation", async || client(&unknown).query("{ viewer { userId } }").await.status == 200)
        .await;
}

#[tokio::test]
async fn startup_retries_an_unavailable_source() {
    let ec = Signer::ec("e");
    let server = JwksServer::with(Page { status: StatusCode::SERVICE_UNAVAILABLE, ..Page::of("") }).await;
    let available_later = async {
        eventually("a first request", async || server.requests() > 0).await;
        server.set_page(Page::of(jwk_set([&ec])));
    };
    let (tokens, ()) = tokio::join!(open_tokens(&server.url, ON_DEMAND), available_later);
    assert!(accepts(&tokens, &ec));

    server.set_page(Page { status: StatusCode::NOT_FOUND, ..Page::of("") });
    let before = server.requests();
    let error = open_keys(&server.url, ON_DEMAND).await.err().unwrap_or_default();
    assert_eq!(error, format!("AUTH_JWKS: {}: responded with 404 Not Found", server.url));
    assert_eq!(server.requests() - before, 4, "attempts before giving up");
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_same_origin_only() {
    let ec = Signer::ec("e");
    let server = JwksServer::with(redirect_to("/moved", jwk_set([&ec]))).await;
    assert!(accepts(&open_tokens(&server.url, ON_DEMAND).await, &ec));
    let other_origin = JwksServer::with(Page::of(jwk_set([&ec]))).await;
    server.set_page(redirect_to(&other_origin.url, jwk_set([&ec])));
    let error = open_keys(&server.url, ON_DEMAND).await.err().unwrap_or_default();
    assert!(error.contains("it redirects to another origin"), "{error}");
    assert_eq!(other_origin.requests(), 0);
}

#[tokio::test]
async fn a_key_file_is_reloaded_when_it_changes() {
    let [old, new, last] = [Signer::ec("old"), Signer::ec("new"), Signer::ed("last")];
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let path = folder.0.join("keys.json");
    let write = |text: &str| std::fs::write(&path, text).expect("a file");
    write(&jwk_set([&old]));
    let source = path.to_string_lossy().into_owned();
    let on_demand = open_tokens(&source, UNTHROTTLED).await;
    let frequent = open_tokens(&source, FREQUENT).await;
    for tokens in [&on_demand, &frequent] {
        assert!(accepts(tokens, &old) && !accepts(tokens, &new));
    }
    write(&jwk_set([&old, &new]));
    eventually("a reload for the unknown key", async || accepts(&on_demand, &new)).await;
    eventually("a reload in the background", async || accepts(&frequent, &new)).await;
    for damaged in ["{", r#"{"keys":[]}"#, &" ".repeat(300_000)] {
        write(damaged);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!accepts(&on_demand, &last));
        assert!(accepts(&on_demand, &new) && accepts(&frequent, &new), "the previous keys");
    }
    std::fs::remove_file(&path).expect("a file");
    assert!(!accepts(&on_demand, &last) && accepts(&on_demand, &old));
    write(&json!({ "keys": [last.jwk] }).to_string());
    eventually("a reload of the last key", async || accepts(&on_demand, &last)).await;
    assert!(!accepts(&on_demand, &old));
    eventually("recovery", async || accepts(&frequent, &last)).await;
}
