//! What Rust cannot say inside one crate: which room may use which, and how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    sources(&root.join(folder), &mut found);
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("a path").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a file"))
    };
    found.into_iter().map(read).collect()
}

/// The rooms from the lowest: each may use those before it, and itself.
const ROOMS: [&[&str]; 6] = [
    // The kernel.
    &["error", "id", "decimal", "currency", "money", "instant", "text", "page", "stored", "metrics"],
    &["access"],
    &["domain"],
    &["graphql"],
    &["http"],
    &[
        "cli",
        "key",
        "database",
        "postgres",
        "demo",
        "payouts",
        "reconcile",
        "serve",
        "telemetry",
        "doctor",
        "service_token",
        "lib",
        "main",
    ],
];

/// The nouns of the domain from the lowest.
const NOUNS: [&[&str]; 7] = [
    &[
        "schema",
        "kept",
        "tls",
        "connect",
        "speaker",
        "session",
        "line",
        "act",
        "within",
        "list",
        "history",
        "idempotency",
        "migrate",
    ],
    &["tenant"],
    &["partner"],
    &["account", "invoice", "referral"],
    &["commission"],
    &["payout"],
    &["statement"],
];

fn level(rooms: &[&[&str]], room: &str) -> Option<usize> {
    rooms.iter().position(|level| level.contains(&room))
}

/// The words that follow a path prefix in a file's code, as far as imports and paths name them.
fn named_after<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let word = |rest: &'t str| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    };
    let mut words = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{').and_then(|rest| rest.split_once("};")) {
            Some((group, _)) => words.extend(group.split(',').map(|item| word(item.trim()))),
            None => words.push(word(rest)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn no_file_is_long() {
    let long: Vec<_> = files("src")
        .into_iter()
        .chain(files("tests"))
        .filter(|(_, text)| text.lines().count() > LINES_MAX)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn arrows_between_rooms_point_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in files("src") {
        let room = name.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs");
        let own = level(&ROOMS, room).unwrap_or_else(|| panic!("{name} is in no room"));
        for used in named_after(&text, "crate::") {
            if level(&ROOMS, used).is_some_and(|used| used > own) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn arrows_between_nouns_point_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in files("src/domain") {
        let room = name.split('/').nth(2).unwrap_or_default().trim_end_matches(".rs");
        let Some(own) = level(&NOUNS, room) else { continue };
        for used in named_after(&text, "crate::domain::").into_iter().chain(named_after(&text, "super::")) {
            if level(&NOUNS, used).is_some_and(|used| used > own) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn connections_are_the_session_s_alone() {
    let allowed = [
        "src/domain/session.rs",
        "src/domain/act.rs",
        "src/domain/connect.rs",
        "src/domain/speaker.rs",
        "src/domain/migrate.rs",
        "src/domain/examination.rs",
        // A caller and a tenant must be made before there can be a session.
        "src/domain/tenant/store.rs",
        "src/domain/tenant/service_token/store.rs",
        // Not our tables: the private server's own databases and roles.
        "src/postgres/mod.rs",
    ];
    let users: Vec<_> = files("src").into_iter().filter(|(_, text)| text.contains("diesel_async")).collect();
    for (name, _) in users {
        assert!(allowed.contains(&name.as_str()), "{name} uses diesel_async");
    }
}

#[test]
fn statements_are_in_stores() {
    for (name, text) in files("src") {
        let is_store = name.ends_with("/store.rs")
            || name.starts_with("src/domain/statement/")
            || ["history", "idempotency", "list", "session", "schema", "within"]
                .iter()
                .any(|file| name == format!("src/domain/{file}.rs"))
            || ["src/postgres/mod.rs", "src/domain/migrate.rs", "src/domain/examination.rs"]
                .contains(&name.as_str());
        let has_statement = [
            "diesel::update(",
            "diesel::insert_into(",
            "diesel::delete(",
            "sql_query(",
            ".filter(partners::",
        ]
        .iter()
        .any(|mark| text.contains(mark));
        assert!(is_store || !has_statement, "{name} writes SQL");
    }
}

/// Each rule of the money names the place that keeps it and the test that shows it.
#[test]
fn every_rule_has_its_place_and_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = fs::read_to_string(root.join("src/domain/rules.md")).expect("the rules");
    let named = |mark: &str| -> Vec<String> {
        let after =
            rules.split(mark).skip(1).map(|rest| rest.split('`').next().unwrap_or_default().to_owned());
        after.collect()
    };
    let (places, tests) = (named("Code: `"), named("Test: `"));
    let numbers =
        rules.lines().filter(|line| line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok()));
    assert_eq!([numbers.count(), places.len(), tests.len()], [29; 3]);
    for place in places {
        assert!(root.join(&place).exists(), "{place} is not there");
    }
    for test in tests {
        let (file, function) = test.rsplit_once("::").expect("a module");
        let files = [
            format!("tests/it/{}.rs", file.replace("::", "/")),
            format!("src/domain/{}.rs", file.replace("::", "/")),
        ];
        let text = files.iter().find_map(|file| fs::read_to_string(root.join(file)).ok()).unwrap_or_default();
        assert!(text.contains(&format!("fn {function}()")), "{test} is not there");
    }
}

/// Each promise of the README names the tests that keep it.
#[test]
fn every_promise_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let promises = readme.split("## What is promised").nth(1).and_then(|rest| rest.split("\n## ").next());
    let tests: Vec<_> = promises
        .expect("promises")
        .split('`')
        .filter(|word| word.contains("::") && !word.contains(' '))
        .collect();
    assert!(tests.len() >= 8, "{tests:?}");
    for test in tests {
        let (module, function) = test.rsplit_once("::").expect("a module");
        let file = root.join(format!("tests/it/{}.rs", module.replace("::", "/")));
        let text = fs::read_to_string(file).unwrap_or_default();
        assert!(text.contains(&format!("fn {function}()")), "{test} is not there");
    }
}

/// A migration is applied as a whole, or not at all.
#[test]
fn every_migration_is_one_transaction() {
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).expect("a folder");
    for folder in folders.flatten() {
        assert!(!folder.path().join("metadata.toml").exists(), "{:?} may run outside of one", folder.path());
    }
}
