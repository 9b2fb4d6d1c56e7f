//! The proof that no money was lost or made, and that it sees what is wrong.

use serde_json::{Value, json};

use crate::support::{TestApp, TestTenant, in_days, refund_input, with_superuser};

/// A tenant in which everything has happened once: events of every status and type, payouts of every status.
async fn acme() -> (TestTenant, String) {
    let acme = TestApp::new().await.tenant("acme").await;
    let partner = acme.create_partner_with_account("p").await;
    for (invoice, act) in
        [("completed", "completePayout"), ("failed", "failPayout"), ("cancelled", "cancelPayout")]
    {
        acme.approved_event("p", invoice, "100.00", "EUR").await;
        let payout = acme.create_payout(&partner).await;
        acme.transition_payout(act, &payout).await;
    }
    acme.create_payout(&partner).await;
    acme.refund("completed", "part", "10.00").await;
    let called_off = acme.commission_event("p", "called off", "100.00", "EUR").await;
    let cancel = json!({ "ids": [called_off], "reason": "r" });
    acme.finance().mutate_ok("cancelCommissionEvents", cancel, "commissionEvents{id}").await;
    acme.commission_event("p", "refunded", "100.00", "EUR").await;
    acme.refund("refunded", "all", "100.00").await;
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    acme.refund("pending", "little", "0.01").await;
    let gift = json!({ "partnerId": partner, "amount": { "amount": "-5.00", "currency": "EUR" }, "reason": "r", "idempotencyKey": "k" });
    acme.finance().mutate_ok("recordAdjustment", gift, "commissionEvent{id}").await;
    (acme, partner)
}

