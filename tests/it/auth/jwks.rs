//! JSON Web Key Sets: where they are read from, how often they are refreshed, and what happens while they cannot be.

use std::time::{Duration, Instant};

use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderName, StatusCode};
use futures_util::future::join_all;
use revshare::auth::token::jwks::source::Source;
use revshare::auth::token::jwks::{PublicKeys, RefreshPolicy};
use revshare::auth::token::jwt::JwtKeys;
use serde_json::json;

use crate::support::Folder;
use crate::support::identity_provider::{JwksServer, Page, Signer, claims, jwk_set};

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

async fn accepts(tokens: &JwtKeys, signer: &Signer) -> bool {
    tokens.verify(&signer.token(&claims())).await.is_ok()
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
        assert!(accepts(&tokens, &one).await && accepts(&tokens, &two).await);
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn an_unknown_key_causes_a_throttled_refresh() {
    let [old, new, never] = [Signer::ec("old"), Signer::ec("new"), Signer::ec("never")];
    let server = JwksServer::with(Page::of(jwk_set([&old]))).await;
    let tokens = open_tokens(&server.url, ON_DEMAND).await;
    server.set_page(Page::of(jwk_set([&old, &new])));
    assert!(accepts(&tokens, &new).await, "after a rotation");
    assert!(accepts(&tokens, &old).await);
    for _ in 0..20 {
        assert!(!accepts(&tokens, &never).await);
    }
    assert_eq!(server.requests(), 2, "no second refresh within the interval");

    let policy = RefreshPolicy { unknown_key: Duration::from_millis(50), ..ON_DEMAND };
    let tokens = open_tokens(&server.url, policy).await;
    server.set_page(Page::of(jwk_set([&new])));
    assert!(!accepts(&tokens, &never).await);
    assert_eq!(server.requests(), 4);
    assert!(accepts(&tokens, &new).await && !accepts(&tokens, &old).await, "the old key was removed");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(!accepts(&tokens, &never).await);
    assert!((5..=6).contains(&server.requests()), "{}", server.requests());
}

#[tokio::test]
async fn concurrent_lookups_of_an_unknown_key_share_one_refresh() {
    let [old, new] = [Signer::ec("old"), Signer::ec("new")];
    let server = JwksServer::with(Page::of(jwk_set([&old]))).await;
    let tokens = open_tokens(&server.url, UNTHROTTLED).await;
    server.set_page(Page { delay: Duration::from_millis(300), ..Page::of(jwk_set([&new])) });
    let lookups = join_all((0..50).map(|_| accepts(&tokens, &new)));
    let known_key_meanwhile = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        assert!(accepts(&tokens, &old).await);
        assert!(begun.elapsed() < Duration::from_millis(100), "it waited {:?}", begun.elapsed());
    };
    let (accepted, ()) = tokio::join!(lookups, known_key_meanwhile);
    assert!(accepted.iter().all(|is_accepted| *is_accepted));
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
        assert!(accepts(&tokens, &old).await && !accepts(&tokens, &new).await, "{status}");
    }
    server.set_page(Page::of(jwk_set([&new])));
    eventually("recovery", async || accepts(&tokens, &new).await).await;
    assert!(!accepts(&tokens, &old).await);
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
async fn a_hanging_refresh_times_out_and_delays_unknown_keys_only() {
    let [known, unknown] = [Signer::ec("known"), Signer::ec("unknown")];
    let server = JwksServer::with(Page::of(jwk_set([&known]))).await;
    let tokens = open_tokens(&server.url, UNTHROTTLED).await;
    server.set_page(Page { delay: Duration::from_secs(60), ..Page::of(jwk_set([&unknown])) });
    let begun = Instant::now();
    let accepted = join_all((0..10).map(|_| accepts(&tokens, &unknown))).await;
    assert!(accepted.iter().all(|accepted| !accepted));
    assert!((4.5..7.0).contains(&begun.elapsed().as_secs_f64()), "{:?}", begun.elapsed());
    assert_eq!(server.requests(), 2);
    let begun = Instant::now();
    assert!(accepts(&tokens, &known).await && begun.elapsed() < Duration::from_millis(200));
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
    assert!(accepts(&tokens, &ec).await);

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
    assert!(accepts(&open_tokens(&server.url, ON_DEMAND).await, &ec).await);
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
        assert!(accepts(tokens, &old).await && !accepts(tokens, &new).await);
    }
    write(&jwk_set([&old, &new]));
    assert!(accepts(&on_demand, &new).await, "reloaded for the unknown key");
    eventually("a reload in the background", async || accepts(&frequent, &new).await).await;
    for damaged in ["{", r#"{"keys":[]}"#, &" ".repeat(300_000)] {
        write(damaged);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!accepts(&on_demand, &last).await);
        assert!(accepts(&on_demand, &new).await && accepts(&frequent, &new).await, "the previous keys");
    }
    std::fs::remove_file(&path).expect("a file");
    assert!(!accepts(&on_demand, &last).await && accepts(&on_demand, &old).await);
    write(&json!({ "keys": [last.jwk] }).to_string());
    assert!(accepts(&on_demand, &last).await && !accepts(&on_demand, &old).await);
    eventually("recovery", async || accepts(&frequent, &last).await).await;
}
