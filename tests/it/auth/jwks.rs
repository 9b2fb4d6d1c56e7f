//! Key sets: where they come from, how often they are read, and what happens when they cannot be.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use revshare::access::token::Tokens;
use revshare::access::token::keys::{Pace, PublicKeys};
use revshare::access::token::source::Source;
use serde_json::json;

use crate::support::Folder;
use crate::support::identity_provider::{Page, Signer, Web, claims, set};

const LONG: Duration = Duration::from_secs(600);

/// Looks again for an unknown key only.
const LAZY: Pace = Pace { usual: LONG, shortest: Duration::ZERO, longest: LONG, unknown: LONG };

async fn try_keys(source: &str, pace: Pace) -> Result<PublicKeys, String> {
    let source = Source::parse(source).map_err(|error| error.describe())?;
    PublicKeys::at_pace(source, pace).await.map_err(|error| error.describe())
}

async fn tokens(source: &str, pace: Pace) -> Tokens {
    Tokens::of_others(try_keys(source, pace).await.expect("keys"), None, None)
}

async fn holds(tokens: &Tokens, signer: &Signer) -> bool {
    tokens.verify(&signer.token(&claims())).await.is_ok()
}

/// Waits for something that happens in the background.
async fn soon(what: &str, mut happens: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !happens().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_set_is_fetched_once_and_kept() {
    let [one, two] = [Signer::ec("1"), Signer::ed("2")];
    let web = Web::with(Page::of(set([&one, &two]))).await;
    let tokens = tokens(&web.url, LAZY).await;
    for _ in 0..20 {
        assert!(holds(&tokens, &one).await && holds(&tokens, &two).await);
    }
    assert_eq!(web.asked(), 1);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_but_not_too_often() {
    let [old, new, never] = [Signer::ec("old"), Signer::ec("new"), Signer::ec("never")];
    let web = Web::with(Page::of(set([&old]))).await;
    let tokens = tokens(&web.url, LAZY).await;
    web.says(Page::of(set([&old, &new])));
    assert!(holds(&tokens, &new).await, "the keys were rotated");
    assert!(holds(&tokens, &old).await);
    for _ in 0..20 {
        assert!(!holds(&tokens, &never).await);
    }
    assert_eq!(web.asked(), 2, "the minute is not over");
    let eager = Pace { unknown: Duration::from_millis(50), ..LAZY };
    let tokens = self::tokens(&web.url, eager).await;
    web.says(Page::of(set([&new])));
    assert!(!holds(&tokens, &never).await);
    assert_eq!(web.asked(), 4);
    assert!(holds(&tokens, &new).await && !holds(&tokens, &old).await, "the old key is gone");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(!holds(&tokens, &never).await);
    assert!((5..=6).contains(&web.asked()), "{}", web.asked());
}

#[tokio::test]
async fn whoever_looks_for_an_unknown_key_waits_for_one_answer() {
    let [old, new] = [Signer::ec("old"), Signer::ec("new")];
    let web = Web::with(Page::of(set([&old]))).await;
    let eager = Pace { unknown: Duration::ZERO, ..LAZY };
    let tokens = tokens(&web.url, eager).await;
    web.says(Page { after: Duration::from_millis(300), ..Page::of(set([&new])) });
    let all = futures_util::future::join_all((0..50).map(|_| holds(&tokens, &new)));
    let (found, known) = tokio::join!(all, async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        let holds = holds(&tokens, &old).await;
        (holds, begun.elapsed())
    });
    assert!(found.iter().all(|found| *found));
    assert!(known.0 && known.1 < Duration::from_millis(100), "a known key waits for nothing: {known:?}");
    assert_eq!(web.asked(), 2);
}

#[tokio::test]
async fn keys_go_on_to_hold_when_they_cannot_be_fetched() {
    let [old, new] = [Signer::ec("old"), Signer::ec("new")];
    let web = Web::with(Page::of(set([&old]))).await;
    let often = Pace { usual: Duration::from_millis(30), shortest: Duration::from_millis(30), ..LAZY };
    let tokens = tokens(&web.url, often).await;
    let failing = [
        Page { status: StatusCode::INTERNAL_SERVER_ERROR, ..Page::of(set([&new])) },
        Page { status: StatusCode::NO_CONTENT, ..Page::of("") },
        Page::of("<html>"),
        Page::of(r#"{"keys":[]}"#),
        Page::of(format!("{}{}", set([&new]), " ".repeat(256 * 1024))),
        Page {
            status: StatusCode::FOUND,
            header: Some((LOCATION, web.url.replace("127.0.0.1", "localhost"))),
            ..Page::of("")
        },
        Page { status: StatusCode::FOUND, header: Some((LOCATION, "/keys".to_owned())), ..Page::of("") },
    ];
    for page in failing {
        let (status, before) = (page.status, web.asked());
        web.says(page);
        soon("it is asked again", async || web.asked() >= before + 2).await;
        assert!(holds(&tokens, &old).await && !holds(&tokens, &new).await, "{status}");
    }
    web.says(Page::of(set([&new])));
    soon("it recovers", async || holds(&tokens, &new).await).await;
    assert!(!holds(&tokens, &old).await);
}

#[tokio::test]
async fn a_source_says_how_long_its_keys_are_good_for() {
    let ec = Signer::ec("e");
    let page = |cache: &str| Page { header: Some((CACHE_CONTROL, cache.to_owned())), ..Page::of(set([&ec])) };
    let pace = Pace { longest: LONG, shortest: Duration::from_millis(50), ..LAZY };
    for (cache, again) in [
        ("max-age=0", true),
        ("public, Max-Age=0, must-revalidate", true),
        ("max-age=3600", false),
        ("max-age=18446744073709551615", false),
        ("max-age=soon", false),
        ("no-cache", false),
        ("s-maxage=0", false),
    ] {
        let web = Web::with(page(cache)).await;
        let _tokens = tokens(&web.url, pace).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(web.asked() > 1, again, "{cache}: {}", web.asked());
    }
    // And nobody asks when there is nobody to ask for.
    let web = Web::with(page("max-age=0")).await;
    drop(tokens(&web.url, pace).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(web.asked(), 1);
}

#[tokio::test]
async fn nobody_waits_for_a_source_that_hangs_longer_than_it_may() {
    let [known, unknown] = [Signer::ec("known"), Signer::ec("unknown")];
    let web = Web::with(Page::of(set([&known]))).await;
    let tokens = tokens(&web.url, Pace { unknown: Duration::ZERO, ..LAZY }).await;
    web.says(Page { after: Duration::from_secs(60), ..Page::of(set([&unknown])) });
    let begun = Instant::now();
    let all = futures_util::future::join_all((0..10).map(|_| holds(&tokens, &unknown))).await;
    assert!(all.iter().all(|holds| !holds));
    assert!((4.5..7.0).contains(&begun.elapsed().as_secs_f64()), "{:?}", begun.elapsed());
    assert_eq!(web.asked(), 2);
    let begun = Instant::now();
    assert!(holds(&tokens, &known).await && begun.elapsed() < Duration::from_millis(200));
}

#[tokio::test]
async fn a_start_waits_a_little_for_a_source_and_follows_it_at_home() {
    let ec = Signer::ec("e");
    let web = Web::with(Page { status: StatusCode::SERVICE_UNAVAILABLE, ..Page::of("") }).await;
    let late = async {
        soon("a first try", async || web.asked() > 0).await;
        web.says(Page::of(set([&ec])));
    };
    let (tokens, ()) = tokio::join!(tokens(&web.url, LAZY), late);
    assert!(holds(&tokens, &ec).await);
    web.says(Page { status: StatusCode::NOT_FOUND, ..Page::of("") });
    let before = web.asked();
    let refused = try_keys(&web.url, LAZY).await.err().unwrap_or_default();
    assert_eq!(
        (refused, web.asked() - before),
        (format!("AUTH_JWKS: {}: answered 404 Not Found", web.url), 4)
    );
    // It may have moved, but not to somebody else.
    let moved = |to: &str| Page {
        status: StatusCode::TEMPORARY_REDIRECT,
        header: Some((LOCATION, to.to_owned())),
        ..Page::of(set([&ec]))
    };
    web.says(moved("/moved"));
    assert!(holds(&self::tokens(&web.url, LAZY).await, &ec).await);
    let other = Web::with(Page::of(set([&ec]))).await;
    web.says(moved(&other.url));
    let refused = try_keys(&web.url, LAZY).await.err().unwrap_or_default();
    assert!(refused.contains("it redirects to another origin") && other.asked() == 0, "{refused}");
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes() {
    let [old, new, last] = [Signer::ec("old"), Signer::ec("new"), Signer::ed("last")];
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let path = folder.0.join("keys.json");
    std::fs::write(&path, set([&old])).expect("a file");
    let source = path.to_string_lossy().into_owned();
    let lazy = tokens(&source, Pace { unknown: Duration::ZERO, ..LAZY }).await;
    let often = Pace { usual: Duration::from_millis(30), shortest: Duration::from_millis(30), ..LAZY };
    let often = tokens(&source, often).await;
    for tokens in [&lazy, &often] {
        assert!(holds(tokens, &old).await && !holds(tokens, &new).await);
    }
    std::fs::write(&path, set([&old, &new])).expect("a file");
    assert!(holds(&lazy, &new).await, "an unknown key is looked for");
    soon("it is looked at", async || holds(&often, &new).await).await;
    for damage in ["{", r#"{"keys":[]}"#, &" ".repeat(300_000)] {
        std::fs::write(&path, damage).expect("a file");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!holds(&lazy, &last).await && holds(&lazy, &new).await && holds(&often, &new).await);
    }
    std::fs::remove_file(&path).expect("a file");
    assert!(!holds(&lazy, &last).await && holds(&lazy, &old).await);
    std::fs::write(&path, json!({ "keys": [last.jwk] }).to_string()).expect("a file");
    assert!(holds(&lazy, &last).await && !holds(&lazy, &old).await);
    soon("it recovers", async || holds(&often, &last).await).await;
}
