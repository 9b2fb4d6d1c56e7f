//! What the reconciliation reports about damage to corrected invoices, terms, reinstatements and holds.

use serde_json::{Value, json};

use super::reconciliation::{restore_ledger, save_ledger, unchecked};
use crate::support::{TestTenant, acme_with_partner, invoice_input, with_fields};

const JANUARY: &str = "2026-01-15T00:00:00Z";

const ONE_EVENT: &str = "an invoice has at most one event that no correction has replaced";
const REPLACED: &str =
    "an event that a correction has replaced counts for nothing: its reversals take all of it back";
const TERMS: &str = "an event has the rate in force at its date, and its partner earned then, as was known when it was recorded";
const REINSTATED: &str = "a refund that was reversed has one reinstatement, which is PENDING or paid while its original is PENDING";
const ADDS_UP: &str =
    "an event and its reversals add up to the commission on the amount that was not refunded";
const BASES: &str =
    "the bases of an event and its reversals add up to the base of the amount that was not refunded";
const REVERSAL: &str =
    "a reversal belongs to its refund, and has the status of its original while that is in no payout";
const HELD: &str = "a held event is in no payout, and its reversals are held with it";
const HISTORY: &str = "an event is held if its history says so";
const PAID: &str = "an event in an unreleased line of a payout is PAID by that payout, with that amount";
const REVISION: &str = "the last revision of an invoice is the present one, and no other";
const PRESENT: &str = "an invoice that earned something has one event, for the partner, base, rate and date of its present revision";

/// A change made directly in the database, the rule that it violates, and what the rule expects and finds, in EUR.
struct Damage {
    sql: &'static str,
    rule: &'static str,
    expected: &'static str,
    actual: &'static str,
}

const DAMAGES: &[Damage] = &[
    // Two living events of one invoice: of one that was paid, and of one that was cancelled.
    Damage {
        sql: "DROP INDEX commission_once_per_invoice;
              UPDATE commission_events SET replaced_at = NULL WHERE invoice_id = 'paid' AND reverses_id IS NULL",
        rule: ONE_EVENT,
        expected: "15.00",
        actual: "45.00",
    },
    Damage {
        sql: "DROP INDEX IF EXISTS commission_once_per_invoice;
              UPDATE commission_events SET replaced_at = NULL, status = 'PENDING'
              WHERE invoice_id = 'unpaid' AND reverses_id IS NULL",
        rule: ONE_EVENT,
        expected: "15.00",
        actual: "45.00",
    },
    // The event of a superseded revision that lives, or is not reversed in full.
    Damage {
        sql: "UPDATE commission_events SET status = 'PENDING' WHERE invoice_id = 'unpaid' AND invoice_revision = 1",
        rule: REPLACED,
        expected: "0.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE commission_events SET commission_amount = -14 WHERE invoice_id = 'paid' AND refund_id IS NULL
              AND event_type = 'CLAWBACK'",
        rule: REPLACED,
        expected: "0.00",
        actual: "1.00",
    },
    Damage {
        sql: "UPDATE commission_events SET base_amount = -99 WHERE invoice_id = 'paid' AND refund_id IS NULL
              AND event_type = 'CLAWBACK'",
        rule: REPLACED,
        expected: "0.00",
        actual: "0.00",
    },
    Damage {
        sql: "DELETE FROM commission_events WHERE invoice_id = 'paid' AND refund_id IS NULL
              AND event_type = 'CLAWBACK'",
        rule: REPLACED,
        expected: "0.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE invoice_revisions SET superseded_at = NULL WHERE invoice_id = 'unpaid'",
        rule: REVISION,
        expected: "200.00",
        actual: "300.00",
    },
    Damage {
        sql: "UPDATE invoice_revisions SET customer_id = 'own rate' WHERE invoice_id = 'unpaid' AND revision = 2",
        rule: PRESENT,
        expected: "30.00",
        actual: "30.00",
    },
    // The rate of another moment, of the partner in place of the account, and of the account in place of the partner.
    Damage {
        sql: "UPDATE commission_events SET commission_rate = 0.3, commission_amount = 30 WHERE invoice_id = 'old rate';
              UPDATE invoice_revisions SET commission_rate = 0.3 WHERE invoice_id = 'old rate'",
        rule: TERMS,
        expected: "15.00",
        actual: "30.00",
    },
    Damage {
        sql: "UPDATE commission_events SET commission_rate = 0.15, commission_amount = 15, rate_source = 'PARTNER'
                  WHERE invoice_id = 'own rate';
              UPDATE invoice_revisions SET commission_rate = 0.15 WHERE invoice_id = 'own rate'",
        rule: TERMS,
        expected: "20.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE commission_events SET rate_source = 'PARTNER' WHERE invoice_id = 'own rate'",
        rule: TERMS,
        expected: "20.00",
        actual: "20.00",
    },
    Damage {
        sql: "UPDATE commission_events SET rate_source = 'MANAGED_ACCOUNT' WHERE invoice_id = 'old rate'",
        rule: TERMS,
        expected: "15.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE managed_account_terms SET custom_commission_rate = 0.25 WHERE custom_commission_rate = 0.2",
        rule: TERMS,
        expected: "25.00",
        actual: "20.00",
    },
    Damage {
        sql: "UPDATE managed_account_terms SET custom_commission_rate = NULL WHERE custom_commission_rate = 0",
        rule: TERMS,
        expected: "15.00",
        actual: "0.00",
    },
    Damage {
        sql: "UPDATE partner_terms SET effective_from = '2026-01-01' WHERE default_commission_rate = 0.3",
        rule: TERMS,
        expected: "270.00",
        actual: "135.00",
    },
    // The status of another moment.
    Damage {
        sql: "UPDATE partner_terms SET status = 'TERMINATED' WHERE default_commission_rate = 0.15",
        rule: TERMS,
        expected: "0.00",
        actual: "155.00",
    },
    Damage {
        sql: "INSERT INTO partner_terms SELECT tenant_id, partner_id, '2026-01-10', 9, 'PENDING', tier,
                  default_commission_rate, changed_by, changed_at FROM partner_terms
                  WHERE default_commission_rate = 0.15",
        rule: TERMS,
        expected: "0.00",
        actual: "155.00",
    },
    // Reinstatements.
    Damage {
        sql: "DELETE FROM refund_reversals WHERE refund_id = 'won'",
        rule: REINSTATED,
        expected: "0.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE refund_reversals SET outcome = 'NO_COMMISSION' WHERE refund_id = 'won'",
        rule: REINSTATED,
        expected: "0.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE commission_events SET commission_amount = 16 WHERE reversed_refund_id = 'won'",
        rule: ADDS_UP,
        expected: "15.00",
        actual: "16.00",
    },
    Damage {
        sql: "UPDATE commission_events SET base_amount = 101 WHERE reversed_refund_id = 'won'",
        rule: BASES,
        expected: "100.00",
        actual: "101.00",
    },
    Damage {
        sql: "UPDATE commission_events SET status = 'CANCELLED' WHERE reversed_refund_id = 'won'",
        rule: ADDS_UP,
        expected: "15.00",
        actual: "0.00",
    },
    Damage {
        sql: "UPDATE invoice_refunds SET outcome = 'NO_COMMISSION' WHERE refund_id = 'part'",
        rule: REVERSAL,
        expected: "0.00",
        actual: "-1.50",
    },
    // Holds.
    Damage {
        sql: "ALTER TABLE commission_events DROP CONSTRAINT IF EXISTS commission_held_is_in_no_payout;
              UPDATE commission_events SET status = 'PAID', paid_at = now(),
                  payout_id = (SELECT id FROM payouts) WHERE invoice_id = 'held' AND reverses_id IS NULL",
        rule: HELD,
        expected: "0.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE commission_events SET status = 'PAID', paid_at = now(),
                  payout_id = (SELECT id FROM payouts) WHERE invoice_id = 'held' AND reverses_id IS NULL",
        rule: PAID,
        expected: "0.00",
        actual: "15.00",
    },
    Damage {
        sql: "UPDATE commission_events SET held_at = NULL WHERE invoice_id = 'held' AND reverses_id IS NOT NULL",
        rule: HELD,
        expected: "0.00",
        actual: "-1.50",
    },
    Damage {
        sql: "UPDATE commission_events SET held_at = NULL WHERE invoice_id = 'held'",
        rule: HISTORY,
        expected: "0.00",
        actual: "13.50",
    },
];

