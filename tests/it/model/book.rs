//! The rules of the money once more, in plain words and whole cents: one partner at 15 %, one currency.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{Act, Command, Day, Label, Period};

/// What is known of one commission event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub cents: i128,
    /// Every status it had; the last one is its own.
    pub statuses: Vec<&'static str>,
    day: Day,
    reverses: Option<Label>,
}

impl Event {
    pub fn status(&self) -> &'static str {
        self.statuses.last().expect("a status")
    }

    fn ended(&self) -> bool {
        ["CANCELLED", "CLAWBACK"].contains(&self.status())
    }
}

/// What is known of one payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    pub status: &'static str,
    pub cents: i128,
    pub lines: BTreeSet<Label>,
}

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub events: BTreeMap<Label, Event>,
    pub payouts: Vec<Payout>,
    /// Which invoice came with which data, and what was refunded of it.
    invoices: BTreeMap<u8, (bool, i128)>,
    refunds: BTreeMap<u8, (u8, i128)>,
    /// The refunds as they came.
    order: Vec<u8>,
    adjustments: BTreeMap<u8, i128>,
    batches: BTreeMap<u8, Period>,
    runs: BTreeMap<u8, String>,
    second_account: bool,
}

/// The commission on what is left of a base, rounded once, half up.
fn commission(base: i128, left: i128, total: i128) -> i128 {
    (2 * base * left * 15 + total * 100) / (2 * total * 100)
}

impl Book {
    /// Does what a command says, and tells what comes of it. `known` is what had been there when it was sent.
    pub fn apply(&mut self, command: &Command, known: &Book) -> String {
        match command {
            Command::Pay { invoice, other } => self.pay(*invoice, *other),
            Command::Refund { refund, invoice, sixths } => self.refund(*refund, *invoice, *sixths),
            Command::Assign => {
                self.second_account = true;
                "OK".to_owned()
            }
            Command::Approve(labels) => self.change(labels, known, &["PENDING"], "APPROVED"),
            Command::Cancel(labels) => self.change(labels, known, &["PENDING", "APPROVED"], "CANCELLED"),
            Command::ApprovePending(period) => self.approve_pending(*period),
            Command::Adjust { key, cents } => self.adjust(*key, *cents),
            Command::Batch { period, key } => self.batch(*period, *key),
            Command::Run { key } => self.run(*key),
            Command::Settle { payout, act } => match known.payouts.len() {
                0 => "NOT_FOUND".to_owned(),
                payouts => self.transition_payout(usize::from(*payout) % payouts, *act),
            },
        }
    }

    fn pay(&mut self, invoice: u8, other: bool) -> String {
        let (_, base, day) = super::command::invoice(invoice, other);
        let refunded = match self.invoices.get(&invoice) {
            Some((before, _)) if *before != other => return "CONFLICT".to_owned(),
            Some(_) if self.events.contains_key(&Label::Invoice(invoice)) => {
                return "ALREADY_RECORDED".to_owned();
            }
            Some((_, refunded)) => *refunded,
            None => 0,
        };
        self.invoices.insert(invoice, (other, refunded));
        if super::command::is_second(invoice) && !self.second_account {
            return "NO_MANAGED_ACCOUNT".to_owned();
        }
        let event = Event { cents: commission(base, 1, 1), statuses: vec!["PENDING"], day, reverses: None };
        self.events.insert(Label::Invoice(invoice), event);
        // The refunds that came before it earned anything, in the order in which they came.
        let mut kept: Vec<_> =
            self.refunds.clone().into_iter().filter(|(_, (of, _))| *of == invoice).collect();
        kept.sort_by_key(|(refund, _)| self.order.iter().position(|earlier| earlier == refund));
        let mut sum = 0;
        for (refund, (_, cents)) in kept {
            sum += cents;
            self.take_back(refund, invoice, sum);
        }
        "RECORDED".to_owned()
    }

    fn refund(&mut self, refund: u8, invoice: u8, sixths: i128) -> String {
        let known = self.refunds.get(&refund).copied();
        let Some((other, refunded)) = self.invoices.get(&invoice).copied() else {
            return if known.is_some() { "CONFLICT" } else { "NOT_FOUND" }.to_owned();
        };
        let (total, _, _) = super::command::invoice(invoice, other);
        let cents = super::command::sixths(invoice, sixths);
        if cents > total {
            return "REFUND_EXCEEDS_INVOICE".to_owned();
        }
        match known {
            Some(before) if before == (invoice, cents) => return "ALREADY_RECORDED".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None if refunded + cents > total => return "REFUND_EXCEEDS_INVOICE".to_owned(),
            None => {}
        }
        self.refunds.insert(refund, (invoice, cents));
        self.order.push(refund);
        self.invoices.insert(invoice, (other, refunded + cents));
        if self.events.get(&Label::Invoice(invoice)).is_none_or(Event::ended) {
            return "NO_COMMISSION".to_owned();
        }
        self.take_back(refund, invoice, refunded + cents);
        "RECORDED".to_owned()
    }

    fn take_back(&mut self, refund: u8, invoice: u8, refunded: i128) {
        let original = Label::Invoice(invoice);
        let (total, base, _) = super::command::invoice(invoice, self.invoices[&invoice].0);
        let family = self.with_lines(&[original]);
        let paid = |label: &Label| self.events[label].status() == "PAID";
        if refunded == total && !family.iter().any(paid) {
            return self.become_all(&family, "CLAWBACK");
        }
        let stands: i128 = family.iter().map(|label| self.events[label].cents).sum();
        let status = if paid(&original) { "APPROVED" } else { self.events[&original].status() };
        let line = Event {
            cents: commission(base, total - refunded, total) - stands,
            statuses: vec![status],
            day: Day::Old,
            reverses: Some(original),
        };
        self.events.insert(Label::Refund(refund), line);
    }

