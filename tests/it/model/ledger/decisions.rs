//! What staff decide about events that are in no payout.

use std::collections::BTreeSet;

use super::{Event, Ledger};
use crate::model::command::{Command, EventKey, EventName, Period};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Approve,
    Cancel,
    Revert,
    Hold,
    Release,
}

impl Ledger {
    /// Applies a decision to a list of events and their lines: all or none.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only the commands of decisions are passed")]
    pub(super) fn decide(&mut self, command: &Command, before: &Ledger) -> String {
        let (decision, names) = match command {
            Command::ApproveEvents(names) => (Decision::Approve, names),
            Command::CancelEvents(names) => (Decision::Cancel, names),
            Command::RevertApproval(names) => (Decision::Revert, names),
            Command::HoldEvents(names) => (Decision::Hold, names),
            Command::ReleaseEvents(names) => (Decision::Release, names),
            _ => unreachable!("not a decision"),
        };
        if let Some(code) = self.rejection(decision, names, before) {
            return code.to_owned();
        }
        let keys: Vec<_> = names.iter().filter_map(|name| before.find(*name)).collect();
        let mut family = self.with_lines(&keys);
        let (from, to): (&[&str], _) = match decision {
            Decision::Approve => (&["PENDING"], "APPROVED"),
            Decision::Cancel => (&["PENDING", "APPROVED"], "CANCELLED"),
            Decision::Revert => (&["APPROVED"], "PENDING"),
            Decision::Hold | Decision::Release => {
                self.set_held(&family, decision == Decision::Hold);
                return "OK".to_owned();
            }
        };
        family.retain(|key| from.contains(&self.events[key].status()));
        self.set_status(&family, to);
        "OK".to_owned()
    }

    fn set_held(&mut self, family: &[EventKey], is_held: bool) {
        for key in family {
            let event = self.events.get_mut(key).expect("an event");
            if event.is_open() && event.is_held != is_held {
                event.is_held = is_held;
                event.statuses.push(event.status());
            }
        }
    }

    /// The code with which a list is rejected, if one of its events does not permit the decision.
    fn rejection(&self, decision: Decision, names: &[EventName], before: &Ledger) -> Option<&'static str> {
        let found: Vec<_> = names.iter().map(|name| before.find(*name)).collect();
        let known: Vec<_> = found.iter().copied().flatten().collect();
        if names.is_empty() || known.iter().collect::<BTreeSet<_>>().len() < known.len() {
            return Some("BAD_USER_INPUT");
        }
        found.iter().find_map(|key| {
            let Some(key) = key else { return Some("NOT_FOUND") };
            (!self.permits(decision, *key, &known)).then_some("INVALID_STATE")
        })
    }

    fn permits(&self, decision: Decision, key: EventKey, keys: &[EventKey]) -> bool {
        let event = &self.events[&key];
        let goes_along = match event.reverses {
            Some(original) => keys.contains(&original) || self.stands_alone(key, original, decision),
            None => true,
        };
        let has_paid_line = self.with_lines(&[key]).iter().any(|line| self.events[line].status() == "PAID");
        let was_approved_at_birth = event.is_debt() || event.cents == 0 && event.reverses.is_none();
        goes_along
            && match decision {
                Decision::Approve => event.status() == "PENDING",
                Decision::Cancel => event.is_open() && !has_paid_line,
                Decision::Revert => event.status() == "APPROVED" && !has_paid_line && !was_approved_at_birth,
                Decision::Hold => event.is_open() && !event.is_held && !event.is_debt(),
                Decision::Release => event.is_open() && event.is_held,
            }
    }

    /// Whether a line is decided about without its original: a reinstatement, once that is no longer PENDING.
    fn stands_alone(&self, key: EventKey, original: EventKey, decision: Decision) -> bool {
        matches!(key, EventKey::Reinstatement(_))
            && self.events[&original].status() != "PENDING"
            && decision != Decision::Cancel
    }

    pub(super) fn approve_pending(&mut self, period: Period) -> String {
        let is_included = |key: &EventKey, event: &Event| {
            let dated = match event.reverses.map(|original| &self.events[&original]) {
                Some(original) if original.status() == "PENDING" => original,
                Some(original) if !matches!(key, EventKey::Reinstatement(_)) => original,
                _ => event,
            };
            event.status() == "PENDING" && period.contains(dated.date)
        };
        let included = self.events.iter().filter(|(key, event)| is_included(key, event));
        let included: Vec<_> = included.map(|(key, _)| *key).collect();
        self.set_status(&included, "APPROVED");
        included.len().to_string()
    }
}
