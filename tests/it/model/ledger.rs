//! The model: the rules of the money as plain Rust over whole cents, for one partner at 15 % in one currency.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{self, Command, Date, EventKey, Invoice, Period, Transition};

/// A commission event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub cents: i128,
    /// Every status it had, repeated when it was held or released; the last one is the current one.
    pub statuses: Vec<&'static str>,
    pub is_held: bool,
    date: Date,
    /// The original, if this is a reversal.
    reverses: Option<EventKey>,
}

impl Event {
    pub fn status(&self) -> &'static str {
        self.statuses.last().expect("a status")
    }

    /// Whether it is a negative adjustment.
    fn is_debt(&self) -> bool {
        self.cents < 0 && self.reverses.is_none()
    }

    /// Whether the event no longer counts towards the balance.
    fn is_void(&self) -> bool {
        ["CANCELLED", "CLAWBACK"].contains(&self.status())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    pub status: &'static str,
    pub cents: i128,
    /// The events it was created with.
    pub lines: BTreeSet<EventKey>,
}

impl Payout {
    fn is_released(&self) -> bool {
        ["FAILED", "CANCELLED"].contains(&self.status)
    }
}

/// The part of a balance in each bucket, in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    pub pending: i128,
    pub approved: i128,
    /// The part of `approved` that is held.
    pub held: i128,
    pub in_transit: i128,
    pub settled: i128,
}

/// An invoice that was recorded.
#[derive(Clone, Copy, Debug)]
struct Receipt {
    altered: bool,
    /// The sum of its refunds, in cents.
    refunded: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refund {
    invoice: u8,
    cents: i128,
}

/// The state of the model.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub events: BTreeMap<EventKey, Event>,
    pub payouts: Vec<Payout>,
    receipts: BTreeMap<u8, Receipt>,
    refunds: BTreeMap<u8, Refund>,
    /// The refunds in the order in which they were recorded.
    refund_order: Vec<u8>,
    /// The amounts, periods and results by idempotency key.
    adjustments: BTreeMap<u8, i128>,
    payout_periods: BTreeMap<u8, Period>,
    runs: BTreeMap<u8, String>,
    second_account: bool,
}

/// The commission on the part of a base that was not refunded, rounded half up once. No operand is negative.
fn commission(base: i128, not_refunded: i128, total: i128) -> i128 {
    (2 * base * not_refunded * 15 + total * 100) / (2 * total * 100)
}

impl Ledger {
    /// Applies a command; returns its result as [`System::send`](super::system::System::send) does. A command can
    /// only name events and payouts that existed before its step.
    pub fn apply(&mut self, command: &Command, before: &Ledger) -> String {
        match command {
            Command::RecordInvoicePaid { invoice, altered } => self.record_invoice(*invoice, *altered),
            Command::RecordRefund { refund, invoice, sixths } => {
                self.record_refund(*refund, *invoice, *sixths)
            }
            Command::Reassess { invoice } => self.reassess(*invoice),
            Command::AssignSecondAccount => {
                self.second_account = true;
                "OK".to_owned()
            }
            Command::ApproveEvents(keys) => self.change_status(keys, before, &["PENDING"], "APPROVED"),
            Command::CancelEvents(keys) => {
                self.change_status(keys, before, &["PENDING", "APPROVED"], "CANCELLED")
            }
            Command::RevertApproval(keys) => self.change_status(keys, before, &["APPROVED"], "PENDING"),
            Command::HoldEvents(keys) => self.set_held(keys, before, true),
            Command::ReleaseEvents(keys) => self.set_held(keys, before, false),
            Command::ApprovePending(period) => self.approve_pending(*period),
            Command::RecordAdjustment { key, cents } => self.record_adjustment(*key, *cents),
            Command::CreatePayout { period, key } => self.create_payout(*period, *key),
            Command::RunPayouts { key } => self.run_payouts(*key),
            Command::TransitionPayout { payout, transition } => match before.payouts.len() {
                0 => "NOT_FOUND".to_owned(),
                payouts => self.transition_payout(usize::from(*payout) % payouts, *transition),
            },
        }
    }

    fn record_invoice(&mut self, invoice: u8, altered: bool) -> String {
        let Invoice { base, date, .. } = command::invoice(invoice, altered);
        let refunded = match self.receipts.get(&invoice) {
            Some(receipt) if receipt.altered != altered => return "CONFLICT".to_owned(),
            Some(_) if self.events.contains_key(&EventKey::Invoice(invoice)) => {
                return "ALREADY_RECORDED".to_owned();
            }
            Some(receipt) => receipt.refunded,
            None => 0,
        };
        self.receipts.insert(invoice, Receipt { altered, refunded });
        if command::is_of_second_customer(invoice) && !self.second_account {
            return "NO_MANAGED_ACCOUNT".to_owned();
        }
        let cents = commission(base, 1, 1);
        let event = Event { cents, statuses: vec!["PENDING"], is_held: false, date, reverses: None };
        self.events.insert(EventKey::Invoice(invoice), event);
        // Applies the refunds recorded before the invoice earned anything, in their order.
        let mut refunded = 0;
        for number in self.refund_order.clone() {
            let refund = self.refunds[&number];
            if refund.invoice == invoice {
                refunded += refund.cents;
                self.claw_back(number, invoice, refunded);
            }
        }
        "RECORDED".to_owned()
    }

