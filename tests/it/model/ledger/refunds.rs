//! Refunds and their reversals.

use super::{Event, Ledger};
use crate::model::command::{self, Date, EventKey};
use crate::model::remaining::{Refunded, remaining_of, rounded};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    payment: u8,
    refunded: Refunded,
    /// Whether it changed what its invoice has earned.
    has_effect: bool,
    /// The time of its reversal: another one than usual or not.
    reversed: Option<bool>,
}

impl Ledger {
    /// The refunds of a payment that were not reversed, in their order.
    fn living_refunds(&self, payment: u8) -> Vec<u8> {
        let is_living = |number: &u8| {
            let refund = &self.refunds[number];
            refund.payment == payment && refund.reversed.is_none()
        };
        self.refund_order.iter().copied().filter(is_living).collect()
    }

    /// What these refunds take.
    pub(super) fn refunded(&self, payment: u8) -> Vec<Refunded> {
        self.living_refunds(payment).iter().map(|number| self.refunds[number].refunded).collect()
    }

    /// Marks the refunds of a payment as without effect: its new revision may earn nothing.
    pub(super) fn forget_effects(&mut self, payment: u8) {
        for number in self.living_refunds(payment) {
            self.refunds.get_mut(&number).expect("a refund").has_effect = false;
        }
    }

    /// Applies the refunds of a payment to its new event, one after the other.
    pub(super) fn apply_refunds(&mut self, payment: u8) {
        let numbers = self.living_refunds(payment);
        for count in 1..=numbers.len() {
            self.claw_back(payment, &numbers[..count]);
        }
    }

    pub(super) fn record_refund(
        &mut self,
        number: u8,
        payment: u8,
        refunded: Refunded,
        names_payment: bool,
    ) -> String {
        let recorded = self.refunds.get(&number).copied();
        let unknown = if recorded.is_some() { "CONFLICT" } else { "NOT_FOUND" };
        if self.payments(command::payment(payment).0).is_empty() {
            return unknown.to_owned();
        }
        let payment = match self.named_payment(payment, names_payment, recorded.map(|refund| refund.payment))
        {
            Ok(Some(payment)) => payment,
            Ok(None) => return unknown.to_owned(),
            Err(code) => return code.to_owned(),
        };
        self.record_refund_of(number, payment, refunded, recorded).to_owned()
    }

    fn record_refund_of(
        &mut self,
        number: u8,
        payment: u8,
        refunded: Refunded,
        recorded: Option<Refund>,
    ) -> &'static str {
        let data = self.receipts[&payment].data();
        if refunded.cents > data.total {
            return "REFUND_EXCEEDS_INVOICE";
        }
        if let Some(recorded) = recorded {
            let is_same = (recorded.payment, recorded.refunded) == (payment, refunded);
            return if is_same { "ALREADY_RECORDED" } else { "CONFLICT" };
        }
        let earlier = self.refunded(payment);
        let left = data.total - earlier.iter().map(|refund| refund.cents).sum::<i128>();
        let (numerator, denominator) = remaining_of(data.total, data.base, earlier);
        let base_left = rounded(numerator, denominator);
        if refunded.cents > left || refunded.stated.is_some_and(|stated| stated > base_left) {
            return "REFUND_EXCEEDS_INVOICE";
        }
        let refund = Refund { payment, refunded, has_effect: false, reversed: None };
        self.refunds.insert(number, refund);
        self.refund_order.push(number);
        if self.present_event(payment).is_none() {
            return "NO_COMMISSION";
        }
        self.claw_back(payment, &self.living_refunds(payment));
        "RECORDED"
    }

    /// The event of a payment that no correction has replaced, unless staff have cancelled it.
    fn present_event(&self, payment: u8) -> Option<EventKey> {
        self.receipts[&payment].event.filter(|event| self.events[event].status() != "CANCELLED")
    }

    /// The commission on what these refunds leave of a payment.
    fn commission_left(&self, payment: u8, refunds: &[u8]) -> i128 {
        let data = self.receipts[&payment].data();
        let refunded = refunds.iter().map(|number| self.refunds[number].refunded);
        let (numerator, denominator) = remaining_of(data.total, data.base, refunded);
        let event = self.receipts[&payment].event.expect("an event");
        let (rate, _) = self.events[&event].rate.expect("a rate");
        rounded(numerator * rate, denominator * 10_000)
    }

    /// Turns all that stands of a fully refunded payment into CLAWBACK, or makes a reversal for the last refund.
    fn claw_back(&mut self, payment: u8, refunds: &[u8]) {
        let last = *refunds.last().expect("a refund");
        self.refunds.get_mut(&last).expect("a refund").has_effect = true;
        let original = self.receipts[&payment].event.expect("an event");
        let standing = self.standing(original);
        let refunded: i128 = refunds.iter().map(|number| self.refunds[number].refunded.cents).sum();
        if refunded == self.receipts[&payment].data().total && !self.is_any_paid(&standing) {
            return self.set_status(&standing, "CLAWBACK");
        }
        let EventKey::Invoice(revision) = original else { unreachable!("the event of an invoice") };
        let cents = self.commission_left(payment, refunds) - self.sum(&standing);
        let reversal = self.line(original, cents, "APPROVED");
        self.events.insert(EventKey::Refund(last, revision), reversal);
    }

    pub(super) fn reverse_refund(&mut self, number: u8, altered: bool) -> String {
        let Some(refund) = self.refunds.get_mut(&number) else { return "NOT_FOUND".to_owned() };
        if let Some(recorded) = refund.reversed {
            return if recorded == altered { "ALREADY_RECORDED" } else { "CONFLICT" }.to_owned();
        }
        refund.reversed = Some(altered);
        let Refund { payment, has_effect, .. } = *refund;
        let Some(original) = self.present_event(payment).filter(|_| has_effect) else {
            return "NO_COMMISSION".to_owned();
        };
        let left = self.commission_left(payment, &self.living_refunds(payment));
        let cents = left - self.sum(&self.standing(original));
        let alone = if cents == 0 { "APPROVED" } else { "PENDING" };
        let event = self.line(original, cents, alone);
        let reinstatement = Event { date: Date::WithinHold, ..event };
        self.events.insert(EventKey::Reinstatement(number), reinstatement);
        "RECORDED".to_owned()
    }

    /// A line that goes with its original, or has this status if it stands by itself. It matures like its original.
    fn line(&self, original: EventKey, cents: i128, alone: &'static str) -> Event {
        let event = &self.events[&original];
        let status = if event.is_open() { event.status() } else { alone };
        let is_held = event.is_held;
        let statuses = vec![status; if is_held { 2 } else { 1 }];
        Event { cents, statuses, is_held, reverses: Some(original), ..event.clone() }
    }
}
