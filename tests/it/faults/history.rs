//! The history of a chaos test: the requests of the clients and the responses to them, checked against the database.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::database::Database;
use crate::support::{batch_input, euros, in_days, invoice_input, refund_input, with_fields};

/// The operation that a client requests. Together with its key it can be retried.
#[derive(Clone, Debug)]
pub enum Operation {
    RecordInvoice { customer: String, cents: u32 },
    Refund { invoice: String, cents: u32 },
    Adjust { partner: String, cents: u32 },
    CreateBatch { partner: String },
    CompletePayout { payout: String },
    FailPayout { payout: String },
}

/// One operation with all responses to it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub operation: Operation,
    /// The invoice id, refund id, idempotency key, payment reference or reason, unique in the history.
    pub key: String,
    /// The id of the result, once for each response that acknowledged the operation.
    pub acknowledged: Vec<String>,
    /// The code of each response that rejected it.
    pub rejected: Vec<String>,
    /// How many attempts had no response, or one that leaves the outcome open.
    pub unknown: usize,
}

/// A mutation with its input; the id of the result is `data.<mutation>.<result>.id`.
pub struct Request {
    pub document: &'static str,
    pub mutation: &'static str,
    pub result: &'static str,
    pub input: Value,
}

const RECORD_INVOICE_PAID: &str = "
    mutation ($input: RecordInvoicePaidInput!) {
        recordInvoicePaid(input: $input) { commissionEvent { id } userErrors { code } }
    }";

const RECORD_INVOICE_REFUNDED: &str = "
    mutation ($input: RecordInvoiceRefundedInput!) {
        recordInvoiceRefunded(input: $input) { commissionEvent { id } userErrors { code } }
    }";

const RECORD_ADJUSTMENT: &str = "
    mutation ($input: RecordAdjustmentInput!) {
        recordAdjustment(input: $input) { commissionEvent { id } userErrors { code } }
    }";

const CREATE_PAYOUT_BATCH: &str = "
    mutation ($input: CreatePayoutBatchInput!) {
        createPayoutBatch(input: $input) { payout { id } userErrors { code } }
    }";

const COMPLETE_PAYOUT: &str = "
    mutation ($input: CompletePayoutInput!) {
        completePayout(input: $input) { payout { id } userErrors { code } }
    }";

const FAIL_PAYOUT: &str = "
    mutation ($input: FailPayoutInput!) {
        failPayout(input: $input) { payout { id } userErrors { code } }
    }";

