//! Privileges: the serving role can change neither amounts nor history.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use revshare::domain::db::migrate;

use super::REVERT_SEARCH;
use crate::support::{TestApp, TestDatabase, ok, superuser};

/// Reverts the latest migration that changes rows.
const LATEST_DOWN: &str = include_str!("../../../migrations/2026-11-28-000017_people/down.sql");

/// Statements that need a privilege the serving role does not have.
const FORBIDDEN: &[&str] = &[
    "UPDATE commission_events SET commission_amount = 1000",
    "UPDATE commission_events SET base_amount = 1000, commission_amount = 150",
    "UPDATE commission_events SET event_date = now()",
    "UPDATE commission_events SET partner_id = gen_random_uuid()",
    "UPDATE commission_events SET currency = 'USD'",
    "UPDATE payouts SET total_amount = 1000",
    "UPDATE payouts SET commission_count = 1",
    "UPDATE payouts SET period_end = now()",
    "UPDATE payout_lines SET commission_amount = 1000",
    "UPDATE payout_lines SET payout_id = gen_random_uuid()",
    "UPDATE invoice_revisions SET total_amount = 1000",
    "UPDATE invoice_refunds SET amount = 1000",
    "UPDATE invoice_refunds SET commissionable_amount = 0",
    "UPDATE refund_reversals SET reversed_at = now()",
    "UPDATE status_changes SET actor = 'somebody else'",
    "UPDATE status_changes SET reason = NULL",
    "UPDATE partner_terms SET default_commission_rate = 1",
    "DELETE FROM partner_terms",
    "UPDATE managed_account_terms SET custom_commission_rate = 1",
    "DELETE FROM managed_account_terms",
    "UPDATE status_changes SET kind = 'HOLD'",
    "UPDATE commission_events SET partner_note = NULL",
    "UPDATE erasures SET reason = ''",
    "DELETE FROM erasures",
    "UPDATE idempotency_keys SET request = '{}'",
    "UPDATE payout_run_skipped SET amount = 0",
    "UPDATE adjustment_requests SET amount = 1000",
    "DELETE FROM adjustment_requests",
    "UPDATE service_tokens SET token_hash = sha256('')",
    "UPDATE service_tokens SET expires_at = NULL",
    "UPDATE service_tokens SET tenant_id = 'another'",
    "UPDATE commission_monthly_totals SET partner_id = gen_random_uuid()",
    "DELETE FROM commission_monthly_totals",
    "DELETE FROM service_tokens",
    "UPDATE audit_entries SET changes = '[]'",
    "UPDATE audit_entries SET hash = sha256('')",
    "UPDATE audit_seals SET hash = sha256('')",
    "UPDATE audit_seal_members SET seal_number = 1",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_seals",
    "DELETE FROM audit_seal_members",
    "UPDATE partner_legal SET partner_id = gen_random_uuid()",
    "DELETE FROM partner_legal",
    "UPDATE tenant_legal SET tenant_id = 'another'",
    "DELETE FROM tenant_legal",
    "DELETE FROM status_changes",
    "DELETE FROM commission_events",
    "DELETE FROM payouts",
    "DELETE FROM payout_lines",
    "DELETE FROM invoice_revisions",
    "DELETE FROM invoice_refunds",
    "DELETE FROM refund_reversals",
    "DELETE FROM idempotency_keys",
    "DELETE FROM partners",
    "TRUNCATE status_changes",
];

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

async fn assert_forbidden(url: &str) {
    let mut connection = connect(url).await;
    for sql in FORBIDDEN {
        let error = connection.batch_execute(sql).await.expect_err(sql).to_string();
        assert!(error.starts_with("permission denied"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn the_serving_role_cannot_change_amounts_or_history() {
    let app = TestApp::new().await;
    let urls = app.database.urls();
    assert_forbidden(&urls.serving).await;
    let mut serving = connect(&urls.serving).await;
    for sql in [
        "ALTER TABLE commission_events DROP CONSTRAINT commission_amount_is_money",
        "DROP TABLE status_changes",
        "CREATE TRIGGER t BEFORE INSERT ON payouts EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "SET ROLE revshare",
        "SET session_replication_role = replica",
    ] {
        assert!(serving.batch_execute(sql).await.is_err(), "{sql}");
    }
    // PostgreSQL only warns about a grant without a grant option, and grants nothing.
    serving.batch_execute("GRANT UPDATE ON commission_events TO revshare_app").await.expect("a warning");
    assert_forbidden(&urls.serving).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_serves_revokes_the_same_privileges_from_itself() {
    let database = TestDatabase::empty().await;
    let owner = database.urls().owner;
    for _ in 0..2 {
        ok(migrate::run(&owner, &owner).await);
        assert_forbidden(&owner).await;
    }
    // A later migration has to change rows: the owner regains the privileges while it migrates.
    let mut superuser = superuser(&database).await;
    superuser.batch_execute(REVERT_SEARCH).await.expect("an older schema");
    superuser.batch_execute(LATEST_DOWN).await.expect("an older schema");
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261128000017'";
    superuser.batch_execute(forget).await.expect("an older schema");
    assert_eq!(ok(migrate::run(&owner, &owner).await).len(), 2);
    assert_forbidden(&owner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_ownership_serves_only_an_up_to_date_schema() {
    let database = TestDatabase::empty().await;
    let urls = database.urls();
    let error = migrate::run(&urls.serving, &urls.serving).await.expect_err("no privileges").describe();
    assert!(error.contains("permission denied"), "{error}");
    ok(migrate::run(&urls.owner, &urls.serving).await);
    assert_eq!(ok(migrate::run(&urls.serving, &urls.serving).await), Vec::<String>::new());
    let mut superuser = superuser(&database).await;
    let older = "DELETE FROM __diesel_schema_migrations WHERE version = '20261128000017'";
    superuser.batch_execute(older).await.expect("an older schema");
    let error = migrate::run(&urls.serving, &urls.serving).await.expect_err("an older schema").describe();
    assert!(error.contains("lacks 2026-11-28-000017"), "{error}");
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')";
    superuser.batch_execute(newer).await.expect("a newer schema");
    for owner in [&urls.owner, &urls.serving] {
        let error = migrate::run(owner, &urls.serving).await.expect_err("a newer schema").describe();
        assert!(error.contains("newer than this program: it has migration 20991231000000"), "{error}");
    }
}
