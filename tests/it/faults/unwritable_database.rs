//! States of the database in which nothing can be stored, or not everything: each is told of, stores nothing by half, and passes.

use std::process::Output;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use nix::sys::signal::Signal;
use revshare::domain::migrate;
use serde_json::json;

use super::database::Database;
use crate::support::{
    Folder, Program, SECRET, TestTenant, TestApp, TestDatabase, in_days, invoice_input, output_text, superuser,
    with_superuser,
};

async fn acme() -> TestTenant {
    TestApp::new().await.tenant("acme").await
}

async fn superuser_runs(acme: &TestTenant, sql: &str) {
    superuser(&acme.app.database).await.batch_execute(sql).await.expect(sql);
}

/// Nothing can be recorded while something is wrong, nothing stays of what was tried, and then everything can.
async fn passes(acme: &TestTenant, wrong: &str, right: &str) {
    let paid = invoice_input("c", "i-1", "10.00", "EUR", &in_days(-1));
    superuser_runs(acme, wrong).await;
    for _ in 0..3 {
        assert_eq!(acme.billing().error_code("recordInvoicePaid", paid.clone()).await, "UNAVAILABLE", "{wrong}");
    }
    superuser_runs(acme, right).await;
    let nothing = "DO $$ BEGIN IF EXISTS (SELECT FROM invoice_receipts) THEN RAISE 'something was stored'; END IF; END $$";
    assert_eq!(with_superuser(&acme.app.database, nothing).await, Ok(()));
    let done = acme.billing().mutate_ok("recordInvoicePaid", paid, "outcome").await;
    assert_eq!(done["outcome"], "RECORDED");
}

const HANG_UP: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid()";

#[tokio::test]
async fn a_read_only_database_passes() {
    let acme = acme().await;
    acme.create_partner_with_account("c").await;
    let set = |how: &str| {
        format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {how}', current_database()); END $$;
             {HANG_UP}"
        )
    };
    // The superuser that puts it right is not bound by it.
    let right = format!("SET TRANSACTION READ WRITE; {}", set("off"));
    passes(&acme, &set("on"), &right).await;
}