    /// The number of invoices that earn now: one, if the invoice was recorded, earned nothing, and is sent again.
    fn reassess(&mut self, invoice: u8) -> String {
        let earned_nothing = !self.events.contains_key(&EventKey::Invoice(invoice));
        match self.receipts.get(&invoice).copied() {
            Some(Receipt { altered, .. }) if earned_nothing && self.second_account => {
                self.record_invoice(invoice, altered);
                "1".to_owned()
            }
            Some(_) | None => "0".to_owned(),
        }
    }

    fn record_refund(&mut self, number: u8, invoice: u8, sixths: i128) -> String {
        let recorded = self.refunds.get(&number).copied();
        let Some(receipt) = self.receipts.get(&invoice).copied() else {
            return if recorded.is_some() { "CONFLICT" } else { "NOT_FOUND" }.to_owned();
        };
        let total = command::invoice(invoice, receipt.altered).total;
        let refund = Refund { invoice, cents: command::refund_cents(invoice, sixths) };
        if refund.cents > total {
            return "REFUND_EXCEEDS_INVOICE".to_owned();
        }
        let refunded = receipt.refunded + refund.cents;
        match recorded {
            Some(recorded) if recorded == refund => return "ALREADY_RECORDED".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None if refunded > total => return "REFUND_EXCEEDS_INVOICE".to_owned(),
            None => {}
        }
        self.refunds.insert(number, refund);
        self.refund_order.push(number);
        self.receipts.insert(invoice, Receipt { refunded, ..receipt });
        if self.events.get(&EventKey::Invoice(invoice)).is_none_or(Event::is_void) {
            return "NO_COMMISSION".to_owned();
        }
        self.claw_back(number, invoice, refunded);
        "RECORDED".to_owned()
    }

    /// Turns a fully refunded event into a clawback, or makes a reversal, now that this much is refunded.
    fn claw_back(&mut self, refund: u8, invoice: u8, refunded: i128) {
        let original = EventKey::Invoice(invoice);
        let Invoice { total, base, .. } = command::invoice(invoice, self.receipts[&invoice].altered);
        let family = self.with_reversals(&[original]);
        let is_paid = |key: &EventKey| self.events[key].status() == "PAID";
        if refunded == total && !family.iter().any(is_paid) {
            return self.set_status(&family, "CLAWBACK");
        }
        let earned: i128 = family.iter().map(|key| self.events[key].cents).sum();
        let status = if is_paid(&original) { "APPROVED" } else { self.events[&original].status() };
        let is_held = self.events[&original].is_held;
        let reversal = Event {
            cents: commission(base, total - refunded, total) - earned,
            statuses: vec![status; if is_held { 2 } else { 1 }],
            is_held,
            date: Date::Old,
            reverses: Some(original),
        };
        self.events.insert(EventKey::Refund(refund), reversal);
    }

    /// These events and the reversals of each.
    fn with_reversals(&self, keys: &[EventKey]) -> Vec<EventKey> {
        let is_included = |key: &EventKey, event: &Event| {
            keys.contains(key) || event.reverses.is_some_and(|original| keys.contains(&original))
        };
        self.events.iter().filter(|(key, event)| is_included(key, event)).map(|(key, _)| *key).collect()
    }

    fn set_status(&mut self, keys: &[EventKey], status: &'static str) {
        for key in keys {
            let event = self.events.get_mut(key).expect("an event");
            event.statuses.push(status);
            event.is_held &= !event.is_void();
        }
    }

    /// Holds or releases events with their reversals.
    fn set_held(&mut self, keys: &[EventKey], before: &Ledger, is_held: bool) -> String {
        let rejection = self.rejection(keys, before, |event, _| {
            ["PENDING", "APPROVED"].contains(&event.status())
                && event.is_held != is_held
                && !(is_held && event.is_debt())
        });
        if let Some(code) = rejection {
            return code.to_owned();
        }
        for key in self.with_reversals(keys) {
            let event = self.events.get_mut(&key).expect("an event");
            if ["PENDING", "APPROVED"].contains(&event.status()) && event.is_held != is_held {
                event.is_held = is_held;
                event.statuses.push(event.status());
            }
        }
        "OK".to_owned()
    }

