//! Random sequences of everything that changes what an invoice earned: refunds, their reversals, corrections,
//! cancellations, approvals and their reverts, holds, and payouts. What counts of the invoice's events is always the
//! commission on what was not refunded, computed here with whole numbers, and the books always balance.
//!
//! `SEQUENCES=200` runs more of them.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::refund_sequences::Refund;
use super::remaining::{Refunded, remaining_of, rounded};
use crate::support::{
    TestApp, TestTenant, batch_input, in_days, invoice_input, transition_input, with_fields,
};

const SEQUENCES: u64 = 6;
const STEPS: usize = 40;
const PAID_AT: &str = "2026-01-15T00:00:00Z";

/// What is known of the invoice, in cents.
struct Invoice {
    customer: &'static str,
    total: i128,
    base: i128,
    /// Whether staff have cancelled the present event.
    is_cancelled: bool,
    refunds: Vec<Refund>,
}

impl Invoice {
    fn refunded(&self) -> i128 {
        self.refunds.iter().map(|refund| refund.part.cents).sum()
    }

    /// What is left of the base.
    fn remaining(&self) -> (i128, i128) {
        remaining_of(self.total, self.base, self.refunds.iter().map(|refund| refund.part))
    }

    /// The commission on what was not refunded, in cents.
    fn commission(&self) -> i128 {
        let percent = match self.customer {
            "p" => 15,
            "q" => 10,
            _ => 0,
        };
        if self.is_cancelled || self.base == 0 {
            return 0;
        }
        let (numerator, denominator) = self.remaining();
        rounded(percent * numerator, 100 * denominator)
    }
}

fn euros(cents: i128) -> Value {
    json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR" })
}

/// The sum of the events of the invoice that count, in cents.
async fn living(acme: &TestTenant) -> i128 {
    let events = acme.events_of_invoice("i").await;
    let counted = events.iter().filter_map(|event| {
        let (status, amount) = event.split_once(' ')?;
        let counts = !["CANCELLED", "CLAWBACK"].contains(&status);
        counts.then(|| amount.replace('.', "").parse::<i128>().expect("an amount"))
    });
    counted.sum()
}

struct World {
    acme: TestTenant,
    partners: [String; 2],
    invoice: Invoice,
    payouts: Vec<String>,
    random: StdRng,
}

impl World {
    async fn new(app: &TestApp, seed: u64) -> Self {
        let acme = app.tenant(&format!("s{seed}")).await;
        let p = acme.create_partner_with_account("p").await;
        let q = acme.create_partner_with_account("q").await;
        let rate = json!({ "defaultCommissionRate": "0.10", "effectiveFrom": "2000-01-01T00:00:00Z" });
        acme.update_partner(&q, rate).await;
        let input = invoice_input("p", "i", "120.01", "EUR", PAID_AT);
        let input = with_fields(input, json!({ "commissionableAmount": euros(10_003) }));
        acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
        // Keep payouts above zero.
        for customer in ["p", "q"] {
            acme.commission_event_at(customer, customer, "100000.00", "EUR", &in_days(-1)).await;
        }
        let invoice =
            Invoice { customer: "p", total: 12_001, base: 10_003, is_cancelled: false, refunds: Vec::new() };
        let random = StdRng::seed_from_u64(seed);
        Self { acme, partners: [p, q], invoice, payouts: Vec::new(), random }
    }

    /// Takes one random step; returns what it was.
    async fn step(&mut self, n: usize) -> String {
        match self.random.random_range(0..16) {
            0..4 => self.refund(n).await,
            4..6 => self.reverse_refund().await,
            6..8 => self.correct(n).await,
            8 => self.decide("cancelCommissionEvents").await,
            9 => self.decide("revertApproval").await,
            10 => self.decide("holdCommissionEvents").await,
            11 => self.decide("releaseCommissionEvents").await,
            12 => {
                self.acme.approve_all_pending().await;
                "approve".to_owned()
            }
            13..15 => self.batch().await,
            _ => self.settle().await,
        }
    }