#[tokio::test]
async fn a_full_disk_passes() {
    let acme = acme().await;
    acme.create_partner_with_account("c").await;
    // As PostgreSQL says it, and in the middle of what is to be stored.
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file \"base/1/2\": No space left on device';
        END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON commission_events FOR EACH ROW EXECUTE FUNCTION full_disk()";
    passes(&acme, full, "DROP TRIGGER full_disk ON commission_events; DROP FUNCTION full_disk").await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_stops_nothing() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("c").await;
    for (n, act) in ["completePayout", "failPayout", "cancelPayout"].into_iter().enumerate() {
        acme.approved_event("c", &format!("i-{n}"), "10.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        // What was stored an hour ago, by a clock that was two hours ahead.
        superuser_runs(
            &acme,
            "UPDATE payouts SET created_at = created_at + interval '1 hour' WHERE status = 'READY';
             UPDATE payout_lines SET added_at = (SELECT created_at FROM payouts WHERE id = payout_id) WHERE released_at IS NULL;
             UPDATE commission_events SET paid_at = (SELECT created_at FROM payouts WHERE id = payout_id)
                WHERE payout_id IS NOT NULL;
             UPDATE status_changes SET changed_at = changed_at + interval '1 hour' WHERE payout_id IS NOT NULL",
        )
        .await;
        acme.transition_payout(act, &payout).await;
    }
    assert_eq!(acme.reconciliation_differences().await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_is_named_and_leaves_nothing_by_half() {
    let database = TestDatabase::empty().await;
    let urls = database.urls();
    with_superuser(&database, "CREATE TABLE service_tokens (mine int)").await.expect("a table");
    for _ in 0..2 {
        let error = migrate::up(&urls.owner, &urls.serving).await.map_err(|error| error.describe());
        let error = error.expect_err("a table that is in the way");
        assert!(
            error.contains("000015") && error.contains("service_tokens") && !error.contains('\n'),
            "{error}"
        );
    }
    with_superuser(&database, "DROP TABLE service_tokens").await.expect("no table");
    let applied = migrate::up(&urls.owner, &urls.serving).await.map_err(|error| error.describe());
    assert!(applied.expect("migrations").first().is_some_and(|first| first.contains("000001")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_waits_for_those_who_work_and_lets_them_wait_for_it_no_longer_than_a_moment() {
    let database = TestDatabase::migrated().await;
    let urls = database.urls();
    with_superuser(&database, "DELETE FROM __diesel_schema_migrations WHERE version = '20261125000018'")
        .await
        .expect("a migration to be applied");
    // Somebody is in the middle of a payout that takes its time.
    let mut busy = superuser(&database).await;
    busy.batch_execute("BEGIN; LOCK commission_events IN ROW EXCLUSIVE MODE").await.expect("a lock");
    let migrating = tokio::spawn(async move { migrate::up(&urls.owner, &urls.serving).await });
    let mut reader = superuser(&database).await;
    for _ in 0..8 {
        let begun = Instant::now();
        reader.batch_execute("UPDATE commission_events SET status = status").await.expect("an accrual");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert!(!migrating.is_finished());
    busy.batch_execute("COMMIT").await.expect("an end");
    let applied = migrating.await.expect("a task").map_err(|error| error.describe()).expect("a migration");
    assert_eq!(applied, ["2026-11-25-000018_account_figures"]);
}

/// A server over a database of a test, and what a second program says about it.
struct Beside {
    folder: Folder,
    database: TestDatabase,
}

impl Beside {
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.folder.command(arguments);
        let urls = self.database.urls();
        command.env("DATABASE_URL", urls.serving).env("MIGRATION_DATABASE_URL", urls.owner);
        command.env("AUTH_HS256_SECRET", String::from_utf8_lossy(SECRET).as_ref());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("a program")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_program_goes_on_beside_a_new_one_and_does_not_start_after_it() {
    let beside = Beside { folder: Folder::new(), database: TestDatabase::migrated().await };
    let created = beside.run(&["tenant", "create", "demo"]);
    assert!(created.status.success(), "{}", output_text(&created));
    let server = Program::start_with(&mut beside.command(&["serve"]));
    let token = beside.run(&["token", "--tenant", "demo", "--user", "ada", "--role", "admin"]);
    let token = String::from_utf8(token.stdout).expect("a token");
    // What a program of the next version may do to the tables: add what the present one can do without.
    let next = "ALTER TABLE partners ADD COLUMN nickname text, ADD COLUMN stars int NOT NULL DEFAULT 5;
        INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
    with_superuser(&beside.database, next).await.expect("the next version");
    let body = r#"{"query":"mutation{createPartner(input:{companyName:\"p\"}){partner{companyName}}}"}"#;
    assert_eq!(server.post(token.trim(), body)["data"]["createPartner"]["partner"]["companyName"], "p");
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    for arguments in [&["serve"][..], &["migrate"], &["doctor"]] {
        let refused = beside.run(arguments);
        let text = output_text(&refused);
        assert!(!refused.status.success(), "{text}");
        assert!(text.contains("newer than this program") && text.contains("99999999999999"), "{text}");
    }
    assert!(server.signal(Signal::SIGTERM).success());
}

/// What a program that cannot start says: one line.
pub fn refusal(folder: &Folder, url: &str) -> String {
    let mut command = folder.command(&["serve"]);
    let output = command.env("DATABASE_URL", url).output().expect("a program");
    let text = output_text(&output);
    assert!(
        !output.status.success() && text.starts_with("error: ") && text.trim().lines().count() == 1,
        "{text}"
    );
    text
}

#[test]
fn what_keeps_it_from_its_database_is_told_in_one_line() {
    let (database, folder) = (Database::start(), Folder::new());
    let url = database.urls().serving.clone();
    for (url, word) in [
        ("nonsense".to_owned(), "postgres://role:password@host"),
        ("postgres://someone:hush@127.0.0.1:1/x".to_owned(), "cannot be reached"),
        (url.replace("/revshare?", "/nowhere?"), "there is no database nowhere"),
        (url.replace("revshare_app@", "nobody@"), "does not let the role nobody in"),
    ] {
        let text = refusal(&folder, &url);
        assert!(text.contains(word) && !text.contains("hush"), "{text}");
    }
    // Served from another database than the one that is migrated.
    database.rows("CREATE DATABASE another").expect("another database");
    let mut command = folder.command(&["serve"]);
    command.env("DATABASE_URL", url.replace("/revshare?", "/another?"));
    let output = command.env("MIGRATION_DATABASE_URL", &database.urls().owner).output().expect("a program");
    assert!(output_text(&output).starts_with("error: DATABASE_URL and MIGRATION_DATABASE_URL"), "{}", output_text(&output));
    command = folder.command(&["doctor"]);
    command.env("DATABASE_URL", url.replace("/revshare?", "/another?"));
    let output = command.env("MIGRATION_DATABASE_URL", &database.urls().owner).output().expect("a program");
    assert!(
        output.status.code() == Some(1) && output_text(&output).contains("different databases"),
        "{}",
        output_text(&output)
    );
    // From now on, with a password.
    database.must_show_password("right", "");
    let with = |password: &str| url.replace("revshare_app@", &format!("revshare_app:{password}@"));
    let text = refusal(&folder, &with("hush"));
    assert!(text.contains("put role and password in its URL right") && !text.contains("hush"), "{text}");
    let mut command = folder.command(&["serve"]);
    command.env("DATABASE_URL", with("right")).env("MIGRATION_DATABASE_URL", &database.urls().owner);
    let server = Program::start_with(&mut command);
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    // Another password, and the connections are gone: it is not ready, and comes back with the password.
    let again = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'revshare_app'";
    for (password, status) in [("other", "HTTP/1.1 503 "), ("right", "HTTP/1.1 200 ")] {
        database.rows(&format!("ALTER ROLE revshare_app PASSWORD '{password}'")).expect("a password");
        database.rows(again).expect("an end");
        let begun = Instant::now();
        while !server.get("/readyz").starts_with(status) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{}", server.get("/readyz"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let doctor = |url: String| {
        let mut command = folder.command(&["doctor"]);
        command.env("DATABASE_URL", url).env("MIGRATION_DATABASE_URL", &database.urls().owner);
        command.output().expect("a program")
    };
    let good = doctor(with("right"));
    assert!(good.status.success() && output_text(&good).contains("all are applied"), "{}", output_text(&good));
    let wrong = doctor(with("hush"));
    assert_eq!(wrong.status.code(), Some(1), "{}", output_text(&wrong));
    database.rows("GRANT UPDATE ON commission_events TO revshare_app").expect("too much");
    database.rows("ALTER TABLE payouts DISABLE ROW LEVEL SECURITY").expect("too little");
    let ill = doctor(with("right"));
    let text = output_text(&ill);
    assert!(text.contains("may change amounts") && text.contains("security is off on payouts"), "{text}");
    assert_eq!(ill.status.code(), Some(1));
    assert!(server.signal(Signal::SIGTERM).success());
}
