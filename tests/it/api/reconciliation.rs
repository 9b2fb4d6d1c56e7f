//! `reconciliation`: it finds no difference in correct books, and reports every kind of corruption.

use serde_json::{Value, json};

use super::corruptions::{CORRUPTIONS, Corruption};
use crate::support::{TestTenant, acme_with_partner, euros, in_days, with_superuser};

const DEBTS: &str = "query {
    reconciliation { debts { partner { id } amount { amount currency } } strandedEvents { id } }
}";

const STRANDED: &str = "query { reconciliation { balanced strandedEvents { invoiceId } } }";

/// The tables of the ledger. Restored as one, because they refer to each other.
const LEDGER: [&str; 11] = [
    "commission_events",
    "payouts",
    "payout_lines",
    "invoice_revisions",
    "invoice_refunds",
    "refund_reversals",
    "status_changes",
    "commission_monthly_totals",
    "adjustment_requests",
    "partner_terms",
    "managed_account_terms",
];

/// A tenant and its partner, with events of every status and type and payouts of every status.
async fn acme_with_every_status() -> (TestTenant, String) {
    let (acme, partner) = acme_with_partner().await;
    for (invoice, mutation) in
        [("completed", "completePayout"), ("failed", "failPayout"), ("cancelled", "cancelPayout")]
    {
        acme.approved_event("p", invoice, "100.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        acme.transition_payout(mutation, &payout).await;
    }
    acme.create_payout(&partner).await;
    acme.refund("completed", "part", "10.00").await;
    let withdrawn = acme.commission_event("p", "withdrawn", "100.00", "EUR").await;
    acme.cancel(&[withdrawn]).await;
    acme.commission_event("p", "refunded", "100.00", "EUR").await;
    acme.refund("refunded", "all", "100.00").await;
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    acme.refund("pending", "little", "0.01").await;
    let debt = json!({
        "partnerId": partner, "amount": euros("-5.00"), "reason": "fee", "idempotencyKey": "k",
    });
    acme.finance().mutate_ok("recordAdjustment", debt, "commissionEvent { id }").await;
    (acme, partner)
}

/// Runs SQL as superuser, without the triggers and foreign keys that would prevent or repair a corruption.
pub async fn unchecked(tenant: &TestTenant, sql: &str) {
    let sql = format!("SET session_replication_role = replica; {sql}");
    with_superuser(&tenant.app.database, &sql).await.expect(&sql);
}

/// Inserts the rows of a copy, without the columns that are computed from others.
const RESTORE: &str = "
    CREATE PROCEDURE saved.restore(name text) LANGUAGE plpgsql AS $$
    DECLARE columns text;
    BEGIN
        SELECT string_agg(quote_ident(column_name), ', ') INTO columns FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = name AND is_generated = 'NEVER';
        EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %2$s FROM saved.%1$I', name, columns);
    END $$";

/// Copies the ledger to a schema of its own.
pub async fn save_ledger(tenant: &TestTenant) {
    let copies = LEDGER.map(|table| format!("CREATE TABLE saved.{table} AS TABLE {table}")).join("; ");
    unchecked(tenant, &format!("CREATE SCHEMA saved; {copies}; {RESTORE}")).await;
}

/// Replaces the ledger by the copy.
pub async fn restore_ledger(tenant: &TestTenant) {
    let tables = LEDGER.join(", ");
    let copies = LEDGER.map(|table| format!("CALL saved.restore('{table}')")).join("; ");
    unchecked(tenant, &format!("TRUNCATE {tables} CASCADE; {copies}; DROP SCHEMA saved CASCADE")).await;
}

/// The invoices of approved events that no payout since has included.
async fn stranded(tenant: &TestTenant) -> Vec<String> {
    let data = tenant.admin().query(STRANDED).await.data();
    let events = data["reconciliation"]["strandedEvents"].as_array().expect("a list");
    events.iter().map(|event| event["invoiceId"].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test]
async fn correct_books_are_balanced_and_debts_are_listed() {
    let (acme, partner) = acme_with_every_status().await;
    acme.assert_reconciled().await;
    let data = acme.admin().query(DEBTS).await.data();
    let debts = json!([{ "partner": { "id": partner }, "amount": euros("-6.50") }]);
    assert_eq!(data["reconciliation"]["debts"], debts);
}

#[tokio::test]
async fn every_corruption_is_found_and_named() {
    let (acme, partner) = acme_with_every_status().await;
    for Corruption { sql, rule, expected, actual } in CORRUPTIONS {
        save_ledger(&acme).await;
        unchecked(&acme, sql).await;

        let differences = acme.reconciliation_differences().await;
        let differences = differences.as_array().expect("a list");
        let difference = differences.iter().find(|difference| difference["rule"] == *rule);
        let difference =
            difference.unwrap_or_else(|| panic!("{sql}: not found by {rule:?}: {differences:#?}"));
        assert_eq!(difference["expected"]["amount"], *expected, "{sql}: {rule}");
        assert_eq!(difference["actual"]["amount"], *actual, "{sql}: {rule}");
        assert_eq!(difference["partner"]["id"], partner, "{sql}: {rule}");
        assert_eq!(difference["currency"], "EUR", "{sql}: {rule}");

        restore_ledger(&acme).await;
        acme.assert_reconciled().await;
    }
}

#[tokio::test]
async fn an_approved_event_is_stranded_if_a_payout_of_its_currency_left_it_out() {
    let (acme, partner) = acme_with_every_status().await;
    let before = stranded(&acme).await;
    let late = acme.commission_event_at("p", "late", "100.00", "EUR", "2025-01-01T00:00:00Z").await;
    assert_eq!(stranded(&acme).await, before, "it is not approved");
    acme.approve(&[late]).await;
    assert_eq!(stranded(&acme).await[0], "late");
    acme.approved_event_at("p", "yen", "1000", "JPY", "2025-01-01T00:00:00Z").await;
    assert!(!stranded(&acme).await.contains(&"yen".to_owned()), "there is no payout in JPY");

    acme.create_payout(&partner).await;
    assert_eq!(stranded(&acme).await, [""; 0]);

    // A reversal has the date and the hold of its original.
    acme.update_settings(json!({ "holdDays": 30 })).await;
    acme.approved_event_at("p", "within the hold", "100.00", "EUR", &in_days(-1)).await;
    acme.refund("within the hold", "r", "10.00").await;
    assert_eq!(stranded(&acme).await, [""; 0]);
}

#[tokio::test]
async fn a_tenant_does_not_see_the_differences_of_another() {
    let (acme, _) = acme_with_every_status().await;
    let globex = acme.app.tenant("globex").await;
    let partner = globex.create_partner_with_account("g").await;
    globex.approved_event("g", "i", "100.00", "EUR").await;
    globex.create_payout(&partner).await;
    globex.refund("i", "r", "10.00").await;

    let corruption = "UPDATE payouts SET total_amount = 99 WHERE tenant_id = 'acme'";
    with_superuser(&acme.app.database, corruption).await.expect("a corruption");
    globex.assert_reconciled().await;
    assert_ne!(acme.reconciliation_differences().await, Value::Array(Vec::new()));
}