    /// These events and the lines that take back part of them.
    fn with_lines(&self, labels: &[Label]) -> Vec<Label> {
        let of_them = |label: &Label, event: &Event| {
            labels.contains(label) || event.reverses.is_some_and(|original| labels.contains(&original))
        };
        self.events.iter().filter(|(label, event)| of_them(label, event)).map(|(label, _)| *label).collect()
    }

    fn become_all(&mut self, labels: &[Label], status: &'static str) {
        for label in labels {
            self.events.get_mut(label).expect("an event").statuses.push(status);
        }
    }

    fn change(&mut self, labels: &[Label], known: &Book, from: &[&str], to: &'static str) -> String {
        if labels.is_empty() {
            return "BAD_USER_INPUT".to_owned();
        }
        for label in labels {
            let Some(event) = self.events.get(label).filter(|_| known.events.contains_key(label)) else {
                return "NOT_FOUND".to_owned();
            };
            let alone = event.reverses.is_some_and(|original| !labels.contains(&original));
            let line_is_paid =
                self.with_lines(&[*label]).iter().any(|line| self.events[line].status() == "PAID");
            if !from.contains(&event.status()) || alone || to == "CANCELLED" && line_is_paid {
                return "INVALID_STATE".to_owned();
            }
        }
        let mut family = self.with_lines(labels);
        family.retain(|label| self.events[label].status() != "PAID");
        self.become_all(&family, to);
        "OK".to_owned()
    }

    fn approve_pending(&mut self, period: Period) -> String {
        let pending = |event: &Event| {
            event.status() == "PENDING" && event.reverses.is_none() && period.holds(event.day)
        };
        let named: Vec<_> =
            self.events.iter().filter(|(_, event)| pending(event)).map(|(label, _)| *label).collect();
        let family = self.with_lines(&named);
        self.become_all(&family, "APPROVED");
        family.len().to_string()
    }

    fn adjust(&mut self, key: u8, cents: i128) -> String {
        match self.adjustments.get(&key) {
            Some(before) if *before == cents => return "OK".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None => self.adjustments.insert(key, cents),
        };
        let status = if cents > 0 { "PENDING" } else { "APPROVED" };
        let event = Event { cents, statuses: vec![status], day: Day::Old, reverses: None };
        self.events.insert(Label::Adjustment(key), event);
        "OK".to_owned()
    }

    /// Whether an approved event goes into a payout for a period.
    fn is_due(&self, event: &Event, period: Period) -> bool {
        match event.reverses.map(|original| &self.events[&original]) {
            Some(original) => original.status() == "PAID" || self.is_due(original, period),
            None if event.cents < 0 => true,
            None => period.holds(event.day) && event.day != Day::Held,
        }
    }

    fn batch(&mut self, period: Period, key: Option<u8>) -> String {
        match key.and_then(|key| self.batches.get(&key)) {
            Some(before) if *before == period => return "OK".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None => {}
        }
        let due = |event: &Event| event.status() == "APPROVED" && self.is_due(event, period);
        let lines: BTreeSet<_> =
            self.events.iter().filter(|(_, event)| due(event)).map(|(label, _)| *label).collect();
        let cents: i128 = lines.iter().map(|label| self.events[label].cents).sum();
        if cents <= 0 {
            return "NOTHING_PAYABLE".to_owned();
        }
        self.become_all(&lines.iter().copied().collect::<Vec<_>>(), "PAID");
        self.payouts.push(Payout { status: "READY", cents, lines });
        if let Some(key) = key {
            self.batches.insert(key, period);
        }
        "OK".to_owned()
    }

    fn run(&mut self, key: Option<u8>) -> String {
        if let Some(before) = key.and_then(|key| self.runs.get(&key)) {
            return before.clone();
        }
        let paid = if self.batch(Period::All, None) == "OK" { "1" } else { "0" };
        if let Some(key) = key {
            self.runs.insert(key, paid.to_owned());
        }
        paid.to_owned()
    }

    fn transition_payout(&mut self, payout: usize, act: Act) -> String {
        let before = self.payouts[payout].status;
        let after = match (act, before) {
            (Act::Start, "READY") => "PROCESSING",
            (Act::Complete, "READY" | "PROCESSING" | "COMPLETED") => "COMPLETED",
            (Act::Fail, "READY" | "PROCESSING") => "FAILED",
            (Act::Cancel, "READY") => "CANCELLED",
            _ => return "INVALID_STATE".to_owned(),
        };
        self.payouts[payout].status = after;
        if ["FAILED", "CANCELLED"].contains(&after) {
            let lines: Vec<_> = self.payouts[payout].lines.iter().copied().collect();
            self.become_all(&lines, "APPROVED");
        }
        "OK".to_owned()
    }

    /// The payout that holds an event.
    pub fn holder(&self, label: &Label) -> Option<usize> {
        let lives = |payout: &Payout| !["FAILED", "CANCELLED"].contains(&payout.status);
        self.payouts.iter().position(|payout| lives(payout) && payout.lines.contains(label))
    }

    /// pending, approved, in transit, settled.
    pub fn buckets(&self) -> [i128; 4] {
        let mut buckets = [0; 4];
        for (label, event) in self.events.iter().filter(|(_, event)| !event.ended()) {
            let bucket = match (event.status(), self.holder(label)) {
                ("PENDING", _) => 0,
                (_, None) => 1,
                (_, Some(payout)) if self.payouts[payout].status == "COMPLETED" => 3,
                (_, Some(_)) => 2,
            };
            buckets[bucket] += event.cents;
        }
        buckets
    }
}
