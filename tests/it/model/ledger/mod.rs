//! The model: the rules of the money as plain Rust over whole cents, for two partners in one currency.

mod agreements;
mod decisions;
mod invoices;
mod payouts;
mod refunds;

use std::collections::{BTreeMap, BTreeSet};

use self::agreements::{Account, Timeline};
use self::invoices::Receipt;
use self::refunds::Refund;
use super::command::{Command, Data, Date, EventKey, EventName, Period, Rate};

/// A commission event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub partner: u8,
    pub cents: i128,
    /// The rate and its source; `None` for an adjustment.
    pub rate: Option<(Rate, &'static str)>,
    /// Every status it had, repeated when it was held or released; the last one is the current one.
    pub statuses: Vec<&'static str>,
    pub is_held: bool,
    date: Date,
    /// Whether its hold has ended.
    is_matured: bool,
    /// The original, if this is a reversal or a reinstatement.
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

    fn is_open(&self) -> bool {
        ["PENDING", "APPROVED"].contains(&self.status())
    }

    /// Whether the event counts towards the balance.
    fn is_living(&self) -> bool {
        !["CANCELLED", "CLAWBACK"].contains(&self.status())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    pub partner: u8,
    pub status: &'static str,
    pub cents: i128,
    /// The events it was created with.
    pub lines: BTreeSet<EventKey>,
}

impl Payout {
    fn is_released(&self) -> bool {
        ["FAILED", "CANCELLED", "RETURNED"].contains(&self.status)
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

/// The state of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub events: BTreeMap<EventKey, Event>,
    pub payouts: Vec<Payout>,
    pub receipts: BTreeMap<u8, Receipt>,
    /// The payments in the order in which they were recorded.
    receipt_order: Vec<u8>,
    refunds: BTreeMap<u8, Refund>,
    /// The refunds in the order in which they were recorded.
    refund_order: Vec<u8>,
    accounts: Vec<Account>,
    rates: Vec<Timeline<Option<Rate>>>,
    statuses: Vec<Timeline<&'static str>>,
    /// The requests and results by idempotency key.
    corrections: BTreeMap<u8, (u8, Data, u8)>,
    adjustments: BTreeMap<u8, (u8, i128)>,
    payout_keys: BTreeMap<u8, (u8, Period)>,
    runs: BTreeMap<u8, (u8, String)>,
}

impl Ledger {
    /// Two partners at 15 % and 10 %; the first manages the first customer, and the second the last one.
    pub fn new() -> Self {
        Self {
            accounts: vec![Account::new(0, 0, Date::Old, None), Account::new(2, 1, Date::Old, None)],
            rates: vec![Timeline::new(Some(1_500)), Timeline::new(Some(1_000))],
            statuses: vec![Timeline::new("ACTIVE"), Timeline::new("ACTIVE")],
            events: BTreeMap::new(),
            payouts: Vec::new(),
            receipts: BTreeMap::new(),
            receipt_order: Vec::new(),
            refunds: BTreeMap::new(),
            refund_order: Vec::new(),
            corrections: BTreeMap::new(),
            adjustments: BTreeMap::new(),
            payout_keys: BTreeMap::new(),
            runs: BTreeMap::new(),
        }
    }

    /// Applies a command; returns its result as [`System::send`](super::system::System::send) does. A command can
    /// only name events, payouts and accounts that existed before its step.
    pub fn apply(&mut self, command: &Command, before: &Ledger) -> String {
        match command {
            Command::RecordInvoicePaid { payment, altered } => self.record_invoice(*payment, *altered),
            Command::CorrectInvoice { payment, change, key } => self.correct(*payment, *change, *key),
            Command::RecordRefund { refund, payment, sixths, stated, names_payment } => {
                let refunded = super::command::refunded(*payment, *sixths, *stated);
                self.record_refund(*refund, *payment, refunded, *names_payment)
            }
            Command::ReverseRefund { refund, altered } => self.reverse_refund(*refund, *altered),
            Command::ChangeTerms { .. }
            | Command::ChangeAccountRate { .. }
            | Command::EndAccount { .. }
            | Command::AssignAccount { .. } => self.agree(command, before),
            Command::ApproveEvents(_)
            | Command::CancelEvents(_)
            | Command::RevertApproval(_)
            | Command::HoldEvents(_)
            | Command::ReleaseEvents(_) => self.decide(command, before),
            Command::ApprovePending(period) => self.approve_pending(*period),
            Command::RecordAdjustment { partner, key, cents } => {
                self.record_adjustment(*partner, *key, *cents)
            }
            Command::CreatePayout { partner, period, key } => self.create_payout(*partner, *period, *key),
            Command::RunPayouts { partner, key } => self.run_payouts(*partner, *key),
            Command::TransitionPayout { payout, transition } => match before.payouts.len() {
                0 => "NOT_FOUND".to_owned(),
                payouts => self.transition_payout(usize::from(*payout) % payouts, *transition),
            },
        }
    }

    /// Orders the payouts that a step has made by their lines: what made them may have run in any order.
    pub fn order_payouts_since(&mut self, before: &Ledger) {
        self.payouts[before.payouts.len()..].sort_by(|one, other| one.lines.cmp(&other.lines));
    }

    /// The event with this name among those that existed before a step.
    pub fn find(&self, name: EventName) -> Option<EventKey> {
        name.find(self.events.keys())
    }

    /// These events and the reversals and reinstatements of each.
    fn with_lines(&self, keys: &[EventKey]) -> Vec<EventKey> {
        let is_included = |key: &EventKey, event: &Event| {
            keys.contains(key) || event.reverses.is_some_and(|original| keys.contains(&original))
        };
        self.events.iter().filter(|(key, event)| is_included(key, event)).map(|(key, _)| *key).collect()
    }

    /// What counts of an event and its lines.
    fn standing(&self, original: EventKey) -> Vec<EventKey> {
        let mut keys = self.with_lines(&[original]);
        keys.retain(|key| self.events[key].is_living());
        keys
    }

    fn is_any_paid(&self, keys: &[EventKey]) -> bool {
        keys.iter().any(|key| self.events[key].status() == "PAID")
    }

    fn sum(&self, keys: &[EventKey]) -> i128 {
        keys.iter().map(|key| self.events[key].cents).sum()
    }

    fn set_status(&mut self, keys: &[EventKey], status: &'static str) {
        for key in keys {
            let event = self.events.get_mut(key).expect("an event");
            event.statuses.push(status);
            event.is_held &= event.is_living();
        }
    }

    fn record_adjustment(&mut self, partner: u8, key: u8, cents: i128) -> String {
        match self.adjustments.get(&key) {
            Some(recorded) if *recorded == (partner, cents) => return "OK".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None => self.adjustments.insert(key, (partner, cents)),
        };
        let event = Event {
            partner,
            cents,
            rate: None,
            statuses: vec![if cents > 0 { "PENDING" } else { "APPROVED" }],
            is_held: false,
            date: Date::Old,
            is_matured: true,
            reverses: None,
        };
        self.events.insert(EventKey::Adjustment(key), event);
        "OK".to_owned()
    }

    /// The index of the payout that contains an event and was not released.
    pub fn payout_of(&self, key: &EventKey) -> Option<usize> {
        self.payouts.iter().position(|payout| !payout.is_released() && payout.lines.contains(key))
    }

    /// The number of events of the partner that has most.
    pub fn most_events(&self) -> usize {
        let count = |partner| self.events.values().filter(|event| event.partner == partner).count();
        (0..super::command::PARTNERS).map(count).max().unwrap_or(0)
    }

    pub fn buckets(&self, partner: u8) -> Buckets {
        let mut buckets = Buckets::default();
        let is_counted = |event: &Event| event.partner == partner && event.is_living();
        for (key, event) in self.events.iter().filter(|(_, event)| is_counted(event)) {
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