fn rules(differences: &Value) -> Vec<&str> {
    differences
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| found["rule"].as_str().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn sound_books_are_balanced_and_tell_of_debts() {
    let (acme, partner) = acme().await;
    assert_eq!(acme.reconciliation_differences().await, json!([]));
    let found = acme
        .admin()
        .query("{reconciliation{debts{partner{id} amount{amount currency}} strandedEvents{id}}}")
        .await;
    let debt = json!([{ "partner": { "id": partner }, "amount": { "amount": "-6.50", "currency": "EUR" } }]);
    assert_eq!(found.data()["reconciliation"]["debts"], debt);
}

/// What is damaged, the rule that sees it, what there should be and what there is.
const DAMAGES: &[(&str, &str, &str, &str)] = &[
    (
        "DELETE FROM commission_sums",
        "the sums of a month are those of its events", "53.50", "0.00",
    ),
    (
        "UPDATE commission_sums SET approved = approved + 1, pending = pending - 1 WHERE ctid = (SELECT min(ctid) FROM commission_sums)",
        "approved of a balance is the sum of the events in that state", "-6.50", "-5.50",
    ),
    (
        "UPDATE payouts SET total_amount = 16 WHERE status = 'COMPLETED'",
        "the total and the count of a payout are those of its lines", "15.00", "16.00",
    ),
    (
        "UPDATE payouts SET commission_count = 7 WHERE status = 'READY'",
        "the total and the count of a payout are those of its lines", "30.00", "30.00",
    ),
    (
        "UPDATE payout_lines SET released_at = now() WHERE payout_id = (SELECT id FROM payouts WHERE status = 'COMPLETED')",
        "a payout holds its lines until it fails or is cancelled", "15.00", "0.00",
    ),
    (
        "UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        "an event is PAID as long as a payout holds it, by that payout, with that amount", "15.00", "0.00",
    ),
    (
        "UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        "approved of a balance is the sum of the events in that state", "8.50", "-6.50",
    ),
    (
        "UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        "settled of a balance is the sum of the events in that state", "0.00", "15.00",
    ),
    (
        "UPDATE commission_events SET paid_at = paid_at - interval '1 second' WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        "an event is PAID as long as a payout holds it, by that payout, with that amount", "15.00", "15.00",
    ),
    (
        "UPDATE invoice_receipts SET outcome = 'NO_RATE', partner_id = NULL, commission_rate = NULL WHERE invoice_id = 'pending'",
        "an invoice that earned something has one event, for the partner, base, rate and date of its receipt", "0.00", "15.00",
    ),
    (
        "UPDATE invoice_receipts SET commissionable_amount = 90 WHERE invoice_id = 'pending'",
        "an invoice that earned something has one event, for the partner, base, rate and date of its receipt", "13.50", "15.00",
    ),
    (
        "DELETE FROM status_changes WHERE commission_event_id = (SELECT id FROM commission_events WHERE invoice_id = 'called off');
         DELETE FROM commission_events WHERE invoice_id = 'called off'",
        "an invoice that earned something has one event, for the partner, base, rate and date of its receipt", "15.00", "0.00",
    ),
    (
        "UPDATE commission_events SET base_amount = 200, commission_amount = 30 WHERE invoice_id = 'pending' AND reverses_id IS NULL",
        "an invoice that earned something has one event, for the partner, base, rate and date of its receipt", "15.00", "30.00",
    ),
    (
        "UPDATE commission_events SET commission_rate = 0.5, commission_amount = 50 WHERE invoice_id = 'called off'",
        "an invoice that earned something has one event, for the partner, base, rate and date of its receipt", "15.00", "50.00",
    ),
    (
        "UPDATE invoice_refunds SET amount = 120 WHERE refund_id = 'all'",
        "the refunds of an invoice are at most its total, in its currency", "100.00", "120.00",
    ),
    (
        "UPDATE invoice_refunds SET currency = 'USD' WHERE refund_id = 'part'",
        "the refunds of an invoice are at most its total, in its currency", "100.00", "10.00",
    ),
    (
        "UPDATE invoice_refunds SET refunded_at = refunded_at + interval '1 month' WHERE refund_id = 'part'",
        "a line that reverses an event is of its refund, and goes with the event while that is in no payout", "0.00", "-1.50",
    ),
    (
        "UPDATE commission_events SET status = 'APPROVED' WHERE refund_id = 'little'",
        "a line that reverses an event is of its refund, and goes with the event while that is in no payout", "0.00", "0.00",
    ),
    (
        "DELETE FROM status_changes WHERE to_status = 'APPROVED' AND from_status = 'PENDING' AND commission_event_id = (SELECT id FROM commission_events WHERE invoice_id = 'completed' AND reverses_id IS NULL)",
        "the history of an event ends with its status", "0.00", "15.00",
    ),
    (
        "UPDATE commission_events SET base_amount = 0 WHERE refund_id = 'part'",
        "the bases of an event and the lines that reverse it add up to the base of what was not refunded", "90.00", "100.00",
    ),
    (
        "DELETE FROM status_changes WHERE commission_event_id = (SELECT id FROM commission_events WHERE event_type = 'ADJUSTMENT');
         DELETE FROM commission_events WHERE event_type = 'ADJUSTMENT'",
        "an adjustment has the amount that staff asked for", "-5.00", "0.00",
    ),
    (
        "UPDATE commission_events SET commission_amount = -1 WHERE refund_id = 'part'",
        "an event and the lines that reverse it add up to the commission on what was not refunded", "13.50", "14.00",
    ),
    (
        "UPDATE invoice_refunds SET amount = 20 WHERE refund_id = 'part'",
        "an event and the lines that reverse it add up to the commission on what was not refunded", "12.00", "13.50",
    ),
    (
        "UPDATE commission_events SET status = 'CLAWBACK' WHERE invoice_id = 'pending'",
        "an event and the lines that reverse it add up to the commission on what was not refunded", "15.00", "0.00",
    ),
    (
        "UPDATE commission_events SET commission_amount = -4 WHERE event_type = 'ADJUSTMENT'",
        "an adjustment has the amount that staff asked for", "-5.00", "-4.00",
    ),
    (
        "UPDATE commission_events SET status = 'APPROVED' WHERE invoice_id = 'pending' AND reverses_id IS NULL",
        "the history of an event ends with its status", "0.00", "15.00",
    ),
    (
        "DELETE FROM status_changes WHERE commission_event_id = (SELECT id FROM commission_events WHERE refund_id = 'part')",
        "the history of an event ends with its status", "0.00", "1.50",
    ),
    (
        "UPDATE payouts SET status = 'PROCESSING' WHERE status = 'READY'",
        "the history of a payout ends with its status", "0.00", "30.00",
    ),
    (
        "ALTER TABLE payouts DROP CONSTRAINT payout_pays_something;
         UPDATE commission_events SET commission_amount = -100 WHERE event_type = 'ADJUSTMENT';
         INSERT INTO payout_lines SELECT tenant_id, (SELECT id FROM payouts WHERE status = 'COMPLETED'), id, partner_id, currency,
            commission_amount, now() FROM commission_events WHERE event_type = 'ADJUSTMENT'",
        "settled of a balance is never negative: a payout is above zero", "0.00", "-85.00",
    ),
];

#[tokio::test]
async fn every_damage_is_found_and_named() {
    let (acme, partner) = acme().await;
    for (damage, rule, expected, actual) in DAMAGES {
        // A copy of the columns that were damaged is put back by undoing everything at the end of the database's life:
        // each damage gets a tenant's books as they were.
        let saved = "CREATE SCHEMA saved; CREATE TABLE saved.e AS TABLE commission_events; CREATE TABLE saved.p AS TABLE payouts;
            CREATE TABLE saved.l AS TABLE payout_lines; CREATE TABLE saved.r AS TABLE invoice_receipts;
            CREATE TABLE saved.f AS TABLE invoice_refunds; CREATE TABLE saved.s AS TABLE status_changes;
            CREATE TABLE saved.c AS TABLE commission_sums";
        let restored = "SET session_replication_role = replica;
            TRUNCATE commission_events, payouts, payout_lines, invoice_receipts, invoice_refunds, status_changes,
                commission_sums CASCADE;
            INSERT INTO commission_events TABLE saved.e; INSERT INTO payouts TABLE saved.p; INSERT INTO payout_lines TABLE saved.l;
            INSERT INTO invoice_receipts TABLE saved.r; INSERT INTO invoice_refunds TABLE saved.f;
            INSERT INTO status_changes TABLE saved.s; INSERT INTO commission_sums TABLE saved.c; DROP SCHEMA saved CASCADE";
        for sql in [saved, &format!("SET session_replication_role = replica; {damage}")] {
            with_superuser(&acme.app.database, sql).await.expect(sql);
        }
        let differences = acme.reconciliation_differences().await;
        let found = differences.as_array().expect("a list").iter().find(|found| found["rule"] == *rule);
        let found = found.unwrap_or_else(|| panic!("{damage}: {rule}: only {:?}", rules(&differences)));
        let amounts = [&found["expected"]["amount"], &found["actual"]["amount"]];
        assert_eq!(amounts, [&json!(expected), &json!(actual)], "{damage}: {rule}");
        assert_eq!((&found["partner"]["id"], &found["currency"]), (&json!(partner), &json!("EUR")));
        with_superuser(&acme.app.database, restored).await.expect(restored);
        assert_eq!(acme.reconciliation_differences().await, json!([]), "after {damage}");
    }
}

#[tokio::test]
async fn what_a_batch_left_behind_is_stranded() {
    let (acme, partner) = acme().await;
    let stranded = async || {
        let found = acme.admin().query("{reconciliation{balanced strandedEvents{invoiceId}}}").await.data();
        let events = found["reconciliation"]["strandedEvents"].as_array().cloned().unwrap_or_default();
        events.iter().map(|event| event["invoiceId"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    let before = stranded().await;
    let late = acme.commission_event_at("p", "late", "100.00", "EUR", "2025-01-01T00:00:00Z").await;
    assert_eq!(stranded().await, before, "it is not approved");
    acme.approve(&[late]).await;
    assert_eq!(stranded().await[0], "late");
    let other = acme.commission_event_at("p", "yen", "1000", "JPY", "2025-01-01T00:00:00Z").await;
    acme.approve(&[other]).await;
    assert!(!stranded().await.contains(&"yen".to_owned()), "no payout in yen");
    acme.create_payout(&partner).await;
    assert_eq!(stranded().await, Vec::<String>::new());
    // A line is as old as what it takes back, and held back with it.
    acme.admin().mutate_ok("updateTenantSettings", json!({ "holdDays": 30 }), "tenant{id}").await;
    let held = acme.commission_event_at("p", "held", "100.00", "EUR", &in_days(-1)).await;
    acme.approve(&[held]).await;
    acme.refund("held", "held", "10.00").await;
    assert_eq!(stranded().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_difference_of_one_tenant_is_not_seen_by_another() {
    let (acme, _) = acme().await;
    let globex = acme.app.tenant("globex").await;
    let partner = globex.create_partner_with_account("g").await;
    globex.approved_event("g", "i", "100.00", "EUR").await;
    globex.create_payout(&partner).await;
    globex.billing().mutate_ok("recordInvoiceRefunded", refund_input("i", "r", "10.00"), "outcome").await;
    with_superuser(&acme.app.database, "UPDATE payouts SET total_amount = 99 WHERE tenant_id = 'acme'")
        .await
        .expect("damage");
    assert_eq!(globex.reconciliation_differences().await, json!([]));
    assert_ne!(acme.reconciliation_differences().await, json!([]));
}
