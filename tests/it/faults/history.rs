//! What clients asked for and what they were answered, held against what the database has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::database::Database;
use crate::support::{batch_input, in_days, invoice_input, refund_input};

/// What a client wants done. The key names it, so that it can be sent again.
#[derive(Clone, Debug)]
pub enum Deed {
    /// An invoice was paid.
    Pay { customer: String, cents: u32 },
    /// A part of an invoice was paid back.
    Refund { invoice: String, cents: u32 },
    /// A partner gets something.
    Adjust { partner: String, cents: u32 },
    /// A partner is paid out.
    Batch { partner: String },
    /// A payout is completed.
    Complete { payout: String },
    /// A payout fails.
    Fail { payout: String },
}

/// One deed, and everything that a client was answered about it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub deed: Deed,
    pub key: String,
    /// The ids of what it made, one for each time it was acknowledged.
    pub acknowledged: Vec<String>,
    /// The codes of refusals.
    pub refused: Vec<String>,
    /// How often it was not answered, or answered that nobody knows.
    pub unknown: usize,
}

fn euros(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Entry {
    pub fn new(deed: Deed, key: String) -> Self {
        Self { deed, key, acknowledged: Vec::new(), refused: Vec::new(), unknown: 0 }
    }

    /// What is sent: a mutation, its input, and where the id of what it makes is in its payload.
    pub fn request(&self) -> (&'static str, Value, [&'static str; 2]) {
        let key = &self.key;
        match &self.deed {
            Deed::Pay { customer, cents } => {
                let paid = invoice_input(customer, key, &euros(*cents), "EUR", &in_days(-40));
                ("recordInvoicePaid", paid, ["commissionEvent", "id"])
            }
            Deed::Refund { invoice, cents } => {
                let refund = refund_input(invoice, key, &euros(*cents));
                ("recordInvoiceRefunded", refund, ["commissionEvent", "id"])
            }
            Deed::Adjust { partner, cents } => {
                let amount = json!({ "amount": euros(*cents), "currency": "EUR" });
                let input =
                    json!({ "partnerId": partner, "amount": amount, "reason": "r", "idempotencyKey": key });
                ("recordAdjustment", input, ["commissionEvent", "id"])
            }
            Deed::Batch { partner } => {
                let mut input = batch_input(partner);
                // What is sent again must be the same.
                input["periodStart"] = json!("2000-01-01T00:00:00Z");
                input["periodEnd"] = json!("2100-01-01T00:00:00Z");
                input["idempotencyKey"] = json!(key);
                ("createPayoutBatch", input, ["payout", "id"])
            }
            Deed::Complete { payout } => {
                ("completePayout", json!({ "id": payout, "paymentReference": key }), ["payout", "id"])
            }
            Deed::Fail { payout } => ("failPayout", json!({ "id": payout, "reason": key }), ["payout", "id"]),
        }
    }

    /// Whether nobody who was answered was told that it was done, and nobody that it was not.
    fn is_open(&self) -> bool {
        self.acknowledged.is_empty() && self.unknown > 0
    }
}

/// The two first columns of a query, the first as a key that comes once.
fn pairs(database: &Database, query: &str) -> BTreeMap<String, String> {
    let rows = database.rows(query).expect("rows");
    let count = rows.len();
    let pairs: BTreeMap<_, _> =
        rows.into_iter().map(|row| (row[0].clone(), row.get(1).cloned().unwrap_or_default())).collect();
    assert_eq!(pairs.len(), count, "something is there twice: {query}");
    pairs
}

/// Holds the book against the database; answers everything that is wrong.
pub fn wrong(book: &[Entry], database: &Database) -> Vec<String> {
    let events =
        pairs(database, "SELECT invoice_id, id FROM commission_events WHERE event_type = 'INVOICE_PAID'");
    let amounts = pairs(
        database,
        "SELECT invoice_id, base_amount FROM commission_events WHERE event_type = 'INVOICE_PAID'",
    );
    let refunds = pairs(database, "SELECT refund_id, amount FROM invoice_refunds");
    let lines = pairs(database, "SELECT refund_id, id FROM commission_events WHERE refund_id IS NOT NULL");
    let keyed = |operation: &str| {
        let query = format!(
            "SELECT idempotency_key, result_id FROM idempotency_keys WHERE request ->> 'operation' = '{operation}'"
        );
        pairs(database, &query)
    };
    let (adjusted, batched) = (keyed("recordAdjustment"), keyed("createPayoutBatch"));
    let completed = pairs(database, "SELECT id, payment_reference FROM payouts WHERE status = 'COMPLETED'");
    let failed = pairs(database, "SELECT id, failure_reason FROM payouts WHERE status = 'FAILED'");
    let mut wrong = Vec::new();
    let mut asked = BTreeSet::new();
    for entry in book {
        asked.insert(entry.key.clone());
        let there = match &entry.deed {
            Deed::Pay { .. } => events.get(&entry.key).cloned(),
            Deed::Refund { invoice, .. } => {
                refunds.get(&entry.key).and_then(|_| events.get(invoice)).cloned()
            }
            Deed::Adjust { .. } => adjusted.get(&entry.key).cloned(),
            Deed::Batch { .. } => batched.get(&entry.key).cloned(),
            Deed::Complete { payout } => {
                completed.get(payout).filter(|by| **by == entry.key).map(|_| payout.clone())
            }
            Deed::Fail { payout } => {
                failed.get(payout).filter(|by| **by == entry.key).map(|_| payout.clone())
            }
        };
        let told: BTreeSet<_> = entry.acknowledged.iter().collect();
        if told.len() > 1 {
            wrong.push(format!("answered in two ways: {entry:?}"));
        }
        if told.first().is_some_and(|told| there.as_ref() != Some(told)) {
            wrong.push(format!("acknowledged, and not there: {entry:?}: {there:?}"));
        }
        if there.is_some() && entry.acknowledged.is_empty() && !entry.is_open() {
            wrong.push(format!("there, although nobody was told: {entry:?}"));
        }
        if let Deed::Pay { cents, .. } = &entry.deed
            && amounts.get(&entry.key).is_some_and(|found| *found != format!("{}00", euros(*cents)))
        {
            wrong.push(format!("another amount: {entry:?}: {:?}", amounts.get(&entry.key)));
        }
    }
    let strangers = [&events, &refunds, &lines, &adjusted, &batched].into_iter().flat_map(BTreeMap::keys);
    wrong.extend(strangers.filter(|key| !asked.contains(*key)).map(|key| format!("nobody asked for {key}")));
    let count = |query: &str| database.rows(query).expect("rows")[0][0].parse::<usize>().expect("a count");
    for (query, expected) in [
        ("SELECT count(*) FROM commission_events WHERE event_type = 'ADJUSTMENT'", adjusted.len()),
        ("SELECT count(*) FROM payouts", batched.len()),
        ("SELECT count(*) FROM invoice_receipts", events.len()),
        ("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'", 0),
        (
            "SELECT count(*) FROM payouts WHERE total_amount <> (SELECT sum(commission_amount) FROM payout_lines
             WHERE payout_lines.tenant_id = payouts.tenant_id AND payout_id = payouts.id)",
            0,
        ),
    ] {
        if count(query) != expected {
            wrong.push(format!("{}, and not {expected}: {query}", count(query)));
        }
    }
    wrong
}
