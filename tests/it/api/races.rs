//! Mutations of the same rows at the same time, fifty rounds of each pair: no deadlock, and the books balance.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, batch_input, refund_input, transition_input};

const ROUNDS: usize = 50;

/// What is sent concurrently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    CreatePayout,
    ApproveEvent,
    CancelEvents,
    /// Refunds part of two invoices, one in the payout and one approved.
    RefundInvoices,
    CompletePayout,
    FailPayout,
    CancelPayout,
}

use Action::{
    ApproveEvent, CancelEvents, CancelPayout, CompletePayout, CreatePayout, FailPayout, RefundInvoices,
};

/// The rows at the beginning of a round.
struct Round {
    partner: String,
    payout: String,
    approved_event: String,
    pending_event: String,
    /// The invoices of an event in the payout and of the approved event.
    invoices: [String; 2],
}

impl Round {
    async fn new(acme: &TestTenant, partner: &str, number: usize) -> Self {
        let [paid, approved] = ["paid", "approved"].map(|name| format!("{name} {number}"));
        acme.approved_event("p", &paid, "100.00", "EUR").await;
        // Outweighs the debts of earlier rounds.
        acme.approved_event("p", &format!("large {number}"), "1000.00", "EUR").await;
        let payout = acme.create_payout(partner).await;
        let approved_event = acme.approved_event("p", &approved, "100.00", "EUR").await;
        let pending_event = acme.commission_event("p", &format!("pending {number}"), "100.00", "EUR").await;
        Self {
            partner: partner.to_owned(),
            payout,
            approved_event,
            pending_event,
            invoices: [paid, approved],
        }
    }

    /// The mutations and inputs of an action.
    fn requests(&self, action: Action) -> Vec<(&'static str, Value)> {
        let transition = |mutation| vec![(mutation, transition_input(mutation, &self.payout))];
        match action {
            CreatePayout => vec![("createPayoutBatch", batch_input(&self.partner))],
            ApproveEvent => vec![("approveCommissionEvents", json!({ "ids": [self.pending_event] }))],
            CancelEvents => {
                let ids = [&self.approved_event, &self.pending_event];
                vec![("cancelCommissionEvents", json!({ "ids": ids, "reason": "wrong customer" }))]
            }
            RefundInvoices => {
                let refund =
                    |invoice: &String| ("recordInvoiceRefunded", refund_input(invoice, invoice, "40.00"));
                self.invoices.iter().map(refund).collect()
            }
            CompletePayout => transition("completePayout"),
            FailPayout => transition("failPayout"),
            CancelPayout => transition("cancelPayout"),
        }
    }
}

/// Sends each of two actions twice, all at the same time; returns for every round how often each succeeded.
async fn race(one: Action, other: Action) -> Vec<[usize; 2]> {
    let (acme, partner) = acme_with_partner().await;
    let admin = &acme.admin();
    let mut successes = Vec::new();
    for number in 0..ROUNDS {
        let round = Round::new(&acme, &partner, number).await;
        let requests = [one, other, other, one]
            .into_iter()
            .flat_map(|action| round.requests(action).into_iter().map(move |request| (action, request)));
        let results = join_all(requests.map(async |(action, (mutation, input))| {
            let result = admin.try_mutate(mutation, input, "__typename").await;
            if let Err(code) = &result {
                let expected = ["NOTHING_PAYABLE", "INVALID_STATE"].contains(&code.as_str());
                assert!(expected, "{action:?} in round {number}: {code}");
            }
            (action, result.is_ok())
        }))
        .await;
        successes.push(
            [one, other].map(|action| results.iter().filter(|result| **result == (action, true)).count()),
        );
    }
    acme.assert_reconciled().await;
    successes
}

#[tokio::test]
async fn of_concurrent_payouts_exactly_one_is_created() {
    for [payouts, _] in race(CreatePayout, CreatePayout).await {
        // Both sides count all four.
        assert_eq!(payouts, 1);
    }
}

#[tokio::test]
async fn an_approval_during_a_payout_succeeds() {
    for [payouts, approvals] in race(CreatePayout, ApproveEvent).await {
        assert!((1..=2).contains(&payouts));
        assert_eq!(approvals, 1);
    }
}

#[tokio::test]
async fn an_event_is_either_paid_or_cancelled() {
    for [payouts, cancellations] in race(CreatePayout, CancelEvents).await {
        assert!([[1, 0], [0, 1]].contains(&[payouts, cancellations]), "{payouts} {cancellations}");
    }
}

#[tokio::test]
async fn a_refund_during_a_payout_succeeds() {
    for [_, refunds] in race(CreatePayout, RefundInvoices).await {
        assert_eq!(refunds, 4, "two refunds, both recorded once and repeated once");
    }
}

#[tokio::test]
async fn the_completion_of_a_payout_does_not_disturb_the_next() {
    for [payouts, completions] in race(CreatePayout, CompletePayout).await {
        assert_eq!([payouts, completions], [1, 2]);
    }
}

#[tokio::test]
async fn the_failure_of_a_payout_does_not_disturb_the_next() {
    for [payouts, failures] in race(CreatePayout, FailPayout).await {
        assert_eq!(failures, 1);
        assert!((1..=2).contains(&payouts));
    }
}

#[tokio::test]
async fn a_refund_during_the_failure_of_a_payout_succeeds() {
    for [refunds, failures] in race(RefundInvoices, FailPayout).await {
        assert_eq!([refunds, failures], [4, 1]);
    }
}

#[tokio::test]
async fn a_refund_during_the_cancellation_of_its_event_succeeds() {
    for [refunds, cancellations] in race(RefundInvoices, CancelEvents).await {
        assert_eq!([refunds, cancellations], [4, 1]);
    }
}

#[tokio::test]
async fn a_payout_is_either_completed_or_cancelled() {
    for [completions, cancellations] in race(CompletePayout, CancelPayout).await {
        assert!([[2, 0], [0, 1]].contains(&[completions, cancellations]), "{completions} {cancellations}");
    }
}
