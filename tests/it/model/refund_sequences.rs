//! Random sequences of refunds, with and without a stated part, and of their reversals, between approvals and payouts:
//! the commission that stands is always that on what was not refunded, computed here with whole numbers.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::remaining::{Refunded, remaining_of, rounded};
use crate::support::{
    TestApp, TestTenant, batch_input, in_days, invoice_input, transition_input, with_fields,
};

const CASES: u32 = 12;
const TOTAL: i128 = 12_001;
const BASE: i128 = 10_003;

#[derive(Clone, Debug)]
enum Act {
    /// Refunds this many cents, of which a stated percentage is of the base.
    Refund {
        cents: i128,
        stated: Option<i128>,
    },
    /// Refunds all that is left.
    RefundRest,
    /// Reverses the living refund at this index modulo their number.
    Reverse(usize),
    ApproveAll,
    Batch,
    /// Completes or fails the latest payout.
    Settle(&'static str),
}

pub struct Refund {
    pub id: String,
    pub part: Refunded,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (1..6_000i128, option::weighted(0.5, 0..=100i128)).prop_map(|(cents, stated)| Act::Refund { cents, stated }),
        1 => Just(Act::RefundRest),
        4 => any::<usize>().prop_map(Act::Reverse),
        2 => Just(Act::ApproveAll),
        2 => Just(Act::Batch),
        1 => Just(Act::Settle("completePayout")),
        1 => Just(Act::Settle("failPayout")),
    ]
}

fn remaining(refunds: &[Refund]) -> (i128, i128) {
    remaining_of(TOTAL, BASE, refunds.iter().map(|refund| refund.part))
}

fn euros(cents: i128) -> Value {
    json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR" })
}

/// Performs the acts on a new invoice; after each, the partner has earned the commission on what is left.
async fn check(app: &TestApp, tenant: &str, acts: &[Act]) -> Result<(), String> {
    let acme = app.tenant(tenant).await;
    let partner = acme.create_partner_with_account("p").await;
    let input = invoice_input("p", "i", "120.01", "EUR", "2026-01-15T00:00:00Z");
    let input = with_fields(input, json!({ "commissionableAmount": euros(BASE) }));
    acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
    // Keeps payouts above zero.
    acme.commission_event_at("p", "other", "100000.00", "EUR", &in_days(-1)).await;
    let (mut refunds, mut payout) = (Vec::<Refund>::new(), None);
    for (step, act) in acts.iter().enumerate() {
        perform(&acme, &partner, step, act, &mut refunds, &mut payout).await;
        let (numerator, denominator) = remaining(&refunds);
        let expected = 1_500_000 + rounded(15 * numerator, 100 * denominator);
        let earned: String = acme.balance(&partner).await.earned.replace('.', "");
        if earned != expected.to_string() {
            let events = acme.events_of_invoice("i").await;
            return Err(format!("step {step}, {act:?}: earned {earned}, expected {expected}: {events:?}"));
        }
    }
    match acme.reconciliation_differences().await {
        differences if differences == json!([]) => Ok(()),
        differences => Err(format!("{differences}: {:?}", acme.events_of_invoice("i").await)),
    }
}

async fn perform(
    acme: &TestTenant,
    partner: &str,
    step: usize,
    act: &Act,
    refunds: &mut Vec<Refund>,
    payout: &mut Option<String>,
) {
    let left = TOTAL - refunds.iter().map(|refund| refund.part.cents).sum::<i128>();
    match act {
        Act::Refund { .. } | Act::RefundRest if left == 0 => {}
        Act::Refund { cents, stated } => {
            let cents = (*cents).min(left);
            let (numerator, denominator) = remaining(refunds);
            let stated = stated.map(|percent| (cents * percent / 100).min(rounded(numerator, denominator)));
            refund(acme, refunds, Refund { id: format!("r{step}"), part: Refunded { cents, stated } }).await;
        }
        Act::RefundRest => {
            refund(
                acme,
                refunds,
                Refund { id: format!("r{step}"), part: Refunded { cents: left, stated: None } },
            )
            .await
        }
        Act::Reverse(_) if refunds.is_empty() => {}
        Act::Reverse(index) => {
            let refund = refunds.remove(index % refunds.len());
            assert_eq!(acme.reverse_refund(&refund.id).await["outcome"], "RECORDED");
        }
        Act::ApproveAll => acme.approve_all_pending().await,
        Act::Batch => {
            let payload =
                acme.finance().try_mutate("createPayoutBatch", batch_input(partner), "payout { id }").await;
            if let Ok(payload) = payload {
                *payout = payload["payout"]["id"].as_str().map(str::to_owned);
            }
        }
        Act::Settle(mutation) => {
            if let Some(payout) = payout.take() {
                let input = transition_input(mutation, &payout);
                acme.finance().mutate_ok(mutation, input, "payout { id }").await;
            }
        }
    }
}

async fn refund(acme: &TestTenant, refunds: &mut Vec<Refund>, refund: Refund) {
    let mut fields = json!({ "amount": euros(refund.part.cents) });
    if let Some(stated) = refund.part.stated {
        fields["commissionableAmount"] = euros(stated);
    }
    acme.refund_with("i", &refund.id, "0.00", fields).await;
    refunds.push(refund);
}

#[test]
fn what_stands_is_always_the_commission_on_what_was_not_refunded() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let app = runtime.block_on(TestApp::new());
    let config = Config { failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { CASES };
    let mut runner = TestRunner::new(Config { cases, ..config });
    let number = Cell::new(0);
    let result = runner.run(&vec(act(), 1..22), |acts| {
        number.set(number.get() + 1);
        let tenant = format!("t{}", number.get());
        runtime.block_on(check(&app, &tenant, &acts)).map_err(TestCaseError::fail)
    });
    // Inside of the runtime, because dropping the database blocks.
    runtime.block_on(async { drop(app) });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
