//! Database URLs that are wrong at startup, passwords that change later, and what `revshare doctor` reports.

use std::process::Output;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use private_postgres::Urls;

use super::database::Database;
use crate::support::{Folder, Program, output_text};

/// Starts a server that must fail, and returns its one line of error.
pub fn startup_error(folder: &Folder, url: &str) -> String {
    let output = folder.command(&["serve"]).env("DATABASE_URL", url).output().expect("a program");
    let text = output_text(&output);
    assert!(!output.status.success(), "{text}");
    assert!(text.starts_with("error: ") && text.trim().lines().count() == 1, "{text}");
    text
}

/// Runs a command that serves from one URL and migrates as the database's owner.
fn run(command: &str, folder: &Folder, database: &Database, url: &str) -> Output {
    let urls = Urls { serving: url.to_owned(), owner: database.urls().owner.clone() };
    folder.command_for(&urls, &[command]).output().expect("a program")
}

/// Returns the URL of the serving role with a password.
fn url_with_password(database: &Database, password: &str) -> String {
    database.urls().serving.replace("revshare_app@", &format!("revshare_app:{password}@"))
}

#[test]
fn a_wrong_database_url_is_explained_in_one_line_without_its_password() {
    let (database, folder) = (Database::start(), Folder::new());
    let url = &database.urls().serving;
    for (url, explanation) in [
        ("nonsense".to_owned(), "postgres://role:password@host"),
        ("postgres://someone:hush@127.0.0.1:1/x".to_owned(), "cannot connect to the database"),
        (url.replace("/revshare?", "/nowhere?"), "there is no database nowhere"),
        (url.replace("revshare_app@", "nobody@"), "rejects the role nobody"),
    ] {
        let text = startup_error(&folder, &url);
        assert!(text.contains(explanation) && !text.contains("hush"), "{text}");
    }
    database.require_password("right", "");
    let text = startup_error(&folder, &url_with_password(&database, "hush"));
    assert!(
        text.contains("correct the role and the password in its URL") && !text.contains("hush"),
        "{text}"
    );
}

#[test]
fn serving_from_another_database_than_the_migrated_one_is_rejected() {
    let (database, folder) = (Database::start(), Folder::new());
    database.query("CREATE DATABASE another").expect("another database");
    let other = database.urls().serving.replace("/revshare?", "/another?");
    let text = output_text(&run("serve", &folder, &database, &other));
    assert!(text.starts_with("error: DATABASE_URL and MIGRATION_DATABASE_URL"), "{text}");
    let doctor = run("doctor", &folder, &database, &other);
    let text = output_text(&doctor);
    assert!(doctor.status.code() == Some(1) && text.contains("different databases"), "{text}");
}

#[test]
fn readiness_follows_a_changed_password() {
    let (database, folder) = (Database::start(), Folder::new());
    database.require_password("right", "");
    let mut urls = database.urls().clone();
    urls.serving = url_with_password(&database, "right");
    let server = Program::start_with(&mut folder.command_for(&urls, &["serve"]));
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    let disconnect = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'revshare_app'";
    for (password, status) in [("other", "HTTP/1.1 503 "), ("right", "HTTP/1.1 200 ")] {
        database.query(&format!("ALTER ROLE revshare_app PASSWORD '{password}'")).expect("a password");
        database.query(disconnect).expect("no connections");
        let begun = Instant::now();
        while !server.get("/readyz").starts_with(status) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{}", server.get("/readyz"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn doctor_reports_a_wrong_password_and_weakened_security() {
    let (database, folder) = (Database::start(), Folder::new());
    database.require_password("right", "");
    let url = url_with_password(&database, "right");
    let migrated = run("migrate", &folder, &database, &url);
    assert!(migrated.status.success(), "{}", output_text(&migrated));
    let healthy = run("doctor", &folder, &database, &url);
    let text = output_text(&healthy);
    assert!(healthy.status.success() && text.contains("all are applied"), "{text}");
    let wrong_password = run("doctor", &folder, &database, &url_with_password(&database, "hush"));
    assert_eq!(wrong_password.status.code(), Some(1), "{}", output_text(&wrong_password));
    database.query("GRANT UPDATE ON commission_events TO revshare_app").expect("a grant");
    database.query("ALTER TABLE payouts DISABLE ROW LEVEL SECURITY").expect("a table without policies");
    let weakened = run("doctor", &folder, &database, &url);
    let text = output_text(&weakened);
    assert_eq!(weakened.status.code(), Some(1), "{text}");
    assert!(text.contains("may change amounts") && text.contains("security is off on payouts"), "{text}");
}
