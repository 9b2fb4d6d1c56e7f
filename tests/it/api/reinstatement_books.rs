//! What the database and the reconciliation do about reinstatements that are wrong.

use super::reconciliation::{restore_ledger, save_ledger, unchecked};
use crate::support::{TestTenant, acme_with_partner, superuser};
use diesel_async::SimpleAsyncConnection;

const JANUARY: &str = "2026-01-15T00:00:00Z";

const BELONGS: &str = "a refund that was reversed has one reinstatement, which is PENDING or paid while its original is PENDING";
const ADDS_UP: &str =
    "an event and its reversals add up to the commission on the amount that was not refunded";
const BASE: &str =
    "the bases of an event and its reversals add up to the base of the amount that was not refunded";

/// A tenant with a clawback of 15.00 that was reinstated, and a PENDING event with a reversal and a reinstatement.
async fn acme_with_reinstatements() -> TestTenant {
    let (acme, _) = acme_with_partner().await;
    acme.commission_event_at("p", "i", "100.00", "EUR", JANUARY).await;
    acme.refund("i", "full", "100.00").await;
    acme.reverse_refund("full").await;
    acme.commission_event_at("p", "j", "100.00", "EUR", JANUARY).await;
    acme.refund("j", "part", "40.00").await;
    acme.reverse_refund("part").await;
    acme.assert_reconciled().await;
    acme
}

#[tokio::test]
async fn the_reconciliation_finds_wrong_and_missing_reinstatements() {
    let corruptions = [
        ("DELETE FROM refund_reversals WHERE refund_id = 'full'", BELONGS),
        ("DELETE FROM refund_reversals WHERE refund_id = 'full'", ADDS_UP),
        ("DELETE FROM commission_events WHERE reversed_refund_id = 'full'", BELONGS),
        ("DELETE FROM commission_events WHERE reversed_refund_id = 'full'", ADDS_UP),
        ("UPDATE refund_reversals SET reversed_at = reversed_at - interval '1 day'", BELONGS),
        ("UPDATE commission_events SET status = 'APPROVED' WHERE reversed_refund_id = 'part'", BELONGS),
        ("UPDATE commission_events SET commission_amount = 14 WHERE reversed_refund_id = 'full'", ADDS_UP),
        ("UPDATE commission_events SET base_amount = 99 WHERE reversed_refund_id = 'full'", BASE),
        ("UPDATE commission_events SET reversed_refund_id = 'x' WHERE reversed_refund_id = 'part'", BELONGS),
        ("UPDATE invoice_refunds SET commissionable_amount = 1 WHERE refund_id = 'late'", ADDS_UP),
    ];
    let acme = acme_with_reinstatements().await;
    acme.refund("j", "late", "20.00").await;
    for (sql, rule) in corruptions {
        // Each in a transaction of a copy would be slow: the rows are put back from a copy instead.
        save_ledger(&acme).await;
        unchecked(&acme, sql).await;
        let differences = acme.reconciliation_differences().await;
        let rules: Vec<_> =
            differences.as_array().expect("a list").iter().map(|row| row["rule"].clone()).collect();
        assert!(rules.iter().any(|found| found == rule), "{sql}: {rules:?}");
        restore_ledger(&acme).await;
        acme.assert_reconciled().await;
    }
}

#[tokio::test]
async fn the_database_rejects_reinstatements_without_a_reversal_and_stated_parts_that_are_too_large() {
    let acme = acme_with_reinstatements().await;
    let event = "UPDATE commission_events SET";
    for (sql, constraint) in [
        (
            format!("{event} reversed_refund_id = 'x' WHERE reversed_refund_id = 'full'"),
            "commission_reinstatement_has_its_reversal",
        ),
        (
            format!("{event} reversed_refund_id = 'full' WHERE reversed_refund_id = 'part'"),
            "commission_reinstated_once_per_refund",
        ),
        (
            format!("{event} reversed_refund_id = NULL WHERE reversed_refund_id = 'part'"),
            "commission_reinstatement_names_its_original",
        ),
        (
            format!("{event} commission_amount = -1 WHERE reversed_refund_id = 'part'"),
            "commission_reinstatement_names_its_original",
        ),
        (format!("{event} reversed_refund_id = 'part' WHERE refund_id = 'part'"), "commission_"),
        (format!("{event} event_type = 'REINSTATEMENT' WHERE refund_id = 'part'"), "commission_"),
        ("DELETE FROM refund_reversals".to_owned(), "commission_reinstatement_has_its_reversal"),
        (
            "UPDATE invoice_refunds SET commissionable_amount = 40.01 WHERE refund_id = 'part'".to_owned(),
            "refund_base_is_part_of_the_refund",
        ),
        (
            "UPDATE invoice_refunds SET commissionable_amount = 0.001 WHERE refund_id = 'part'".to_owned(),
            "refund_base_is_money",
        ),
    ] {
        let mut connection = superuser(&acme.app.database).await;
        let error = connection.batch_execute(&sql).await.expect_err(&sql).to_string();
        assert!(error.contains(constraint), "{sql}: {error}");
    }
}
