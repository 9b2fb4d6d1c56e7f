//! What a schedule happens to: a partner of a connected tenant, its payouts, the processes, and the stand-in.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use stripe_stand_in::{Fault, Transfer};

use super::process::Process;
use crate::rails::{KEY, PLATFORM, Rail, SECRET};
use crate::support::{batch_input, with_fields, with_superuser};

/// How long a request hangs: longer than a worker waits for it.
const HANG: Duration = Duration::from_millis(600);
const PAYOUTS_MAX: usize = 4;

/// Where schedules happen, one after the other: each has a partner of its own.
pub struct Stage {
    pub rail: Rail,
    pub random: StdRng,
    pub payouts: Vec<String>,
    /// The payouts of which the database has lost an attempt: staff do not pay them by hand.
    pub restored: BTreeSet<String>,
    /// What has happened in this schedule.
    pub log: Vec<String>,
    customer: String,
    invoices: usize,
    processes: Vec<Process>,
    /// The events of the stand-in that were delivered.
    delivered: BTreeSet<String>,
}

impl Stage {
    pub async fn new() -> Self {
        let rail = Rail::new().await;
        rail.stripe.hold_events(true);
        rail.listen().await;
        Self {
            rail,
            random: StdRng::seed_from_u64(0),
            payouts: Vec::new(),
            restored: BTreeSet::new(),
            log: Vec::new(),
            customer: String::new(),
            invoices: 0,
            processes: Vec::new(),
            delivered: BTreeSet::new(),
        }
    }

    /// Begins a schedule: a partner with an account that can receive transfers, and a payout.
    pub async fn begin(&mut self, seed: u64) {
        self.random = StdRng::seed_from_u64(seed);
        self.payouts.clear();
        self.restored.clear();
        self.log.clear();
        self.customer = format!("c{seed}");
        self.rail.partner = self.rail.acme.create_partner_with_account(&self.customer).await;
        self.rail.account = self.rail.stripe.add_account(PLATFORM, None, "DE");
        let link = json!({ "partnerId": self.rail.partner, "account": self.rail.account });
        self.rail.acme.finance().mutate_ok("linkStripeAccount", link, "payoutAccount { status }").await;
        self.make_payout().await;
    }