    /// The code with which a list is rejected, if one of its events does not allow what is to be done.
    fn rejection(
        &self,
        keys: &[EventKey],
        before: &Ledger,
        is_allowed: impl Fn(&Event, bool) -> bool,
    ) -> Option<&'static str> {
        if keys.is_empty() {
            return Some("BAD_USER_INPUT");
        }
        keys.iter().find_map(|key| {
            let Some(event) = self.events.get(key).filter(|_| before.events.contains_key(key)) else {
                return Some("NOT_FOUND");
            };
            let without_original = event.reverses.is_some_and(|original| !keys.contains(&original));
            let any_paid = self.with_reversals(&[*key]).iter().any(|key| self.events[key].status() == "PAID");
            (without_original || !is_allowed(event, any_paid)).then_some("INVALID_STATE")
        })
    }

    fn change_status(
        &mut self,
        keys: &[EventKey],
        before: &Ledger,
        from: &[&str],
        to: &'static str,
    ) -> String {
        let rejection = self.rejection(keys, before, |event, any_paid| {
            from.contains(&event.status())
                && (to == "APPROVED" || !any_paid)
                && !(to == "PENDING" && event.is_debt())
        });
        if let Some(code) = rejection {
            return code.to_owned();
        }
        let mut family = self.with_reversals(keys);
        family.retain(|key| self.events[key].status() != "PAID");
        self.set_status(&family, to);
        "OK".to_owned()
    }

    fn approve_pending(&mut self, period: Period) -> String {
        let is_pending = |event: &Event| {
            event.status() == "PENDING" && event.reverses.is_none() && period.contains(event.date)
        };
        let pending: Vec<_> =
            self.events.iter().filter(|(_, event)| is_pending(event)).map(|(key, _)| *key).collect();
        let family = self.with_reversals(&pending);
        self.set_status(&family, "APPROVED");
        family.len().to_string()
    }

    fn record_adjustment(&mut self, key: u8, cents: i128) -> String {
        match self.adjustments.get(&key) {
            Some(recorded) if *recorded == cents => return "OK".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None => self.adjustments.insert(key, cents),
        };
        let status = if cents > 0 { "PENDING" } else { "APPROVED" };
        let event = Event { cents, statuses: vec![status], is_held: false, date: Date::Old, reverses: None };
        self.events.insert(EventKey::Adjustment(key), event);
        "OK".to_owned()
    }

    /// Whether a payout for a period includes an approved event.
    fn is_due(&self, event: &Event, period: Period) -> bool {
        match event.reverses.map(|original| &self.events[&original]) {
            Some(original) => original.status() == "PAID" || self.is_due(original, period),
            None if event.cents < 0 => true,
            None => period.contains(event.date) && event.date != Date::WithinHold,
        }
    }

    fn create_payout(&mut self, period: Period, key: Option<u8>) -> String {
        match key.and_then(|key| self.payout_periods.get(&key)) {
            Some(recorded) if *recorded == period => return "OK".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None => {}
        }
        let is_due =
            |event: &Event| event.status() == "APPROVED" && !event.is_held && self.is_due(event, period);
        let lines: BTreeSet<_> =
            self.events.iter().filter(|(_, event)| is_due(event)).map(|(key, _)| *key).collect();
        let cents: i128 = lines.iter().map(|key| self.events[key].cents).sum();
        if cents <= 0 {
            return "NOTHING_PAYABLE".to_owned();
        }
        self.set_status(&lines.iter().copied().collect::<Vec<_>>(), "PAID");
        self.payouts.push(Payout { status: "READY", cents, lines });
        if let Some(key) = key {
            self.payout_periods.insert(key, period);
        }
        "OK".to_owned()
    }

    fn run_payouts(&mut self, key: Option<u8>) -> String {
        if let Some(count) = key.and_then(|key| self.runs.get(&key)) {
            return count.clone();
        }
        let count = if self.create_payout(Period::All, None) == "OK" { "1" } else { "0" };
        if let Some(key) = key {
            self.runs.insert(key, count.to_owned());
        }
        count.to_owned()
    }

    fn transition_payout(&mut self, payout: usize, transition: Transition) -> String {
        let payout = &mut self.payouts[payout];
        payout.status = match (transition, payout.status) {
            (Transition::Start, "READY") => "PROCESSING",
            (Transition::Complete, "READY" | "PROCESSING" | "COMPLETED") => "COMPLETED",
            (Transition::Fail, "READY" | "PROCESSING") => "FAILED",
            (Transition::Cancel, "READY") => "CANCELLED",
            _ => return "INVALID_STATE".to_owned(),
        };
        if payout.is_released() {
            let lines: Vec<_> = payout.lines.iter().copied().collect();
            self.set_status(&lines, "APPROVED");
        }
        "OK".to_owned()
    }

    /// The index of the payout that contains an event and was not released.
    pub fn payout_of(&self, key: &EventKey) -> Option<usize> {
        self.payouts.iter().position(|payout| !payout.is_released() && payout.lines.contains(key))
    }

    pub fn buckets(&self) -> Buckets {
        let mut buckets = Buckets::default();
        for (key, event) in self.events.iter().filter(|(_, event)| !event.is_void()) {
            let bucket = match (event.status(), self.payout_of(key)) {
                ("PENDING", _) => &mut buckets.pending,
                (_, None) => &mut buckets.approved,
                (_, Some(payout)) if self.payouts[payout].status == "COMPLETED" => &mut buckets.settled,
                (_, Some(_)) => &mut buckets.in_transit,
            };
            *bucket += event.cents;
            if event.is_held && event.status() == "APPROVED" {
                buckets.held += event.cents;
            }
        }
        buckets
    }
}
