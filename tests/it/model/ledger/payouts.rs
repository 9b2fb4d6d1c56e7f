//! Payouts and runs.

use std::collections::BTreeSet;

use super::{Event, Ledger, Payout};
use crate::model::command::{EventKey, Period, Transition};

impl Ledger {
    /// Whether a payout for a period includes an approved event.
    fn is_due(&self, key: &EventKey, event: &Event, period: Period) -> bool {
        let by_date = |event: &Event| period.contains(event.date) && event.is_matured;
        let Some(original) = event.reverses.map(|original| &self.events[&original]) else {
            return event.is_debt() || by_date(event);
        };
        match (key, original.status()) {
            (EventKey::Reinstatement(_), "APPROVED") => by_date(original),
            (EventKey::Reinstatement(_), _) => by_date(event),
            (_, "PAID" | "CLAWBACK") => true,
            _ => by_date(original),
        }
    }

    pub(super) fn create_payout(&mut self, partner: u8, period: Period, key: Option<u8>) -> String {
        match key.and_then(|key| self.payout_keys.get(&key)) {
            Some(recorded) if *recorded == (partner, period) => return "OK".to_owned(),
            Some(_) => return "CONFLICT".to_owned(),
            None => {}
        }
        let is_included = |key: &EventKey, event: &Event| {
            event.partner == partner
                && event.status() == "APPROVED"
                && !event.is_held
                && self.is_due(key, event, period)
        };
        let included = self.events.iter().filter(|(key, event)| is_included(key, event));
        let lines: BTreeSet<_> = included.map(|(key, _)| *key).collect();
        let keys: Vec<_> = lines.iter().copied().collect();
        let cents = self.sum(&keys);
        if !self.is_payable(partner) {
            return "PARTNER_NOT_PAYABLE".to_owned();
        }
        if cents <= 0 {
            return "NOTHING_PAYABLE".to_owned();
        }
        self.set_status(&keys, "PAID");
        self.payouts.push(Payout { partner, status: "READY", cents, lines });
        if let Some(key) = key {
            self.payout_keys.insert(key, (partner, period));
        }
        "OK".to_owned()
    }

    pub(super) fn run_payouts(&mut self, partner: u8, key: Option<u8>) -> String {
        match key.and_then(|key| self.runs.get(&key)) {
            Some((recorded, count)) if *recorded == partner => return count.clone(),
            Some(_) => return "CONFLICT".to_owned(),
            None => {}
        }
        let count = if self.create_payout(partner, Period::All, None) == "OK" { "1" } else { "0" };
        if let Some(key) = key {
            self.runs.insert(key, (partner, count.to_owned()));
        }
        count.to_owned()
    }

    pub(super) fn transition_payout(&mut self, index: usize, transition: Transition) -> String {
        let is_payable = self.is_payable(self.payouts[index].partner);
        let payout = &mut self.payouts[index];
        payout.status = match (transition, payout.status) {
            (Transition::Start, "READY") if !is_payable => return "PARTNER_NOT_PAYABLE".to_owned(),
            (Transition::Start, "READY") => "PROCESSING",
            (Transition::Complete, "READY" | "PROCESSING" | "COMPLETED") => "COMPLETED",
            (Transition::Fail, "READY" | "PROCESSING") => "FAILED",
            (Transition::Cancel, "READY") => "CANCELLED",
            (Transition::Return, "COMPLETED") => "RETURNED",
            _ => return "INVALID_STATE".to_owned(),
        };
        if payout.is_released() {
            let lines: Vec<_> = payout.lines.iter().copied().collect();
            self.set_status(&lines, "APPROVED");
        }
        "OK".to_owned()
    }
}
