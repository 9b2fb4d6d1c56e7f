//! The program itself: its private PostgreSQL dies and is started again, and its log tells what befell a request.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use super::database::Database;
use super::proxy::{Cut, Proxy};
use crate::support::{Folder, Program, TestDatabase};

#[test]
fn a_private_postgresql_that_is_killed_is_started_again() {
    let folder = Folder::new();
    let mut server = Program::start(&folder);
    let token = folder.token("ada", "admin");
    let ask = |server: &Program| server.post(&token, r#"{"query":"{commissionEvents{totalCount}}"}"#);
    let count = |answer: &Value| answer["data"]["commissionEvents"]["totalCount"].as_i64();
    let before = count(&ask(&server)).expect("a count");
    for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGQUIT] {
        let postmaster = folder.postmaster().expect("a PostgreSQL");
        kill(postmaster, signal).expect("a signal");
        let begun = Instant::now();
        while folder.postmaster().is_none_or(|pid| pid == postmaster) || count(&ask(&server)) != Some(before)
        {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not come back after {signal}");
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("{signal}: back after {} ms", begun.elapsed().as_millis());
    }
    assert!(server.process.try_wait().expect("a process").is_none(), "it is the same process still");
    assert!(server.signal(Signal::SIGTERM).success());
    assert_eq!(folder.postmaster(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_by_its_id_what_befell_a_request() {
    let (database, folder) = (TestDatabase::migrated().await, Folder::new());
    let urls = database.urls();
    let name =
        urls.serving.rsplit('/').find_map(|part| part.split_once('?')).expect("a database").0.to_owned();
    let proxy = Proxy::to(&urls.serving);
    let command = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command
            .env("DATABASE_URL", proxy.url("revshare_app", &name))
            .env("MIGRATION_DATABASE_URL", &urls.owner)
            .env("RUST_LOG", "info")
            .env("LOG_FORMAT", "json");
        command
    };
    assert!(command(&["tenant", "create", "demo"]).output().expect("a program").status.success());
    let token = folder.token("ada", "admin");
    let server = Program::start_with(&mut command(&["serve"]));
    let body = r#"{"query":"mutation{createPartner(input:{companyName:\"p\"}){partner{id}}}"}"#;
    server.request(&token, "X-Request-Id: before\r\n", body);
    proxy.cut(Cut::AfterCommit);
    let answer = server.request(&token, "X-Request-Id: story-9\r\n", body);
    assert!(answer.contains("\"partner\":{\"id\":"), "{answer}");
    assert!(server.signal(Signal::SIGTERM).success());
    let log = std::fs::read_to_string(folder.0.with_extension("log")).expect("a log");
    let story: Vec<_> = log.lines().filter(|line| line.contains("story-9")).collect();
    for word in ["a COMMIT was not answered", "\"outcome\":\"ok\""] {
        assert!(story.iter().any(|line| line.contains(word)), "{word} is not in {log}");
    }
}

#[test]
fn a_database_that_hangs_is_told_of_at_once_and_found_again() {
    let (database, folder) = (Database::start(), Folder::new());
    let command = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        let urls = database.urls();
        command.env("DATABASE_URL", &urls.serving).env("MIGRATION_DATABASE_URL", &urls.owner);
        command
    };
    assert!(command(&["tenant", "create", "demo"]).output().expect("a program").status.success());
    let token = folder.token("ada", "admin");
    let server = Program::start_with(&mut command(&["serve"]));
    let bodies = [
        r#"{"query":"{partners{totalCount}}"}"#,
        r#"{"query":"mutation{createPartner(input:{companyName:\"p\"}){partner{id}}}"}"#,
    ];
    // So that there are connections, which nothing tells from those that work.
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(|| server.post(&token, bodies[0]))));
    });
    database.signal_all(Signal::SIGSTOP);
    for body in bodies.iter().cycle().take(6) {
        let begun = Instant::now();
        let answer = server.post(&token, body);
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["retryable"]), (&"UNAVAILABLE".into(), &true.into()));
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    }
    assert!(server.get("/readyz").starts_with("HTTP/1.1 503 "));
    assert!(server.get("/livez").starts_with("HTTP/1.1 200 "));
    database.signal_all(Signal::SIGCONT);
    let begun = Instant::now();
    while !server.get("/readyz").starts_with("HTTP/1.1 200 ") {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is not ready again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.post(&token, bodies[0])["data"]["partners"]["totalCount"], 0);
    assert!(server.signal(Signal::SIGTERM).success());
}