    async fn refund(&mut self, n: usize) -> String {
        let left = self.invoice.total - self.invoice.refunded();
        if left == 0 {
            return "nothing".to_owned();
        }
        let cents = if self.random.random_bool(0.3) { left } else { self.random.random_range(1..=left) };
        let (numerator, denominator) = self.invoice.remaining();
        let most = cents.min(rounded(numerator, denominator));
        let stated = self.random.random_bool(0.4).then(|| self.random.random_range(0..=most));
        let mut fields = json!({ "amount": euros(cents) });
        if let Some(stated) = stated {
            fields["commissionableAmount"] = euros(stated);
        }
        self.acme.refund_with("i", &format!("r{n}"), "0.00", fields).await;
        self.invoice.refunds.push(Refund { id: format!("r{n}"), part: Refunded { cents, stated } });
        format!("refund {cents} of which {stated:?}")
    }

    async fn reverse_refund(&mut self) -> String {
        if self.invoice.refunds.is_empty() {
            return "nothing".to_owned();
        }
        let index = self.random.random_range(0..self.invoice.refunds.len());
        let refund = self.invoice.refunds.remove(index);
        self.acme.reverse_refund(&refund.id).await;
        format!("reverse {} of {}", refund.id, refund.part.cents)
    }

    async fn correct(&mut self, n: usize) -> String {
        let customer = *["p", "p", "q", "none"].choose(&mut self.random).expect("one");
        let total = *[0, 3_333, 12_001, 20_001, self.invoice.total].choose(&mut self.random).expect("one");
        let base = *[0, total / 3, total, total].choose(&mut self.random).expect("one");
        let input = with_fields(
            invoice_input(customer, "i", "0.00", "EUR", PAID_AT),
            json!({
                "totalAmount": euros(total), "commissionableAmount": euros(base), "reason": "typo",
                "idempotencyKey": format!("k{n}"),
            }),
        );
        let expected = if self.invoice.refunded() > total { "REFUND_EXCEEDS_INVOICE" } else { "" };
        assert_eq!(self.acme.finance().error_code("correctInvoice", input).await, expected);
        if expected.is_empty() {
            let refunds = std::mem::take(&mut self.invoice.refunds);
            self.invoice = Invoice { customer, total, base, is_cancelled: false, refunds };
        }
        format!("correct to {customer} {total} {base}: {expected}")
    }

    /// Applies a decision of staff to the present event; it may be rejected.
    async fn decide(&mut self, mutation: &str) -> String {
        let query = "{ invoice(invoiceId: \"i\") { commissionEvent { id } } }";
        let event = self.acme.finance().query(query).await.data()["invoice"]["commissionEvent"]["id"].clone();
        if event.is_null() {
            return "nothing".to_owned();
        }
        let input = json!({ "ids": [event], "reason": "a reason" });
        let code = self.acme.finance().error_code(mutation, input).await;
        assert!(["", "INVALID_STATE"].contains(&code.as_str()), "{mutation}: {code}");
        if mutation == "cancelCommissionEvents" && code.is_empty() {
            self.invoice.is_cancelled = true;
        }
        format!("{mutation}: {code}")
    }

    async fn batch(&mut self) -> String {
        let partner = self.partners.choose(&mut self.random).expect("a partner").clone();
        let finance = self.acme.finance();
        let created = finance.try_mutate("createPayoutBatch", batch_input(&partner), "payout { id }").await;
        let id = created.ok().and_then(|payload| Some(payload["payout"]["id"].as_str()?.to_owned()));
        self.payouts.extend(id);
        "batch".to_owned()
    }

    async fn settle(&mut self) -> String {
        let Some(payout) = self.payouts.pop() else { return "nothing".to_owned() };
        let end = *["completePayout", "failPayout", "cancelPayout"].choose(&mut self.random).expect("one");
        self.acme.finance().mutate_ok(end, transition_input(end, &payout), "payout { id }").await;
        end.to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counts_of_an_invoice_is_always_the_commission_on_what_was_not_refunded() {
    let sequences = std::env::var("SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(SEQUENCES);
    let app = TestApp::new().await;
    for seed in 0..sequences {
        let mut world = World::new(&app, seed).await;
        let mut steps = Vec::new();
        for n in 0..STEPS {
            steps.push(world.step(n).await);
            let (counts, events) = (living(&world.acme).await, world.acme.events_of_invoice("i").await);
            assert_eq!(counts, world.invoice.commission(), "seed {seed}: {steps:#?} {events:#?}");
            if n % 8 == 7 {
                let differences = world.acme.reconciliation_differences().await;
                assert_eq!(differences, json!([]), "seed {seed}: {steps:#?} {events:#?}");
            }
        }
    }
}
