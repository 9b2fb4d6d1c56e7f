//! A database that rejects writes, or whose clock was set back: mutations fail as retryable, leave nothing behind, and
//! succeed once the condition is over.

use diesel_async::SimpleAsyncConnection;

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

#[tokio::test]
async fn writes_recover_after_a_full_disk() {
    // With PostgreSQL's own error, raised after the first row of the transaction was written.
    let cause = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file \"base/1/2\": No space left on device';
        END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON commission_events FOR EACH ROW EXECUTE FUNCTION full_disk()";
    let remedy = "DROP TRIGGER full_disk ON commission_events; DROP FUNCTION full_disk";
    assert_recovers(&acme().await, cause, remedy).await;
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
