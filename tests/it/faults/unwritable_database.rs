//! A database that rejects writes, or whose clock was set back: mutations fail as retryable, leave nothing behind, and
//! succeed once the condition is over.

use diesel_async::SimpleAsyncConnection;
use serde_json::json;

use crate::support::{TestTenant, acme, in_days, invoice_input, superuser, with_superuser};

async fn run_as_superuser(acme: &TestTenant, sql: &str) {
    superuser(&acme.app.database).await.batch_execute(sql).await.expect(sql);
}

/// Fails unless invoices are rejected as retryable after `cause`, leave no rows, and are recorded after `remedy`.
async fn assert_recovers(acme: &TestTenant, cause: &str, remedy: &str) {
    acme.create_partner_with_account("c").await;
    let invoice = invoice_input("c", "i-1", "10.00", "EUR", &in_days(-1));
    run_as_superuser(acme, cause).await;
    for _ in 0..3 {
        let code = acme.billing().error_code("recordInvoicePaid", invoice.clone()).await;
        assert_eq!(code, "UNAVAILABLE", "{cause}");
    }
    run_as_superuser(acme, remedy).await;
    let assert_empty = "DO $$ BEGIN
            IF EXISTS (SELECT FROM invoice_revisions) THEN RAISE 'a rejected invoice was stored'; END IF;
        END $$";
    assert_eq!(with_superuser(&acme.app.database, assert_empty).await, Ok(()));
    let recorded = acme.billing().mutate_ok("recordInvoicePaid", invoice, "outcome").await;
    assert_eq!(recorded["outcome"], "RECORDED");
}

/// Makes new transactions of the database read-only or not, and ends all connections, so that it takes effect.
fn set_read_only(value: &str) -> String {
    format!(
        "DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {value}', current_database());
        END $$;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
}

#[tokio::test]
async fn writes_recover_after_the_database_was_read_only() {
    // The setting applies to superusers as well.
    let remedy = format!("SET TRANSACTION READ WRITE; {}", set_read_only("off"));
    assert_recovers(&acme().await, &set_read_only("on"), &remedy).await;
}

/// Lets every INSERT into a table fail with PostgreSQL's own error for a full disk.
fn fill_disk_of(table: &str) -> String {
    format!(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file \"base/1/2\": No space left on device';
        END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
}

/// Ends that again, with its trigger.
const FREE_DISK: &str = "DROP FUNCTION full_disk CASCADE";

#[tokio::test]
async fn writes_recover_after_a_full_disk() {
    // Raised after the first row of the transaction was written.
    assert_recovers(&acme().await, &fill_disk_of("commission_events"), FREE_DISK).await;
}

/// COMMIT is sent together with the entry of the audit trail: it must not commit the act without its entry.
#[tokio::test]
async fn an_act_whose_entry_cannot_be_written_is_rolled_back() {
    let acme = acme().await;
    let admin = acme.admin();
    let partner = acme.create_partner_with_account("c").await;
    let rename = async |name: &str| {
        admin
            .mutate_ok("updatePartner", json!({ "id": partner, "companyName": name }), "partner { id }")
            .await
    };
    let name = async || {
        let data = admin
            .query_with("query($id: ID!) { partner(id: $id) { companyName } }", json!({ "id": partner }));
        data.await.data()["partner"]["companyName"].clone()
    };
    // Until connections have written an entry: only then do they send both together.
    for n in 0..20 {
        rename(&format!("before {n}")).await;
    }
    run_as_superuser(&acme, &fill_disk_of("audit_entries")).await;
    for _ in 0..5 {
        let input = json!({ "id": partner, "companyName": "meanwhile" });
        assert_eq!(admin.error_code("updatePartner", input).await, "UNAVAILABLE");
        assert_eq!(name().await, "before 19");
    }
    run_as_superuser(&acme, FREE_DISK).await;
    rename("after").await;
    assert_eq!(name().await, "after");
}

#[tokio::test]
async fn payouts_can_be_settled_after_the_clock_was_set_back() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("c").await;
    // Moves the payout into the future, as if it had been created by a clock that was an hour ahead.
    let age = "UPDATE payouts SET created_at = created_at + interval '1 hour' WHERE status = 'READY';
         UPDATE payout_lines SET added_at = (SELECT created_at FROM payouts WHERE id = payout_id) WHERE released_at IS NULL;
         UPDATE commission_events SET paid_at = (SELECT created_at FROM payouts WHERE id = payout_id)
            WHERE payout_id IS NOT NULL;
         UPDATE status_changes SET changed_at = changed_at + interval '1 hour' WHERE payout_id IS NOT NULL";
    for (n, transition) in ["completePayout", "failPayout", "cancelPayout"].into_iter().enumerate() {
        acme.approved_event("c", &format!("i-{n}"), "10.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        run_as_superuser(&acme, age).await;
        acme.transition_payout(transition, &payout).await;
    }
    acme.assert_reconciled().await;
}
