//! Two acts on the same rows at the same time, fifty times each: nobody is told of a deadlock, and the books agree.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme, batch_input, refund_input};

const ROUNDS: usize = 50;

/// What there is at the beginning of a round.
struct Round {
    payout: String,
    approved: String,
    pending: String,
    /// The invoices of what is in the payout and of what is approved.
    invoices: [String; 2],
}

impl Round {
    async fn new(acme: &TestTenant, partner: &str, number: usize) -> Self {
        let [held, free] = ["held", "free"].map(|name| format!("{name} {number}"));
        acme.approved_event("p", &held, "100.00", "EUR").await;
        // Large enough to outweigh the debts of earlier rounds.
        acme.approved_event("p", &format!("more {number}"), "1000.00", "EUR").await;
        let payout = acme.create_payout(partner).await;
        let approved = acme.approved_event("p", &free, "100.00", "EUR").await;
        let pending = acme.commission_event("p", &format!("pending {number}"), "100.00", "EUR").await;
        Self { payout, approved, pending, invoices: [held, free] }
    }

    /// The requests that an act is.
    fn requests(&self, act: &str, partner: &str) -> Vec<(&'static str, Value)> {
        let settle = |more: Value| {
            let mut input = json!({ "id": self.payout });
            input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            input
        };
        match act {
            "batch" => vec![("createPayoutBatch", batch_input(partner))],
            "approve" => vec![("approveCommissionEvents", json!({ "ids": [self.pending] }))],
            "cancel" => {
                vec![(
                    "cancelCommissionEvents",
                    json!({ "ids": [self.approved, self.pending], "reason": "r" }),
                )]
            }
            "refund" => {
                let refund =
                    |invoice: &String| ("recordInvoiceRefunded", refund_input(invoice, invoice, "40.00"));
                self.invoices.iter().map(refund).collect()
            }
            "complete" => vec![("completePayout", settle(json!({ "paymentReference": "W" })))],
            "fail" => vec![("failPayout", settle(json!({ "reason": "r" })))],
            "call off" => vec![("cancelPayout", settle(json!({ "reason": "r" })))],
            other => panic!("{other}"),
        }
    }
}

/// Has two acts meet, each twice; answers for each round and act how often it was done.
async fn race(one: &str, two: &str) -> Vec<[usize; 2]> {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("p").await;
    let admin = &acme.admin();
    let mut done = Vec::new();
    for number in 0..ROUNDS {
        let round = Round::new(&acme, &partner, number).await;
        let requests: Vec<_> = [one, two, two, one]
            .into_iter()
            .flat_map(|act| round.requests(act, &partner).into_iter().map(move |request| (act, request)))
            .collect();
        let outcomes = join_all(requests.into_iter().map(async |(act, (mutation, input))| {
            match admin.try_mutate(mutation, input, "__typename").await {
                Ok(_) => (act, true),
                Err(code) => {
                    let foreseen = ["NOTHING_PAYABLE", "INVALID_STATE"].contains(&code.as_str());
                    assert!(foreseen, "{act} in round {number}: {code}");
                    (act, false)
                }
            }
        }))
        .await;
        done.push([one, two].map(|act| outcomes.iter().filter(|(name, done)| *name == act && *done).count()));
    }
    assert_eq!(acme.reconciliation_differences().await, json!([]));
    done
}

#[tokio::test]
async fn batch_against_batch() {
    for [batches, _] in race("batch", "batch").await {
        // Four sent, counted on both sides.
        assert_eq!(batches, 1);
    }
}

#[tokio::test]
async fn batch_against_approve() {
    for [batches, approvals] in race("batch", "approve").await {
        assert!((1..=2).contains(&batches));
        assert_eq!(approvals, 1);
    }
}

#[tokio::test]
async fn batch_against_cancel() {
    for [batches, cancellations] in race("batch", "cancel").await {
        assert_eq!((batches + cancellations, cancellations < 2), (1, true));
    }
}

#[tokio::test]
async fn batch_against_refund() {
    for [_, refunds] in race("batch", "refund").await {
        assert_eq!(refunds, 4, "each of two twice, the second time ALREADY_RECORDED");
    }
}

#[tokio::test]
async fn batch_against_complete() {
    for [batches, completions] in race("batch", "complete").await {
        assert_eq!((batches, completions), (1, 2));
    }
}

#[tokio::test]
async fn batch_against_fail() {
    for [batches, failures] in race("batch", "fail").await {
        assert_eq!(failures, 1);
        assert!((1..=2).contains(&batches));
    }
}

#[tokio::test]
async fn refund_against_fail() {
    for [refunds, failures] in race("refund", "fail").await {
        assert_eq!((refunds, failures), (4, 1));
    }
}

#[tokio::test]
async fn refund_against_cancel() {
    for [refunds, cancellations] in race("refund", "cancel").await {
        assert_eq!((refunds, cancellations), (4, 1));
    }
}

#[tokio::test]
async fn of_complete_and_cancel_exactly_one_wins() {
    for outcome in race("complete", "call off").await {
        assert!([[2, 0], [0, 1]].contains(&outcome), "{outcome:?}");
    }
}