    pub fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }

    /// The transfers to the partner.
    pub fn transfers(&self) -> Vec<Transfer> {
        let all = self.rail.stripe.transfers();
        all.into_iter().filter(|transfer| transfer.destination == self.rail.account).collect()
    }

    pub async fn make_payout(&mut self) {
        if self.payouts.len() >= PAYOUTS_MAX {
            return;
        }
        self.invoices += 1;
        let (invoice, amount) =
            (format!("{}-{}", self.customer, self.invoices), self.random.random_range(100..9000));
        self.rail.acme.approved_event(&self.customer, &invoice, &format!("{amount}.00"), "USD").await;
        let input = with_fields(batch_input(&self.rail.partner), json!({ "currency": "USD" }));
        let batch = self.rail.acme.finance().try_mutate("createPayoutBatch", input, "payout { id }").await;
        self.note(format!("a payout: {batch:?}"));
        if let Ok(payload) = batch {
            self.payouts.push(payload["payout"]["id"].as_str().expect("an id").to_owned());
        }
    }

    /// Sends all payouts, perhaps by two calls at once: none may take the same payout.
    pub async fn send(&mut self) {
        let ids: Vec<_> = self.payouts.iter().map(String::as_str).collect();
        let sent = |payload: &Value| payload["sent"].as_array().map_or(0, Vec::len);
        if self.random.random_bool(0.3) {
            let (one, other) = tokio::join!(self.rail.send(&ids), self.rail.send(&ids));
            let ids = |payload: &Value| {
                let payouts = payload["sent"].as_array().cloned().unwrap_or_default();
                payouts.iter().map(|payout| payout["id"].to_string()).collect::<BTreeSet<_>>()
            };
            assert!(ids(&one).is_disjoint(&ids(&other)), "{one} {other}");
            self.note(format!("sent by two calls: {} and {}", sent(&one), sent(&other)));
        } else {
            let payload = self.rail.send(&ids).await;
            self.note(format!("sent: {payload}"));
        }
    }

    pub fn start_process(&mut self) {
        if self.processes.len() < 2 {
            self.processes.push(Process::start(&self.rail.acme.app.pool, &self.rail.stripe.url()));
            self.note("a worker starts");
        }
    }

    pub fn kill_processes(&mut self) {
        self.note(format!("{} workers are killed", self.processes.len()));
        self.processes.clear();
    }

    pub async fn stop_process(&mut self) {
        if let Some(process) = self.processes.pop() {
            self.note("a worker is stopped");
            process.stop().await;
        }
    }

    /// Kills the workers at the moment when the stand-in has received a request for a transfer, or has executed it.
    pub async fn strike(&mut self) {
        let is_executed = self.random.random_bool(0.5);
        let fault = if is_executed { Fault::HangAfter(HANG) } else { Fault::HangBefore(HANG) };
        self.rail.stripe.clear_faults();
        self.rail.stripe.fail_next(1, "POST", "/v1/transfers", fault);
        self.send().await;
        self.make_due(true).await;
        self.start_process();
        let before = self.transfers().len();
        for _ in 0..80 {
            let has_come = self.rail.stripe.is_executing() || self.transfers().len() > before;
            if has_come {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.note(format!("struck, is_executed: {is_executed}, {} transfers before", before));
        self.kill_processes();
    }

    pub fn plan_fault(&mut self) {
        let faults = [
            Fault::HangBefore(HANG),
            Fault::HangAfter(HANG),
            Fault::BreakBefore,
            Fault::BreakAfter,
            Fault::ServerError { is_executed: true, is_kept: true },
            Fault::ServerError { is_executed: true, is_kept: false },
            Fault::ServerError { is_executed: false, is_kept: true },
            Fault::ServerError { is_executed: false, is_kept: false },
            Fault::RateLimited,
            Fault::Unauthorized,
            Fault::DependencyFailed { is_kept: true },
            Fault::DependencyFailed { is_kept: false },
            Fault::Refused { status: 400, code: "balance_insufficient".to_owned() },
        ];
        let fault = faults.choose(&mut self.random).expect("a fault").clone();
        let requests = [
            ("POST", "/v1/transfers"),
            ("POST", "/v1/transfers"),
            ("GET", "/v1/transfers"),
            ("GET", "/v1/accounts"),
        ];
        let (method, path) = *requests.choose(&mut self.random).expect("a request");
        let times = self.random.random_range(1..3);
        self.note(format!("{times} requests {method} {path}: {fault:?}"));
        self.rail.stripe.fail_next(times, method, path, fault);
    }

    pub async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.random.random_range(0..200))).await;
    }

    /// Makes the jobs due, as if their time had come; with their leases, so that another worker may take them.
    pub async fn make_due(&mut self, with_leases: bool) {
        let condition = if with_leases { "" } else { "AND lease_id IS NULL" };
        let update = format!(
            "UPDATE jobs SET available_at = clock_timestamp() WHERE lane IN ('PAYOUT', 'RECALL', 'INBOX') {condition}"
        );
        with_superuser(&self.rail.acme.app.database, &update).await.expect("an update");
        self.note(format!("all jobs are due, with leases: {with_leases}"));
    }

    /// Delivers the new events in any order, and some of them again.
    pub async fn deliver_events(&mut self) {
        let mut events = self.rail.stripe.events();
        events.retain(|event| !self.delivered.contains(&event.id) || self.random.random_bool(0.02));
        events.extend(events.iter().filter(|_| self.random.random_bool(0.3)).cloned().collect::<Vec<_>>());
        events.shuffle(&mut self.random);
        for event in &events {
            let answers = self.rail.stripe.send(event).await;
            assert!(answers.iter().all(|answer| *answer == Some(200)), "{answers:?}");
            self.delivered.insert(event.id.clone());
        }
        self.note(format!("{} events", events.len()));
    }

    /// Lets a reversal happen at Stripe, of the whole transfer or of a part.
    pub fn reverse(&mut self) {
        let transfers = self.transfers();
        let living = transfers.iter().filter(|transfer| transfer.amount > transfer.amount_reversed);
        let living: Vec<_> = living.collect();
        let Some(transfer) = living.choose(&mut self.random) else { return };
        let left = transfer.amount - transfer.amount_reversed;
        let part = (left > 500 && self.random.random_bool(0.4)).then_some(500);
        self.rail.stripe.reverse_transfer(&transfer.id, part).expect("a reversal");
        self.note(format!("{} is reversed: {part:?}", transfer.id));
    }

    /// Changes whether money can be sent.
    pub async fn change_conditions(&mut self) {
        let (is_good, which) = (self.random.random_bool(0.5), self.random.random_range(0..3));
        self.note(format!("condition {which} is good: {is_good}"));
        match which {
            0 => self.rail.stripe.set_balance(PLATFORM, "usd", (!is_good).then_some(20_000)),
            1 => {
                let (transfers, due) =
                    if is_good { ("active", &[][..]) } else { ("inactive", &["external_account"][..]) };
                self.rail.stripe.set_account(&self.rail.account, transfers, due, None).expect("an account");
            }
            _ => {
                let status = if is_good { "ACTIVE" } else { "SUSPENDED" };
                self.rail.acme.update_partner(&self.rail.partner, json!({ "status": status })).await;
            }
        }
    }

    /// Lets 25 hours pass: nothing runs meanwhile, and Stripe forgets the keys of requests.
    pub async fn let_a_day_pass(&mut self) {
        self.kill_processes();
        self.wait_until_stripe_is_idle().await;
        let update = "UPDATE payout_attempts SET first_sent_at = first_sent_at - interval '25 hours',
            last_sent_at = last_sent_at - interval '25 hours', looked_at = looked_at - interval '25 hours',
            created_at = created_at - interval '25 hours' WHERE status IN ('QUEUED', 'SENDING', 'UNCERTAIN')";
        with_superuser(&self.rail.acme.app.database, update).await.expect("an update");
        self.rail.stripe.forget_keys();
        self.make_due(true).await;
        self.note("a day passes");
    }

    pub async fn wait_until_stripe_is_idle(&self) {
        // What was sent before the workers were killed arrives.
        tokio::time::sleep(Duration::from_millis(5)).await;
        while self.rail.stripe.is_executing() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Restores the database to before the attempts that are being sent; staff send these payouts again.
    pub async fn restore(&mut self) {
        self.kill_processes();
        self.wait_until_stripe_is_idle().await;
        for payout in self.payouts.clone() {
            let shown = self.rail.shown(&payout).await;
            if shown["attempts"][0]["status"] != "SENDING" {
                continue;
            }
            let attempt = shown["attempts"][0]["id"].as_str().expect("an id").to_owned();
            let restore = format!(
                "SET session_replication_role = replica;
                DELETE FROM jobs WHERE lane = 'PAYOUT' AND subject_id = '{attempt}';
                DELETE FROM payout_attempts WHERE id = '{attempt}';
                UPDATE payouts SET status = 'READY' WHERE id = '{payout}';
                DELETE FROM status_changes WHERE payout_id = '{payout}' AND changed_at =
                    (SELECT max(changed_at) FROM status_changes WHERE payout_id = '{payout}')"
            );
            with_superuser(&self.rail.acme.app.database, &restore).await.expect("a restore");
            self.note(format!("the attempt {attempt} is lost"));
            self.restored.insert(payout);
        }
        self.send().await;
    }

    /// Removes all faults, and lets money be sent.
    pub async fn calm_down(&mut self) {
        self.kill_processes();
        self.rail.stripe.clear_faults();
        self.wait_until_stripe_is_idle().await;
        self.rail.stripe.set_balance(PLATFORM, "usd", None);
        self.rail.stripe.set_account(&self.rail.account, "active", &[], None).expect("an account");
        self.rail.acme.update_partner(&self.rail.partner, json!({ "status": "ACTIVE" })).await;
        self.connect().await;
    }

    pub async fn connect(&mut self) {
        let connect = json!({ "apiKey": KEY, "webhookSecrets": [SECRET] });
        self.rail.acme.admin().mutate_ok("connectStripe", connect, "stripeConnection { brokenAt }").await;
        self.note("Stripe is connected");
    }
}