/// A tenant with corrected invoices, changed terms, reinstatements and held events.
async fn acme_with_corrections() -> TestTenant {
    let (acme, partner) = acme_with_partner().await;
    acme.assign_account(&partner, "own rate", Some("0.2")).await;
    acme.assign_account(&partner, "free", Some("0")).await;
    let raise = json!({ "defaultCommissionRate": "0.3", "effectiveFrom": "2026-02-01T00:00:00Z" });
    acme.update_partner(&partner, raise).await;
    acme.approved_event_at("p", "paid", "100.00", "EUR", JANUARY).await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    for (customer, invoice) in
        [("p", "unpaid"), ("p", "old rate"), ("own rate", "own rate"), ("free", "free"), ("p", "disputed")]
    {
        acme.commission_event_at(customer, invoice, "100.00", "EUR", JANUARY).await;
    }
    for invoice in ["paid", "unpaid"] {
        let input = invoice_input("p", invoice, "200.00", "EUR", JANUARY);
        let input = with_fields(input, json!({ "reason": "typo", "idempotencyKey": invoice }));
        acme.finance().mutate_ok("correctInvoice", input, "outcome").await;
    }
    acme.refund("disputed", "won", "100.00").await;
    acme.reverse_refund("won").await;
    let held = acme.approved_event_at("p", "held", "100.00", "EUR", JANUARY).await;
    acme.finance()
        .mutate_ok("holdCommissionEvents", json!({ "ids": [held], "reason": "r" }), "__typename")
        .await;
    acme.refund("held", "part", "10.00").await;
    acme.assert_reconciled().await;
    acme
}

#[tokio::test]
async fn each_damage_is_reported_by_the_rule_that_it_violates() {
    let acme = acme_with_corrections().await;
    for Damage { sql, rule, expected, actual } in DAMAGES {
        save_ledger(&acme).await;
        unchecked(&acme, sql).await;
        let differences = acme.reconciliation_differences().await;
        let found = differences.as_array().expect("a list").iter().find(|row| row["rule"] == *rule);
        let found = found.unwrap_or_else(|| panic!("{sql}: not found by {rule:?}: {differences:#?}"));
        let amounts = [&found["expected"]["amount"], &found["actual"]["amount"]];
        assert_eq!(amounts, [&json!(expected), &json!(actual)], "{sql}: {differences:#?}");
        assert_ne!(found["ids"], Value::Array(Vec::new()), "{sql}");
        restore_ledger(&acme).await;
        acme.assert_reconciled().await;
    }
}
