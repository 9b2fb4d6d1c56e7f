//! Random sequences of payments, refunds, corrections and payouts: what lives of an invoice is always the commission on
//! what was not refunded.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

use crate::support::{
    TestTenant, acme_with_partner, batch_input, euros, invoice_input, refund_input, with_fields,
};

const JANUARY: &str = "2026-01-15T00:00:00Z";
const SEQUENCES: u64 = 4;
const STEPS: usize = 30;

/// What is known of an invoice, in cents; the rate is in ten-thousandths.
struct Known {
    customer: &'static str,
    total: i64,
    base: i64,
    refunded: i64,
}

impl Known {
    /// The commission on what was not refunded, in cents, rounded half away from zero.
    fn commission(&self) -> i64 {
        let rate = match self.customer {
            "p" => 1_500,
            "q" => 1_000,
            _ => 0,
        };
        if self.total == 0 {
            return 0;
        }
        let (exact, unit) = (self.base * (self.total - self.refunded) * rate, self.total * 10_000);
        (2 * exact + unit) / (2 * unit)
    }
}

fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The sum of the events of an invoice that count, in cents.
async fn living(acme: &TestTenant, invoice: &str) -> i64 {
    let events = acme.events_of_invoice(invoice).await;
    let counted = events.iter().filter_map(|event| {
        let (status, amount) = event.split_once(' ')?;
        let counts = !["CANCELLED", "CLAWBACK"].contains(&status);
        counts.then(|| amount.replace('.', "").parse::<i64>().expect("an amount"))
    });
    counted.sum()
}

/// The world of one sequence: two partners, three invoices, and the payouts that are not settled.
struct World {
    acme: TestTenant,
    partners: [String; 2],
    invoices: Vec<Known>,
    payouts: Vec<String>,
    random: StdRng,
}

impl World {
    async fn new(seed: u64) -> Self {
        let (acme, p) = acme_with_partner().await;
        let q = acme.create_partner_with_account("q").await;
        let rate = json!({ "defaultCommissionRate": "0.10", "effectiveFrom": "2000-01-01T00:00:00Z" });
        acme.update_partner(&q, rate).await;
        let mut invoices = Vec::new();
        for n in 0..3 {
            let input = invoice_input("p", &format!("i-{n}"), "100.00", "EUR", JANUARY);
            acme.billing().mutate_ok("recordInvoicePaid", input, "outcome").await;
            invoices.push(Known { customer: "p", total: 10_000, base: 10_000, refunded: 0 });
        }
        let random = StdRng::seed_from_u64(seed);
        Self { acme, partners: [p, q], invoices, payouts: Vec::new(), random }
    }

    /// Takes one random step; returns what it was.
    async fn step(&mut self, n: usize) -> String {
        let invoice = self.random.random_range(0..self.invoices.len());
        match self.random.random_range(0..10) {
            0..3 => self.refund(invoice, n).await,
            3..6 => self.correct(invoice, n).await,
            6 => {
                self.acme.approve_all_pending().await;
                "approve".to_owned()
            }
            7..9 => {
                let partner = self.partners.choose(&mut self.random).expect("a partner").clone();
                let batch = self.acme.finance();
                let created =
                    batch.try_mutate("createPayoutBatch", batch_input(&partner), "payout { id }").await;
                let id = created.ok().and_then(|payload| Some(payload["payout"]["id"].as_str()?.to_owned()));
                self.payouts.extend(id);
                "batch".to_owned()
            }
            _ => {
                let Some(payout) = self.payouts.pop() else { return "nothing".to_owned() };
                let end =
                    *["completePayout", "failPayout", "cancelPayout"].choose(&mut self.random).expect("one");
                self.acme.transition_payout(end, &payout).await;
                end.to_owned()
            }
        }
    }

    async fn refund(&mut self, invoice: usize, n: usize) -> String {
        let known = &mut self.invoices[invoice];
        let left = known.total - known.refunded;
        if left == 0 {
            return "nothing".to_owned();
        }
        let part = if self.random.random_bool(0.2) { left } else { self.random.random_range(1..=left) };
        let input = refund_input(&format!("i-{invoice}"), &format!("r-{n}"), &amount(part));
        self.acme.billing().mutate_ok("recordInvoiceRefunded", input, "outcome").await;
        known.refunded += part;
        format!("refund {part} of {invoice}")
    }

    async fn correct(&mut self, invoice: usize, n: usize) -> String {
        let known = &mut self.invoices[invoice];
        let customer = *["p", "p", "q", "none"].choose(&mut self.random).expect("one");
        let total = *[0, 3_333, 10_000, 20_001, known.total].choose(&mut self.random).expect("one");
        let base = *[0, total / 3, total, total].choose(&mut self.random).expect("one");
        let input = with_fields(
            invoice_input(customer, &format!("i-{invoice}"), &amount(total), "EUR", JANUARY),
            json!({
                "commissionableAmount": euros(&amount(base)), "reason": "typo", "idempotencyKey": format!("k-{n}"),
            }),
        );
        let expected = if known.refunded > total { "REFUND_EXCEEDS_INVOICE" } else { "" };
        assert_eq!(self.acme.finance().error_code("correctInvoice", input).await, expected);
        if expected.is_empty() {
            (known.customer, known.total, known.base) = (customer, total, base);
        }
        format!("correct {invoice} to {customer} {total} {base}")
    }
}

#[tokio::test]
async fn what_lives_of_an_invoice_is_the_commission_on_what_was_not_refunded() {
    for seed in 0..SEQUENCES {
        let mut world = World::new(seed).await;
        let mut steps = Vec::new();
        for n in 0..STEPS {
            steps.push(world.step(n).await);
            for (index, known) in world.invoices.iter().enumerate() {
                let lives = living(&world.acme, &format!("i-{index}")).await;
                assert_eq!(lives, known.commission(), "seed {seed}, invoice {index}: {steps:#?}");
            }
        }
        world.acme.assert_reconciled().await;
    }
}