/// Formats cents as a decimal amount of euros.
fn decimal(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Entry {
    pub fn new(operation: Operation, key: String) -> Self {
        Self { operation, key, acknowledged: Vec::new(), rejected: Vec::new(), unknown: 0 }
    }

    /// Returns the request for one attempt; every attempt means the same operation.
    pub fn request(&self) -> Request {
        let key = &self.key;
        match &self.operation {
            Operation::RecordInvoice { customer, cents } => Request {
                document: RECORD_INVOICE_PAID,
                mutation: "recordInvoicePaid",
                result: "commissionEvent",
                input: invoice_input(customer, key, &decimal(*cents), "EUR", &in_days(-40)),
            },
            Operation::Refund { invoice, cents } => Request {
                document: RECORD_INVOICE_REFUNDED,
                mutation: "recordInvoiceRefunded",
                result: "commissionEvent",
                input: refund_input(invoice, key, &decimal(*cents)),
            },
            Operation::Adjust { partner, cents } => Request {
                document: RECORD_ADJUSTMENT,
                mutation: "recordAdjustment",
                result: "commissionEvent",
                input: json!({
                    "partnerId": partner, "reason": "r", "idempotencyKey": key,
                    "amount": euros(&decimal(*cents)),
                }),
            },
            Operation::CreateBatch { partner } => {
                // The period must not depend on the time of the attempt.
                let fixed = json!({
                    "periodStart": "2000-01-01T00:00:00Z",
                    "periodEnd": "2100-01-01T00:00:00Z",
                    "idempotencyKey": key,
                });
                Request {
                    document: CREATE_PAYOUT_BATCH,
                    mutation: "createPayoutBatch",
                    result: "payout",
                    input: with_fields(batch_input(partner), fixed),
                }
            }
            Operation::CompletePayout { payout } => Request {
                document: COMPLETE_PAYOUT,
                mutation: "completePayout",
                result: "payout",
                input: json!({ "id": payout, "paymentReference": key }),
            },
            Operation::FailPayout { payout } => Request {
                document: FAIL_PAYOUT,
                mutation: "failPayout",
                result: "payout",
                input: json!({ "id": payout, "reason": key }),
            },
        }
    }

    pub fn is_acknowledged(&self) -> bool {
        !self.acknowledged.is_empty()
    }

    /// Whether it may have been executed without an acknowledgement.
    fn is_in_doubt(&self) -> bool {
        !self.is_acknowledged() && self.unknown > 0
    }
}

/// What the database has stored, by the keys of the history.
struct Stored {
    /// The event of each paid invoice.
    events: BTreeMap<String, String>,
    /// The total of each paid invoice.
    totals: BTreeMap<String, String>,
    /// The amount of each refund.
    refunds: BTreeMap<String, String>,
    /// The reversal that each refund has made.
    reversals: BTreeMap<String, String>,
    adjustments: BTreeMap<String, String>,
    batches: BTreeMap<String, String>,
    /// The payment reference of each completed payout.
    completed: BTreeMap<String, String>,
    /// The failure reason of each failed payout.
    failed: BTreeMap<String, String>,
}

impl Stored {
    fn load(database: &Database) -> Self {
        Self {
            events: unique_pairs(
                database,
                "SELECT invoice_id, id FROM commission_events WHERE event_type = 'INVOICE_PAID'",
            ),
            totals: unique_pairs(
                database,
                "SELECT invoice_id, base_amount FROM commission_events WHERE event_type = 'INVOICE_PAID'",
            ),
            refunds: unique_pairs(database, "SELECT refund_id, amount FROM invoice_refunds"),
            reversals: unique_pairs(
                database,
                "SELECT refund_id, id FROM commission_events WHERE refund_id IS NOT NULL",
            ),
            adjustments: unique_pairs(
                database,
                "SELECT idempotency_key, result_id FROM idempotency_keys
                 WHERE request ->> 'operation' = 'recordAdjustment'",
            ),
            batches: unique_pairs(
                database,
                "SELECT idempotency_key, result_id FROM idempotency_keys
                 WHERE request ->> 'operation' = 'createPayoutBatch'",
            ),
            completed: unique_pairs(
                database,
                "SELECT id, payment_reference FROM payouts WHERE status = 'COMPLETED'",
            ),
            failed: unique_pairs(database, "SELECT id, failure_reason FROM payouts WHERE status = 'FAILED'"),
        }
    }

    /// Returns the id of what an operation has stored, if it has been executed.
    fn result_of<'s>(&'s self, entry: &'s Entry) -> Option<&'s String> {
        let key = &entry.key;
        match &entry.operation {
            Operation::RecordInvoice { .. } => self.events.get(key),
            Operation::Refund { invoice, .. } => self.refunds.get(key).and_then(|_| self.events.get(invoice)),
            Operation::Adjust { .. } => self.adjustments.get(key),
            Operation::CreateBatch { .. } => self.batches.get(key),
            Operation::CompletePayout { payout } => {
                self.completed.get(payout).filter(|reference| *reference == key).map(|_| payout)
            }
            Operation::FailPayout { payout } => {
                self.failed.get(payout).filter(|reason| *reason == key).map(|_| payout)
            }
        }
    }

    fn keys(&self) -> impl Iterator<Item = &String> {
        let tables = [&self.events, &self.refunds, &self.reversals, &self.adjustments, &self.batches];
        tables.into_iter().flat_map(BTreeMap::keys)
    }
}

/// Returns the first two columns of a query as a map, whose keys must be unique.
fn unique_pairs(database: &Database, sql: &str) -> BTreeMap<String, String> {
    let rows = database.query(sql).expect("rows");
    let count = rows.len();
    let pairs = rows.into_iter().map(|row| (row[0].clone(), row.get(1).cloned().unwrap_or_default()));
    let pairs: BTreeMap<_, _> = pairs.collect();
    assert_eq!(pairs.len(), count, "a key occurs twice: {sql}");
    pairs
}

/// Returns every contradiction between a history and the database.
pub fn violations(history: &[Entry], database: &Database) -> Vec<String> {
    let stored = Stored::load(database);
    let mut violations = Vec::new();
    for entry in history {
        let result = stored.result_of(entry);
        let acknowledged: BTreeSet<_> = entry.acknowledged.iter().collect();
        if acknowledged.len() > 1 {
            violations.push(format!("acknowledged with different results: {entry:?}"));
        }
        if acknowledged.first().is_some_and(|id| result != Some(*id)) {
            violations.push(format!("acknowledged, but not stored: {entry:?}: {result:?}"));
        }
        if result.is_some() && !entry.is_acknowledged() && !entry.is_in_doubt() {
            violations.push(format!("stored, but never acknowledged nor in doubt: {entry:?}"));
        }
        if let Operation::RecordInvoice { cents, .. } = &entry.operation
            && let Some(total) = stored.totals.get(&entry.key)
            && *total != format!("{}00", decimal(*cents))
        {
            violations.push(format!("stored with another amount: {entry:?}: {total}"));
        }
    }
    let requested: BTreeSet<_> = history.iter().map(|entry| &entry.key).collect();
    let unrequested = stored.keys().filter(|key| !requested.contains(key));
    violations.extend(unrequested.map(|key| format!("stored, but never requested: {key}")));
    let counts = [
        ("SELECT count(*) FROM commission_events WHERE event_type = 'ADJUSTMENT'", stored.adjustments.len()),
        ("SELECT count(*) FROM payouts", stored.batches.len()),
        ("SELECT count(*) FROM invoice_revisions", stored.events.len()),
        ("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'", 0),
        (
            "SELECT count(*) FROM payouts WHERE total_amount <> (SELECT sum(commission_amount) FROM payout_lines
             WHERE payout_lines.tenant_id = payouts.tenant_id AND payout_id = payouts.id)",
            0,
        ),
    ];
    let wrong = counts.into_iter().map(|(sql, expected)| (sql, expected, database.count(sql)));
    let wrong = wrong.filter(|(_, expected, found)| found != expected);
    violations.extend(wrong.map(|(sql, expected, found)| format!("{found} instead of {expected}: {sql}")));
    violations
}
