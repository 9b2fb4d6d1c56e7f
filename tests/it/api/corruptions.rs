//! Corruptions of the ledger, each with the difference that the reconciliation must report for it.

/// A change made directly in the database, and the difference that it must cause.
pub struct Corruption {
    pub sql: &'static str,
    /// The rule of the reconciliation that is violated.
    pub rule: &'static str,
    /// The amount in EUR that the rule demands.
    pub expected: &'static str,
    /// The amount in EUR that it finds instead.
    pub actual: &'static str,
}

/// What can be wrong in the ledger that [`super::reconciliation`] sets up.
pub const CORRUPTIONS: &[Corruption] = &[
    Corruption {
        sql: "DELETE FROM commission_monthly_totals",
        rule: "the monthly totals equal the sums of the events",
        expected: "83.50",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_monthly_totals SET commission_amount = commission_amount + 1
                  WHERE ctid = (SELECT min(ctid) FROM commission_monthly_totals WHERE status = 'APPROVED')",
        rule: "approved of a balance is the sum of the events in that state",
        expected: "-6.50",
        actual: "-5.50",
    },
    Corruption {
        sql: "UPDATE adjustment_requests SET amount = -4",
        rule: "an adjustment has the amount that was requested",
        expected: "-4.00",
        actual: "-5.00",
    },
    Corruption {
        sql: "UPDATE payouts SET total_amount = 16 WHERE status = 'COMPLETED'",
        rule: "the total and the count of a payout equal those of its lines",
        expected: "15.00",
        actual: "16.00",
    },
    Corruption {
        sql: "UPDATE payouts SET commission_count = 7 WHERE status = 'READY'",
        rule: "the total and the count of a payout equal those of its lines",
        expected: "30.00",
        actual: "30.00",
    },
    Corruption {
        sql: "UPDATE payout_lines SET released_at = now()
                  WHERE payout_id = (SELECT id FROM payouts WHERE status = 'COMPLETED')",
        rule: "a payout keeps its lines until it fails, is cancelled or comes back",
        expected: "15.00",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL
                  WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        rule: "an event in an unreleased line of a payout is PAID by that payout, with that amount",
        expected: "15.00",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL
                  WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        rule: "approved of a balance is the sum of the events in that state",
        expected: "8.50",
        actual: "-6.50",
    },
    Corruption {
        sql: "UPDATE commission_events SET status = 'APPROVED', payout_id = NULL, paid_at = NULL
                  WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        rule: "settled of a balance is the sum of the events in that state",
        expected: "0.00",
        actual: "15.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET paid_at = paid_at - interval '1 second'
                  WHERE invoice_id = 'completed' AND reverses_id IS NULL",
        rule: "an event in an unreleased line of a payout is PAID by that payout, with that amount",
        expected: "15.00",
        actual: "15.00",
    },
    Corruption {
        sql: "UPDATE invoice_revisions SET outcome = 'NO_RATE', partner_id = NULL, commission_rate = NULL
                  WHERE invoice_id = 'pending'",
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its present revision",
        expected: "0.00",
        actual: "15.00",
    },
    Corruption {
        sql: "UPDATE invoice_revisions SET commissionable_amount = 90 WHERE invoice_id = 'pending'",
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its present revision",
        expected: "13.50",
        actual: "15.00",
    },
    Corruption {
        sql: "DELETE FROM status_changes
                  WHERE commission_event_id = (SELECT id
                  FROM commission_events WHERE invoice_id = 'withdrawn');
              DELETE FROM commission_events WHERE invoice_id = 'withdrawn'",
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its present revision",
        expected: "15.00",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET base_amount = 200, commission_amount = 30
                  WHERE invoice_id = 'pending' AND reverses_id IS NULL",
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its present revision",
        expected: "15.00",
        actual: "30.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET commission_rate = 0.5, commission_amount = 50
                  WHERE invoice_id = 'withdrawn'",
        rule: "an invoice that earned something has one event, for the partner, base, rate and date of its present revision",
        expected: "15.00",
        actual: "50.00",
    },
    Corruption {
        sql: "UPDATE invoice_refunds SET amount = 120 WHERE refund_id = 'all'",
        rule: "the refunds of an invoice are at most its total, in its currency",
        expected: "100.00",
        actual: "120.00",
    },
    Corruption {
        sql: "UPDATE invoice_refunds SET currency = 'USD' WHERE refund_id = 'part'",
        rule: "the refunds of an invoice are at most its total, in its currency",
        expected: "100.00",
        actual: "10.00",
    },
    Corruption {
        sql: "UPDATE invoice_refunds SET refunded_at = refunded_at + interval '1 month'
                  WHERE refund_id = 'part'",
        rule: "a reversal belongs to its refund, and has the status of its original while that is in no payout",
        expected: "0.00",
        actual: "-1.50",
    },
    Corruption {
        sql: "UPDATE commission_events SET status = 'APPROVED' WHERE refund_id = 'little'",
        rule: "a reversal belongs to its refund, and has the status of its original while that is in no payout",
        expected: "0.00",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET held_at = now() WHERE refund_id = 'little'",
        rule: "a held event is in no payout, and its reversals are held with it",
        expected: "0.00",
        actual: "0.00",
    },
    Corruption {
        sql:
            "ALTER TABLE commission_events DROP CONSTRAINT commission_held_is_in_no_payout;
              UPDATE commission_events SET held_at = now() WHERE invoice_id = 'completed' AND status = 'PAID'",
        rule: "a held event is in no payout, and its reversals are held with it",
        expected: "0.00",
        actual: "15.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET held_at = now() WHERE invoice_id = 'pending'",
        rule: "an event is held if its history says so",
        expected: "0.00",
        actual: "15.00",
    },
    Corruption {
        sql: "DELETE FROM status_changes
                  WHERE to_status = 'APPROVED' AND from_status = 'PENDING'
                  AND commission_event_id = (SELECT id
                  FROM commission_events WHERE invoice_id = 'completed' AND reverses_id IS NULL)",
        rule: "the history of an event ends with its status",
        expected: "0.00",
        actual: "15.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET base_amount = 0 WHERE refund_id = 'part'",
        rule: "the bases of an event and its reversals add up to the base of the amount that was not refunded",
        expected: "90.00",
        actual: "100.00",
    },
    Corruption {
        sql: "DELETE FROM status_changes
                  WHERE commission_event_id = (SELECT id
                  FROM commission_events WHERE event_type = 'ADJUSTMENT');
              DELETE FROM commission_events WHERE event_type = 'ADJUSTMENT'",
        rule: "an adjustment has the amount that was requested",
        expected: "-5.00",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET commission_amount = -1 WHERE refund_id = 'part'",
        rule: "an event and its reversals add up to the commission on the amount that was not refunded",
        expected: "13.50",
        actual: "14.00",
    },
    Corruption {
        sql: "UPDATE invoice_refunds SET amount = 20 WHERE refund_id = 'part'",
        rule: "an event and its reversals add up to the commission on the amount that was not refunded",
        expected: "12.00",
        actual: "13.50",
    },
    Corruption {
        sql: "UPDATE commission_events SET status = 'CLAWBACK' WHERE invoice_id = 'pending'",
        rule: "an event and its reversals add up to the commission on the amount that was not refunded",
        expected: "15.00",
        actual: "0.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET commission_amount = -4 WHERE event_type = 'ADJUSTMENT'",
        rule: "an adjustment has the amount that was requested",
        expected: "-5.00",
        actual: "-4.00",
    },
    Corruption {
        sql: "UPDATE commission_events SET status = 'APPROVED'
                  WHERE invoice_id = 'pending' AND reverses_id IS NULL",
        rule: "the history of an event ends with its status",
        expected: "0.00",
        actual: "15.00",
    },
    Corruption {
        sql: "DELETE FROM status_changes
                  WHERE commission_event_id = (SELECT id FROM commission_events WHERE refund_id = 'part')",
        rule: "the history of an event ends with its status",
        expected: "0.00",
        actual: "1.50",
    },
    Corruption {
        sql: "UPDATE payouts SET status = 'PROCESSING' WHERE status = 'READY'",
        rule: "the history of a payout ends with its status",
        expected: "0.00",
        actual: "30.00",
    },
    Corruption {
        sql: "ALTER TABLE payouts DROP CONSTRAINT payout_pays_something;
              UPDATE commission_events SET commission_amount = -100 WHERE event_type = 'ADJUSTMENT';
              INSERT INTO payout_lines
                  SELECT tenant_id, (SELECT id FROM payouts WHERE status = 'COMPLETED'), id, partner_id,
                  currency, commission_amount, now() FROM commission_events WHERE event_type = 'ADJUSTMENT'",
        rule: "settled of a balance is never negative: a payout is above zero",
        expected: "0.00",
        actual: "-85.00",
    },
];
