//! Migrations that fail, that wait for locks, and that run beside servers of another version.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use nix::sys::signal::Signal;
use revshare::domain::db::migrate;
use serde_json::json;

use crate::support::{Folder, Program, SECRET, TestDatabase, ok, output_text, superuser, with_superuser};

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_migration_is_named_and_rolled_back() {
    let database = TestDatabase::empty().await;
    let urls = database.urls();
    with_superuser(&database, "CREATE TABLE service_tokens (mine int)").await.expect("a table");
    for _ in 0..2 {
        let error = migrate::run(&urls.owner, &urls.serving).await.map_err(|error| error.describe());
        let error = error.expect_err("a table of that name exists");
        assert!(error.contains("000011") && error.contains("service_tokens"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    with_superuser(&database, "DROP TABLE service_tokens").await.expect("no table");
    let applied = ok(migrate::run(&urls.owner, &urls.serving).await);
    assert!(
        applied.first().is_some_and(|first| first.contains("000001")),
        "the first one was not rolled back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_before_the_first_release_is_rejected_with_advice() {
    let database = TestDatabase::empty().await;
    let urls = database.urls();
    let before = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp DEFAULT now());
        ALTER TABLE __diesel_schema_migrations OWNER TO revshare;
        INSERT INTO __diesel_schema_migrations (version) VALUES ('20261122000001'), ('20261125000018')";
    with_superuser(&database, before).await.expect("an old schema");
    let error = migrate::run(&urls.owner, &urls.owner).await.expect_err("an old schema").describe();
    assert!(error.contains("version before the first release (migration 20261122000001)"), "{error}");
    assert!(error.contains("Move the data folder away") && error.contains("create an empty one"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_waits_for_locks_without_blocking_other_transactions() {
    let database = TestDatabase::migrated().await;
    let urls = database.urls();
    let down = include_str!("../../../migrations/2026-11-28-000016_holds/down.sql");
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261128000016'";
    with_superuser(&database, &format!("{down} {forget}")).await.expect("a migration to be applied");
    let mut long_transaction = superuser(&database).await;
    let lock = "BEGIN; LOCK commission_events IN ROW EXCLUSIVE MODE";
    long_transaction.batch_execute(lock).await.expect("a lock");
    let migration = tokio::spawn(async move { migrate::run(&urls.owner, &urls.serving).await });
    let mut writer = superuser(&database).await;
    for _ in 0..8 {
        let begun = Instant::now();
        writer.batch_execute("UPDATE commission_events SET status = status").await.expect("an update");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert!(!migration.is_finished());
    long_transaction.batch_execute("COMMIT").await.expect("a commit");
    let applied = ok(migration.await.expect("a task"));
    assert_eq!(applied, ["2026-11-28-000016_holds"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_keeps_working_after_a_newer_migration_but_an_old_program_does_not_start() {
    let (database, folder) = (TestDatabase::migrated().await, Folder::new());
    let urls = database.urls();
    let command = |arguments: &[&str]| {
        let mut command = folder.command_for(&urls, arguments);
        command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref());
        command
    };
    let created = command(&["tenant", "create", "demo"]).output().expect("a program");
    assert!(created.status.success(), "{}", output_text(&created));
    let token = command(&["token", "--tenant", "demo", "--user", "ada", "--role", "admin"]).output();
    let token = String::from_utf8(token.expect("a program").stdout).expect("a token");
    let server = Program::start_with(&mut command(&["serve"]));
    // What a newer version may do: add columns that older versions can do without.
    let newer = "ALTER TABLE partners ADD COLUMN nickname text, ADD COLUMN stars int NOT NULL DEFAULT 5;
        INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
    with_superuser(&database, newer).await.expect("a newer schema");
    let body = json!({
        "query": r#"mutation { createPartner(input: { companyName: "p" }) { partner { companyName } } }"#,
    });
    let response = server.post(token.trim(), &body.to_string());
    assert_eq!(response["data"]["createPartner"]["partner"]["companyName"], "p");
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    for arguments in [["serve"], ["migrate"], ["doctor"]] {
        let rejected = command(&arguments).output().expect("a program");
        let text = output_text(&rejected);
        assert!(!rejected.status.success(), "{text}");
        assert!(text.contains("newer than this program") && text.contains("99999999999999"), "{text}");
    }
    assert!(server.signal(Signal::SIGTERM).success());
}
